"""The server: from a socket on 127.0.0.1 through faults, the contract and permissions to a handler and back."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from .contract import Contract
from .handlers import ROUTES, Context, Refused, Route, content, stored
from .state import Fault, State, zipped


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class FakeGitHub:
    """One repository (``name``) behind an API at ``base``; a context manager."""

    def __init__(self, contract: Contract, name: str = "lab/tide") -> None:
        self.name = name
        self.state = State()
        self.faults: list[Fault] = []
        self.violations: list[str] = []
        self.calls: list[str] = []
        self.tokens: list[tuple[str, str | None]] = []
        self._server = make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self.contract = contract
        rules = [Rule(f"/repos/<owner>/<repo>{r.path}", methods=[r.verb], endpoint=r) for r in ROUTES]
        self._rules = Map([*rules, Rule("/user", endpoint="user"), Rule("/storage/<int:id>.zip", endpoint="storage")])
        self._rules.add(Rule("/storage/asset/<int:id>", endpoint="asset"))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> FakeGitHub:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def environment(self) -> dict[str, str]:
        """What a job's environment says about this GitHub."""
        return {"GITHUB_API_URL": self.base, "GITHUB_TOKEN": "t0ken", "GITHUB_REPOSITORY": self.name}

    def fail(self, verb: str, pattern: str, status: int = 500, body: Any = None, **more: Any) -> None:
        """Lay a fault for requests whose path below the repository matches; fields as in `Fault`."""
        data = (
            body
            if isinstance(body, bytes)
            else json.dumps({"message": "Server Error"} if body is None else body).encode()
        )
        self.faults.append(Fault(verb, pattern, status, data, **more))

    def before(self, verb: str, pattern: str, action: Callable[[], None], times: int = 1) -> None:
        """Let something happen just before a request is done: the race that is otherwise hard to win."""
        self.faults.append(Fault(verb, pattern, action=action, times=times))

    def asked(self, verb: str, pattern: str = "") -> list[str]:
        """The requests so far, as ``VERB path``."""
        return [c for c in self.calls if c.startswith(verb) and re.search(pattern, c)]

    def artifact(self, **files: bytes | str) -> bytes:
        """A zipped artifact; ``assessment_json=...`` is the file assessment.json."""
        named = {k.replace("_", "."): v.encode() if isinstance(v, str) else v for k, v in files.items()}
        return zipped(named)

    def _application(self, environ: dict[str, Any], start: Any) -> Any:
        request = Request(environ)
        return self._answer(request)(environ, start)

    def _answer(self, request: Request) -> Response:
        path = request.path.removeprefix(f"/repos/{self.name}")
        self.calls.append(f"{request.method} {path}")
        self.tokens.append((request.path, request.headers.get("Authorization")))
        fault = self._fault(request.method, path)
        if fault and fault.sleep:
            time.sleep(fault.sleep)
        if fault and fault.action:
            fault.action()
        if fault and fault.status and not fault.after:
            return self._faulty(fault)
        response = self._judged(request)
        return self._faulty(fault) if fault and fault.status else response

    def _fault(self, verb: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.verb == verb and re.fullmatch(fault.pattern, path):
                fault.times -= 1
                return fault
        return None

    def _faulty(self, fault: Fault) -> Response:
        return Response(fault.body, fault.status, {"Content-Type": "application/json", **fault.headers})

    def _judged(self, request: Request) -> Response:
        try:
            found, part = self._rules.bind("").match(request.path, request.method)
        except HTTPException as problem:
            self.violations.append(f"{request.method} {request.path}: the fake does not know it")
            return _json(problem.code or 404, {"message": "Not Found"})
        if found == "storage":
            return Response(stored(self.state, part["id"]), 200, {"Content-Type": "application/zip"})
        if found == "asset":
            return Response(content(self.state, part["id"]), 200, {"Content-Type": "application/octet-stream"})
        wrong = self.contract.refused(request)
        if wrong:
            self.violations.append(f"{request.method} {request.path}: {wrong}")
            return _json(422, {"message": "Invalid request.", "errors": [wrong]})
        response = self._handled(request, found, part)
        if response.status_code < 400:
            broken = self.contract.broken(request, response)
            if broken:
                self.violations.append(f"answer to {request.method} {request.path}: {broken}")
        return response

    def _handled(self, request: Request, found: Route | str, part: dict[str, Any]) -> Response:
        token = request.headers.get("Authorization", "").rpartition(" ")[2]
        account = self.state.accounts.get(token)
        if token and account is None:
            return _json(401, {"message": "Bad credentials"})
        if isinstance(found, str):
            if account is None or account.installation:
                return _json(403, {"message": "Resource not accessible by integration"})
            return _json(200, {**_user(self.contract), "login": account.login})
        if f"{part.pop('owner')}/{part.pop('repo')}" != self.name:
            return _json(404, {"message": "Not Found"})
        if found.permission and (account is None or found.permission not in account.may):
            return _json(403, {"message": "Resource not accessible by integration"})
        body = request.get_json(silent=True) if request.is_json else None
        context = Context(
            self.state,
            self.contract,
            self.base,
            self.name,
            part,
            request.args.to_dict(),
            body if isinstance(body, dict) else {},
            request.get_data(),
            account.login if account else "",
        )
        try:
            status, answer = found.answer(context)
        except Refused as refusal:
            return _json(*refusal.answer)
        if status == 302:
            return Response(b"", 302, {"Location": answer})
        return self._page(request, status, answer)

    def _page(self, request: Request, status: int, answer: Any) -> Response:
        """One page of a list, with the header that names the next."""
        key = next((k for k in ("check_runs", "workflow_runs", "jobs", "artifacts") if _holds(answer, k)), None)
        rows = answer[key] if key else answer
        if not isinstance(rows, list) or request.method != "GET":
            return _json(status, answer)
        size, page = int(request.args.get("per_page", 30)), int(request.args.get("page", 1))
        shown = rows[(page - 1) * size : page * size]
        response = _json(status, {**answer, key: shown} if key else shown)
        if page * size < len(rows):
            following = re.sub(r"([?&])page=\d+", "", request.url)
            response.headers["Link"] = f'<{following}{"&" if "?" in following else "?"}page={page + 1}>; rel="next"'
        return response


def _holds(answer: Any, key: str) -> bool:
    return isinstance(answer, dict) and isinstance(answer.get(key), list)


def _user(contract: Contract) -> dict[str, Any]:
    shown = contract.example("/repos/{owner}/{repo}/issues/comments/{comment_id}")["user"]
    more = {"name": "A", "company": None, "blog": None, "location": None, "email": None, "hireable": None, "bio": None}
    counts = dict.fromkeys(("public_repos", "public_gists", "followers", "following"), 0)
    more |= {"user_view_type": "public"}
    return {**shown, **more, **counts, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z"}


def _json(status: int, body: Any) -> Response:
    headers = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4999", "X-RateLimit-Reset": "1900000000"}
    if status == 204:
        return Response(b"", 204, headers)
    return Response(json.dumps(body).encode(), status, {"Content-Type": "application/json; charset=utf-8", **headers})
