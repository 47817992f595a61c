"""What a plugin's verb hands over is judged, gated and written as a repository is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from assaymark.api import Case
from assaymark.case import Request, assess, judge
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


MANIFEST = """title = "Two numbers"
task = "regression"
[[reported]]
file = "metrics.json"
metric = "rmse"
at-most = 1
"""


@pytest.fixture
def repository(folder: Path) -> Path:
    (folder / "models" / "model.toml").write_text(MANIFEST)
    (folder / "models" / "metrics.json").write_text('{"rmse": {"value": 0.5, "low": 0.4, "high": 0.6}}')
    (folder / "other.toml").write_text('task = "something else"\n')
    subprocess.run([*GIT, "add", "."], cwd=folder, check=True)
    subprocess.run([*GIT, "commit", "-q", "-m", "Add a model"], cwd=folder, check=True)
    return folder


def test_a_repository_is_judged_with_its_manifests(repository: Path) -> None:
    found = assess(repository, tools=False, profile="assaymark")
    models = {r.definition.id: r for r in found.results if r.definition.id.startswith("ML.")}
    assert models["ML.Per01"].outcome is Outcome.PASSED
    assert models["ML.Per01"].evidence[1].message.startswith("models/model.toml: ")
    assert models["ML.Doc01"].outcome is Outcome.FAILED
    assert {c.id: c.outcome for c in found.criteria}["ML.Doc"] is Outcome.FAILED
    assert "level none of the profile model" in " ".join(n.message for n in found.notices)


@pytest.mark.parametrize(("part", "kept"), [(".", True), ("models", True), (".", False), ("models", False)])
def test_places_are_seen_from_what_was_judged(repository: Path, part: str, kept: bool) -> None:
    from shutil import rmtree

    if not kept:  # no repository: a plain folder
        rmtree(repository / ".git")
    found = assess(repository / part, tools=False, profile="assaymark")
    about = [r for r in found.results if r.definition.id.startswith("ML.")]
    places = [f.location.path for r in about for e in r.evidence for f in e.findings if f.location]
    places += [n.location.path for n in found.notices if n.rule == "model/level" and n.location]
    assert len(places) > 1
    assert [p for p in places if not (repository / part / p).is_file()] == []


def test_the_level_of_a_repository_does_not_rest_on_its_manifests(repository: Path) -> None:
    found = assess(repository, tools=False, profile="assaymark")
    (repository / "models" / "model.toml").unlink()
    subprocess.run([*GIT, "add", "-A"], cwd=repository, check=True)
    alone = assess(repository, tools=False, profile="assaymark")
    assert (found.level, found.missing) == (alone.level, alone.missing)
    assert not [r for r in alone.results if r.definition.id.startswith("ML.")]


def test_an_assessment_with_manifests_is_read_back(repository: Path) -> None:
    from assaymark.reports.json import from_json, render

    found = assess(repository, tools=False, profile="assaymark")
    assert from_json(render(found), where="assessment.json") == found


def test_two_manifests_are_as_good_as_the_worse(repository: Path) -> None:
    worse = MANIFEST.replace("at-most = 1", "at-most = 0.1")
    (repository / "models" / "worse.toml").write_text(worse)
    subprocess.run([*GIT, "add", "."], cwd=repository, check=True)
    found = assess(repository, tools=False, profile="assaymark")
    result = next(r for r in found.results if r.definition.id == "ML.Per01")
    assert result.outcome is Outcome.FAILED
    assert {e.message.partition(":")[0] for e in result.evidence} == {"models/model.toml", "models/worse.toml"}


def test_a_wrong_manifest_is_a_notice(repository: Path) -> None:
    (repository / "models" / "model.toml").write_text(MANIFEST + "typo = 1\n")
    subprocess.run([*GIT, "add", "."], cwd=repository, check=True)
    found = assess(repository, tools=False, profile="assaymark")
    assert "unknown key reported[0].typo" in " ".join(n.message for n in found.notices)


def test_what_is_excluded_or_of_others_is_no_manifest(repository: Path) -> None:
    (repository / ".assaymark.toml").write_text('exclude = ["models/**"]\n')
    (repository / "vendor").mkdir()
    (repository / "vendor" / "model.toml").write_text(MANIFEST)
    subprocess.run([*GIT, "add", "."], cwd=repository, check=True)
    assert not [r for r in assess(repository, tools=False).results if r.definition.id.startswith("ML.")]


def test_a_partial_run_leaves_manifests_out(repository: Path) -> None:
    found = assess(repository, tools=False, profile="assaymark", select=("QC.Lic",))
    assert not [r for r in found.results if r.definition.id.startswith("ML.")]


def test_a_link_to_a_manifest_elsewhere_is_not_followed(repository: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path.parent / "elsewhere.toml"
    elsewhere.write_text(MANIFEST)
    (repository / "models" / "model.toml").unlink()
    (repository / "models" / "model.toml").symlink_to(elsewhere)
    subprocess.run([*GIT, "add", "-A"], cwd=repository, check=True)
    assert not [r for r in assess(repository, tools=False).results if r.definition.id.startswith("ML.")]
