"""The one place that speaks with a forge: GitHub, through PyGithub (the extra ``github``). Here is what only reads.

Every part is asked for by itself. What the token may not see, what the rate limit or the time no longer allows, and
what comes back broken is left out with its reason; only a repository that cannot be read at all is a failure.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from assaymark.api import FactUnavailable

TIMEOUT = 15
RETRIES = 2
DEADLINE = 180.0
MAX_REQUESTS = 200
PULLS = 20
COMMITS = 20
TEXT = 5_000
DEFAULT_TEXT = 65_536
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,99})/[A-Za-z0-9._-]{1,100}")
# Where GitHub looks for a community file, in its order, and how such a file may be called.
_DEFAULT_FOLDERS = (".github/", "", "docs/")
_DEFAULT = re.compile(r"(contributing|code[-_]of[-_]conduct|security)(?:\.(?:md|markdown|rst|txt|adoc))?", re.I)
_CREATION = {"all": True, "collaborators_only": False}
_NO_PERMISSION = "the token may not see it"

Json = dict[str, Any]


class Unseen(Exception):
    """One part could not be read; the text is the reason that the user is shown."""


def read(repository: str, environment: Mapping[str, str], *, backoff: float = 0.5, timeout: int = TIMEOUT) -> Json:
    """What the forge shows of ``host/owner/name``, in the shape of ``assaymark.subject.forge.Forge.to_json``.

    The token comes from GITHUB_TOKEN or GH_TOKEN, the address from GITHUB_API_URL; a token is only ever sent there.
    Raises FactUnavailable when there is no adapter for the host or the repository cannot be read.
    """
    host, _, name = repository.partition("/")
    address = api_address(host, environment)
    if not _NAME.fullmatch(name):
        raise FactUnavailable(f"{name!r} is not an owner and a name on {host}")
    token = environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or ""
    session = Session(address, token, name, backoff=backoff, timeout=timeout)
    try:
        shown = session.get("")
    except Unseen as problem:
        raise FactUnavailable(f"{host}/{name} could not be read: {problem}") from problem
    return _Reading(session, shown).all(host, name)


def settled(found: Mapping[str, Any]) -> bool:
    """Whether asking again would give the same: nothing is missing but what the token may not see."""
    missing: Mapping[str, str] = found.get("missing", {})
    return all(reason.startswith(_NO_PERMISSION) for reason in missing.values())


def api_address(host: str, environment: Mapping[str, str]) -> str:
    """The API's address for a host. Raises FactUnavailable for hosts without an adapter."""
    given = environment.get("GITHUB_API_URL", "").rstrip("/")
    server = urlsplit(environment.get("GITHUB_SERVER_URL", "https://github.com")).hostname
    if given and host == (server or "github.com"):
        return given
    if host == "github.com":
        return "https://api.github.com"
    raise FactUnavailable(f"no adapter for {host}")


class Session:
    """GET requests on one repository that end: in number, in time and in retries."""

    def __init__(self, address: str, token: str, name: str, *, backoff: float, timeout: int) -> None:
        try:
            from github import Auth, Github
        except ImportError as problem:
            raise FactUnavailable("PyGithub is not installed: pip install 'assaymark[github]'") from problem
        from urllib3.util import Retry

        retry = Retry(
            total=RETRIES,
            read=0,  # who does not answer in time is not asked again
            status_forcelist=(502, 503, 504),
            allowed_methods={"GET"},
            backoff_factor=backoff,
            respect_retry_after_header=False,
            raise_on_status=False,
        )
        self._requester = Github(
            base_url=address,
            auth=Auth.Token(token) if token else None,
            timeout=timeout,
            retry=retry,
            seconds_between_requests=None,
            seconds_between_writes=None,
        ).requester
        self._base = f"/repos/{name}"
        self._token = bool(token)
        self._ends = time.monotonic() + DEADLINE
        self._left = MAX_REQUESTS
        self._closed = ""

    def get(self, path: str, *, of: str = "", **parameters: str | int) -> Any:
        """The decoded answer. Raises Unseen; after the rate limit or the deadline nothing more is asked.

        ``of`` is another repository, as ``owner/name``.
        """
        import requests
        from github import GithubException

        if not self._closed and (self._left <= 0 or time.monotonic() > self._ends):
            self._closed = "too many requests or too much time would be needed"
        if self._closed:
            raise Unseen(self._closed)
        self._left -= 1
        base = f"/repos/{of}" if of else self._base
        try:
            _, answer = self._requester.requestJsonAndCheck("GET", base + path, parameters=parameters)
        except GithubException as problem:
            raise Unseen(self._reason(problem.status, problem.headers, problem.data)) from problem
        except requests.exceptions.RequestException as problem:
            late = "timed out" in str(problem).lower()  # requests wraps some timeouts as errors of the connection
            raise Unseen("the forge did not answer in time" if late else "the forge cannot be reached") from problem
        except (ValueError, AssertionError, RecursionError) as problem:
            raise Unseen("the forge's answer is not valid JSON") from problem
        return answer

    def table(self, path: str, *, of: str = "", **parameters: Any) -> Json:
        """An answer that must be an object."""
        answer = self.get(path, of=of, **parameters)
        if not isinstance(answer, dict) or set(answer) == {"data"}:
            raise Unseen("the forge's answer has an unexpected form")
        return answer

    def rows(self, path: str, **parameters: Any) -> list[Json]:
        """An answer that must be a list of objects: one page."""
        answer = self.get(path, **parameters)
        if not isinstance(answer, list):
            raise Unseen("the forge's answer has an unexpected form")
        return [row for row in answer if isinstance(row, dict)]

    def _reason(self, status: int, headers: Mapping[str, str] | None, data: object) -> str:
        message = str(data.get("message", "")).lower() if isinstance(data, Mapping) else ""
        head = {key.lower(): value for key, value in (headers or {}).items()}
        limited = "rate limit" in message or "abuse" in message or head.get("x-ratelimit-remaining") == "0"
        if status == 429 or (status == 403 and limited):
            self._closed = "the forge's rate limit is used up" + ("" if self._token else "; a GITHUB_TOKEN raises it")
            return self._closed
        if status == 401:
            self._closed = "the forge refuses the token"
            return self._closed
        if status in (403, 404, 410):
            return f"{_NO_PERMISSION}, or it does not exist (HTTP {status})"
        return f"the forge answered with HTTP {status}"


class _Reading:
    """One repository's parts; a part that fails leaves its reason and not its value."""

    def __init__(self, session: Session, shown: object) -> None:
        if not isinstance(shown, dict) or not isinstance(shown.get("full_name"), str):
            raise FactUnavailable("the forge's answer has an unexpected form")
        self._session = session
        self._shown: Json = shown
        self._branch = text(shown.get("default_branch"))
        self._missing: dict[str, str] = {}

    def all(self, host: str, name: str) -> Json:
        """The parts in the order of their weight, should the rate limit end early."""
        shown = self._shown
        visibility = text(shown.get("visibility"))
        if not visibility and isinstance(shown.get("private"), bool):
            visibility = "private" if shown["private"] else "public"
        found: Json = {
            "host": host,
            "repository": name,
            "fetched_at": datetime.now(UTC).date().isoformat(),
            "visibility": visibility or None,
            "owner_type": text(table(shown.get("owner")).get("type")) or None,
            "default_branch": self._branch or None,
            "has_issues": boolean(shown.get("has_issues")),
            "has_pulls": boolean(shown.get("has_pull_requests")),
            "pulls_open": _CREATION.get(text(shown.get("pull_request_creation_policy"))),
            "allows_forking": boolean(shown.get("allow_forking")),
            "archived": shown.get("archived") is True,
            "homepage": text(shown.get("homepage")),
            "topics": [text(topic) for topic in rows_of(shown.get("topics"))],
            "licence": text(table(shown.get("license")).get("spdx_id")) or None,
        }
        parts: dict[str, Callable[[], Any]] = {
            "protection": self._protection,
            "branches": self._branches,
            "issues": self._issues,
            "documentation": self._documentation,
            "releases": self._releases,
            "community": self._community,
            "defaults": lambda: self._defaults(name.partition("/")[0]),
            "alerts": self._alerts,
            "pages": self._pages,
            "line_comments": self._line_comments,
            "pulls": self._pulls,
            "changes": self._changes,
        }
        for part, ask in parts.items():
            try:
                found[part] = ask()
            except Unseen as problem:
                self._missing[part] = str(problem)
        return found | {"missing": self._missing}

    def _protection(self) -> Json:
        branch = quote(self._branch, safe="")
        rules = self._session.rows(f"/rules/branches/{branch}", per_page=100)
        shown = self._session.table(f"/branches/{branch}")
        return protection(rules, shown, self._classic(branch))

    def _classic(self, branch: str) -> Json | None:
        try:
            return self._session.table(f"/branches/{branch}/protection")
        except Unseen:
            return None  # only an administrator's token sees it, and it is not there when rule sets are used

    def _branches(self) -> list[str]:
        return [text(row.get("name")) for row in self._session.rows("/branches", per_page=100)]

    def _issues(self) -> list[Json]:
        rows = self._session.rows("/issues", state="all", sort="created", direction="desc", per_page=100)
        return [issue(row) for row in rows if "pull_request" not in row][:50]

    def _documentation(self) -> list[Json]:
        """The latest issues under the label that every repository on GitHub starts with."""
        query: Json = {"state": "all", "labels": "documentation", "sort": "created", "direction": "desc"}
        rows = self._session.rows("/issues", **query, per_page=100)
        return [issue(row) for row in rows if "pull_request" not in row][:50]

    def _releases(self) -> list[Json]:
        rows = self._session.rows("/releases", per_page=30)
        return [
            {
                "tag": text(row.get("tag_name")),
                "name": text(row.get("name")),
                "length": len(text(row.get("body"))),
                "published": text(row.get("published_at")),
                "prerelease": row.get("prerelease") is True,
            }
            for row in rows
            if row.get("draft") is not True
        ]

    def _community(self) -> Json:
        files = table(self._session.table("/community/profile").get("files"))
        coc = "code_of_conduct_file" if "code_of_conduct_file" in files else "code_of_conduct"
        names = ("readme", "contributing", "issue_template", "pull_request_template")
        return {name: bool(files.get(name)) for name in names} | {"code_of_conduct": bool(files.get(coc))}

    def _defaults(self, owner: str) -> list[Json]:
        """Community files of the owner's ``.github`` repository; they hold only when that is public."""
        shared = f"{owner}/.github"
        if text(self._shown.get("full_name")).lower() == shared.lower():
            return []
        try:
            shown = self._session.table("", of=shared)
        except Unseen as problem:
            if str(problem).startswith(_NO_PERMISSION):
                return []
            raise
        if shown.get("private") is not False:
            return []
        branch = quote(text(shown.get("default_branch")) or "HEAD", safe="")
        tree = self._session.table(f"/git/trees/{branch}", of=shared, recursive=1)
        blobs = {
            text(row.get("path")): text(row.get("sha"))
            for row in map(table, rows_of(tree.get("tree")))
            if row.get("type") == "blob"
        }
        return [{"path": f"{shared}/{path}", "text": self._blob(shared, blobs[path])} for path in default_paths(blobs)]

    def _blob(self, repository: str, sha: str) -> str:
        import base64
        import binascii

        answer = self._session.table(f"/git/blobs/{quote(sha, safe='')}", of=repository)
        try:
            data = base64.b64decode(str(answer.get("content", "")))
        except binascii.Error as problem:
            raise Unseen("the forge's answer has an unexpected form") from problem
        return data[:DEFAULT_TEXT].decode("utf-8", "replace")

    def _alerts(self) -> Json:
        rows = self._session.rows("/code-scanning/alerts", state="open", per_page=100)
        return {"open": len(rows), "oldest": min((text(row.get("created_at")) for row in rows), default="")}

    def _pages(self) -> str:
        if self._shown.get("has_pages") is False:
            return ""
        return text(self._session.table("/pages").get("html_url"))

    def _line_comments(self) -> int:
        return len(self._session.rows("/pulls/comments", sort="created", direction="desc", per_page=100))

    def _pulls(self) -> list[Json]:
        rows = self._session.rows("/pulls", state="closed", sort="updated", direction="desc", per_page=100)
        merged = [row for row in rows if row.get("merged_at")][:PULLS]
        return [self._pull(row) for row in sorted(merged, key=lambda r: text(r.get("merged_at")), reverse=True)]

    def _pull(self, row: Json) -> Json:
        number = row.get("number")
        head, base = table(row.get("head")), table(row.get("base"))
        return {
            "number": number if isinstance(number, int) else 0,
            "title": text(row.get("title")),
            "body": text(row.get("body")),
            "author": text(table(row.get("user")).get("login")),
            "association": text(row.get("author_association")) or "NONE",
            "bot": is_bot(row),
            "head": text(head.get("ref")),
            "base": text(base.get("ref")),
            "fork": from_fork(head, base),
            "merge_commit": text(row.get("merge_commit_sha")),
            "merged": text(row.get("merged_at")),
            "reviews": self._part("reviews", lambda: self._reviews(number)),
            "checks": self._part("checks", lambda: self._checks(text(head.get("sha")))),
        }

    def _reviews(self, number: object) -> list[Json]:
        return [
            {
                "author": text(table(row.get("user")).get("login")),
                "state": text(row.get("state")),
                "association": text(row.get("author_association")) or "NONE",
            }
            for row in self._session.rows(f"/pulls/{number}/reviews", per_page=100)
        ]

    def _checks(self, commit: str) -> list[Json]:
        """The check runs of a commit, and the commit statuses of systems that do not use the checks API."""
        if not commit:
            raise Unseen("the commit is not known")
        answer = self._session.table(f"/commits/{commit}/check-runs", per_page=100)
        found = [
            {"name": text(row.get("name")), "conclusion": text(row.get("conclusion")) or "pending"}
            for row in map(table, rows_of(answer.get("check_runs")))
        ]
        if found:
            return found
        statuses = rows_of(self._session.table(f"/commits/{commit}/status").get("statuses"))
        return [
            {"name": text(row.get("context")), "conclusion": text(row.get("state")) or "pending"}
            for row in map(table, statuses)
        ]

    def _changes(self) -> list[Json]:
        rows = self._session.rows("/commits", sha=self._branch, per_page=COMMITS)
        return [self._change(row, with_checks=i < COMMITS // 2) for i, row in enumerate(rows[:COMMITS])]

    def _change(self, row: Json, *, with_checks: bool) -> Json:
        """A merge needs no question: its own message and parents say where it comes from."""
        commit = text(row.get("sha"))
        merge = len(rows_of(row.get("parents"))) > 1
        return {
            "commit": commit,
            "pulls": None if merge else self._part("change_pulls", lambda: self._pulls_of(commit)),
            "checks": self._part("checks", lambda: self._checks(commit)) if with_checks else None,
        }

    def _pulls_of(self, commit: str) -> list[int]:
        rows = self._session.rows(f"/commits/{commit}/pulls", per_page=10)
        return [row["number"] for row in rows if isinstance(row.get("number"), int)]

    def _part(self, name: str, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except Unseen as problem:
            self._missing.setdefault(name, str(problem))
            return None


def default_paths(paths: Iterable[str]) -> list[str]:
    """Of the files of a ``.github`` repository, the one of each kind that GitHub shows for others of the owner."""
    found: dict[str, str] = {}
    known = sorted(paths)
    for folder in _DEFAULT_FOLDERS:
        for path in known:
            name = path.removeprefix(folder)
            if path.startswith(folder) and "/" not in name and (match := _DEFAULT.fullmatch(name)):
                found.setdefault(re.sub(r"[-_]", "", match[1].lower()), path)
    return list(found.values())


def protection(rules: list[Json], branch: Json, classic: Json | None) -> Json:
    """Rule sets, the public view of the branch and (where visible) the classic protection, as one set of facts."""
    kinds = {text(rule.get("type")): table(rule.get("parameters")) for rule in rules}
    shown = table(branch.get("protection"))
    enabled = shown.get("enabled") is True
    required = table(kinds.get("required_status_checks")).get("required_status_checks")
    checks = {text(table(c).get("context")) for c in rows_of(required)}
    checks |= {text(c) for c in rows_of(table(shown.get("required_status_checks")).get("contexts"))}
    reviews = table(kinds.get("pull_request")).get("required_approving_review_count", 0)
    blocked: bool | None = bool({"non_fast_forward", "pull_request"} & kinds.keys())
    if not blocked and enabled:
        blocked = None  # classic protection, which may allow force pushes
    if classic is not None:
        allowed = table(classic.get("allow_force_pushes")).get("enabled") is True
        blocked = bool(blocked) or not allowed
        asked = table(classic.get("required_pull_request_reviews")).get("required_approving_review_count", 0)
        reviews = max(number(reviews), number(asked))
    elif enabled and not reviews:
        reviews = None
    return {
        "force_push_blocked": blocked,
        "required_checks": sorted(checks - {""}),
        "required_reviews": None if reviews is None else number(reviews),
    }


def issue(row: Json) -> Json:
    """One issue without its text."""
    return {
        "number": number(row.get("number")),
        "title": text(row.get("title"))[:300],
        "length": len(text(row.get("body"))),
        "association": text(row.get("author_association")) or "NONE",
        "bot": is_bot(row),
        "labels": [text(table(label).get("name")) for label in rows_of(row.get("labels"))],
        "state": text(row.get("state")) or "open",
        "created": text(row.get("created_at")),
        "closed": text(row.get("closed_at")),
    }


def is_bot(row: Json) -> bool:
    """Whether an account of type Bot (or one that calls itself so) opened it."""
    user = table(row.get("user"))
    return user.get("type") == "Bot" or text(user.get("login")).endswith("[bot]")


def from_fork(head: Json, base: Json) -> bool | None:
    """Whether the head lies in another repository; None when that is gone."""
    there, here = table(head.get("repo")).get("full_name"), table(base.get("repo")).get("full_name")
    return there != here if isinstance(there, str) and isinstance(here, str) else None


def text(value: object) -> str:
    """Text of bounded length, '' for anything else."""
    return value[:TEXT] if isinstance(value, str) else ""


def boolean(value: object) -> bool | None:
    """A truth value, or None."""
    return value if isinstance(value, bool) else None


def number(value: object) -> int:
    """A whole number, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def table(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def rows_of(value: object) -> list[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []
