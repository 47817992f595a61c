"""The part of the contract test that works on the OpenAPI document, as a process of its own within limits.

``python -m assaymark_services.contract_child`` reads one JSON object from standard input and writes one. It makes
requests (``generate``) and judges answers (``judge``) with schemathesis; it never reaches the network: the requests are
sent by `assaymark_services.client`. A document that makes it hang or swell harms nobody but itself.
"""

from __future__ import annotations

import base64
import json
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

MOST_OPERATIONS = 500
_FAILURE = 600


class Refused(Exception):
    """The document cannot be worked with; says why. ``bad`` when it is none, and not only beyond what is done here."""

    def __init__(self, reason: str, *, bad: bool = False) -> None:
        super().__init__(reason)
        self.bad = bad


def main() -> None:
    """Read what is asked, answer it."""
    _no_network()
    asked = json.loads(sys.stdin.buffer.read())
    try:
        schema = schema_of(base64.b64decode(asked["document"]))
        work: Callable[[Any, Mapping[str, Any]], dict[str, Any]] = {"generate": generate, "judge": judge}[
            asked["phase"]
        ]
        found = work(schema, asked)
    except Refused as problem:
        found = {"problem": str(problem), "bad": problem.bad}
    sys.stdout.write(json.dumps(found))


def _no_network() -> None:
    def refuse(*_: object) -> None:
        raise OSError("no network here")

    for name in ("connect", "connect_ex", "sendto", "bind"):
        setattr(socket.socket, name, refuse)
    socket.getaddrinfo = refuse  # type: ignore[assignment]


def schema_of(data: bytes) -> Any:
    """What schemathesis makes of a document. Raises Refused."""
    import schemathesis

    document = _parsed(data)
    if not isinstance(document, dict) or not ("openapi" in document or "swagger" in document):
        raise Refused("it is no OpenAPI document: it lacks the key openapi", bad=True)
    if outside := next(_outside(document), None):
        raise Refused(f"it refers to {outside[:200]!r}, outside of itself; put it together in one file")
    try:
        return schemathesis.openapi.from_dict(document)
    except Exception as problem:
        raise Refused(f"it cannot be read as OpenAPI: {_line(problem)}") from problem


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        import yaml

        try:
            return yaml.load(data, _loader())
        except (yaml.YAMLError, ValueError, RecursionError) as problem:
            raise Refused(f"it is neither JSON nor YAML: {_line(problem)}", bad=True) from problem


def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        """Dates stay text, as in JSON."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Loader


def _outside(value: Any, depth: int = 0) -> Iterator[str]:
    """References that would be read from files or addresses."""
    if depth > 200:
        raise Refused("it is nested too deeply")
    if isinstance(value, dict):
        for key, item in value.items():
            if (key in ("$ref", "$dynamicRef") and isinstance(item, str) and not item.startswith("#")) or (
                key == "externalValue" and isinstance(item, str)
            ):
                yield item
            yield from _outside(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _outside(item, depth + 1)


def _operations(schema: Any) -> list[tuple[Any, str]]:
    """Each operation, or None with what is wrong with it."""
    found: list[tuple[Any, str]] = []
    for result in schema.get_all_operations():
        if len(found) >= MOST_OPERATIONS:
            raise Refused(f"it has more than {MOST_OPERATIONS} operations")
        try:
            found.append((result.ok(), ""))
        except Exception as problem:
            found.append((None, _line(problem)))
    return found


def generate(schema: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Requests that the document allows, the same for the same seed."""
    operations, cases, broken = [], [], []
    try:
        everything = _operations(schema)
    except Refused:
        raise
    except Exception as problem:
        raise Refused(f"it cannot be read as OpenAPI: {_line(problem)}") from problem
    keys = _key_headers(schema.raw_schema)
    for operation, wrong in everything:
        if operation is None:
            broken.append(wrong)
            continue
        label = f"{operation.method.upper()} {operation.path}"
        skipped = label in asked["skip"]
        held = operation.method.upper() not in asked["methods"]
        made: list[dict[str, Any]] = []
        unmade = ""
        if not skipped and not held:
            try:
                made = _made(operation, asked, keys)
            except Exception as said:
                unmade = _line(said)
        secured = operation.definition.raw.get("security", schema.raw_schema.get("security"))
        operations.append(
            {
                "label": label,
                "skipped": skipped,
                "held": held,
                "problem": unmade,
                # An empty alternative means that no credential is needed.
                "secured": bool(secured) and all(secured),
                "cases": len(made),
            }
        )
        cases += made
    return {"operations": operations, "cases": cases, "broken": broken}


def _key_headers(document: Mapping[str, Any]) -> set[str]:
    """Headers in which credentials are sent: what is made up for them is no credential, and is left out."""
    components = document.get("components")
    found = components.get("securitySchemes") if isinstance(components, dict) else document.get("securityDefinitions")
    schemes = [s for s in found.values() if isinstance(s, dict)] if isinstance(found, dict) else []
    names = {str(s.get("name", "")).lower() for s in schemes if s.get("type") == "apiKey" and s.get("in") == "header"}
    return names | ({"cookie"} if any(s.get("in") == "cookie" for s in schemes) else set()) | {"authorization"}


def _made(operation: Any, asked: Mapping[str, Any], keys: set[str]) -> list[dict[str, Any]]:
    import hypothesis
    import requests
    import schemathesis
    from hypothesis import HealthCheck, Phase

    found: dict[str, dict[str, Any]] = {}

    def keep(case: Any) -> None:
        words = case.as_transport_kwargs(base_url=asked["base"])
        request = requests.Request(
            words["method"],
            words["url"],
            params=words.get("params"),
            headers={k: v for k, v in words["headers"].items() if not k.lower().startswith("x-schemathesis")},
            data=words.get("data"),
            json=words.get("json"),
            files=words.get("files"),
            cookies=words.get("cookies"),
        ).prepare()
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        drop = {"user-agent", "accept-encoding", "connection", "content-length", "host", *keys}
        made = {
            "label": f"{operation.method.upper()} {operation.path}",
            "method": operation.method.upper(),
            "path": request.path_url,
            "headers": [(k, str(v)) for k, v in request.headers.items() if k.lower() not in drop],
            "body": base64.b64encode(body).decode(),
            "parameters": {k: str(v) for k, v in dict(case.path_parameters or {}).items()},
        }
        found.setdefault(json.dumps(made, sort_keys=True), made)

    strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    of: Any = hypothesis.given
    test: Any = hypothesis.settings(
        max_examples=asked["examples"],
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )(of(strategy)(keep))
    hypothesis.seed(asked["seed"])(test)()
    return list(found.values())


def judge(schema: Any, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What is wrong with answers, by schemathesis: status, content type, headers, body against the document."""
    import requests
    from schemathesis.checks import not_a_server_error
    from schemathesis.core.transport import Response
    from schemathesis.specs.openapi import checks

    operations = {f"{o.method.upper()} {o.path}": o for o, _ in _operations(schema) if o is not None}
    wanted = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_headers_conformance,
        checks.response_schema_conformance,
    ]
    failures: list[dict[str, str]] = []
    unjudged: list[str] = []
    for given in asked["answers"]:
        operation = operations[given["label"]]
        headers: dict[str, list[str]] = {}
        for name, value in given["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        response = Response(
            status_code=given["status"],
            headers=headers,
            content=base64.b64decode(given["body"]),
            request=requests.Request(given["method"], given["url"]).prepare(),
            elapsed=0.0,
            verify=True,
        )
        try:
            operation.Case(method=given["method"], path_parameters=given["parameters"]).validate_response(
                response, checks=wanted
            )
        except BaseExceptionGroup as group:
            for each in group.exceptions:
                title = getattr(each, "title", type(each).__name__)
                said = f"{title}: {getattr(each, 'message', '')}".strip(": ")
                failures.append(
                    {"label": given["label"], "url": given["url"], "message": " ".join(said.split())[:_FAILURE]}
                )
        except AssertionError as problem:
            failures.append({"label": given["label"], "url": given["url"], "message": _line(problem)})
        except Exception as problem:
            unjudged.append(f"{given['label']}: {_line(problem)}")
    return {"failures": failures, "unjudged": unjudged}


def _line(problem: BaseException) -> str:
    return " ".join(str(problem).split())[:300] or type(problem).__name__


if __name__ == "__main__":
    main()
