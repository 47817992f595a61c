from __future__ import annotations

from typing import Any

import pytest

from assaymark.api import Check, Outcome
from assaymark.checks.management import (
    every_change,
    issue_quality,
    open_tracker,
    outside_requests,
    request_template,
    request_text,
    requests,
    requests_name_issues,
    requests_resolve_issues,
    tracker,
)
from assaymark.subject.changes import Arrival, Changes, Way
from assaymark.subject.forge import Change, Community, Forge, ForgeSeen, Issue, Pull
from assaymark.subject.history import Commit
from assaymark.testing import evidence_of, tree_of

OFFLINE = ForgeSeen()


def arrival(n: int, way: Way, message: str = "Change") -> Arrival:
    subject, _, body = message.partition("\n\n")
    return Arrival(commit=Commit(f"c{n}", ("p",), "Ada", "", 0, subject, body), way=way, number=n)


def arrivals(requests: int = 0, direct: int = 0, untraced: int = 0, message: str = "Change") -> Changes:
    ways = [Way.REQUEST] * requests + [Way.DIRECT] * direct + [Way.UNTRACED] * untraced
    return Changes(tuple(arrival(n, way, message) for n, way in enumerate(ways)))


def outcome(check: Check, files: dict[str, str] | None = None, forge: Forge | None = None, **facts: Any) -> Outcome:
    seen = {"forge_seen": ForgeSeen(forge) if forge else OFFLINE} | ({"forge": forge} if forge else {})
    found = evidence_of(check, tree=tree_of(files or {}), **(seen | facts))
    assert found.message.strip()
    return found.outcome


PYPROJECT = '[project]\nname = "tide"\nversion = "1"\n[project.urls]\n{} = "{}"\n'
OWN = Forge(repository="lab/tide", has_issues=False)


@pytest.mark.parametrize(
    ("label", "url", "forge", "expected"),
    [
        ("Issues", "https://github.com/lab/tide/issues", None, Outcome.PASSED),
        ("Bug Tracker", "https://lab.example/x", None, Outcome.PASSED),
        ("Work", "https://jira.lab.example/projects/TIDE", None, Outcome.PASSED),
        ("Source", "https://github.com/lab/tide", None, Outcome.UNKNOWN),
        ("Issues", "https://github.com/lab/tide/issues", OWN, Outcome.FAILED),
        ("Issues", "https://gitlab.com/lab/tide/-/issues", OWN, Outcome.PASSED),
        ("Source", "https://github.com/lab/tide", Forge(has_issues=True), Outcome.PASSED),
        ("Source", "https://github.com/lab/tide", Forge(), Outcome.UNKNOWN),
    ],
)
def test_tracker(label: str, url: str, forge: Forge | None, expected: Outcome) -> None:
    key = f'"{label}"'
    assert outcome(tracker, {"pyproject.toml": PYPROJECT.format(key, url)}, forge) is expected


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (Forge(visibility="public", has_issues=True), Outcome.PASSED),
        (Forge(visibility="public", has_issues=True, archived=True), Outcome.FAILED),
        (Forge(visibility="public", has_issues=False), Outcome.FAILED),
        (Forge(visibility="private", has_issues=True), Outcome.FAILED),
        (Forge(visibility="public"), Outcome.UNKNOWN),
    ],
)
def test_open_tracker(forge: Forge, expected: Outcome) -> None:
    assert outcome(open_tracker, forge=forge) is expected


def issues(*lengths: int, bot: bool = False) -> Forge:
    return Forge(issues=tuple(Issue(number=n, length=length, bot=bot) for n, length in enumerate(lengths)))


@pytest.mark.parametrize(
    ("forge", "expected"),
    [
        (issues(99, 99, 99, 99, 0), Outcome.PASSED),
        (issues(99, 99, 99, 0, 0), Outcome.FAILED),
        (issues(99, 99, 99, 99), Outcome.UNKNOWN),
        (issues(0, 0, 0, 0, 0, bot=True), Outcome.UNKNOWN),
        (Forge(missing={"issues": "no permission"}), Outcome.UNKNOWN),
        (None, Outcome.UNKNOWN),
    ],
)
def test_issues_without_templates(forge: Forge | None, expected: Outcome) -> None:
    assert outcome(issue_quality, forge=forge) is expected


def test_one_usable_issue_template_is_enough_and_the_others_are_told() -> None:
    files = {".gitlab/issue_templates/a.md": "Steps and version, please", ".github/ISSUE_TEMPLATE/b.yml": "name: ["}
    found = evidence_of(issue_quality, tree=tree_of(files), forge_seen=OFFLINE)
    assert found.outcome is Outcome.PASSED
    assert [f.location.path for f in found.findings if f.location] == [".github/ISSUE_TEMPLATE/b.yml"]


@pytest.mark.parametrize(
    ("changes", "forge", "expected"),
    [
        (arrivals(1, 9), None, Outcome.PASSED),
        (arrivals(0, 9), None, Outcome.UNKNOWN),
        (arrivals(0, 9), Forge(pulls=(Pull(),)), Outcome.PASSED),
        (arrivals(0, 9), Forge(pulls=()), Outcome.FAILED),
        (arrivals(0, 9), Forge(), Outcome.UNKNOWN),
    ],
)
def test_requests(changes: Changes, forge: Forge | None, expected: Outcome) -> None:
    assert outcome(requests, forge=forge, changes=changes) is expected


def asked(*pulls: tuple[int, ...]) -> Forge:
    return Forge(changes=tuple(Change(commit=f"c{n}", pulls=p) for n, p in enumerate(pulls)))


@pytest.mark.parametrize(
    ("changes", "forge", "expected"),
    [
        (arrivals(10), None, Outcome.PASSED),
        (arrivals(9, 1), None, Outcome.PASSED),
        (arrivals(8, 2), None, Outcome.FAILED),
        (arrivals(8, 0, 2), None, Outcome.UNKNOWN),
        (arrivals(0, 0, 5), asked((1,), (1,), (1,), (2,), (3,)), Outcome.PASSED),
        (arrivals(0, 0, 5), asked((1,), (), (1,), (2,), (3,)), Outcome.FAILED),
        (arrivals(0, 0, 5), Forge(pulls=tuple(Pull(merge_commit=f"c{n}") for n in range(5))), Outcome.PASSED),
        (arrivals(3), None, Outcome.UNKNOWN),
    ],
)
def test_every_change(changes: Changes, forge: Forge | None, expected: Outcome) -> None:
    assert outcome(every_change, forge=forge, changes=changes) is expected


@pytest.mark.parametrize(
    ("files", "forge", "expected"),
    [
        ({"CONTRIBUTING.md": "Open a PR against main."}, None, Outcome.PASSED),
        (
            {"CONTRIBUTING.md": "See the docs.", "docs/dev/contributing.rst": "Send a merge request."},
            None,
            Outcome.PASSED,
        ),
        ({"CONTRIBUTING.md": "See <https://docs.lab.example/contribute>."}, None, Outcome.UNKNOWN),
        ({"CONTRIBUTING.md": "Be kind."}, None, Outcome.FAILED),
        ({"README.md": "# Tide\n\n## Contributing\n\nPull requests are welcome.\n"}, None, Outcome.PASSED),
        ({"README.md": "# Tide\n\nForks the process.\n"}, None, Outcome.FAILED),
        ({"README.md": "# Tide\n\nContributions: see https://lab.example/develop.html\n"}, None, Outcome.UNKNOWN),
        (
            {"README.md": "[![Contributor's Guide](https://img.shields.io/a)](https://github.com/tides/Guide)\n"},
            None,
            Outcome.UNKNOWN,
        ),
        ({"README.md": "[All contributors](https://lab.example/people)\n"}, None, Outcome.FAILED),
        ({}, None, Outcome.FAILED),
        ({}, Forge(pulls=(Pull(fork=True),)), Outcome.PASSED),
        ({}, Forge(pulls=(Pull(fork=True, bot=True),)), Outcome.FAILED),
        ({"CONTRIBUTING.md": "Open a PR."}, Forge(visibility="private"), Outcome.FAILED),
        ({"CONTRIBUTING.md": "Open a PR."}, Forge(pulls_open=False), Outcome.FAILED),
        ({"CONTRIBUTING.md": "Open a PR."}, Forge(has_pulls=False), Outcome.FAILED),
        ({"CONTRIBUTING.md": "Open a PR."}, Forge(visibility="public", allows_forking=True), Outcome.PASSED),
    ],
)
def test_outside_requests(files: dict[str, str], forge: Forge | None, expected: Outcome) -> None:
    assert outcome(outside_requests, files, forge) is expected


GOOD = Pull(title="Add harmonics", body="Tides in estuaries need the overtones.")


@pytest.mark.parametrize(
    ("pulls", "expected"),
    [
        (None, Outcome.UNKNOWN),
        ((), Outcome.UNKNOWN),
        ((Pull(bot=True),), Outcome.UNKNOWN),
        ((GOOD,) * 4 + (Pull(),), Outcome.PASSED),
        ((GOOD,) * 3 + (Pull(),), Outcome.FAILED),
        ((Pull(title="x", body=GOOD.body),), Outcome.FAILED),
        (
            (Pull(title=GOOD.title, body="<!-- " + "word " * 30 + "-->\n## What\n- [ ] tested it on all machines"),),
            Outcome.FAILED,
        ),
    ],
)
def test_request_text(pulls: tuple[Pull, ...] | None, expected: Outcome) -> None:
    assert outcome(request_text, forge=Forge(pulls=pulls)) is expected


def test_request_template() -> None:
    files = {".github/pull_request_template.md": "What changes, and why?"}
    assert outcome(request_template, files) is Outcome.PASSED
    assert outcome(request_template, {".github/pull_request_template.md": "\n"}) is Outcome.FAILED
    assert outcome(request_template) is Outcome.FAILED
    assert outcome(request_template, forge=Forge(community=Community(pull_request_template=True))) is Outcome.PASSED
    assert outcome(request_template, forge=Forge(community=Community())) is Outcome.FAILED


def pulls(*bodies: str) -> Forge:
    return Forge(pulls=tuple(Pull(number=n + 100, body=body) for n, body in enumerate(bodies)))


@pytest.mark.parametrize(
    ("body", "closes", "names"),
    [
        ("Closes #12", True, True),
        ("fixes: lab/tide#12", True, True),
        ("Resolves https://github.com/lab/tide/issues/12", True, True),
        ("Fixed GH-12", True, True),
        ("See #12", False, True),
        ("TIDE-12 in our tracker", False, True),
        ("This is #100 itself", False, False),
        ("An anchor https://lab.example/a&#39; only", False, False),
        ("", False, False),
    ],
)
def test_references(body: str, closes: bool, names: bool) -> None:
    forge = pulls(body, body, body, body, body)
    if "#100" in body:
        forge = Forge(pulls=(Pull(number=100, body=body),) * 5)
    resolved = outcome(requests_resolve_issues, forge=forge, changes=Changes(()))
    named = outcome(requests_name_issues, forge=forge, changes=Changes(()))
    assert resolved is (Outcome.PASSED if closes else Outcome.FAILED)
    assert named is (Outcome.PASSED if names else Outcome.FAILED)


def test_shares_of_references() -> None:
    assert (
        outcome(requests_resolve_issues, forge=pulls("Closes #1", "", "", "", ""), changes=Changes(()))
        is Outcome.PASSED
    )
    assert outcome(requests_resolve_issues, forge=pulls("Closes #1", *[""] * 5), changes=Changes(())) is Outcome.FAILED
    assert (
        outcome(requests_name_issues, forge=pulls("#1", "#2", "#3", "", "", ""), changes=Changes(())) is Outcome.PASSED
    )
    assert outcome(requests_name_issues, forge=pulls("#1", "#2", "", "", ""), changes=Changes(())) is Outcome.FAILED


@pytest.mark.parametrize("check", [requests_resolve_issues, requests_name_issues])
def test_messages_in_the_history_may_show_it_but_never_the_contrary(check: Check) -> None:
    assert outcome(check, changes=arrivals(5, message="Add x\n\nFixes #77")) is Outcome.PASSED
    assert outcome(check, changes=arrivals(5)) is Outcome.UNKNOWN
    assert outcome(check, changes=arrivals(0, 5, message="Add x\n\nFixes #77")) is Outcome.UNKNOWN
    assert outcome(check, changes=arrivals(5), forge=pulls("", "")) is Outcome.UNKNOWN
