"""Who asks a registry: the name and password of a user, and what its challenge makes of them (RFC 7235, the token
specification of the Distribution project).

The login is that of the environment (``REGISTRY_USERNAME``, ``REGISTRY_PASSWORD``), else what ``docker login`` keeps.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from assaymark import proc
from assaymark.errors import InputError
from assaymark.records import NamedTuple
from assaymark.release.web import WebProblem, guard
from assaymark.web import Silent, ask_web

HINT = "log in: docker login, or REGISTRY_USERNAME and REGISTRY_PASSWORD"
# Docker Hub is kept under the address of its first protocol.
_HUB = ("docker.io", "registry-1.docker.io", "index.docker.io")
_HUB_KEY = "https://index.docker.io/v1/"
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SCHEME = re.compile(r"\s*([A-Za-z]+)(?:\s+|$)")
_PART = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*,?\s*')
_LIMIT = 1_000_000


class Challenge(NamedTuple):
    """What a registry asks for: the scheme in lower case, and its parameters (realm, service, scope)."""

    scheme: str
    told: Mapping[str, str]


def challenge(header: str) -> Challenge:
    """The first challenge of ``WWW-Authenticate``; an unreadable one has no scheme."""
    scheme = _SCHEME.match(header)
    if not scheme:
        return Challenge("", {})
    told, at = {}, scheme.end()
    while part := _PART.match(header, at):
        told[part[1].lower()] = re.sub(r"\\(.)", r"\1", part[2]) if part[2] is not None else part[3]
        at = part.end()
    return Challenge(scheme[1].lower(), told)


def authorization(asked: str, host: str, login: str) -> str:
    """The header ``Authorization`` that answers a challenge of ``host``; ``login`` is ``user:password`` in base64.

    Without a login it is "". Raises InputError when only a login could answer it, WebProblem when no token is given.
    """
    wanted = challenge(asked)
    if wanted.scheme == "basic" and login:
        return f"Basic {login}"
    if wanted.scheme == "bearer" and wanted.told.get("realm"):
        return f"Bearer {_token(wanted.told, host, login)}"
    raise refused(host)


def refused(host: str) -> InputError:
    """What is said when a registry lets nobody in, or not this user."""
    return InputError(f"the registry {host} wants a login", hint=HINT)


def _token(told: Mapping[str, str], host: str, login: str) -> str:
    realm = told["realm"]
    guard(realm)
    asked = {name: told[name] for name in ("service", "scope") if told.get(name)}
    headers = {"Authorization": f"Basic {login}"} if login else {}
    service = urlsplit(realm).hostname
    try:
        answer = ask_web(realm, headers=headers, parameters=asked, most=_LIMIT)
        said = answer.document() if answer.status == 200 else None
    except Silent as problem:
        raise WebProblem(f"{service} {problem.text}: no token for {host}", uncertain=True) from problem
    if answer.status in (400, 401, 403):
        raise refused(host)
    token = (said.get("token") or said.get("access_token")) if isinstance(said, dict) else None
    if not isinstance(token, str) or not (token.isascii() and token.isprintable()):
        raise WebProblem(f"{service} gave no token for {host}", uncertain=answer.status >= 500)
    return token


def kept(host: str, environment: Mapping[str, str]) -> str:
    """The login for a host as ``user:password`` in base64; "" when there is none."""
    user, password = environment.get("REGISTRY_USERNAME"), environment.get("REGISTRY_PASSWORD")
    if user and password:
        return base64.b64encode(f"{user}:{password}".encode()).decode()
    home = environment.get("DOCKER_CONFIG") or str(Path(environment.get("HOME") or "~").expanduser() / ".docker")
    config = _config(Path(home, "config.json"))
    names = (host, f"https://{host}", *((_HUB_KEY,) if host in _HUB else ()))
    helpers = _table(config.get("credHelpers"))
    for name in names:
        entry = _table(_table(config.get("auths")).get(name))
        helper = helpers.get(name) or config.get("credsStore")
        found = str(entry.get("auth") or "") or _from_helper(helper, name, environment)
        if found:
            return found
    return ""


def _config(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            return _table(json.loads(file.read(_LIMIT)))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as problem:
        raise InputError(f"the logins of Docker cannot be read: {problem}", where=str(path)) from problem


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _from_helper(helper: Any, name: str, environment: Mapping[str, str]) -> str:
    """What ``docker-credential-<helper> get`` tells; it has its own rules, and nothing but the name of the host."""
    if not isinstance(helper, str) or not _HELPER.fullmatch(helper):
        return ""
    done = proc.run(
        [f"docker-credential-{helper}", "get"], cwd="/", env=environment, timeout=30, memory=None, input=name.encode()
    )
    try:
        told = _table(json.loads(done.stdout[:_LIMIT])) if done.returncode == 0 else {}
    except (ValueError, RecursionError):
        return ""
    user, secret = told.get("Username"), told.get("Secret")
    if not user or not secret or user == "<token>":
        return ""
    return base64.b64encode(f"{user}:{secret}".encode()).decode()
