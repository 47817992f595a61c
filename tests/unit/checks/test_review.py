from __future__ import annotations

from typing import Any

import pytest

from assaymark.api import Check, Outcome
from assaymark.checks.review import (
    blocks_merge,
    checklist,
    comments,
    commit_messages,
    docs_for_change,
    every_change,
    open_to_experts,
    security,
    shows_checks,
    style_on_requests,
    tests_for_change,
    tool,
)
from assaymark.checks.security import review_fed, scanning
from assaymark.model import Subject
from assaymark.subject.changes import Arrival, Changes, Way
from assaymark.subject.forge import Change, Forge, ForgeSeen, Protection, Pull, Review, Run
from assaymark.subject.history import Commit
from assaymark.subject.tree import compile_globs
from assaymark.testing import evidence_of, tree_of

OFFLINE = ForgeSeen()


def arrivals(*messages: str, author: str = "Ada") -> Changes:
    def one(n: int, message: str) -> Arrival:
        subject, _, body = message.partition("\n\n")
        return Arrival(commit=Commit(f"c{n}", ("p",), author, "", 0, subject, body), way=Way.REQUEST)

    return Changes(tuple(one(n, message) for n, message in enumerate(messages)))


def outcome(check: Check, files: dict[str, str] | None = None, forge: Forge | None = None, **facts: Any) -> Outcome:
    seen = {"forge_seen": ForgeSeen(forge) if forge else OFFLINE} | ({"forge": forge} if forge else {})
    given = {"changes": Changes(())} | seen | facts
    return evidence_of(check, tree=tree_of(files or {}), **given).outcome


BO = Review(author="bo", state="APPROVED", association="MEMBER")
TALK = Review(author="bo", state="COMMENTED")
OWN = Review(author="ada", state="COMMENTED")


def pulls(*reviews: tuple[Review, ...] | None, **more: Any) -> Forge:
    return Forge(pulls=tuple(Pull(number=n, author="ada", reviews=r) for n, r in enumerate(reviews)), **more)


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (None, Outcome.UNKNOWN),
        (Forge(), Outcome.UNKNOWN),
        (pulls(None), Outcome.UNKNOWN),
        (pulls((TALK,), (OWN,)), Outcome.PASSED),
        (pulls((TALK,), (OWN,), ()), Outcome.FAILED),
    ],
)
def test_tool(forge: Forge | None, expected: Outcome) -> None:
    assert outcome(tool, forge=forge) is expected


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (None, Outcome.UNKNOWN),
        (Forge(), Outcome.UNKNOWN),
        (pulls(*[(BO,)] * 9, ()), Outcome.PASSED),
        (pulls(*[(BO,)] * 8, (TALK,)), Outcome.FAILED),
        (pulls((Review(author="ada", state="APPROVED"),)), Outcome.FAILED),
        (pulls((BO,), changes=(Change(pulls=()),)), Outcome.FAILED),
        (pulls((BO,), changes=(Change(pulls=None), Change(pulls=(1,)))), Outcome.PASSED),
    ],
)
def test_every_change(forge: Forge | None, expected: Outcome) -> None:
    assert outcome(every_change, forge=forge) is expected


def test_trailers_of_other_people_show_reviews() -> None:
    signed = "Add x\n\nReviewed-by: Bo <bo@example.org>"
    assert outcome(every_change, changes=arrivals(*[signed] * 5)) is Outcome.PASSED
    assert outcome(every_change, changes=arrivals(*[signed] * 5, author="Bo")) is Outcome.UNKNOWN
    assert outcome(every_change, changes=arrivals(*[signed] * 3, "Add y", "Add z")) is Outcome.UNKNOWN


@pytest.mark.parametrize(
    ("repository", "forge", "expected"),
    [
        ("github.com/lab/tide", None, Outcome.PASSED),
        ("codeberg.org/lab/tide", None, Outcome.PASSED),
        ("code.lab.example/tide", None, Outcome.UNKNOWN),
        (None, None, Outcome.UNKNOWN),
        ("github.com/lab/tide", Forge(has_pulls=False), Outcome.FAILED),
        ("github.com/lab/tide", Forge(line_comments=3), Outcome.PASSED),
    ],
)
def test_comments(repository: str | None, forge: Forge | None, expected: Outcome) -> None:
    subject = Subject(kind="software", path=".", repository=repository)
    assert outcome(comments, forge=forge, subject=subject) is expected


def workflow(on: str, *steps: str) -> dict[str, str]:
    lines = "".join(f"      - {step}\n" for step in steps)
    return {".github/workflows/ci.yml": f"on: {on}\njobs:\n  test:\n    steps:\n{lines}"}


CHECKED = Forge(pulls=(Pull(checks=(Run(),)), Pull(checks=())))


@pytest.mark.parametrize(
    ("files", "forge", "expected"),
    [
        (workflow("pull_request", "run: pytest"), None, Outcome.PASSED),
        (workflow("push", "run: pytest"), None, Outcome.UNKNOWN),
        (workflow("push", "run: pytest"), CHECKED, Outcome.PASSED),
        ({}, Forge(pulls=(Pull(checks=()),)), Outcome.FAILED),
        ({}, Forge(pulls=(Pull(),)), Outcome.UNKNOWN),
        ({}, None, Outcome.UNKNOWN),
    ],
)
def test_shows_checks(files: dict[str, str], forge: Forge | None, expected: Outcome) -> None:
    assert outcome(shows_checks, files, forge) is expected


def test_blocking_and_openness() -> None:
    assert outcome(blocks_merge, forge=Forge(protection=Protection(required_checks=("t",)))) is Outcome.PASSED
    assert outcome(blocks_merge, forge=Forge(protection=Protection(required_checks=()))) is Outcome.FAILED
    assert outcome(blocks_merge, forge=Forge()) is Outcome.UNKNOWN
    assert outcome(open_to_experts, forge=Forge(visibility="public", pulls=(Pull(),))) is Outcome.PASSED
    assert outcome(open_to_experts, forge=Forge(visibility="private")) is Outcome.FAILED
    assert outcome(open_to_experts, forge=Forge()) is Outcome.UNKNOWN


CLEAR = ("Read gauges in any time zone", "Mend the phase of M2", "Tell units in plots", "Speed it up", "Write NetCDF")


@pytest.mark.parametrize(
    ("messages", "files", "expected"),
    [
        (CLEAR, {}, Outcome.UNKNOWN),
        ((*CLEAR, "fix", "wip"), {}, Outcome.UNKNOWN),
        ((*CLEAR, "fix", "wip", "Update."), {}, Outcome.FAILED),
        ((*CLEAR, "fix", "wip", "Update."), {".gitlint": ""}, Outcome.FAILED),
        (CLEAR, {"commitlint.config.js": ""}, Outcome.PASSED),
        (CLEAR, {".pre-commit-config.yaml": "- id: conventional-pre-commit"}, Outcome.PASSED),
        (CLEAR, {"package.json": '{"devDependencies": {"@commitlint/cli": "1"}}'}, Outcome.PASSED),
        (CLEAR, workflow("pull_request", "uses: amannn/action-semantic-pull-request@v5"), Outcome.PASSED),
        (tuple(f"fix(grid): mend {n}" for n in range(5)), {}, Outcome.PASSED),
        (("wip",), {}, Outcome.UNKNOWN),
    ],
)
def test_commit_messages(messages: tuple[str, ...], files: dict[str, str], expected: Outcome) -> None:
    assert outcome(commit_messages, files, changes=arrivals(*messages)) is expected


LIST = {".github/pull_request_template.md": "- [ ] needed\n- [ ] complete\n"}


@pytest.mark.parametrize(
    ("files", "bodies", "expected"),
    [
        (LIST, (), Outcome.PASSED),
        ({}, (), Outcome.UNKNOWN),
        ({".github/pull_request_template.md": "- [ ] only one box\n"}, (), Outcome.UNKNOWN),
        (LIST, ("- [x] needed",) * 3 + ("- [ ] needed",) * 3, Outcome.PASSED),
        (LIST, ("- [x] needed",) * 2 + ("- [ ] needed",) * 3, Outcome.FAILED),
        (LIST, ("- [ ] needed",) * 4, Outcome.PASSED),
    ],
)
def test_checklist(files: dict[str, str], bodies: tuple[str, ...], expected: Outcome) -> None:
    forge = Forge(pulls=tuple(Pull(body=body) for body in bodies)) if bodies else None
    assert outcome(checklist, files, forge) is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (workflow("pull_request", "run: ruff check"), Outcome.PASSED),
        (workflow("pull_request", "uses: super-linter/super-linter@v7"), Outcome.PASSED),
        (workflow("pull_request", "run: tox -e lint"), Outcome.UNKNOWN),
        (
            workflow("pull_request", "run: tox -e lint") | {"tox.ini": "[testenv:lint]\ncommands = ruff check\n"},
            Outcome.PASSED,
        ),
        (workflow("pull_request", "run: vendor/bin/php-cs-fixer fix --dry-run"), Outcome.PASSED),
        (workflow("pull_request", "run: mypy src"), Outcome.PASSED),
        (workflow("pull_request", "uses: codacy/codacy-coverage-reporter-action@v1"), Outcome.FAILED),
        (workflow("pull_request", "run: make check") | {"Makefile": "check:\n\truff check\n"}, Outcome.PASSED),
        (workflow("pull_request", "run: make check") | {"Makefile": "check:\n\tpytest\n"}, Outcome.FAILED),
        (workflow("push", "run: ruff check"), Outcome.UNKNOWN),
        (workflow("pull_request", "run: pytest"), Outcome.FAILED),
        (workflow("pull_request", "run: make all"), Outcome.UNKNOWN),
        (workflow("pull_request", "run: pytest") | {".pre-commit-config.yaml": "repos: []\n"}, Outcome.UNKNOWN),
        (workflow("pull_request", "run: pytest") | {".pre-commit-config.yaml": "ci: {}\n"}, Outcome.PASSED),
        (workflow("pull_request", "run: pytest") | {".travis.yml": "\t"}, Outcome.UNKNOWN),
        (
            {".github/workflows/a.yml": "on: pull_request\njobs:\n  a: {uses: lab/ci/.github/workflows/x.yml@v1}\n"},
            Outcome.UNKNOWN,
        ),
        ({}, Outcome.UNKNOWN),
    ],
)
def test_style_on_requests(files: dict[str, str], expected: Outcome) -> None:
    assert outcome(style_on_requests, files) is expected


def template(text: str) -> dict[str, str]:
    return {".github/pull_request_template.md": text}


def test_what_the_template_asks_for() -> None:
    assert outcome(tests_for_change, template("Did you add tests for it?")) is Outcome.PASSED
    assert outcome(tests_for_change, template("What is the latest news?")) is Outcome.FAILED
    assert outcome(tests_for_change) is Outcome.UNKNOWN
    assert outcome(tests_for_change, workflow("pull_request", "uses: codecov/codecov-action@v5")) is Outcome.PASSED
    assert outcome(docs_for_change, template("Is the changelog up to date?")) is Outcome.PASSED
    assert outcome(docs_for_change, template("Did you add tests for it?")) is Outcome.FAILED
    assert outcome(docs_for_change) is Outcome.UNKNOWN


CI = workflow("pull_request", "run: pytest")


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (workflow("pull_request", "uses: github/codeql-action/analyze@v3"), Outcome.PASSED),
        (workflow("pull_request", "run: bandit -r src"), Outcome.PASSED),
        (workflow("push", "run: bandit -r src"), Outcome.UNKNOWN),
        (workflow("pull_request", "run: gitleaks detect"), Outcome.UNKNOWN),
        (
            workflow("pull_request", "run: tox -e audit") | {"tox.ini": "[testenv:audit]\ncommands = bandit -r src\n"},
            Outcome.PASSED,
        ),
        (workflow("pull_request", "run: docker run lab/ci") | {"CODEOWNERS": "/docs/ @lab/core\n"}, Outcome.UNKNOWN),
        (
            {
                ".gitlab-ci.yml": "include:\n  - template: Security/SAST.gitlab-ci.yml\nt:\n  script: x\n"
                "  rules: [{if: $CI_PIPELINE_SOURCE == 'merge_request_event'}]\n"
            },
            Outcome.PASSED,
        ),
        (CI | template("Does it touch security?"), Outcome.PASSED),
        (CI | {"CODEOWNERS": "* @lab/core\n"}, Outcome.PASSED),
        (CI | {"CODEOWNERS": "/docs/ @lab/core\n"}, Outcome.FAILED),
        (CI | {"setup.py": "", "CODEOWNERS": "/.github/ @lab/core\n"}, Outcome.UNKNOWN),
        ({"CODEOWNERS": "/docs/ @lab/core\n"}, Outcome.NOT_APPLICABLE),
        (CI, Outcome.UNKNOWN),
    ],
)
def test_security(files: dict[str, str], expected: Outcome) -> None:
    assert outcome(security, files) is expected


@pytest.mark.parametrize(
    "step", ["run: zizmor .", "uses: ossf/scorecard-action@v2", "run: pip-audit", "run: bandit -r ."]
)
def test_all_agree_on_what_analyses_security(step: str) -> None:
    files = workflow("pull_request", step) | {"tide.py": "x = 1\n"}
    assert [outcome(c, files) for c in (security, scanning, review_fed)] == [Outcome.PASSED] * 3
    quiet = workflow("pull_request", "run: pytest") | {"tide.py": "x = 1\n"}
    assert Outcome.PASSED not in [outcome(c, quiet) for c in (security, scanning, review_fed)]


@pytest.mark.parametrize(
    ("path", "checks"),
    [
        (".github/workflows/ci.yml", (shows_checks, style_on_requests, security)),
        (".gitlab-ci.yml", (shows_checks, style_on_requests, security)),
        ("Jenkinsfile", (shows_checks, style_on_requests)),
        ("pull_request_template.md", (checklist, tests_for_change, docs_for_change)),
        (".github/PULL_REQUEST_TEMPLATE.md", (checklist, tests_for_change, docs_for_change)),
        (".github/CODEOWNERS", (security,)),
    ],
)
def test_a_change_of_these_files_calls_for_a_new_look(path: str, checks: tuple[Check, ...]) -> None:
    assert all(compile_globs(check.reads).fullmatch(path) for check in checks)
    assert not any(compile_globs(check.reads).fullmatch("src/tide/grid.py") for check in checks)
