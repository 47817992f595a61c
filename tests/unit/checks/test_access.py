from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assaymark.api import Outcome
from assaymark.checks.access import (
    components,
    home_of,
    is_git,
    one_version_control,
    organisation,
    public,
    same_organisation,
    version_control,
)
from assaymark.model import Subject
from assaymark.subject.checkout import open_subject
from assaymark.subject.forge import Forge
from assaymark.testing import evidence_of, repository_of

HERE = Subject(kind="software", path=".", repository="github.com/Lab/tide", commit="a" * 40)


@pytest.mark.parametrize(
    ("visibility", "outcome"),
    [("public", Outcome.PASSED), ("private", Outcome.FAILED), ("internal", Outcome.FAILED), (None, Outcome.UNKNOWN)],
)
def test_visibility(visibility: str | None, outcome: Outcome) -> None:
    assert evidence_of(public, forge=Forge(visibility=visibility)).outcome is outcome


def test_without_the_forge_public_is_unknown() -> None:
    found = evidence_of(public)
    assert found.outcome is Outcome.UNKNOWN
    assert "--forge" in found.message


def test_a_folder_without_git_fails_and_a_repository_passes(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    (plain / "a.py").write_text("x = 1\n")
    made = repository_of(tmp_path / "made")
    for place, outcome in ((plain, Outcome.FAILED), (made, Outcome.FAILED)):
        opened = open_subject(place)
        assert evidence_of(version_control, opened=opened, subject=opened.subject).outcome is outcome
    assert evidence_of(version_control, subject=HERE).outcome is Outcome.PASSED
    assert evidence_of(version_control).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("urls", "outcome"),
    [
        ([], Outcome.NOT_APPLICABLE),
        (["https://github.com/lab/x", "git@code.lab.example:lab/y", "https://gitlab.lab.example/z/y"], Outcome.PASSED),
        (["https://code.lab.example/lab/y.git"], Outcome.PASSED),
        (["https://code.lab.example/lab/y"], Outcome.UNKNOWN),
        (["svn://lab.example/y"], Outcome.FAILED),
        (["https://svn.lab.example/y"], Outcome.FAILED),
        (["https://hg.lab.example/y", "https://code.lab.example/lab/y"], Outcome.FAILED),
    ],
)
def test_components_and_their_version_control(urls: list[str], outcome: Outcome) -> None:
    found = evidence_of(one_version_control, subject=HERE, settings={"components": urls})
    assert found.outcome is outcome, found.message


def test_an_unversioned_subject_cannot_share_a_system() -> None:
    found = evidence_of(one_version_control, settings={"components": ["https://github.com/lab/x"]})
    assert found.outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("Organization", Outcome.PASSED), ("User", Outcome.FAILED), (None, Outcome.UNKNOWN)],
)
def test_owner(kind: str | None, outcome: Outcome) -> None:
    assert evidence_of(organisation, forge=Forge(repository="lab/tide", owner_type=kind)).outcome is outcome


@pytest.mark.parametrize(
    ("subject", "urls", "outcome"),
    [
        (HERE, [], Outcome.NOT_APPLICABLE),
        (HERE, ["https://github.com/lab/x", "git@github.com:LAB/y.git"], Outcome.PASSED),
        (HERE, ["https://github.com/other/x"], Outcome.FAILED),
        (HERE, ["https://gitlab.com/lab/x"], Outcome.FAILED),
        (HERE, ["nonsense"], Outcome.UNKNOWN),
        (Subject(kind="software", path="."), ["https://github.com/lab/x"], Outcome.UNKNOWN),
        (Subject(kind="software", path="."), ["https://github.com/a/x", "https://github.com/b/x"], Outcome.FAILED),
    ],
)
def test_components_and_their_home(subject: Subject, urls: list[str], outcome: Outcome) -> None:
    found = evidence_of(same_organisation, subject=subject, settings={"components": urls})
    assert found.outcome is outcome, found.message


@pytest.mark.parametrize("value", [None, "x", 3, [1, None], {}])
def test_odd_settings_are_no_components(value: Any) -> None:
    assert components({"components": value}) == ()


def test_addresses() -> None:
    assert home_of("https://github.com/Lab/x.git") == "github.com/lab"
    assert home_of("gitlab.com/group/sub/x") == "gitlab.com/group/sub"
    assert home_of("/home/ada/x") == ""
    assert is_git("https://codeberg.org/lab/x")
    assert not is_git("https://example.org/lab/x")
