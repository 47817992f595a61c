"""Whether an exchange keeps to the description."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from openapi_core import OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from werkzeug.wrappers import Request, Response

# Path parameters that may hold slashes, which the description's templates do not know.
_TAILS = re.compile(r"^(/repos/[^/]+/[^/]+/(?:contents|git/ref|git/refs)/)(.+)$")


_HOST = "https://api.github.com"


class _Asked(WerkzeugOpenAPIRequest):
    @property
    def host_url(self) -> str:
        return _HOST

    @property
    def path(self) -> str:
        path = super().path
        tail = _TAILS.match(path)
        return tail[1] + quote(tail[2], safe="") if tail else path


class Contract:
    """GitHub's description, ready to judge exchanges. Loading takes half a second: make one."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.description = description
        self._api = OpenAPI.from_dict({**description, "servers": [{"url": _HOST}]})

    def refused(self, request: Request) -> str:
        """Why GitHub would refuse the request; empty when it would not."""
        try:
            self._api.validate_request(_Asked(request))
        except OpenAPIError as problem:
            return _told(problem)
        return ""

    def broken(self, request: Request, response: Response) -> str:
        """What is wrong with our own answer; empty when nothing is."""
        try:
            self._api.validate_response(_Asked(request), WerkzeugOpenAPIResponse(response))
        except OpenAPIError as problem:
            return _told(problem)
        return ""

    def example(self, path: str, verb: str = "get", status: str = "200") -> Any:
        """The description's own example of an answer, deep enough copied to be changed."""
        import copy

        content = self._resolved(self.description["paths"][path][verb]["responses"][status])["content"]
        given = content["application/json"]
        if "examples" in given:
            return copy.deepcopy(self._resolved(next(iter(given["examples"].values())))["value"])
        return copy.deepcopy(given["example"])

    def _resolved(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            _, _, kind, name = node["$ref"].split("/", 3)
            node = self.description["components"][kind][name]
        return node


def _told(problem: BaseException) -> str:
    """The reasons of the schema where there are any, else the chain of causes."""
    cause: BaseException | None = problem
    words = []
    for _ in range(5):
        if cause is None:
            break
        errors = list(getattr(cause, "schema_errors", ()))
        if errors:
            return "; ".join(f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in errors[:5])
        words.append(str(cause)[:200])
        cause = cause.__cause__
    return " <- ".join(words)
