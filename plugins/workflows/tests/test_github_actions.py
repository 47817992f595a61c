"""The linter behind GitHub Actions: without it nothing is valid, and nothing of the repository steers it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

import assaymark
from assaymark.api import Ran, Severity
from assaymark.validation import programs
from assaymark.validation.model import State, Validation
from assaymark_workflows.github_actions.detect import detect
from assaymark_workflows.github_actions.validate import OURS, RULES
from assaymark_workflows.problems import severities

BROKEN = "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${{ nothing.at }}\n"


def workflow(folder: Path, text: str = BROKEN) -> Path:
    place = folder / ".github" / "workflows" / "x.yml"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    return folder


def judged(folder: Path) -> Validation:
    return assaymark.validate(folder, only=("github-actions",), cache=False)


@pytest.mark.parametrize(
    "ran",
    [
        Ran(None, problem="jactionlint is not installed"),
        Ran(None, problem="jactionlint took too long"),
        Ran(2, b"", "usage"),
        Ran(0, b"{rubbish"),
        Ran(0, b"{}"),
    ],
)
def test_without_an_answer_nothing_is_valid(ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "run", lambda *a: ran)
    (judgement,) = judged(workflow(tmp_path)).judgements
    assert judgement.state is State.UNDETERMINED
    assert judgement.problems[0].finding.rule in ("WF-E001", "WF-E003")


def test_a_document_that_is_too_much_harms_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workflow(tmp_path, BROKEN)
    (tmp_path / ".github" / "workflows" / "y.yml").write_text(BROKEN + "# too much\n")
    real = programs.run

    def run(program: str, arguments: Sequence[str], files: Mapping[str, bytes], timeout: float) -> Ran:
        if any(b"too much" in data for path, data in files.items() if path in arguments):
            return Ran(None, problem="jactionlint wrote too much")
        return real(program, arguments, files, timeout)

    monkeypatch.setattr(programs, "run", run)
    states = {j.path.rpartition("/")[2]: j.state for j in judged(tmp_path).judgements}
    assert states == {"x.yml": State.INVALID, "y.yml": State.UNDETERMINED}


def test_nothing_in_the_repository_silences_the_linter(tmp_path: Path) -> None:
    workflow(tmp_path, BROKEN.replace("jobs", "# jactionlint ignore=undefined-property\njobs"))
    (tmp_path / ".github" / "jactionlint.yaml").write_text("ignores:\n  - rule: undefined-property\n")
    assert [p.finding.rule for p in judged(tmp_path).problems] == ["GHA-X002"]


def test_an_exclusion_without_effect_is_no_error(tmp_path: Path) -> None:
    text = """\
on: push
jobs:
  a:
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        profile: [docker]
        exclude:
          - profile: conda
    steps:
      - run: echo ${{ matrix.profile }}
"""
    (problem,) = judged(workflow(tmp_path, text)).problems
    assert problem.finding.location is not None
    assert (problem.finding.severity, problem.finding.location.line) == (Severity.WARNING, 9)


def test_an_empty_filter_is_no_error(tmp_path: Path) -> None:
    """GitHub runs such workflows, and public repositories have them."""
    text = """\
on:
  push:
    branches-ignore: []
  pull_request:
    paths: []
jobs:
  a:
    runs-on: ubuntu-24.04
    steps:
      - run: echo
"""
    problems = judged(workflow(tmp_path, text)).problems
    assert [(p.finding.rule, p.finding.severity) for p in problems] == [("GHA-S001", Severity.WARNING)] * 2


def test_every_rule_of_the_linter_leads_to_one_of_ours() -> None:
    assert set(OURS.values()) <= set(severities(RULES))


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (".github/workflows/x.yml", b"", True),
        (".github/workflows/sub/x.yml", b"on: push", False),
        ("docs/x.yml", b"on: push\njobs: {}", False),
        ("action.yml", b"name: x\nruns:\n  using: node20\n", True),
        ("tasks/action.yml", b"- name: an Ansible task\n", False),
    ],
)
def test_detection(path: str, text: bytes, expected: bool) -> None:
    assert detect(path, text) is expected
