from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from assessed import assessment, failing, finding
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.forge.client import ForgeProblem, Trouble, _waiting
from assaymark.github.checks import MOST, annotations_of, inside
from assaymark.github.gitdata import digest
from assaymark.github.posting import Posted
from assaymark.github.publish import KEEP, appended, history_line, publish
from assaymark.github.statuses import describe
from assaymark.model import Level, Location, Severity


def test_a_line_is_put_at_the_end_once() -> None:
    assert appended(b"", b'{"a": 1}') == b'{"a": 1}\n'
    assert appended(b'{"a": 1}\n', b'{"a": 1}\n') == b'{"a": 1}\n'
    assert appended(b'{"a": 1}', b'{"a": 2}') == b'{"a": 1}\n{"a": 2}\n'
    assert appended(b'{"a": 2}\n{"a": 1}\n', b'{"a": 2}') == b'{"a": 2}\n{"a": 1}\n{"a": 2}\n'
    with pytest.raises(InputError):
        appended(b"", b"a\nb")


@given(st.binary(max_size=300), st.integers(1, 5))
def test_the_history_stays_bounded(earlier: bytes, keep: int) -> None:
    made = appended(earlier, b"{}", keep)
    assert 1 <= len(made.splitlines()) <= keep
    assert made.endswith(b"{}\n")
    assert KEEP <= 10_000


def test_a_line_tells_what_came_out() -> None:
    line = json.loads(history_line(failing(finding()), run="https://x.example"))
    assert (line["level"], line["findings"], line["outcomes"]["failed"]) == ("bronze", 1, 1)
    assert line["run"] == "https://x.example"
    assert b"\n" not in history_line(failing(finding(), profile="a\nb"))


@given(st.text(max_size=30))
def test_no_path_leads_elsewhere(path: str) -> None:
    class Nobody:
        name = "lab/tide"
        address = "https://api.github.com"

        def table(self, _: str) -> dict[str, Any]:
            raise LookupError

    client: Any = Nobody()
    with pytest.raises((InputError, LookupError)) as problem:
        publish({path: b""}, repository="lab/tide", client=client)
    if problem.type is LookupError:
        assert not path.startswith("/")
        assert path.isprintable()
        assert not {"", ".", "..", ".git"} & set(path.lower().split("/"))


def test_the_digest_is_that_of_git() -> None:
    assert digest(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"
    assert digest(b"") == hashlib.sha1(b"blob 0\0", usedforsecurity=False).hexdigest()


def test_annotations_lie_in_the_repository_worst_first() -> None:
    places = ("/etc/passwd", "../x", "a/../../x", "")
    bad = [finding(n, location=Location(path=path, line=1)) for n, path in enumerate(places)]
    good = [
        finding(1),
        finding(2, severity=Severity.ERROR, location=Location(path="b.py", line=3, column=2, end_line=5, end_column=1)),
        finding(3, location=None),
        finding(4, location=Location(path="c.py")),
    ]
    made = annotations_of(failing(*bad, *good), "packages/core/")
    assert [(a["path"], a["start_line"], a["end_line"], a["annotation_level"]) for a in made] == [
        ("packages/core/b.py", 3, 5, "failure"),
        ("packages/core/c.py", 1, 1, "warning"),
        ("packages/core/src/tide/m1.py", 1, 1, "warning"),
    ]
    assert "start_column" not in made[0]
    assert made[2]["start_column"] == 5
    assert len(annotations_of(failing(*(finding(n) for n in range(1, MOST + 50))))) == MOST
    assert not any(inside(path) for path in places)


def test_the_status_in_words() -> None:
    assert describe(assessment(Level.GOLD)) == "gold"
    assert describe(replace(assessment(Level.GOLD), attested=2)) == "gold, 2 on a person's word"
    assert len(describe(failing(finding(), partial=("x" * 500,)))) <= 140


def test_what_may_not_be_done_and_what_did_not_work_are_told_apart() -> None:
    posted = Posted()

    def fail(trouble: Trouble) -> str:
        raise ForgeProblem(trouble, "no\n::error::x")

    assert posted.attempt("status", lambda: "silver")
    for trouble in Trouble:
        assert not posted.attempt("comment", lambda t=trouble: fail(t))
    assert posted.done == ["status: silver"]
    assert len(posted.refused) == 2
    assert "pull-requests: write" in posted.refused[0]
    assert len(posted.broken) == len(Trouble) - 2
    assert not any("\n" in line for line in posted.refused + posted.broken)


@pytest.mark.parametrize(
    ("status", "headers", "said", "wait"),
    [
        (404, {"retry-after": "5"}, "", None),
        (403, {}, "Resource not accessible by integration", None),
        (403, {"retry-after": "5"}, "", 5.0),
        (403, {}, "API rate limit exceeded", 60.0),
        (429, {"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, "", 60.0),
        (429, {"retry-after": "9" * 30}, "", 60.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"}, "", 1.0),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"}, "", 60.0),
    ],
)
def test_how_long_to_wait(status: int, headers: dict[str, str], said: str, wait: float | None) -> None:
    assert _waiting(status, headers, said) == wait
