"""A Zenodo on 127.0.0.1 that answers its deposit API as the code of Zenodo on InvenioRDM does (read in August 2026).

Where documentation and code differ, the code is followed: ``allversions`` shows earlier versions, a second
``newversion`` is refused once the draft has files, metadata are judged when it is published and not before, a licence
that nobody names is CC-BY-4.0, a draft is promised a DOI of production, and the list lags behind.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import threading
from typing import Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

TOKEN = "z3nodo"
_PATH = "/api/deposit/depositions"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class FakeZenodo:
    """Deposits of one person; a context manager. ``deposits`` by number, ``calls`` as ``VERB path``.

    ``documented``: newversion answers with the earlier deposit, as the documentation has it.
    """

    documented = False

    def __init__(self) -> None:
        self.deposits: dict[int, dict[str, Any]] = {}
        self.content: dict[tuple[int, str], bytes] = {}
        self.calls: list[str] = []
        self._ids = itertools.count(501)
        self._rules = Map(
            [
                Rule(_PATH, methods=["GET"], endpoint=self._list),
                Rule(_PATH, methods=["POST"], endpoint=self._add),
                Rule(f"{_PATH}/<int:id>", methods=["GET"], endpoint=self._show),
                Rule(f"{_PATH}/<int:id>", methods=["PUT"], endpoint=self._edit),
                Rule(f"{_PATH}/<int:id>/files/<fid>", methods=["DELETE"], endpoint=self._drop),
                Rule(f"{_PATH}/<int:id>/actions/publish", methods=["POST"], endpoint=self._publish),
                Rule(f"{_PATH}/<int:id>/actions/newversion", methods=["POST"], endpoint=self._newversion),
                Rule("/api/files/<int:id>/<name>", methods=["PUT"], endpoint=self._put),
            ]
        )
        self._server = make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> FakeZenodo:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _application(self, environ: dict[str, Any], start: Any) -> Any:
        return self._answer(Request(environ))(environ, start)

    def _answer(self, request: Request) -> Response:
        self.calls.append(f"{request.method} {request.path}")
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _json(401, {"status": 401, "message": "Unauthorized"})
        try:
            endpoint, part = self._rules.bind("").match(request.path, request.method)
            return endpoint(request, **part)  # type: ignore[no-any-return]
        except HTTPException as problem:
            return _json(problem.code or 404, {"status": problem.code, "message": problem.name})

    def _list(self, request: Request) -> Response:
        size, page = int(request.args.get("size", 25)), int(request.args.get("page", 1))
        wanted = sorted((id for id, known in self.deposits.items() if known["listed"]), reverse=True)
        if request.args.get("allversions") != "true":
            newest = {self.deposits[id]["concept"]: id for id in reversed(wanted)}
            wanted = [id for id in wanted if newest[self.deposits[id]["concept"]] == id]
        for known in self.deposits.values():
            known["listed"] = True
        return _json(200, [self._shown(id) for id in wanted[(page - 1) * size : page * size]])

    def _add(self, request: Request) -> Response:
        metadata = (request.get_json() or {}).get("metadata", {})
        return _refusal(metadata) or _json(201, self._shown(self._new(_completed(metadata))))

    def _new(self, metadata: dict[str, Any], concept: int | None = None) -> int:
        id = next(self._ids)
        concept = concept or next(self._ids)
        reserved = {"doi": f"10.5281/zenodo.{id}", "recid": id}
        self.deposits[id] = {"concept": concept, "metadata": {**metadata, "prereserve_doi": reserved}, "done": False}
        self.deposits[id] |= {"files": [], "listed": False}
        return id

    def _show(self, request: Request, id: int) -> Response:
        return _json(200, self._shown(id)) if id in self.deposits else _json(404, {"message": "PID does not exist."})

    def _shown(self, id: int) -> dict[str, Any]:
        known = self.deposits[id]
        links = {
            "self": f"{self.base}{_PATH}/{id}",
            "html": f"https://sandbox.zenodo.org/deposit/{id}",
            "bucket": f"{self.base}/api/files/{id}",
            "publish": f"{self.base}{_PATH}/{id}/actions/publish",
            "latest_draft": f"{self.base}{_PATH}/{id}",
        }
        if known["done"]:
            links |= {"record_html": f"https://sandbox.zenodo.org/records/{id}"}
        doi = {"doi": f"10.5072/zenodo.{id}"} if known["done"] else {}
        return {
            "id": id,
            "conceptrecid": str(known["concept"]),
            "metadata": {**known["metadata"], **doi},
            "files": known["files"],
            "links": links,
            "state": "done" if known["done"] else "unsubmitted",
            "submitted": known["done"],
            **doi,
        }

    def _edit(self, request: Request, id: int) -> Response:
        if self.deposits[id]["done"]:
            return _json(404, {"message": "The persistent identifier does not exist."})
        metadata = (request.get_json() or {}).get("metadata", {})
        refusal = _refusal(metadata)
        if refusal is None:
            reserved = self.deposits[id]["metadata"]["prereserve_doi"]
            self.deposits[id]["metadata"] = {**_completed(metadata), "prereserve_doi": reserved}
        return refusal or _json(200, self._shown(id))

    def _put(self, request: Request, id: int, name: str) -> Response:
        known, data = self.deposits[id], request.get_data()
        if known["done"]:
            return _json(403, {"message": "Permission denied."})
        if request.content_length is None:
            return _json(411, {"message": "Length Required"})
        known["files"] = [f for f in known["files"] if f["filename"] != name]
        checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
        row = {"id": f"f{next(self._ids)}", "filename": name, "filesize": len(data), "checksum": checksum}
        known["files"].append(row)
        self.content[id, name] = data
        return _json(201, {"key": name, "size": len(data), "checksum": f"md5:{checksum}"})

    def _drop(self, request: Request, id: int, fid: str) -> Response:
        self.deposits[id]["files"] = [f for f in self.deposits[id]["files"] if f["id"] != fid]
        return Response(b"", 204)

    def _publish(self, request: Request, id: int) -> Response:
        known = self.deposits[id]
        if known["done"]:
            return _json(404, {"message": "The persistent identifier does not exist."})
        wanted = ("title", "upload_type", "description", "creators")
        missing = [f"metadata.{k}" for k in wanted if not known["metadata"].get(k)]
        missing += [] if known["files"] else ["files.enabled"]
        if missing:
            return _json(400, {"message": "A validation error occurred.", "errors": [{"field": m} for m in missing]})
        known["done"] = True
        return _json(202, self._shown(id))

    def _newversion(self, request: Request, id: int) -> Response:
        known = self.deposits.get(id)
        if known is None or not known["done"]:
            return _json(404, {"message": "The persistent identifier does not exist."})
        drafts = [n for n, d in self.deposits.items() if d["concept"] == known["concept"] and not d["done"]]
        new = drafts[0] if drafts else self._new(known["metadata"], known["concept"])
        if self.deposits[new]["files"]:
            return _json(400, {"message": "A validation error occurred.", "errors": [{"field": "files.enabled"}]})
        self.deposits[new]["files"] = [dict(f) for f in known["files"]]
        if self.documented:
            shown = self._shown(id)
            shown["links"]["latest_draft"] = f"{self.base}{_PATH}/{new}"
            return _json(201, shown)
        return _json(201, self._shown(new))


def _refusal(metadata: dict[str, Any]) -> Response | None:
    """What Zenodo refuses at once: what it cannot read."""
    wrong = [] if metadata.get("license", "apache-2.0") in ("apache-2.0", "mit", "CC-BY-4.0") else ["license"]
    return (
        _json(400, {"message": "A validation error occurred.", "errors": [{"field": f} for f in wrong]})
        if wrong
        else None
    )


def _completed(metadata: dict[str, Any]) -> dict[str, Any]:
    """With what Zenodo puts in where it is told nothing."""
    return {"license": "CC-BY-4.0", **metadata} if metadata else {}


def _json(status: int, body: Any) -> Response:
    return Response(json.dumps(body).encode(), status, {"Content-Type": "application/json"})
