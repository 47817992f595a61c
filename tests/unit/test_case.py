"""What a plugin's verb hands over is judged, gated and written as a repository is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assaymark.api import Case
from assaymark.case import Request, judge
from assaymark.errors import InputError
from assaymark.model import Level, Outcome

GIT = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.org"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".assaymark.toml").write_text(
        'gate = "gold"\nprofile = "sqaaas-v3"\n'
        '[[waiver]]\nid = "ML.Doc01"\nreason = "the card is being written"\nuntil = 2099-01-01\n'
        '[[waiver]]\nid = "QC.Lic01"\nreason = "about the software only"\nuntil = 2099-01-01\n'
    )
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model.toml").write_text("")
    for words in (
        ["init", "-q", "-b", "main"],
        ["remote", "add", "origin", "https://github.com/example/models"],
        ["add", "."],
        ["commit", "-q", "-m", "Begin"],
    ):
        subprocess.run([*GIT, "-C", str(tmp_path), *words], check=True)
    return tmp_path


def case(folder: Path | None, **more: object) -> Case:
    given = {
        "kind": "model",
        "name": "model.toml",
        "digest": "sha256:" + "0" * 64,
        "profile": "model",
        "folder": folder,
    }
    return Case(**(given | more))  # type: ignore[arg-type]


def test_the_repository_around_it_gives_identity_and_waivers_of_its_kind(folder: Path) -> None:
    found = judge(case(folder / "models"), Request())
    subject = found.assessment.subject
    assert (subject.kind, subject.repository, subject.path) == (
        "model",
        "github.com/example/models",
        "models/model.toml",
    )
    assert subject.commit
    assert not subject.dirty
    assert found.assessment.profile == "model"
    assert found.config.gate is None
    assert [w.id for w in found.config.waivers] == ["ML.Doc01"]
    assert not found.assessment.notices
    result = next(r for r in found.assessment.results if r.definition.id == "ML.Doc01")
    assert result.waiver is not None
    assert result.outcome is Outcome.UNKNOWN


def test_without_facts_of_its_verb_everything_is_unknown(folder: Path) -> None:
    found = judge(case(folder / "models"), Request()).assessment
    assert {r.outcome for r in found.results} == {Outcome.UNKNOWN}
    assert found.level is Level.NONE


def test_something_that_lies_in_no_folder_has_its_name_alone() -> None:
    subject = judge(case(None, name="registry.example.org/image:1", file=False), Request()).assessment.subject
    assert (subject.path, subject.repository, subject.commit) == ("registry.example.org/image:1", None, None)


def test_a_selection_is_a_partial_run(folder: Path) -> None:
    found = judge(case(folder / "models"), Request(select=("ML.Doc",))).assessment
    assert {r.definition.criterion for r in found.results} == {"ML.Doc"}
    assert found.partial


def test_ids_and_profiles_that_do_not_exist_are_wrong_input(folder: Path) -> None:
    with pytest.raises(InputError, match=r"QC\.Doc"):
        judge(case(folder / "models"), Request(select=("QC.Doc",)))
    with pytest.raises(InputError, match="no profile"):
        judge(case(folder / "models"), Request(profile="nothing"))
