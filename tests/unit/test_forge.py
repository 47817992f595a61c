# ruff: noqa: E501  (answers of the API, one per line)
from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assaymark.api import FactUnavailable, Options, Outcome
from assaymark.checks.access import organisation, public
from assaymark.checks.documentation import code_of_conduct, contributing
from assaymark.checks.security import policy
from assaymark.checks.workflow import force_push, main_works
from assaymark.forge import MAX_REQUESTS, Session, Unseen, api_address, protection, read
from assaymark.model import Subject
from assaymark.subject.forge import Forge, ForgeSeen
from assaymark.testing import evidence_of, tree_of

REPO = {
    "full_name": "lab/tide",
    "private": False,
    "visibility": "public",
    "owner": {"login": "lab", "type": "Organization"},
    "default_branch": "main",
    "has_issues": True,
    "has_pull_requests": True,
    "pull_request_creation_policy": "collaborators_only",
    "allow_forking": True,
    "has_pages": True,
    "archived": False,
    "homepage": "https://lab.example/tide",
    "topics": ["tides", "grid"],
    "license": {"spdx_id": "Apache-2.0"},
}
PULL = {
    "number": 12,
    "title": "Add harmonic analysis",
    "body": "Closes #3",
    "user": {"login": "ana", "type": "User"},
    "author_association": "CONTRIBUTOR",
    "head": {"ref": "feature/harmonics", "sha": "c1", "repo": {"full_name": "ana/tide"}},
    "base": {"ref": "main", "repo": {"full_name": "lab/tide"}},
    "merge_commit_sha": "m1",
    "merged_at": "2026-11-02T10:00:00Z",
}
BOT = PULL | {
    "number": 13,
    "user": {"login": "dependabot[bot]", "type": "Bot"},
    "head": {"ref": "dependabot/x", "sha": "c2", "repo": None},
}
NOT_MERGED = PULL | {"number": 14, "merged_at": None}
PREFIX = "/repos/lab/tide"
ANSWERS: dict[str, Any] = {
    "": REPO,
    "/rules/branches/main": [{"type": "non_fast_forward"}, {"type": "required_status_checks", "parameters": {"required_status_checks": [{"context": "test"}]}}],
    "/branches/main": {"name": "main", "protected": True, "protection": {"enabled": False}},
    "/branches": [{"name": "main"}, {"name": "develop"}],
    "/issues": [{"number": 3, "title": "Wrong phase", "body": "x" * 40, "author_association": "NONE", "user": {"login": "bo"}, "labels": [{"name": "bug"}], "state": "closed", "created_at": "2026-10-01T00:00:00Z", "closed_at": "2026-11-02T00:00:00Z"}, {"number": 12, "pull_request": {}}],
    "/releases": [{"tag_name": "v1.0.0", "name": "1.0", "body": "Notes", "published_at": "2026-11-03T00:00:00Z"}, {"tag_name": "v2", "draft": True}],
    "/community/profile": {"files": {"readme": {"url": "x"}, "contributing": None, "code_of_conduct_file": {"url": "x"}, "issue_template": None, "pull_request_template": {"url": "x"}}},
    "/code-scanning/alerts": [{"created_at": "2026-09-01T00:00:00Z"}, {"created_at": "2026-08-01T00:00:00Z"}],
    "/pages": {"html_url": "https://lab.github.io/tide/"},
    "/pulls/comments": [{"id": 1}],
    "/pulls": [NOT_MERGED, PULL, BOT],
    "/pulls/12/reviews": [{"user": {"login": "cy"}, "state": "APPROVED", "author_association": "MEMBER"}, {"user": {"login": "ana"}, "state": "COMMENTED", "author_association": "CONTRIBUTOR"}],
    "/pulls/13/reviews": [],
    "/commits/c1/check-runs": {"check_runs": [{"name": "test", "conclusion": "success"}]},
    "/commits/c2/check-runs": {"check_runs": []},
    "/commits/c2/status": {"statuses": [{"context": "jenkins", "state": "success"}]},
    "/commits": [{"sha": "m1", "parents": [{}, {}]}, {"sha": "d1", "parents": [{}]}],
    "/commits/m1/check-runs": {"check_runs": [{"name": "test", "conclusion": None}, {"name": "lint", "conclusion": "failure"}]},
    "/commits/d1/check-runs": {"check_runs": [{"name": "test", "conclusion": "success"}]},
    "/commits/d1/pulls": [{"number": 11}],
}  # fmt: skip # a table of cases


class Fake:
    """A forge on loopback; ``faults`` map a path to (status, body, headers) or to a number of seconds to sleep."""

    def __init__(self) -> None:
        self.answers = dict(ANSWERS)
        self.faults: dict[str, Any] = {}
        self.asked: list[str] = []
        self.tokens: set[str | None] = set()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    @property
    def environment(self) -> dict[str, str]:
        return {"GITHUB_API_URL": f"http://127.0.0.1:{self.server.server_port}", "GITHUB_TOKEN": "t0ken"}

    def read(self, **more: Any) -> Forge:
        return Forge.from_json(read("github.com/lab/tide", self.environment, backoff=0.0, **more))

    def close(self) -> None:
        if not self.thread.is_alive():
            return
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def answer(self, path: str) -> tuple[int, bytes, dict[str, str]]:
        fault = self.faults.get(path)
        if isinstance(fault, list):  # several in turn, then the normal answer
            fault = fault.pop(0) if fault else None
        if isinstance(fault, float):
            time.sleep(fault)
        elif fault is not None:
            status, body, *headers = fault
            return status, body if isinstance(body, bytes) else json.dumps(body).encode(), dict(*headers)
        if path in self.answers:
            return 200, json.dumps(self.answers[path]).encode(), {}
        return 404, b'{"message": "Not Found"}', {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet per answer

            def do_GET(self) -> None:
                path = self.path.partition("?")[0].removeprefix(PREFIX)
                fake.asked.append(path)
                fake.tokens.add(self.headers.get("Authorization"))
                status, body, headers = fake.answer(path)
                self.send_response(status)
                for key, value in (
                    {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
                ).items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@pytest.fixture
def fake() -> Iterator[Fake]:
    fake = Fake()
    yield fake
    fake.close()


def test_a_repository_is_read_whole(fake: Fake) -> None:
    forge = fake.read()
    assert (forge.host, forge.repository) == ("github.com", "lab/tide")
    assert len(forge.fetched_at) == 10
    assert (forge.visibility, forge.owner_type, forge.default_branch) == ("public", "Organization", "main")
    assert (forge.has_issues, forge.allows_forking, forge.licence) == (True, True, "Apache-2.0")
    assert (forge.has_pulls, forge.pulls_open) == (True, False)
    assert forge.protection is not None
    assert forge.protection.force_push_blocked is True
    assert forge.protection.required_checks == ("test",)
    assert forge.protection.required_reviews == 0
    assert forge.branches == ("main", "develop")
    assert forge.issues is not None
    assert [(i.number, i.length, i.labels) for i in forge.issues] == [(3, 40, ("bug",))]
    assert forge.documentation is not None
    assert [i.number for i in forge.documentation] == [3]
    assert forge.releases is not None
    assert [r.tag for r in forge.releases] == ["v1.0.0"]
    assert forge.community is not None
    assert (forge.community.readme, forge.community.contributing, forge.community.code_of_conduct) == (
        True,
        False,
        True,
    )
    assert forge.alerts is not None
    assert (forge.alerts.open, forge.alerts.oldest[:10]) == (2, "2026-08-01")
    assert forge.pages == "https://lab.github.io/tide/"
    assert forge.line_comments == 1
    assert forge.missing == {}


def test_pull_requests_and_commits(fake: Fake) -> None:
    forge = fake.read()
    assert forge.pulls is not None
    assert [p.number for p in forge.pulls] == [12, 13]
    pull, bot = forge.pulls
    assert (pull.approvals, pull.reviewed, pull.fork, pull.head) == (1, True, True, "feature/harmonics")
    assert (bot.bot, bot.fork, bot.approvals, bot.reviewed) == (True, None, 0, False)
    assert bot.checks is not None
    assert [c.name for c in bot.checks] == ["jenkins"]
    assert forge.people_pulls == (pull,)
    assert forge.changes is not None
    assert [(c.commit, c.pulls, c.green) for c in forge.changes] == [("m1", None, False), ("d1", (11,), True)]
    assert "/commits/m1/pulls" not in fake.asked


def test_the_token_is_sent_and_the_number_of_requests_is_bounded(fake: Fake) -> None:
    fake.answers["/pulls"] = [PULL | {"number": n} for n in range(100)]
    fake.answers["/commits"] = [{"sha": f"s{n}", "parents": [{}]} for n in range(100)]
    fake.read()
    assert fake.tokens == {"token t0ken"}
    assert len(fake.asked) < MAX_REQUESTS


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ((403, {"message": "Resource not accessible by integration"}), "the token may not see it"),
        ((404, {"message": "Not Found"}), "the token may not see it"),
        ((500, {"message": "oops"}), "HTTP 500"),
        ((502, b"<html>bad gateway</html>"), "HTTP 502"),
        ((200, b'[{"number": 1, '), "not valid JSON"),
        ((200, b"<html>hello</html>"), "unexpected form"),
        ((200, {"number": 1}), "unexpected form"),
        ((200, b"[" * 100_000), "not valid JSON"),
    ],
)
def test_a_part_that_fails_leaves_its_reason_and_nothing_else(fake: Fake, fault: Any, reason: str) -> None:
    fake.faults["/issues"] = fault
    forge = fake.read()
    assert forge.issues is None
    assert reason in forge.why("issues")
    assert forge.pulls
    assert forge.releases


def test_a_server_that_stumbles_once_is_asked_again(fake: Fake) -> None:
    fake.faults["/issues"] = [(503, {"message": "later"})]
    assert fake.read().issues


OWN = "/repos/lab/.github"
COVENANT = (
    "# Code of conduct\n\nWe expect everyone to be kind and patient with each other, in issues, in reviews and at meetings of "
    "the project. Insults, threats and unwanted attention have no place here, whoever they come from and whoever they "
    "are meant for. Report what happened to the team at conduct@lab.example; two people read that address.\n"
)


def shared(fake: Fake, **more: Any) -> Fake:
    """The fake with a .github repository of the owner."""
    files = {"CODE_OF_CONDUCT.md": COVENANT, "docs/CONTRIBUTING.md": "old", ".github/CONTRIBUTING.md": "new", "x/y": ""}
    tree = [{"path": path, "type": "blob", "sha": f"b{n}"} for n, path in enumerate(files)]
    fake.answers[OWN] = {"full_name": "lab/.github", "private": False, "default_branch": "trunk"} | more
    fake.answers[f"{OWN}/git/trees/trunk"] = {"tree": [*tree, {"path": "docs", "type": "tree", "sha": "t"}, None]}
    for n, content in enumerate(files.values()):
        blob = base64.encodebytes(content.encode()).decode()
        fake.answers[f"{OWN}/git/blobs/b{n}"] = {"encoding": "base64", "content": blob}
    return fake


def test_files_that_hold_for_all_repositories_of_the_owner(fake: Fake) -> None:
    assert fake.read().defaults == ()
    found = shared(fake).read().defaults
    assert found is not None
    assert {d.path: d.text for d in found} == {
        "lab/.github/.github/CONTRIBUTING.md": "new",
        "lab/.github/CODE_OF_CONDUCT.md": COVENANT,
    }
    assert f"{OWN}/git/blobs/b3" not in fake.asked, "only what GitHub itself would show is read"
    assert shared(fake, private=True).read().defaults == (), "what is private holds for nobody else"


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        (OWN, (500, {"message": "oops"})),
        (f"{OWN}/git/trees/trunk", (200, [])),
        (f"{OWN}/git/blobs/b0", (200, {"content": "x"})),
    ],
)
def test_files_for_all_that_were_not_seen_are_not_taken_for_none(fake: Fake, path: str, fault: Any) -> None:
    shared(fake).faults[path] = fault
    forge = fake.read()
    assert forge.defaults is None
    assert forge.why("defaults")


def test_a_file_for_all_repositories_counts_where_there_is_none_here(
    fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in shared(fake).environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ASSAYMARK_CACHE", str(tmp_path))
    facts: dict[str, Any] = {"subject": Subject(kind="software", path=".", repository="github.com/lab/tide")}
    asked = Options(as_of=date(2026, 11, 1), forge=True)
    bare, own = tree_of({"a.py": ""}), tree_of({"CODE_OF_CONDUCT.md": "Be nice."})

    found = evidence_of(code_of_conduct, tree=bare, options=asked, **facts)
    assert (found.outcome, found.message[:30]) == (Outcome.PASSED, "lab/.github/CODE_OF_CONDUCT.md")
    assert found.metrics["seen"]
    assert evidence_of(code_of_conduct, tree=own, options=asked, **facts).outcome is Outcome.FAILED, "its own decides"
    found = evidence_of(contributing, tree=bare, options=asked, **facts)
    assert (found.outcome, found.message) == (Outcome.FAILED, "lab/.github/.github/CONTRIBUTING.md has only 1 words")
    assert evidence_of(policy, tree=bare, options=asked, **facts).outcome is Outcome.FAILED
    for check in (code_of_conduct, contributing, policy):
        silent = evidence_of(check, tree=bare, options=replace(asked, forge=False), **facts)
        assert silent.outcome is Outcome.FAILED
        assert "counts with --forge" in (silent.remedy or "")
        unseen = evidence_of(check, tree=bare, options=asked, **facts, forge_seen=ForgeSeen(Forge()))
        assert unseen.outcome is Outcome.UNKNOWN


def test_rows_and_fields_of_the_wrong_type_do_no_harm(fake: Fake) -> None:
    fake.answers["/issues"] = [None, 3, {"number": "x", "body": 5, "labels": [1], "user": []}]
    fake.answers["/pulls"] = [{"merged_at": "x", "number": None, "head": None, "user": None}]
    fake.answers["/commits"] = [{"sha": None, "parents": 3}]
    forge = fake.read()
    assert forge.issues is not None
    assert [i.number for i in forge.issues] == [0]
    assert forge.pulls is not None
    assert forge.pulls[0].reviews is None


@pytest.mark.parametrize("status", [403, 429])
def test_after_the_rate_limit_nothing_more_is_asked(fake: Fake, status: int) -> None:
    fake.faults["/issues"] = (status, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0"})
    forge = fake.read()
    assert forge.protection is not None
    assert "rate limit" in forge.why("pulls")
    assert fake.asked[-1] == "/issues"


def test_a_secondary_rate_limit_does_not_make_us_wait(fake: Fake) -> None:
    fake.faults["/issues"] = (403, {"message": "You have exceeded a secondary rate limit"}, {"Retry-After": "60"})
    started = time.perf_counter()
    assert "rate limit" in fake.read().why("issues")
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ((404, {"message": "Not Found"}), "does not exist"),
        ((401, {"message": "Bad credentials"}), "refuses the token"),
        ((200, []), "unexpected form"),
        ((200, {"data": 1}), "unexpected form"),
        (1.4, "in time"),
    ],
)
def test_a_repository_that_cannot_be_read_is_unavailable(fake: Fake, fault: Any, reason: str) -> None:
    fake.faults[""] = fault
    with pytest.raises(FactUnavailable, match=reason):
        fake.read(timeout=1)


def test_no_network_is_unavailable() -> None:
    with pytest.raises(FactUnavailable, match="cannot be reached"):
        read("github.com/lab/tide", {"GITHUB_API_URL": "http://127.0.0.1:9"}, backoff=0.0)


def test_other_hosts_have_no_adapter() -> None:
    for host in ("gitlab.com", "evil.example"):
        with pytest.raises(FactUnavailable, match=f"no adapter for {host}"):
            read(f"{host}/lab/tide", {"GITHUB_API_URL": "http://127.0.0.1:9", "GITHUB_TOKEN": "t"})


@pytest.mark.parametrize("name", ["", "lab", "lab/../x", "lab/t/x", "lab/t?x=1", "lab/t\n", "-/x"])
def test_odd_names_are_refused_before_anything_is_asked(name: str) -> None:
    with pytest.raises(FactUnavailable, match="owner and a name"):
        read(f"github.com/{name}", {"GITHUB_API_URL": "http://127.0.0.1:9"})


def test_the_address_belongs_to_the_host() -> None:
    own = {"GITHUB_SERVER_URL": "https://git.lab.example", "GITHUB_API_URL": "https://git.lab.example/api/v3"}
    assert api_address("git.lab.example", own) == "https://git.lab.example/api/v3"
    assert api_address("github.com", own) == "https://api.github.com"
    assert api_address("github.com", {}) == "https://api.github.com"


def test_a_session_ends(fake: Fake) -> None:
    session = Session(fake.environment["GITHUB_API_URL"], "", "lab/tide", backoff=0.0, timeout=5)
    for _ in range(MAX_REQUESTS):
        session.get("")
    with pytest.raises(Unseen, match="too many requests"):
        session.get("")
    assert len(fake.asked) == MAX_REQUESTS
    assert fake.tokens == {None}


CLASSIC = {"protection": {"enabled": True, "required_status_checks": {"contexts": ["ci"]}}}
ALLOWED = {
    "allow_force_pushes": {"enabled": True},
    "required_pull_request_reviews": {"required_approving_review_count": 2},
}
REVIEWED = {"type": "pull_request", "parameters": {"required_approving_review_count": 1}}


@pytest.mark.parametrize(
    ("rules", "branch", "classic", "expected"),
    [
        ([], {}, None, (False, [], 0)),
        ([], CLASSIC, None, (None, ["ci"], None)),
        ([], CLASSIC, {}, (True, ["ci"], 0)),
        ([], CLASSIC, ALLOWED, (False, ["ci"], 2)),
        ([{"type": "non_fast_forward"}], {}, None, (True, [], 0)),
        ([REVIEWED], {}, None, (True, [], 1)),
        ([REVIEWED], CLASSIC, ALLOWED, (True, ["ci"], 2)),
        ([{"type": 3, "parameters": []}], {"protection": 1}, None, (False, [], 0)),
    ],
)
def test_protection(rules: list[Any], branch: Any, classic: Any, expected: tuple[Any, ...]) -> None:
    found = protection(rules, branch, classic)
    assert (found["force_push_blocked"], found["required_checks"], found["required_reviews"]) == expected


def test_from_the_option_to_the_verdict(fake: Fake, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in fake.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ASSAYMARK_CACHE", str(tmp_path))
    subject = Subject(kind="software", path=".", repository="github.com/lab/tide")
    facts = {"subject": subject, "options": Options(as_of=date(2026, 11, 1), forge=True)}
    found = {check.id: evidence_of(check, **facts) for check in (public, organisation, force_push, main_works)}
    assert {i: e.outcome.value for i, e in found.items()} == {
        "access.public": "passed",
        "access.organisation": "passed",
        "workflow.force-push": "passed",
        "workflow.main-works": "failed",
    }
    assert all(len(str(e.metrics["seen"])) == 10 for e in found.values())
    asked = len(fake.asked)
    fake.close()
    assert evidence_of(public, **facts).outcome is Outcome.PASSED  # what was seen a moment ago
    assert len(fake.asked) == asked


def test_an_unreachable_forge_is_unknown_and_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ASSAYMARK_CACHE", str(tmp_path))
    monkeypatch.setattr("assaymark.forge.RETRIES", 0)
    subject = Subject(kind="software", path=".", repository="github.com/lab/tide")
    found = evidence_of(public, subject=subject, options=Options(as_of=date(2026, 11, 1), forge=True))
    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be reached" in found.message
