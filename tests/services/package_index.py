"""An index of packages on 127.0.0.1: pages by PEP 503 and the upload that publishing programs speak."""

from __future__ import annotations

import hashlib
import html
import threading
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class PackageIndex:
    """Files by name; a file that is there with another content is refused, with the same one it is passed over."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.uploads: list[str] = []
        self._server = make_server("127.0.0.1", 0, self._application, threaded=True, request_handler=_Quiet)
        self._server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> PackageIndex:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def simple(self) -> str:
        return f"{self.base}/simple"

    def _application(self, environ: dict[str, Any], start: Any) -> Any:
        return self._answer(Request(environ))(environ, start)

    def _answer(self, request: Request) -> Response:
        if request.method == "POST":
            return self._upload(request)
        parts = request.path.strip("/").split("/")
        if parts[0] == "files" and len(parts) == 2 and parts[1] in self.files:
            return Response(self.files[parts[1]], 200, {"Content-Type": "application/octet-stream"})
        if parts[0] == "simple" and len(parts) == 2:
            rows = [n for n in self.files if n.split("-")[0].replace("_", "-").lower() == parts[1]]
            links = "".join(f'<a href="{self._address(n)}">{html.escape(n)}</a>\n' for n in rows)
            if rows:
                return Response(
                    f"<!DOCTYPE html><html><body>\n{links}</body></html>", 200, {"Content-Type": "text/html"}
                )
        return Response(b"not found", 404)

    def _address(self, name: str) -> str:
        return f"{self.base}/files/{name}#sha256={hashlib.sha256(self.files[name]).hexdigest()}"

    def _upload(self, request: Request) -> Response:
        given = request.files["content"]
        name, content = str(given.filename), given.read()
        given.close()
        if request.form["sha256_digest"] != hashlib.sha256(content).hexdigest():
            return Response(b"digest mismatch", 400)
        if name in self.files:
            same = self.files[name] == content
            return Response(b"", 200) if same else Response(b"400 File already exists", 400)
        self.files[name] = content
        self.uploads.append(name)
        return Response(b"", 200)
