"""Which repository this is: ``host/owner/name``, from the address it was cloned from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from assaymark.patterns import late

_SCP = late(r"(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+):(?!//)(?P<path>[^\s:][^\s]*)", re.ASCII)
_HOST = late(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?", re.ASCII)
_PATH = late(r"[^\s\x00-\x1f\x7f<>\"'`\\|?#]+(?:/[^\s\x00-\x1f\x7f<>\"'`\\|?#]+)*")
_SCHEMES = ("https", "http", "ssh", "git", "git+ssh", "git+https")
_PORTS = {"https": 443, "http": 80}
_ALIASES = {"ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com", "altssh.bitbucket.org": "bitbucket.org"}


def canonical(url: str) -> str | None:
    """``host/owner/name`` of a clone address, without credentials; None for a local path or what is no address."""
    url = url.strip()
    if "://" in url:
        host, path = _split(url)
    elif match := _SCP.fullmatch(url):
        host, path = match["host"], match["path"]
    else:
        return None
    path = unquote(path).strip("/").removesuffix(".git").strip("/")
    host = _ALIASES.get(host.lower().removeprefix("www."), host.lower().removeprefix("www."))
    good = _HOST.fullmatch(host) and _PATH.fullmatch(path) and not {".", ".."} & set(path.split("/"))
    # A single letter before a colon is a drive, a single name without a dot may be anything.
    return f"{host}/{path}" if good and len(host) > 1 else None


def _split(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", ""
    if parts.scheme.lower() not in _SCHEMES:
        return "", ""
    # The port of SSH says nothing about which host it is; that of HTTP may.
    keep = port is not None and parts.scheme.lower() in _PORTS and port != _PORTS[parts.scheme.lower()]
    return f"{parts.hostname or ''}{f':{port}' if keep else ''}", parts.path


def of_remotes(remotes: Mapping[str, str]) -> str | None:
    """The repository behind a clone's remotes (name -> address): ``origin``, else the only one."""
    if "origin" in remotes:
        return canonical(remotes["origin"])
    return canonical(next(iter(remotes.values()))) if len(remotes) == 1 else None


def of_actions() -> str | None:
    """The repository that GitHub Actions runs for; None elsewhere."""
    name = os.environ.get("GITHUB_REPOSITORY", "")
    if os.environ.get("GITHUB_ACTIONS") != "true" or not name:
        return None
    return canonical(f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{name}")
