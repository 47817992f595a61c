"""The one door to the web: an exchange by HTTP(S), bounded in size and in time, that goes where it was allowed to go.

On ``requests``, for its proxies and certificates. No login but the one in the headers is sent, no cookie is kept, and a
redirection is followed only when the caller says so, without the login.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from assaymark.patterns import late
from assaymark.values import dataclass

if TYPE_CHECKING:
    from ssl import SSLContext

    from requests import Response, Session

QUIET = 10.0  # seconds without a byte
LONGEST = 30.0  # seconds for all of it, redirections included
MOST = 20_000_000  # bytes of an answer
HOPS = 8
_CHUNK = 65_536
_ADDRESS = late(r"https?://[^\s\x00-\x20\x7f]+", re.I)
_REDIRECTS = (301, 302, 303, 307, 308)
_NEAR = ("127.0.0.1", "localhost", "::1")


class Silent(Exception):
    """No whole answer came; what was asked for may have happened. ``text`` goes on after the name of who was asked."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True, kw_only=True)
class WebAnswer:
    """What came from ``address``, where redirections led; ``headers`` have names in lower case."""

    address: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media(self) -> str:
        """The media type in lower case, without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()[:100]

    @property
    def text(self) -> str:
        """The beginning of the body on one line."""
        return " ".join(self.body[:2_000].decode("utf-8", "replace").split())[:300]

    def document(self) -> Any:
        """The body as JSON. `Silent` when it is none."""
        import json

        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as problem:
            raise Silent("gave an answer that is not JSON") from problem


def host_of(address: str) -> str:
    """The host of an http(s) address in lower case, '' when it is none."""
    if not _ADDRESS.fullmatch(address):
        return ""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def is_allowed(address: str, hosts: tuple[str, ...]) -> bool:
    """Whether the host of an address was allowed, by name or by a glob."""
    host = host_of(address)
    return bool(host) and any(fnmatchcase(host, pattern.lower()) for pattern in hosts)


def only_to(hosts: tuple[str, ...]) -> Callable[[str, str], str]:
    """Redirections to these hosts, by name or by a glob; for ``follow`` of `ask_web`."""

    def follow(_: str, after: str) -> str:
        return (
            "" if is_allowed(after, hosts) else f"leads to {host_of(after) or 'no web address'}, which is not allowed"
        )

    return follow


def is_private(address: str) -> bool:
    """Whether nobody can read on the way: https, or this machine."""
    return address.lower().startswith("https://") or host_of(address) in _NEAR


def ask_web(
    address: str,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    parameters: Mapping[str, str | int] | None = None,
    body: bytes | IO[bytes] | None = None,
    most: int = MOST,
    whole: bool = True,
    quiet: float = QUIET,
    longest: float | None = LONGEST,
    follow: Callable[[str, str], str] | None = None,
    context: SSLContext | None = None,
) -> WebAnswer:
    """One question and its answer, of any status. Raises `Silent`.

    With ``whole`` False the first ``most`` bytes are enough; else more is a problem. ``quiet`` and ``longest`` are
    seconds, the latter for everything (None: as long as bytes come). ``follow`` gets the addresses before and after a
    redirection and says why not ("" to go there); without it a redirection is the answer. ``context`` has the
    certificates to trust and to show, in place of those that the system trusts.
    """

    def exchange() -> WebAnswer:
        with new_session(context) as session:
            return _followed(
                session, method, address, dict(headers or {}), parameters, body, most, whole, quiet, follow
            )

    return exchange() if longest is None else _within(longest, exchange)


def _within(seconds: float, exchange: Callable[[], WebAnswer]) -> WebAnswer:
    """In a thread that is left behind when its time is over: a server that gives a byte now and then ends nothing."""
    done: list[WebAnswer] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            done.append(exchange())
        except BaseException as problem:
            failed.append(problem)

    thread = threading.Thread(target=run, name="assaymark-web", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not done:
        raise Silent("took too long")
    return done[0]


def new_session(context: SSLContext | None = None) -> Session:
    """A session of requests that trusts the context, in place of what the system trusts, and sends no login."""
    import requests
    from requests.adapters import HTTPAdapter

    trusted = context or _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    class Trusting(HTTPAdapter):
        """Trusts what the context trusts; the library would put a list of its own in place of the system's."""

        def init_poolmanager(self, *arguments: Any, **more: Any) -> None:
            super().init_poolmanager(*arguments, **more, ssl_context=trusted)

        def proxy_manager_for(self, proxy: str, **more: Any) -> Any:
            return super().proxy_manager_for(proxy, **more, ssl_context=trusted)

        def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
            if verify is not True:
                super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # has no types

    session = requests.Session()
    session.mount("https://", Trusting())
    # For its proxies; a .netrc may hold logins, which nobody asked to send.
    session.trust_env = True
    session.auth = _as_it_is
    session.headers.clear()
    return session


@cache
def _trusted(file: str | None, folder: str | None) -> SSLContext:
    """What the system trusts, or what the variables of OpenSSL name; reading it takes longer than most requests."""
    import ssl

    return ssl.create_default_context()


def _as_it_is(request: Any) -> Any:
    return request


def _followed(
    session: Session,
    method: str,
    address: str,
    headers: dict[str, str],
    parameters: Mapping[str, str | int] | None,
    body: bytes | IO[bytes] | None,
    most: int,
    whole: bool,
    quiet: float,
    follow: Callable[[str, str], str] | None,
) -> WebAnswer:
    import requests

    told = {"User-Agent": "assaymark", "Accept": "*/*", "Accept-Encoding": "identity", **headers}
    try:
        for _ in range(HOPS + 1):
            answer = session.request(
                method,
                address,
                headers=told,
                params=parameters,
                data=body,
                timeout=quiet,
                allow_redirects=False,
                stream=True,
            )
            with answer:
                onward = answer.headers.get("Location") if answer.status_code in _REDIRECTS else None
                if follow is None or not onward:
                    return _answer(answer, address, most, whole)
            following = urljoin(address, onward)
            if why := follow(address, following):
                raise Silent(why)
            address, parameters = following, None
            told.pop("Authorization", None)
            session.cookies.clear()
    except (requests.exceptions.RequestException, OSError, ValueError) as problem:
        raise Silent(_why(problem)) from problem
    raise Silent(f"redirects more than {HOPS} times")


def _answer(answer: Response, address: str, most: int, whole: bool) -> WebAnswer:
    import urllib3

    parts: list[bytes] = []
    size = 0
    try:
        while size < most + whole and (part := answer.raw.read1(min(_CHUNK, most + whole - size), decode_content=True)):
            parts.append(part)
            size += len(part)
    except urllib3.exceptions.HTTPError as problem:
        raise Silent(_why(problem)) from problem
    if size > most:
        raise Silent(f"is larger than {most:,} bytes")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return WebAnswer(address=address, status=answer.status_code, headers=headers, body=b"".join(parts))


def _why(problem: Exception) -> str:
    from http.client import IncompleteRead

    import requests
    import urllib3

    if isinstance(problem, (TimeoutError, requests.exceptions.Timeout, urllib3.exceptions.TimeoutError)):
        return "took too long"
    # The innermost has the reason; what is around it has addresses of objects.
    inner: BaseException = problem
    while not isinstance(inner, IncompleteRead) and (inner.__cause__ or inner.__context__):
        inner = inner.__cause__ or inner.__context__  # type: ignore[assignment]  # one of them is there
    if isinstance(inner, IncompleteRead):
        return "broke off before its end"
    text = " ".join(str(inner).split())[:200]
    return f"did not answer: {text or type(inner).__name__}"
