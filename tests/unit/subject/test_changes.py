from __future__ import annotations

import re
import time

import pytest

from assaymark.checks import access, management, review, workflow
from assaymark.model import Subject
from assaymark.patterns import Pattern
from assaymark.subject import changes as module
from assaymark.subject import forge, owners, templates
from assaymark.subject.changes import Changes, Way, arrival, changes
from assaymark.subject.ci import github, jenkins
from assaymark.subject.history import Commit, History

ADA = "ada@example.org"


def commit(
    subject: str = "Change",
    body: str = "",
    *,
    id: str = "c",
    parents: tuple[str, ...] = ("p",),
    author: str = "Ada",
    written: int = 100,
    time: int = 100,
    committer: str = ADA,
) -> Commit:
    return Commit(id, parents, author, ADA, time, subject, body, written, committer)


MERGE = ("p", "q")


@pytest.mark.parametrize(
    ("made", "way", "head", "number"),
    [
        (commit("Merge pull request #12 from ada/feature/x", parents=MERGE), Way.REQUEST, "feature/x", 12),
        (commit("Add x (#12)"), Way.REQUEST, "", 12),
        (commit("[TIDE-3] Add x (#12)."), Way.REQUEST, "", 12),
        (commit("Add x (!12)"), Way.REQUEST, "", 12),
        (commit("Merged in fix-x (pull request #3)", parents=MERGE), Way.REQUEST, "fix-x", 3),
        (commit("Merged PR 42: Add x"), Way.REQUEST, "", 42),
        (commit("Auto merge of #77 - ada:x, r=bo", parents=MERGE), Way.REQUEST, "", None),
        (commit("Merge branch 'x' into 'main'", "See merge request lab/tide!5", parents=MERGE), Way.REQUEST, "x", 5),
        (commit("Add x", "Reviewed-on: https://review.example.org/1"), Way.REQUEST, "", None),
        (commit("Merge branch 'fix/x'", parents=MERGE), Way.BRANCH, "fix/x", None),
        (commit("Merge branch 'x' of https://example.org/bo/tide", parents=MERGE), Way.BRANCH, "x", None),
        (commit("Merge remote-tracking branch 'origin/x'", parents=MERGE), Way.BRANCH, "x", None),
        (commit("Bring the two together", parents=MERGE), Way.BRANCH, "", None),
        (commit("Merge branch 'main' of github.com:lab/tide", parents=MERGE), Way.DIRECT, "", None),
        (commit("Merge remote-tracking branch 'origin/main'", parents=MERGE), Way.DIRECT, "", None),
        (commit("Fix #12"), Way.UNTRACED, "", None),
        (commit("Add x (see #12) at last"), Way.UNTRACED, "", None),
    ],
)
def test_how_a_change_arrived(made: Commit, way: Way, head: str, number: int | None) -> None:
    found = arrival(made, "main")
    assert (found.way, found.head, found.number) == (way, head, number)


@pytest.mark.parametrize(
    ("made", "way"),
    [
        (commit(), Way.DIRECT),
        (commit(time=101), Way.UNTRACED),
        (commit(committer="noreply@github.com"), Way.UNTRACED),
        (commit(written=0, time=0), Way.UNTRACED),
        (commit("Add x (#1)"), Way.REQUEST),
    ],
)
def test_only_a_commit_that_nobody_rewrote_is_surely_direct(made: Commit, way: Way) -> None:
    assert arrival(made, "main", rewrites=True).way is way
    assert arrival(made, "main").way in (Way.UNTRACED, Way.REQUEST)


def seen(*commits: Commit, branch: str | None = "main", repository: str | None = "github.com/lab/tide") -> Changes:
    history = History(shallow=False, head=commits[0].id, branch=branch, commits=commits)
    subject = Subject(kind="software", path=".", repository=repository)
    found: Changes = changes.provide(history, subject)
    return found


def test_only_the_line_of_the_branch_itself_counts() -> None:
    found = seen(
        commit("Merge pull request #2 from ada/fix/x", id="d", parents=("b", "c")),
        commit("wip", id="c", parents=("a",)),
        commit("Bump x", id="b", parents=("a",), author="dependabot[bot]"),
        commit("Read gauges", id="a", parents=("0",)),
        commit("Begin", id="0", parents=()),
    )
    assert [a.commit.id for a in found.recent] == ["d", "a"]
    assert [a.head for a in found.merges] == ["fix/x"]
    assert [a.commit.id for a in found.of(Way.DIRECT)] == ["a"]


def test_other_forges_leave_rebased_commits_as_they_are() -> None:
    made = (commit(id="b", parents=("a",)), commit(id="a", parents=()))
    assert seen(*made).recent[0].way is Way.DIRECT
    assert seen(*made, repository="gitlab.com/lab/tide").recent[0].way is Way.UNTRACED
    assert seen(*made, repository=None).recent[0].way is Way.UNTRACED


def test_a_history_that_ends_early_or_bites_its_tail_does_no_harm() -> None:
    assert seen(commit(id="b", parents=("gone",))).recent
    assert len(seen(commit(id="b", parents=("b",))).recent) <= module.RECENT


EXPRESSIONS = [
    (f"{m.__name__}.{name}", value)
    for m in (access, management, review, workflow, module, forge, owners, templates, github, jenkins)
    for name, value in vars(m).items()
    if isinstance(value, (re.Pattern, Pattern))
]


@pytest.mark.parametrize("expression", [e for _, e in EXPRESSIONS], ids=[n for n, _ in EXPRESSIONS])
def test_no_text_makes_an_expression_slow(expression: re.Pattern[str]) -> None:
    pieces = ["a", " ", "-", "/", "#", "\n", "a.", "A1-", "https://a", "(", "- [ ", "Merge branch '", "fix ", "sh("]
    for piece in pieces:
        text = piece * (50_000 // len(piece))
        started = time.perf_counter()
        expression.search(text)
        assert time.perf_counter() - started < 2, piece
