from __future__ import annotations

import pytest

from assaymark.checks.licensing import POPULAR, open_source_licence, osi, popular, root_file
from assaymark.model import Evidence, Outcome
from assaymark.subject.licences import RECOGNISED, LicenceFile, Licences, is_spdx, osi_approved
from assaymark.subject.metadata import Declared, Metadata
from assaymark.testing import evidence_of


def licences(*ids: str, path: str = "LICENSE") -> Licences:
    return Licences((LicenceFile(path=path, kind=RECOGNISED, ids=ids, coverage=1.0, words=200),))


def judge(ids: tuple[str, ...], declared: str = "") -> Evidence:
    metadata = Metadata((Declared(path="pyproject.toml", format="pyproject", licence=declared, licence_line=7),))
    return evidence_of(open_source_licence, licences=licences(*ids), metadata=metadata)


@pytest.mark.parametrize("declared", ["", "MIT", "MIT OR Apache-2.0", "MIT License", "something of our own"])
def test_metadata_that_agree_or_say_nothing_known_are_not_noted(declared: str) -> None:
    assert judge(("MIT",), declared).findings == ()


def test_metadata_that_name_another_licence_are_noted_with_their_line() -> None:
    found = judge(("Apache-2.0",), "MIT")
    assert found.outcome is Outcome.PASSED
    assert [(f.rule, f.location and f.location.line) for f in found.findings] == [("lic.declared-differs", 7)]


@pytest.mark.parametrize("declared", ["GPL-3.0-or-later", "GPL-3.0-only", "GPL-3.0+", "GPL-3.0"])
def test_the_text_of_a_gnu_licence_does_not_tell_only_from_later(declared: str) -> None:
    assert judge(("GPL-3.0",), declared).findings == ()


@pytest.mark.parametrize(
    ("id", "open_", "approved", "liked"),
    [
        ("MIT", True, True, True),
        ("GPL-2.0-or-later", True, True, True),
        ("EUPL-1.2", True, True, False),
        ("CC0-1.0", True, False, False),
        ("CC-BY-NC-4.0", False, False, False),
    ],
)
def test_the_three_questions_differ(id: str, open_: bool, approved: bool, liked: bool) -> None:
    facts = {"licences": licences(id), "metadata": Metadata(())}
    outcomes = [evidence_of(c, **facts).outcome is Outcome.PASSED for c in (open_source_licence, osi, popular)]
    assert outcomes == [open_, approved, liked]


def test_a_licence_outside_the_root_is_shown() -> None:
    found = evidence_of(root_file, licences=licences("MIT", path="docs/LICENSE"), metadata=Metadata(()))
    assert found.outcome is Outcome.FAILED
    assert "docs/LICENSE" in str(found.remedy)


def test_the_popular_licences_are_approved_spdx_ids() -> None:
    assert all(is_spdx(i) and osi_approved(i) for i in POPULAR)
