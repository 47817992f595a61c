"""Many requests to one path, a few at a time: how long answers take, and how many fail. Bounded by the budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from assaymark_services.client import Client, Trouble

REQUESTS, CONCURRENCY = 100, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Seconds of each good answer, sorted; how many were asked for, made, and failed (with examples of why)."""

    wanted: int
    made: int
    seconds: tuple[float, ...]
    failed: int
    examples: tuple[str, ...] = ()

    def percentile(self, share: float) -> float:
        """The time that this share of the answers keeps to (nearest rank), in milliseconds."""
        return self.seconds[max(math.ceil(share * len(self.seconds)) - 1, 0)] * 1000


def loaded(client: Client, url: str, headers: Mapping[str, str], requests: int, concurrency: int) -> Load:
    """Ask ``requests`` times, at most ``concurrency`` at once."""
    with ThreadPoolExecutor(concurrency) as pool:
        try:
            answers = list(pool.map(lambda _: client.ask(url, headers=headers), range(requests)))
        except BaseException:
            client.budget.close()  # interrupted: what waits in the pool asks nobody any more
            raise
    made = [a for a in answers if a.trouble not in (Trouble.OVER, Trouble.NOT_ALLOWED)]
    bad = [a for a in made if not a.good]
    return Load(
        wanted=requests,
        made=len(made),
        seconds=tuple(sorted(a.seconds for a in made if a.good)),
        failed=len(bad),
        examples=_first({a.said() for a in bad}),
    )


def _first(said: set[str]) -> tuple[str, ...]:
    return tuple(sorted(said)[:3])
