"""The one door to the network: hosts that were allowed, bounded in requests, size and time."""

from __future__ import annotations

import http.client
import re
import socket
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from urllib.parse import urljoin, urlsplit

MOST_REQUESTS = 40
MOST_REDIRECTS = 8
WHOLE = 20_000_000
QUIET = 10.0
LONGEST = 30.0
_CHUNK = 65_536
_ADDRESS = re.compile(r"https?://[^\s\x00-\x20\x7f]+", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What came: ``status`` 0 and ``problem`` when nothing did; ``address`` after redirects."""

    address: str
    status: int = 0
    media: str = ""
    body: bytes = b""
    links: str = ""
    problem: str = ""


def host_of(address: str) -> str:
    """The host of an http(s) address in lower case, '' when it is none."""
    if not _ADDRESS.fullmatch(address):
        return ""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def allowed(address: str, hosts: tuple[str, ...]) -> bool:
    """Whether the host of an address was allowed, by name or by a glob."""
    host = host_of(address)
    return bool(host) and any(fnmatchcase(host, pattern.lower()) for pattern in hosts)


@dataclass(slots=True)
class Web:
    """Asks allowed hosts; ``seconds`` is how long one address may take, redirects included."""

    hosts: tuple[str, ...]
    seconds: float = LONGEST
    _left: list[int] = field(default_factory=lambda: [MOST_REQUESTS])

    def get(self, address: str, *, accept: str = "*/*", most: int = WHOLE, whole: bool = True) -> Got:
        """What an address gives. With ``whole`` False the first ``most`` bytes are enough; else more is a problem."""
        end = time.monotonic() + self.seconds
        for _ in range(MOST_REDIRECTS + 1):
            if not allowed(address, self.hosts):
                return Got(address=address, problem=f"leads to {host_of(address) or 'no web address'}, not allowed")
            self._left[0] -= 1
            if self._left[0] < 0:
                return Got(address=address, problem=f"was not asked: more than {MOST_REQUESTS} requests")
            got, onward = _once(address, accept, most, whole, end)
            if onward is None:
                return got
            address = onward
        return Got(address=address, problem=f"redirects more than {MOST_REDIRECTS} times")


def _once(address: str, accept: str, most: int, whole: bool, end: float) -> tuple[Got, str | None]:
    parts = urlsplit(address)
    left = end - time.monotonic()
    if left <= 0:
        return Got(address=address, problem="took too long"), None
    kind = http.client.HTTPSConnection if parts.scheme.lower() == "https" else http.client.HTTPConnection
    late = threading.Event()
    sockets: list[socket.socket] = []

    def cut() -> None:
        """Ends a connection whose time is over, also one that gives a byte now and then."""
        late.set()
        for each in sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(left, cut)
    timer.daemon = True
    connection: http.client.HTTPConnection | None = None
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=min(QUIET, left))
        timer.start()
        connection.connect()
        # The connection lets go of its socket as soon as it hands out the answer.
        sockets.append(connection.sock)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            "GET", target, headers={"Accept": accept, "User-Agent": "assaymark", "Accept-Encoding": "identity"}
        )
        reply = connection.getresponse()
        onward = reply.getheader("Location") if reply.status in (301, 302, 303, 307, 308) else None
        if onward:
            return Got(address=address, status=reply.status), urljoin(address, onward)
        body, problem = _body(reply, most, whole, late)
        return (
            Got(
                address=address,
                status=0 if problem else reply.status,
                media=(reply.getheader("Content-Type") or "").partition(";")[0].strip().lower()[:100],
                body=body,
                links=(reply.getheader("Link") or "")[:50_000],
                problem=problem,
            ),
            None,
        )
    except (OSError, http.client.HTTPException, ValueError, UnicodeError) as problem:
        said = "took too long" if late.is_set() or isinstance(problem, TimeoutError) else _said(problem)
        return Got(address=address, problem=said), None
    finally:
        timer.cancel()
        if connection is not None:
            connection.close()


def _body(reply: http.client.HTTPResponse, most: int, whole: bool, late: threading.Event) -> tuple[bytes, str]:
    parts: list[bytes] = []
    size = 0
    while size < most and (part := reply.read1(min(_CHUNK, most - size))):
        parts.append(part)
        size += len(part)
    if late.is_set():
        return b"", "took too long"
    if whole and size >= most and reply.read1(1):
        return b"", f"is larger than {most:,} bytes"
    expected = reply.length
    if whole and expected:
        return b"", "broke off before its end"
    return b"".join(parts), ""


def _said(problem: Exception) -> str:
    return f"did not answer: {' '.join(str(problem).split())[:200] or type(problem).__name__}"
