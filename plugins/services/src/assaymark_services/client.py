"""Asking a service within limits: time, size of head and body, number of requests; no proxy, no cookie, no other host.

Nothing here raises for what a server does: an `Answer` says it. A whole exchange has one deadline, so that a server
that sends a byte now and then is given up like one that sends none.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from assaymark_services import targets
from assaymark_services.targets import NotAllowed, Target

if TYPE_CHECKING:
    import h11

AGENT = "assaymark"
LARGEST_HEAD = 65_536
LARGEST_BODY = 5_000_000
REDIRECTS = 5
_CHUNK = 65_536


class Trouble(StrEnum):
    """Why there is no whole answer."""

    NONE = ""
    NOT_ALLOWED = "not-allowed"
    OVER = "over-budget"
    UNREACHABLE = "unreachable"
    TLS = "tls"
    LATE = "late"
    TOO_LARGE = "too-large"
    PROTOCOL = "protocol"
    OFF_HOST = "off-host"
    UNSENDABLE = "unsendable"


# What the server did, as opposed to what the network or our own limits did.
OF_THE_SERVER = frozenset({Trouble.LATE, Trouble.TOO_LARGE, Trouble.PROTOCOL, Trouble.OFF_HOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Without a ``status`` nothing usable did, and ``problem`` says why."""

    url: str
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    trouble: Trouble = Trouble.NONE
    problem: str = ""
    seconds: float = field(default=0.0, compare=False)

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((v for k, v in self.headers if k == name.lower()), None)

    @property
    def good(self) -> bool:
        """Whether it is a whole answer that says 2xx."""
        return self.status is not None and 200 <= self.status < 300 and not self.trouble

    def said(self) -> str:
        """Status or problem in a few words."""
        return self.problem if self.trouble or self.status is None else f"answered {self.status}"


class Budget:
    """How many requests may still be made, and until when."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.left = self.requests = requests
        self.seconds = seconds
        self.end = time.monotonic() + seconds
        self._guard = threading.Lock()

    def take(self) -> str:
        """Take one request; gives why there is none, or nothing."""
        with self._guard:
            if self.left <= 0:
                return f"not asked: the run may make {self.requests:,} requests (--requests)"
            if time.monotonic() >= self.end:
                return f"not asked: the run may take {self.seconds:g} s (--time)"
            self.left -= 1
            return ""

    def close(self) -> None:
        """Allow no further request."""
        self.end = 0.0

    @property
    def used(self) -> int:
        """How many were made."""
        return self.requests - self.left


class Gone(Exception):
    """There will be no whole answer."""

    def __init__(self, trouble: Trouble, problem: str) -> None:
        super().__init__(problem)
        self.trouble = trouble
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Asks addresses of this machine and of ``hosts``; ``ca`` is a file of further authorities to trust."""

    budget: Budget
    hosts: frozenset[str] = frozenset()
    ca: str | None = None
    timeout: float = 10.0
    largest: int = LARGEST_BODY

    def ask(
        self,
        url: str,
        method: str = "GET",
        *,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        redirects: int = 0,
    ) -> Answer:
        """One request, and those to which it is redirected at this host; never raises for what a server does."""
        pairs = tuple(headers.items()) if isinstance(headers, Mapping) else tuple(headers)
        started = time.monotonic()
        try:
            target = targets.parse(url)
            for left in range(redirects, -1, -1):
                answer = self._once(target, method, pairs, body)
                location = answer.header("location") if answer.status in (301, 302, 303, 307, 308) else None
                if location is None or not left or answer.trouble:
                    break
                try:
                    target = targets.redirected(target, location)
                except NotAllowed as problem:
                    return _without(url, Trouble.OFF_HOST, str(problem), started)
        except NotAllowed as problem:
            return _without(url, Trouble.NOT_ALLOWED, str(problem), started)
        return answer

    def _once(self, target: Target, method: str, headers: Sequence[tuple[str, str]], body: bytes) -> Answer:
        started = time.monotonic()
        targets.check(target, self.hosts)
        if refused := self.budget.take():
            return _without(str(target), Trouble.OVER, refused, started)
        end = min(started + self.timeout, self.budget.end)
        try:
            with self.connected(target, end) as link:
                status, found, data = _exchanged(link, target, method, headers, body, end, self.largest)
        except Gone as gone:
            return _without(str(target), gone.trouble, gone.problem, started)
        seconds = time.monotonic() - started
        try:
            data = _decoded(data, dict(found).get("content-encoding", ""), self.largest)
        except Gone as gone:
            return Answer(
                url=str(target),
                status=status,
                headers=found,
                trouble=gone.trouble,
                problem=gone.problem,
                seconds=seconds,
            )
        return Answer(url=str(target), status=status, headers=found, body=data, seconds=seconds)

    def connected(self, target: Target, end: float) -> socket.socket:
        """A connection, with TLS checked when the address asks for it. Raises Gone."""
        plain = connect(target, end)
        if target.scheme == "http":
            return plain
        try:
            return trusting(self.ca).wrap_socket(plain, server_hostname=target.host)
        except ssl.SSLCertVerificationError as problem:
            plain.close()
            raise Gone(Trouble.TLS, f"its certificate is not trusted: {problem.verify_message}") from problem
        except (TimeoutError, ssl.SSLError, OSError, ValueError) as problem:
            plain.close()
            if isinstance(problem, TimeoutError):
                raise Gone(Trouble.LATE, "no TLS connection in time") from problem
            raise Gone(Trouble.TLS, f"no TLS connection: {reason_of(problem)}") from problem


def _without(url: str, trouble: Trouble, problem: str, started: float) -> Answer:
    return Answer(url=url, trouble=trouble, problem=problem, seconds=time.monotonic() - started)


def trusting(ca: str | None) -> ssl.SSLContext:
    """Checks certificates against the authorities of this system, and those of a file."""
    context = ssl.create_default_context()
    if ca is not None:
        context.load_verify_locations(ca)
    return context


def reason_of(problem: Exception) -> str:
    """What went wrong, in one line."""
    text = getattr(problem, "reason", None) or getattr(problem, "strerror", None) or str(problem)
    return " ".join(str(text).replace("_", " ").lower().split())[:200] or type(problem).__name__


def connect(target: Target, end: float) -> socket.socket:
    """A plain connection. Raises Gone when the name means nothing, or nobody answers in time."""
    last: Exception | None = None
    for family, address in _addresses(target, end):
        left = end - time.monotonic()
        if left <= 0:
            break
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(left)
            plain.connect(address)
            plain.settimeout(max(end - time.monotonic(), 0.01))
            return plain
        except OSError as problem:
            plain.close()
            last = problem
    if last is None or isinstance(last, TimeoutError):
        raise Gone(Trouble.UNREACHABLE, "no connection in time")
    raise Gone(Trouble.UNREACHABLE, f"no connection: {reason_of(last)}")


def _addresses(target: Target, end: float) -> list[tuple[int, Any]]:
    """Where a name leads. Looked up in a thread, since a resolver has no deadline of its own."""
    found: list[tuple[int, Any]] = []
    problem: list[Exception] = []

    def look() -> None:
        try:
            for family, _, _, _, address in socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM):
                found.append((family, address))
        except (OSError, UnicodeError) as said:
            problem.append(said)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(max(end - time.monotonic(), 0.01))
    if problem:
        raise Gone(Trouble.UNREACHABLE, f"its name is not known: {reason_of(problem[0])}")
    if targets.is_loopback(target.host):
        return [(f, a) for f, a in found if targets.is_loopback(str(a[0]))]
    return list(found)


def _exchanged(
    link: socket.socket,
    target: Target,
    method: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    end: float,
    largest: int,
) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    """Send a request and read the whole answer. Raises Gone."""
    import h11

    talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)
    own = [("Host", target.netloc), ("User-Agent", AGENT), ("Accept-Encoding", "identity"), ("Connection", "close")]
    given = {name.lower() for name, _ in headers}
    pairs = [(n, v) for n, v in own if n.lower() not in given] + list(headers)
    if "accept" not in given:
        pairs.append(("Accept", "*/*"))
    if body or method in ("POST", "PUT", "PATCH"):
        pairs.append(("Content-Length", str(len(body))))
    try:
        message = talk.send(h11.Request(method=method, target=target.path, headers=pairs)) or b""
        message += (talk.send(h11.Data(data=body)) or b"") if body else b""
        message += talk.send(h11.EndOfMessage()) or b""
    except (h11.LocalProtocolError, UnicodeError) as problem:
        raise Gone(Trouble.UNSENDABLE, f"such a request cannot be sent: {problem}") from problem
    try:
        _sent(link, message, end)
        return _received(link, talk, end, largest)
    except h11.RemoteProtocolError as problem:
        if "too long" in str(problem) or "max_incomplete_event_size" in str(problem):
            raise Gone(Trouble.TOO_LARGE, f"its head is larger than {LARGEST_HEAD:,} bytes") from problem
        raise Gone(Trouble.PROTOCOL, f"it does not speak HTTP: {reason_of(problem)}") from problem
    except TimeoutError as problem:
        raise Gone(Trouble.LATE, "no whole answer in time") from problem
    except OSError as problem:
        raise Gone(Trouble.PROTOCOL, f"the connection broke: {reason_of(problem)}") from problem


def _sent(link: socket.socket, message: bytes, end: float) -> None:
    """``sendall`` keeps one deadline for all of it."""
    link.settimeout(_left(end))
    link.sendall(message)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _received(
    link: socket.socket, talk: h11.Connection, end: float, largest: int
) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
    import h11

    status, informed, data = 0, 0, bytearray()
    found: tuple[tuple[str, str], ...] = ()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            link.settimeout(_left(end))
            try:
                talk.receive_data(link.recv(_CHUNK))
            except ssl.SSLEOFError:
                talk.receive_data(b"")  # it closed without saying so in TLS: h11 knows whether all had come
        elif isinstance(event, h11.InformationalResponse):
            informed += 1
            if informed > 20:
                raise Gone(Trouble.PROTOCOL, "it sends informational answers without end")
        elif isinstance(event, h11.Response):
            status = event.status_code
            found = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in event.headers)
        elif isinstance(event, h11.Data):
            data += event.data
            if len(data) > largest:
                raise Gone(Trouble.TOO_LARGE, f"its answer is larger than {largest:,} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return status, found, bytes(data)
        else:
            raise Gone(Trouble.PROTOCOL, "the connection was closed before an answer")


def _decoded(data: bytes, encoding: str, largest: int) -> bytes:
    """The body without its compression, which nobody asked for. Raises Gone when it grows beyond the limit."""
    kind = encoding.strip().lower()
    if kind in ("", "identity") or not data:
        return data
    if kind not in ("gzip", "x-gzip", "deflate"):
        raise Gone(Trouble.PROTOCOL, f"its answer is encoded as {kind[:40]!r}, which was not asked for")
    try:
        unpack = zlib.decompressobj(zlib.MAX_WBITS | 32)
        out = unpack.decompress(data, largest + 1)
    except zlib.error as problem:
        raise Gone(Trouble.PROTOCOL, "its answer is said to be compressed, and is not") from problem
    if len(out) > largest:
        raise Gone(Trouble.TOO_LARGE, f"its answer unpacks to more than {largest:,} bytes")
    if not unpack.eof:
        raise Gone(Trouble.PROTOCOL, "its compressed answer breaks off")
    return out
