"""The one door to the network: hosts that were allowed, a bounded number of times."""

from __future__ import annotations

from dataclasses import dataclass, field

from assaymark.api import Silent, WebAnswer, ask_web, host_of, is_allowed, only_to

MOST_REQUESTS = 40
WHOLE = 20_000_000
LONGEST = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """What came: ``status`` 0 and ``problem`` when nothing did; ``address`` after redirects."""

    address: str
    status: int = 0
    media: str = ""
    body: bytes = b""
    links: str = ""
    problem: str = ""


@dataclass(slots=True)
class Web:
    """Asks allowed hosts; ``seconds`` is how long one address may take, redirects included."""

    hosts: tuple[str, ...]
    seconds: float = LONGEST
    _left: list[int] = field(default_factory=lambda: [MOST_REQUESTS])

    def get(self, address: str, *, accept: str = "*/*", most: int = WHOLE, whole: bool = True) -> Got:
        """What an address gives. With ``whole`` False the first ``most`` bytes are enough; else more is a problem."""
        if not is_allowed(address, self.hosts):
            return Got(address=address, problem=f"is at {host_of(address) or 'no web address'}, which is not allowed")
        self._left[0] -= 1
        if self._left[0] < 0:
            return Got(address=address, problem=f"was not asked: more than {MOST_REQUESTS} requests")
        try:
            came = ask_web(
                address,
                headers={"Accept": accept},
                most=most,
                whole=whole,
                longest=self.seconds,
                follow=only_to(self.hosts),
            )
        except Silent as problem:
            return Got(address=address, problem=problem.text)
        return _got(came)


def _got(came: WebAnswer) -> Got:
    links = came.headers.get("link", "")[:50_000]
    return Got(address=came.address, status=came.status, media=came.media, body=came.body, links=links)
