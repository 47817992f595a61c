from __future__ import annotations

from typing import Any

import pytest

from assaymark.api import Outcome
from assaymark.checks.workflow import (
    branch_prefixes,
    development_branch,
    development_fed,
    force_push,
    main_works,
    release_merge,
    required_checks,
    topic_branches,
)
from assaymark.subject.changes import Arrival, Changes, Way
from assaymark.subject.forge import Change, Forge, ForgeSeen, Protection, Pull, Run
from assaymark.subject.history import Branch, Commit, History, Tag
from assaymark.testing import evidence_of

NOW = 1_800_000_000
YEAR = 365 * 86_400
OFFLINE = ForgeSeen()


def arrival(n: int, way: Way = Way.REQUEST, head: str = "", **more: Any) -> Arrival:
    commit = Commit(f"c{n}", ("p",), "Ada", "", NOW, f"Change {n}", "")
    return Arrival(commit=commit, way=way, head=head, **more)


def arrivals(requests: int = 0, direct: int = 0, untraced: int = 0, branch: str = "main") -> Changes:
    ways = [Way.REQUEST] * requests + [Way.DIRECT] * direct + [Way.UNTRACED] * untraced
    return Changes(tuple(arrival(n, way) for n, way in enumerate(ways)), branch=branch)


def history(*branches: str, branch: str = "main", age: int = 0, tags: tuple[Tag, ...] = ()) -> History:
    commit = Commit("c0", (), "Ada", "", NOW, "Begin", "")
    found = tuple(Branch(name, "c0", NOW if name == branch else NOW - age, remote=False) for name in branches)
    return History(shallow=False, head="c0", branch=branch, commits=(commit,), tags=tags, branches=found)


def runs(*conclusions: str) -> tuple[Run, ...]:
    return tuple(Run(name="test", conclusion=c) for c in conclusions)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        (None, Outcome.UNKNOWN),
        ((), Outcome.UNKNOWN),
        ((Change(checks=runs("pending")), Change(checks=runs("success"))), Outcome.PASSED),
        ((Change(checks=runs("success", "failure")), Change(checks=runs("success"))), Outcome.FAILED),
        ((Change(checks=runs("success")),) * 4 + (Change(checks=runs("failure")),), Outcome.PASSED),
        ((Change(checks=runs("success")),) * 3 + (Change(checks=runs("failure")),), Outcome.FAILED),
        ((Change(),) * 5, Outcome.UNKNOWN),
    ],
)
def test_main_works(changes: tuple[Change, ...] | None, outcome: Outcome) -> None:
    assert evidence_of(main_works, forge=Forge(changes=changes)).outcome is outcome


@pytest.mark.parametrize(
    ("protection", "outcomes"),
    [
        (None, (Outcome.UNKNOWN, Outcome.UNKNOWN)),
        (Protection(), (Outcome.UNKNOWN, Outcome.UNKNOWN)),
        (Protection(force_push_blocked=False, required_checks=()), (Outcome.FAILED, Outcome.FAILED)),
        (Protection(force_push_blocked=True, required_checks=("t",)), (Outcome.PASSED, Outcome.PASSED)),
    ],
)
def test_protection(protection: Protection | None, outcomes: tuple[Outcome, Outcome]) -> None:
    forge = Forge(protection=protection, missing={"protection": "no permission"} if protection is None else {})
    found = tuple(evidence_of(check, forge=forge) for check in (force_push, required_checks))
    assert tuple(f.outcome for f in found) == outcomes
    assert protection is not None or all("no permission" in f.message for f in found)


@pytest.mark.parametrize(
    ("counts", "outcome"),
    [
        ((50, 0, 0), Outcome.PASSED),
        ((45, 5, 0), Outcome.PASSED),
        ((44, 6, 0), Outcome.FAILED),
        ((0, 6, 44), Outcome.FAILED),
        ((40, 5, 5), Outcome.UNKNOWN),
        ((0, 0, 50), Outcome.UNKNOWN),
        ((4, 0, 0), Outcome.UNKNOWN),
        ((0, 0, 0), Outcome.UNKNOWN),
    ],
)
def test_topic_branches(counts: tuple[int, int, int], outcome: Outcome) -> None:
    found = evidence_of(topic_branches, changes=arrivals(*counts), forge_seen=OFFLINE)
    assert found.outcome is outcome, found.message


def test_the_forge_settles_what_left_no_trace() -> None:
    changes = arrivals(untraced=10)
    by_request = Forge(changes=tuple(Change(commit=f"c{n}", pulls=(n,)) for n in range(10)))
    direct = Forge(changes=tuple(Change(commit=f"c{n}", pulls=()) for n in range(10)))
    silent = Forge(changes=tuple(Change(commit=f"c{n}") for n in range(10)))
    outcomes = [
        evidence_of(topic_branches, changes=changes, forge_seen=ForgeSeen(f)).outcome
        for f in (by_request, direct, silent)
    ]
    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN]


def prefixes(*names: str, declared: list[str] | None = None, forge: Forge | None = None) -> Outcome:
    changes = Changes(tuple(arrival(n, head=name) for n, name in enumerate(names)))
    settings = {"branch-prefixes": declared} if declared else {}
    seen = ForgeSeen(forge) if forge else OFFLINE
    return evidence_of(
        branch_prefixes, changes=changes, history=history("main"), settings=settings, forge_seen=seen
    ).outcome


def test_common_prefixes() -> None:
    assert prefixes("feature/a", "fix/b", "docs-c", "12-d", "PROJ-7-e") is Outcome.PASSED
    assert prefixes("feature/a", "fix/b", "mine", "that", "x") is Outcome.FAILED
    assert prefixes("feature/a", "fix/b") is Outcome.UNKNOWN


def test_declared_prefixes_are_the_only_ones() -> None:
    assert prefixes("a/1", "a/2", "b/3", "b/4", "b/5", declared=["a/", "b/"]) is Outcome.PASSED
    assert prefixes("feature/a", "fix/b", "docs/c", "fix/d", "fix/e", declared=["a/"]) is Outcome.FAILED


def test_programs_long_lived_branches_and_versions_are_left_out() -> None:
    names = ("main", "develop", "dependabot/pip/x", "renovate/y", "patch-1", "v1.x", "release/2.0", "1.2")
    assert prefixes(*names) is Outcome.UNKNOWN


def test_heads_of_requests_count_too() -> None:
    pulls = (*(Pull(head=f"fix/{n}") for n in range(5)), Pull(head="nope", bot=True))
    assert prefixes(forge=Forge(pulls=pulls)) is Outcome.PASSED


@pytest.mark.parametrize(
    ("past", "settings", "forge", "outcome"),
    [
        (history("main", "develop"), {}, None, Outcome.PASSED),
        (history("main", "develop", branch="develop"), {}, None, Outcome.PASSED),
        (history("develop", branch="develop"), {}, None, Outcome.UNKNOWN),
        (history("main", "develop", age=YEAR + 1), {}, None, Outcome.FAILED),
        (history("main", "topic"), {}, None, Outcome.FAILED),
        (history("main"), {}, None, Outcome.UNKNOWN),
        (history("main"), {}, Forge(branches=("main", "topic")), Outcome.FAILED),
        (history("main"), {}, Forge(branches=("main", "develop")), Outcome.UNKNOWN),
        (history("main", "v2"), {"development-branch": "v2"}, None, Outcome.PASSED),
        (history("main", "develop"), {"development-branch": "v2"}, None, Outcome.FAILED),
        (history("main"), {"branching": "trunk"}, None, Outcome.NOT_APPLICABLE),
    ],
)
def test_development_branch(past: History, settings: dict[str, str], forge: Forge | None, outcome: Outcome) -> None:
    seen = ForgeSeen(forge) if forge else OFFLINE
    found = evidence_of(development_branch, history=past, settings=settings, forge_seen=seen)
    assert found.outcome is outcome, found.message


def merged(n: int, base: str) -> tuple[Arrival, ...]:
    return tuple(arrival(i, Way.BRANCH, f"fix/{i}", base=base) for i in range(n))


@pytest.mark.parametrize(
    ("changes", "past", "forge", "outcome"),
    [
        (Changes((), merged(5, "develop")), history("main", "develop"), None, Outcome.PASSED),
        (Changes((), merged(5, "main")), history("main", "develop"), None, Outcome.UNKNOWN),
        (Changes(()), history("main", "topic"), None, Outcome.NOT_APPLICABLE),
        (arrivals(9, branch="develop"), history("main", "develop", branch="develop"), None, Outcome.PASSED),
        (arrivals(0, 9, branch="develop"), history("main", "develop", branch="develop"), None, Outcome.FAILED),
        (Changes(()), history("main", "develop"), Forge(pulls=(Pull(base="develop"),) * 5), Outcome.PASSED),
        (Changes(()), history("main", "develop"), Forge(pulls=(Pull(base="main"),) * 5), Outcome.FAILED),
        (Changes(()), history("main"), Forge(pulls=(Pull(base="main"),) * 5), Outcome.UNKNOWN),
    ],
)
def test_development_fed(changes: Changes, past: History, forge: Forge | None, outcome: Outcome) -> None:
    seen = ForgeSeen(forge) if forge else OFFLINE
    found = evidence_of(development_fed, changes=changes, history=past, settings={}, forge_seen=seen)
    assert found.outcome is outcome, found.message


def releases(*tagged: str, heads: tuple[str, ...] = ("develop", "", "develop", "fix/x")) -> Outcome:
    """c0 is the newest change; only those with a head are merges."""
    changes = Changes(tuple(arrival(n, Way.BRANCH, head) for n, head in enumerate(heads)), branch="main")
    past = history("main", "develop", tags=tuple(Tag(f"v{n}", commit, 0) for n, commit in enumerate(tagged)))
    return evidence_of(release_merge, changes=changes, history=past, settings={}).outcome


def test_release_merges() -> None:
    assert releases("c0", "c2") is Outcome.PASSED
    assert releases("c0", "c1") is Outcome.PASSED  # the commit after the merge holds the new version
    assert releases("p") is Outcome.FAILED  # an old tag elsewhere
    assert releases("c0") is Outcome.FAILED
    assert releases("c0", heads=("fix/x", "")) is Outcome.UNKNOWN
    assert releases("c0", heads=("release/1.0",)) is Outcome.PASSED
