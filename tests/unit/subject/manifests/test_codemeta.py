from __future__ import annotations

import json
from typing import Any

import pytest

from assaymark.subject.metadata import Declared, metadata
from assaymark.testing import tree_of

GOOD: dict[str, Any] = {
    "@context": "https://doi.org/10.5063/schema/codemeta-2.0",
    "@type": "SoftwareSourceCode",
    "name": "Tidegrid",
    "description": "Tides on grids",
    "license": "https://spdx.org/licenses/MIT.html",
    "codeRepository": "https://example.org/tides",
    "version": "1.1.0",
    "author": [{"@type": "Person", "givenName": "Ada", "familyName": "Example"}],
}


def read(data: object) -> Declared:
    text = data if isinstance(data, str) else json.dumps(data, indent=2)
    found: Declared = metadata.provide(tree_of({"codemeta.json": text})).declared[0]
    return found


def test_a_full_file_has_no_flaw() -> None:
    found = read(GOOD)
    assert found.flaws == ()
    assert (found.name, found.version, found.licence, found.authors) == ("Tidegrid", "1.1.0", "MIT", ("Ada Example",))
    assert found.version_line == 8


@pytest.mark.parametrize("key", ["@context", "@type", "name", "author"])
def test_what_codemeta_cannot_do_without(key: str) -> None:
    flaws = read({k: v for k, v in GOOD.items() if k != key}).flaws
    assert [f.severe for f in flaws] == [True]
    assert key in flaws[0].message


@pytest.mark.parametrize("key", ["description", "license", "version", "codeRepository"])
def test_what_readers_miss_is_no_error(key: str) -> None:
    flaws = read({k: v for k, v in GOOD.items() if k != key}).flaws
    assert [f.severe for f in flaws] == [False]
    assert key in flaws[0].message


@pytest.mark.parametrize(
    "data",
    [
        {**GOOD, "@context": ["https://w3id.org/codemeta/3.0", {"x": "y"}]},
        {**{f"schema:{k}" if k[0] != "@" else k: v for k, v in GOOD.items()}, "@type": "schema:SoftwareSourceCode"},
        {"@context": GOOD["@context"], "@graph": [GOOD]},
        {**GOOD, "author": {"name": "Ada"}},
        {**GOOD, "version": 1.1, "license": {"@id": "https://spdx.org/licenses/MIT"}},
    ],
    ids=["list context", "prefixes", "graph", "one author", "numbers and nodes"],
)
def test_json_ld_may_say_it_in_other_ways(data: dict[str, Any]) -> None:
    found = read(data)
    assert [f for f in found.flaws if f.severe] == []
    assert found.name == "Tidegrid"


def test_one_key_is_no_codemeta() -> None:
    assert sum(f.severe for f in read({"a": 1}).flaws) == 4


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}" * 2, "[" * 100_000, '{"a": NaN}'])
def test_broken_json_is_a_problem(text: str) -> None:
    assert read(text).problem
