"""One function per request that the fake knows: (state, context) -> (status, body)."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from .contract import Contract
from .description import REPO
from .state import Run, State

Answer = tuple[int, Any]
SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"


class Refused(Exception):
    """What GitHub refuses although its description allows it."""

    def __init__(self, status: int, message: str, *errors: str) -> None:
        super().__init__(message)
        self.answer: Answer = (status, {"message": message, **({"errors": list(errors)} if errors else {})})


class Context(NamedTuple):
    """A request: its parts of the path, query, body, who asks, and where the server is."""

    state: State
    contract: Contract
    base: str
    name: str
    part: dict[str, Any]
    query: dict[str, str]
    body: dict[str, Any]
    raw: bytes
    login: str


class Route(NamedTuple):
    """How a request is answered and what a token must be allowed to write for it."""

    verb: str
    path: str
    permission: str
    answer: Callable[[Context], Answer]


ROUTES: list[Route] = []


def route(verb: str, path: str, permission: str = "") -> Callable[[Callable[[Context], Answer]], Any]:
    """Register a handler for a path below the repository, written as werkzeug's rules are."""

    def add(function: Callable[[Context], Answer]) -> Callable[[Context], Answer]:
        ROUTES.append(Route(verb, path, permission, function))
        return function

    return add


def _missing() -> Refused:
    return Refused(404, "Not Found")


# ------------------------------------------------------------------------------------------------------- comments


def _comment(c: Context, found: dict[str, Any]) -> dict[str, Any]:
    shown = c.contract.example(REPO + "/issues/comments/{comment_id}")
    user = {**shown["user"], "login": found["login"], "type": "Bot" if found["login"].endswith("[bot]") else "User"}
    return {**shown, "id": found["id"], "body": found["body"], "user": user}


def _text(c: Context) -> str:
    text = str(c.body["body"])
    if len(text) > 65_536:
        raise Refused(422, "Validation Failed", "body is too long (maximum is 65536 characters)")
    if not text.strip():
        raise Refused(422, "Validation Failed", "body cannot be blank")
    return text


@route("GET", "/issues/<int:number>/comments")
def comments(c: Context) -> Answer:
    return 200, [_comment(c, x) for x in c.state.comments if x["number"] == c.part["number"]]


@route("POST", "/issues/<int:number>/comments", "pull-requests")
def add_comment(c: Context) -> Answer:
    if not any(p["number"] == c.part["number"] for p in c.state.pulls):
        raise _missing()
    id = c.state.comment(c.part["number"], _text(c), c.login)
    return 201, _comment(c, next(x for x in c.state.comments if x["id"] == id))


def _the_comment(c: Context) -> dict[str, Any]:
    found = next((x for x in c.state.comments if x["id"] == c.part["id"]), None)
    if found is None:
        raise _missing()
    return found


@route("PATCH", "/issues/comments/<int:id>", "pull-requests")
def edit_comment(c: Context) -> Answer:
    found = _the_comment(c)
    found["body"] = _text(c)
    found["edits"] += 1
    return 200, _comment(c, found)


@route("DELETE", "/issues/comments/<int:id>", "pull-requests")
def delete_comment(c: Context) -> Answer:
    c.state.comments.remove(_the_comment(c))
    return 204, None


# ----------------------------------------------------------------------------------------------- pull requests


def _pull(c: Context, p: dict[str, Any]) -> dict[str, Any]:
    shown = c.contract.example(REPO + "/pulls")[0]
    shown["requested_teams"] = []
    shown |= {"number": p["number"], "state": p["state"]}
    there = shown["head"].get("repo") or shown["base"]["repo"]
    owner = p["head"].partition("/")[0] if p["head"] else "gone"
    repo = {**there, "full_name": p["head"], "name": p["head"].rpartition("/")[2]} if p["head"] else None
    shown["head"] |= {"sha": p["sha"], "ref": p["branch"], "label": f"{owner}:{p['branch']}", "repo": repo}
    shown["base"] |= {"ref": p.get("base", "main"), "repo": {**shown["base"]["repo"], "full_name": c.name}}
    return shown


@route("GET", "/pulls")
def pulls(c: Context) -> Answer:
    state, head = c.query.get("state", "open"), c.query.get("head")
    found = [p for p in c.state.pulls if state in ("all", p["state"])]
    return 200, [s for s in (_pull(c, p) for p in found) if head in (None, s["head"]["label"])]


@route("GET", "/commits/<sha>/pulls")
def pulls_of_commit(c: Context) -> Answer:
    if c.part["sha"] in c.state.git.commits:
        return 200, []
    return 200, [_pull(c, p) for p in c.state.pulls if p["sha"] == c.part["sha"]]


@route("GET", "/pulls/<int:number>")
def pull(c: Context) -> Answer:
    found = next((p for p in c.state.pulls if p["number"] == c.part["number"]), None)
    if found is None:
        raise _missing()
    whole = c.contract.example(REPO + "/pulls/{pull_number}")
    return 200, {**whole, **_pull(c, found)}


@route("GET", "/pulls/<int:number>/files")
def files_of_pull(c: Context) -> Answer:
    found = next((p for p in c.state.pulls if p["number"] == c.part["number"]), None)
    if found is None:
        raise _missing()
    shown = c.contract.example(REPO + "/pulls/{pull_number}/files")[0]
    shown.pop("patch", None)
    return 200, [{**shown, **file} for file in found.get("files", ())]


# ------------------------------------------------------------------------------------------- checks and statuses


def _check(c: Context, found: dict[str, Any]) -> dict[str, Any]:
    shown = c.contract.example(REPO + "/check-runs/{check_run_id}")
    output = {**shown["output"], **{k: found["output"].get(k) for k in ("title", "summary", "text")}}
    output["annotations_count"] = len(found["output"]["annotations"])
    names = ("id", "name", "head_sha", "status", "conclusion", "external_id", "details_url")
    return {**shown, **{k: found.get(k) for k in names}, "output": output}


def _check_output(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("status") == "completed" and not body.get("conclusion"):
        raise Refused(422, "Invalid request.", "completed needs a conclusion")
    output = body.get("output") or {}
    for name in ("summary", "text"):
        if len(output.get(name) or "") > 65_535:
            raise Refused(422, "Invalid request.", f"{name} exceeds a maximum bytesize of 65535")
    for a in output.get("annotations", []):
        if ("start_column" in a or "end_column" in a) and a["start_line"] != a["end_line"]:
            raise Refused(422, "Invalid request.", "columns are for annotations on one line")
        if a["end_line"] < a["start_line"] or a["start_line"] < 1:
            raise Refused(422, "Invalid request.", "lines out of order")
        if len(a["message"].encode()) > 65_536 or len(a.get("title", "")) > 255:
            raise Refused(422, "Invalid request.", "message or title is too long")
    return dict(output)


@route("POST", "/check-runs", "checks")
def add_check(c: Context) -> Answer:
    output = _check_output(c.body)
    found = {
        "status": "queued",
        **c.body,
        "id": next(c.state.ids),
        "output": {"annotations": [], **output},
        "requests": 1,
    }
    if found.get("conclusion"):
        found["status"] = "completed"
    c.state.checks.append(found)
    return 201, _check(c, found)


def _the_check(c: Context) -> dict[str, Any]:
    found = next((x for x in c.state.checks if x["id"] == c.part["id"]), None)
    if found is None:
        raise _missing()
    return found


@route("PATCH", "/check-runs/<int:id>", "checks")
def edit_check(c: Context) -> Answer:
    found = _the_check(c)
    output = _check_output({"status": found.get("status"), "conclusion": found.get("conclusion"), **c.body})
    kept = found["output"]["annotations"]
    found |= {k: v for k, v in c.body.items() if k != "output"}
    found["output"] |= {**output, "annotations": [*kept, *output.get("annotations", [])]}
    found["requests"] += 1
    return 200, _check(c, found)


@route("GET", "/check-runs/<int:id>")
def check(c: Context) -> Answer:
    return 200, _check(c, _the_check(c))


@route("GET", "/commits/<ref>/check-runs")
def checks(c: Context) -> Answer:
    name = c.query.get("check_name")
    found = [x for x in c.state.checks if x["head_sha"] == c.part["ref"] and name in (None, x["name"])]
    return 200, {"total_count": len(found), "check_runs": [_check(c, x) for x in found]}


@route("POST", "/statuses/<sha>", "statuses")
def add_status(c: Context) -> Answer:
    if len(c.body.get("description") or "") > 140:
        raise Refused(422, "Validation Failed", "description is too long (maximum is 140 characters)")
    if not re.fullmatch("[0-9a-f]{40}", c.part["sha"]):
        raise Refused(422, f"No commit found for SHA: {c.part['sha']}")
    made = {"sha": c.part["sha"], **c.body}
    c.state.statuses.append(made)
    shown = c.contract.example(REPO + "/statuses/{sha}", "post", "201")
    return 201, {**shown, **c.body}


@route("GET", "/commits/<ref>/status")
def status(c: Context) -> Answer:
    shown = c.contract.example(REPO + "/commits/{ref}/status")
    return 200, {**shown, "statuses": [], "total_count": 0}


# -------------------------------------------------------------------------------------------------- code scanning


@route("POST", "/code-scanning/sarifs", "security-events")
def add_sarif(c: Context) -> Answer:
    try:
        text = gzip.decompress(base64.b64decode(c.body["sarif"], validate=True))
        log = json.loads(text)
    except (ValueError, OSError, binascii.Error) as problem:
        raise Refused(400, f"the SARIF is not gzipped and encoded: {problem}") from problem
    id = f"47177e22-5596-11eb-80a1-c1e54ef945{next(c.state.ids)}"
    c.state.sarifs[id] = {"log": log, "commit": c.body["commit_sha"], "ref": c.body["ref"], "asked": 0}
    return 202, {"id": id, "url": f"{c.base}/repos/{c.name}/code-scanning/sarifs/{id}"}


@route("GET", "/code-scanning/sarifs/<id>")
def sarif(c: Context) -> Answer:
    found = c.state.sarifs.get(c.part["id"])
    if found is None:
        raise _missing()
    found["asked"] += 1
    if found["asked"] == 1:
        return 200, {"processing_status": "pending"}
    bad = found["log"].get("version") != "2.1.0"
    return 200, {"processing_status": "failed", "errors": ["not 2.1.0"]} if bad else {"processing_status": "complete"}


# --------------------------------------------------------------------------------------------------------- Git data


def _full(ref: str) -> str:
    return f"refs/{ref}"


def _ref(c: Context, name: str) -> dict[str, Any]:
    sha = c.state.git.refs[name]
    url = f"{c.base}/repos/{c.name}/git/{name}"
    kind = "tag" if sha in c.state.git.tags else "commit"
    return {"ref": name, "node_id": "x", "url": url, "object": {"type": kind, "sha": sha, "url": url}}


@route("GET", "/git/tags/<sha>")
def annotated_tag(c: Context) -> Answer:
    commit = c.state.git.tags.get(c.part["sha"])
    if commit is None:
        raise _missing()
    shown = c.contract.example(REPO + "/git/tags/{tag_sha}")
    return 200, {**shown, "sha": c.part["sha"], "object": {**shown["object"], "type": "commit", "sha": commit}}


def _not_empty(c: Context) -> None:
    if not c.state.git.refs:
        raise Refused(409, "Git Repository is empty.")


@route("GET", "/git/ref/<path:ref>")
def ref(c: Context) -> Answer:
    _not_empty(c)
    if _full(c.part["ref"]) not in c.state.git.refs:
        raise _missing()
    return 200, _ref(c, _full(c.part["ref"]))


@route("POST", "/git/refs", "contents")
def add_ref(c: Context) -> Answer:
    _not_empty(c)
    name, sha = c.body["ref"], c.body["sha"]
    if name in c.state.git.refs:
        raise Refused(422, "Reference already exists")
    if sha not in c.state.git.commits:
        raise Refused(422, "Object does not exist")
    c.state.git.refs[name] = sha
    return 201, _ref(c, name)


@route("PATCH", "/git/refs/<path:ref>", "contents")
def move_ref(c: Context) -> Answer:
    name, sha = _full(c.part["ref"]), c.body["sha"]
    git = c.state.git
    if name not in git.refs:
        raise Refused(422, "Reference does not exist")
    before = git.refs[name]
    git.refs[name] = sha
    if not c.body.get("force") and before not in git.history(name.removeprefix("refs/heads/")):
        git.refs[name] = before
        raise Refused(422, "Update is not a fast forward")
    return 200, _ref(c, name)


@route("POST", "/git/blobs", "contents")
def add_blob(c: Context) -> Answer:
    _not_empty(c)
    content = c.body["content"]
    data = base64.b64decode(content) if c.body.get("encoding") == "base64" else content.encode()
    sha = c.state.git.blob(data)
    return 201, {"url": f"{c.base}/repos/{c.name}/git/blobs/{sha}", "sha": sha}


@route("GET", "/git/blobs/<sha>")
def blob(c: Context) -> Answer:
    data = c.state.git.blobs.get(c.part["sha"])
    if data is None:
        raise _missing()
    sha = c.part["sha"]
    return 200, {
        "sha": sha,
        "node_id": "x",
        "size": len(data),
        "url": f"{c.base}/repos/{c.name}/git/blobs/{sha}",
        "content": base64.encodebytes(data).decode(),
        "encoding": "base64",
    }


def _tree(c: Context, sha: str) -> dict[str, Any]:
    base = f"{c.base}/repos/{c.name}/git"
    rows = [
        {"path": path, "mode": "100644", "type": "blob", "sha": b, "size": len(c.state.git.blobs[b]), "url": base}
        for path, b in sorted(c.state.git.trees[sha].items())
    ]
    return {"sha": sha, "url": f"{base}/trees/{sha}", "truncated": False, "tree": rows}


@route("POST", "/git/trees", "contents")
def add_tree(c: Context) -> Answer:
    git = c.state.git
    base = c.body.get("base_tree")
    if base is not None and base not in git.trees:
        raise Refused(422, "base_tree is not a valid tree oid")
    entries = dict(git.trees[base]) if base else {}
    for row in c.body["tree"]:
        if row["path"].startswith("/") or ".." in row["path"].split("/"):
            raise Refused(422, "tree.path contains a malformed path component")
        if row.get("sha") is None:
            entries.pop(row["path"], None)
        elif row["sha"] not in git.blobs:
            raise Refused(422, f"tree.sha {row['sha']} is not a valid blob")
        else:
            entries[row["path"]] = row["sha"]
    return 201, _tree(c, git.tree(entries))


@route("GET", "/git/trees/<sha>")
def tree(c: Context) -> Answer:
    if c.part["sha"] not in c.state.git.trees:
        raise _missing()
    return 200, _tree(c, c.part["sha"])


def _commit(c: Context, sha: str) -> dict[str, Any]:
    known = c.state.git.commits[sha]
    shown = c.contract.example(REPO + "/git/commits/{commit_sha}")
    base = f"{c.base}/repos/{c.name}/git"
    shown |= {"sha": sha, "message": known["message"], "tree": {"sha": known["tree"], "url": base}}
    shown["parents"] = [{"sha": p, "url": base, "html_url": base} for p in known["parents"]]
    return shown


@route("POST", "/git/commits", "contents")
def add_commit(c: Context) -> Answer:
    git = c.state.git
    if c.body["tree"] not in git.trees or not set(c.body.get("parents", [])) <= set(git.commits):
        raise Refused(422, "Tree SHA does not exist")
    return 201, _commit(c, git.commit(c.body["tree"], list(c.body.get("parents", [])), c.body["message"]))


@route("GET", "/git/commits/<sha>")
def commit(c: Context) -> Answer:
    if c.part["sha"] not in c.state.git.commits:
        raise _missing()
    return 200, _commit(c, c.part["sha"])


# ---------------------------------------------------------------------------------------------------------- Actions


def _run(c: Context, run: Run) -> dict[str, Any]:
    shown = c.contract.example(REPO + "/actions/runs/{run_id}")
    state, conclusion = run.states[0]
    url = f"https://github.com/{c.name}/actions/runs/{run.id}"
    return {
        **shown,
        "id": run.id,
        "status": state,
        "conclusion": conclusion,
        "head_branch": run.ref,
        "head_sha": run.sha,
        "event": run.event,
        "html_url": url,
        "pull_requests": [],
        "created_at": "2026-11-21T10:00:00Z",
        "updated_at": "2026-11-21T10:01:00Z",
        "display_title": "assaymark",
        "run_number": run.id,
    }


@route("POST", "/actions/workflows/<id>/dispatches", "actions")
def dispatch(c: Context) -> Answer:
    if c.part["id"] != "assaymark.yml":
        raise _missing()
    ref = c.body["ref"]
    if f"refs/heads/{ref}" not in c.state.git.refs:
        raise Refused(422, f"No ref found for: {ref}")
    run = c.state.next_runs.pop(0) if c.state.next_runs else Run(0, "", "", {}, [("completed", "success")])
    run.id, run.ref, run.sha = next(c.state.ids), ref, c.state.git.refs[f"refs/heads/{ref}"]
    run.inputs = c.body.get("inputs", {})
    c.state.runs.append(run)
    if c.body.get("return_run_details") and c.state.details:
        url = f"{c.base}/repos/{c.name}/actions/runs/{run.id}"
        return 200, {"workflow_run_id": run.id, "run_url": url, "html_url": url}
    return 204, None


@route("GET", "/actions/workflows/<id>/runs")
def runs(c: Context) -> Answer:
    if c.part["id"] != "assaymark.yml":
        raise _missing()
    wanted = {"event": c.query.get("event"), "head_branch": c.query.get("branch")}
    shown = [_run(c, r) for r in reversed(c.state.runs)]
    found = [s for s in shown if all(v is None or s[k] == v for k, v in wanted.items())]
    return 200, {"total_count": len(found), "workflow_runs": found}


def _the_run(c: Context) -> Run:
    found = next((r for r in c.state.runs if r.id == c.part["id"]), None)
    if found is None:
        raise _missing()
    return found


@route("GET", "/actions/runs/<int:id>")
def run(c: Context) -> Answer:
    found = _the_run(c)
    shown = _run(c, found)
    if len(found.states) > 1:
        found.states.pop(0)
    return 200, shown


@route("GET", "/actions/runs/<int:id>/jobs")
def jobs(c: Context) -> Answer:
    found = _the_run(c)
    shown = c.contract.example(REPO + "/actions/runs/{run_id}/jobs")["jobs"][0]
    state, conclusion = found.states[0]
    shown |= {"created_at": "2026-11-21T10:00:00Z", "name": "assess", "run_id": found.id}
    shown |= {"status": "in_progress" if state == "in_progress" else "completed", "conclusion": conclusion}
    step = {"name": "assess", "status": "in_progress", "conclusion": None, "number": 2}
    shown["steps"] = [*shown["steps"][:1], step]
    return 200, {"total_count": 1, "jobs": [shown]}


@route("GET", "/actions/runs/<int:id>/artifacts")
def artifacts(c: Context) -> Answer:
    found = _the_run(c)
    example = c.contract.example(REPO + "/actions/runs/{run_id}/artifacts")["artifacts"][0]
    rows = []
    for n, (name, data) in enumerate(found.artifacts.items()):
        id = found.id * 100 + n
        url = f"{c.base}/repos/{c.name}/actions/artifacts/{id}"
        rows.append(
            {**example, "id": id, "name": name, "size_in_bytes": len(data), "expired": found.expired}
            | {"url": url, "archive_download_url": f"{url}/zip"}
        )
    wanted = c.query.get("name")
    rows = [r for r in rows if wanted in (None, r["name"])]
    return 200, {"total_count": len(rows), "artifacts": rows}


@route("GET", "/actions/artifacts/<int:id>/zip")
def artifact(c: Context) -> Answer:
    if c.login == "":
        raise Refused(401, "Requires authentication")
    run = next((r for r in c.state.runs if r.id == c.part["id"] // 100), None)
    if run is None or run.expired:
        raise Refused(410, "Artifact has expired")
    return 302, f"{c.base}/storage/{c.part['id']}.zip?signature=s3cret"


def stored(state: State, id: int) -> bytes:
    """What the storage holds under an artifact's id."""
    run = next(r for r in state.runs if r.id == id // 100)
    return list(run.artifacts.values())[id % 100]


# --------------------------------------------------------------------------------------------------------- releases


def _release(c: Context, found: dict[str, Any]) -> dict[str, Any]:
    shown = c.contract.example(REPO + "/releases/{release_id}")
    upload = f"{c.base}/repos/{c.name}/releases/{found['id']}/assets{{?name,label}}"
    page = f"https://github.com/{c.name}/releases/tag/{found['tag_name']}"
    return {**shown, **found, "upload_url": upload, "html_url": page, "assets": [_asset(c, a) for a in found["assets"]]}


def _asset(c: Context, found: dict[str, Any]) -> dict[str, Any]:
    shown = c.contract.example(REPO + "/releases/{release_id}/assets")[0]
    digest = f"sha256:{hashlib.sha256(found['data']).hexdigest()}" if c.state.digests else None
    told = {"id": found["id"], "name": found["name"], "size": len(found["data"]), "digest": digest}
    return {**shown, **told, "state": found.get("state", "uploaded")}


@route("GET", "/releases")
def releases(c: Context) -> Answer:
    return 200, [_release(c, r) for r in reversed(c.state.releases)]


@route("POST", "/releases", "contents")
def add_release(c: Context) -> Answer:
    if any(r["tag_name"] == c.body["tag_name"] and not r["draft"] for r in c.state.releases):
        raise Refused(422, "Validation Failed", "tag_name already_exists")
    found = {"id": next(c.state.ids), "name": None, "body": "", "draft": False, "prerelease": False, **c.body}
    found["assets"] = []
    c.state.releases.append(found)
    return 201, _release(c, found)


def _the_release(c: Context) -> dict[str, Any]:
    found = next((r for r in c.state.releases if r["id"] == c.part["id"]), None)
    if found is None:
        raise _missing()
    return found


@route("PATCH", "/releases/<int:id>", "contents")
def edit_release(c: Context) -> Answer:
    found = _the_release(c)
    found |= c.body
    return 200, _release(c, found)


@route("GET", "/releases/tags/<path:tag>")
def release_of_tag(c: Context) -> Answer:
    found = next((r for r in c.state.releases if r["tag_name"] == c.part["tag"] and not r["draft"]), None)
    if found is None:
        raise _missing()
    return 200, _release(c, found)


@route("GET", "/releases/<int:id>/assets")
def assets(c: Context) -> Answer:
    return 200, [_asset(c, a) for a in _the_release(c)["assets"]]


@route("POST", "/releases/<int:id>/assets", "contents")
def add_asset(c: Context) -> Answer:
    found = _the_release(c)
    name = c.query["name"]
    if any(a["name"] == name for a in found["assets"]):
        raise Refused(422, "Validation Failed", "already_exists")
    asset = {"id": next(c.state.ids), "name": name, "data": c.raw}
    found["assets"].append(asset)
    return 201, _asset(c, asset)


@route("GET", "/releases/assets/<int:id>")
def asset(c: Context) -> Answer:
    content(c.state, c.part["id"])
    return 302, f"{c.base}/storage/asset/{c.part['id']}"


@route("DELETE", "/releases/assets/<int:id>", "contents")
def delete_asset(c: Context) -> Answer:
    content(c.state, c.part["id"])
    for release in c.state.releases:
        release["assets"] = [a for a in release["assets"] if a["id"] != c.part["id"]]
    return 204, None


def content(state: State, id: int) -> bytes:
    """What is stored of an asset of a release."""
    found = next((a for r in state.releases for a in r["assets"] if a["id"] == id), None)
    if found is None:
        raise _missing()
    return bytes(found["data"])


@route("POST", "/pulls", "pull-requests")
def add_pull(c: Context) -> Answer:
    branch = c.body["head"]
    if f"refs/heads/{branch}" not in c.state.git.refs:
        raise Refused(422, "Validation Failed", "head invalid")
    if any(p["branch"] == branch and p["state"] == "open" for p in c.state.pulls):
        raise Refused(422, "Validation Failed", f"A pull request already exists for {branch}.")
    number = len(c.state.pulls) + 1
    c.state.pull(number, c.state.git.refs[f"refs/heads/{branch}"], head=c.name, branch=branch, title=c.body["title"])
    whole = c.contract.example(REPO + "/pulls/{pull_number}")
    return 201, {**whole, **_pull(c, c.state.pulls[-1])}


# ----------------------------------------------------------------------------------- what only the reader asks for


def _as_shown(path: str, mend: Callable[[Any], Any] = lambda x: x) -> Callable[[Context], Answer]:
    """An answer that is the description's own example."""
    return lambda c: (200, mend(c.contract.example(REPO + path)))


def _branches(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for row in rows:
        row.pop("protection", None)
    return rows


def _forbidden(c: Context) -> Answer:
    raise Refused(403, "Resource not accessible by integration")


@route("GET", "")
def repository(c: Context) -> Answer:
    shown = c.contract.example(REPO)
    owner, _, name = c.name.partition("/")
    shown |= {"full_name": c.name, "name": name, "language": "Python", "default_branch": "main", "source": None}
    shown["owner"]["login"] = owner
    shown.pop("source")
    shown.pop("parent", None)
    return 200, shown


for _path, _rule, _mend in (
    ("/rules/branches/{branch}", "/rules/branches/<path:branch>", list),
    ("/branches/{branch}", "/branches/<branch>", dict),
    ("/branches", "/branches", _branches),
    ("/issues", "/issues", list),
    ("/community/profile", "/community/profile", dict),
    ("/code-scanning/alerts", "/code-scanning/alerts", list),
    ("/pages", "/pages", dict),
    ("/pulls/comments", "/pulls/comments", list),
    ("/pulls/{pull_number}/reviews", "/pulls/<int:number>/reviews", list),
    ("/commits", "/commits", list),
):
    ROUTES.append(Route("GET", _rule, "", _as_shown(_path, _mend)))
ROUTES.append(Route("GET", "/branches/<branch>/protection", "", _forbidden))
