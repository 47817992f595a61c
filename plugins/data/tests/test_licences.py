"""Licences that contradict one another are told, and those that are for different parts are left in peace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_examples import judged
from test_readers import CRATE, DATACITE, DCAT, PACKAGE, read

from assaymark.model import Outcome, Severity
from assaymark_data.licences import elsewhere, licence_files, of_record

BY, NC, MIT = (
    "https://creativecommons.org/licenses/by/4.0/",
    "https://creativecommons.org/licenses/by-nc/4.0/",
    "https://spdx.org/licenses/MIT.html",
)
PLAIN: Any = DATACITE["data"]["attributes"]


@pytest.mark.parametrize(
    ("rights", "known"),
    [
        ([BY], ["CC-BY-4.0"]),
        ([BY, "CC-BY-4.0", BY + "legalcode"], ["CC-BY-4.0"]),
        ([BY, NC], ["CC-BY-4.0", "CC-BY-NC-4.0"]),
        (["GPL-3.0-or-later", "GPL-3.0-only"], ["GPL-3.0-or-later"]),
        ([BY, "ask us", "info:eu-repo/semantics/openAccess"], ["CC-BY-4.0"]),
    ],
)
def test_the_licences_of_a_record_are_counted_once_each(rights: list[str], known: list[str]) -> None:
    record = read(PLAIN | {"rightsList": [{"rightsUri": r} for r in rights]})
    assert of_record(record) == known


def folder(place: Path, record: dict[str, Any], name: str = "datacite.json") -> Path:
    (place / name).write_text(json.dumps(record), encoding="utf-8")
    (place / "levels.csv").write_text("station\nsylt\n", encoding="utf-8")
    return place


def test_a_record_with_two_licences_does_not_tell_which_holds(tmp_path: Path) -> None:
    place = folder(tmp_path, PLAIN | {"rightsList": [{"rightsUri": BY}, {"rightsUri": NC}]})
    for indicator in ("RDA-R1.1-01M", "RDA-R1.1-03M"):
        found = judged(place, indicator)
        assert found.outcome is Outcome.UNKNOWN, indicator
        assert "CC-BY-4.0, CC-BY-NC-4.0" in found.evidence[0].message
    assert judged(place, "RDA-R1.1-02M").outcome is Outcome.PASSED


def test_parts_may_have_licences_of_their_own() -> None:
    parts = [{"dcat:accessURL": f"https://example.org/{n}", "dct:license": {"@id": u}} for n, u in ((1, BY), (2, NC))]
    plain = {k: v for k, v in DCAT.items() if k != "dct:license"}
    only = read(plain | {"dcat:distribution": parts})
    assert (of_record(only), list(elsewhere(only))) == ([], [])
    assert only.licences == (BY, NC)
    both = read(DCAT | {"dcat:distribution": parts})
    assert list(elsewhere(both)) == [("https://example.org/2", "CC-BY-NC-4.0")]
    resources = [PACKAGE["resources"][0] | {"licenses": [{"name": "MIT"}]}]  # type: ignore[index] # a list here
    package = read(PACKAGE | {"resources": resources}, "datapackage.json")
    assert (of_record(package), list(elsewhere(package))) == (["CC-BY-4.0"], [("levels.csv", "MIT")])
    graph = [e | {"license": {"@id": MIT}} if e["@id"] == "levels.csv" else e for e in CRATE["@graph"]]  # type: ignore[index] # objects
    crate = read(CRATE | {"@graph": graph}, "ro-crate-metadata.json")
    assert list(elsewhere(crate)) == [("levels.csv", "MIT")]


def test_a_file_beside_the_data_that_states_another_licence_is_a_finding(tmp_path: Path) -> None:
    crate = {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": CRATE["@graph"]}
    place = folder(tmp_path, crate, "ro-crate-metadata.json")
    assert judged(place, "RDA-R1.1-01M").evidence[0].findings == ()
    (place / "LICENSE").write_text(MIT_TEXT, encoding="utf-8")
    found = judged(place, "RDA-R1.1-01M")
    assert found.outcome is Outcome.PASSED  # the record does state its licence
    finding = found.evidence[0].findings[0]
    assert (finding.severity, finding.location and finding.location.path) == (Severity.WARNING, "LICENSE")
    assert "LICENSE states MIT, and the record does not" in found.evidence[0].message


MIT_TEXT = """MIT License

Copyright (c) 2025 Ada Example

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""


def test_licence_files_are_read_within_bounds(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text(MIT_TEXT)
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "LICENSE").symlink_to(outside)
    (inner / "LICENCE.txt").write_text("All rights reserved.\n")
    (inner / "COPYING").write_bytes(b"\xff" * 1000)
    (inner / "license.large").write_text(MIT_TEXT * 500)
    (inner / "LICENSE-data.md").write_text(MIT_TEXT)
    assert list(licence_files(inner, tmp_path)) == [("inner/LICENSE-data.md", "MIT")]
