"""Which addresses may be contacted: those of this machine, and those whose host the command line allows."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

PORTS = {"http": 80, "https": 443}


class NotAllowed(ValueError):
    """An address that is not to be contacted, or is none; says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address in its parts. ``path`` holds the query too."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        return self.scheme, self.host, self.port

    @property
    def netloc(self) -> str:
        """Host and, where it is not the usual one, port, as in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.path}"


def parse(address: str) -> Target:
    """The parts of an address. Raises NotAllowed when it is none over HTTP."""
    try:
        parts = urlsplit(address)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode("ascii").rstrip(".") if parts.hostname else ""
    except (ValueError, UnicodeError) as problem:
        raise NotAllowed(f"{address[:200]!r} is no address: {problem}") from problem
    if parts.scheme not in PORTS or not host or parts.username is not None:
        raise NotAllowed(f"{address[:200]!r} is no address of the web")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not all("!" <= c <= "~" for c in path):
        from urllib.parse import quote

        path = quote(path, safe="/?&=%:;,+@!$'()*~-._[]")
    return Target(parts.scheme, host, PORTS[parts.scheme] if port is None else port, path)


def is_loopback(host: str) -> bool:
    """Whether a name or number means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check(target: Target, allowed: frozenset[str]) -> None:
    """Raises NotAllowed when a host is neither this machine nor one of those that were allowed."""
    if not is_loopback(target.host) and target.host not in allowed:
        raise NotAllowed(f"{target.host} was not contacted: it is not allowed (--allow-host {target.host})")


def joined(base: str, link: str) -> str:
    """A path of the service as an address; an address as it is."""
    return link if "://" in link else base + link


def redirected(target: Target, location: str) -> Target:
    """Where a redirect leads. Raises NotAllowed unless it stays at this host and port, or goes to its TLS."""
    to = parse(urljoin(str(target), location))
    upgrade = (target.scheme, target.port, to.scheme, to.port) == ("http", 80, "https", 443)
    if to.host != target.host or not (to.origin == target.origin or upgrade):
        raise NotAllowed(f"it leads to {to.scheme}://{to.netloc}, which is not followed")
    return to
