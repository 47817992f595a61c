"""Plan, run in parallel, collect. Knows no check and no fact by name."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from assaymark.api import Check, Fact, FactUnavailable
from assaymark.model import Evidence, Outcome, Progress

if TYPE_CHECKING:
    from concurrent.futures import Future

_CLEANING = 5.0


class Facts:
    """Facts by name, each gathered at most once, also when several threads ask at the same time."""

    def __init__(self, providers: Iterable[Fact], given: Mapping[str, object]) -> None:
        self._providers = {provider.name: provider for provider in providers}
        self._values: dict[str, object] = dict(given)
        self._failures: dict[str, FactUnavailable] = {}
        self._locks: dict[str, threading.RLock] = {}
        self._guard = threading.Lock()
        self._begun: set[str] = set()

    def offer(self, providers: Iterable[Fact]) -> None:
        """More providers."""
        self._providers |= {provider.name: provider for provider in providers}

    def begin(self, name: str) -> None:
        """Start to gather a fact beside the caller; whoever asks for it waits for it, and is told when it failed."""

        def gather() -> None:
            with contextlib.suppress(FactUnavailable):
                self.get(name)
            self._begun.discard(name)

        self._begun.add(name)
        threading.Thread(target=gather, name=f"fact {name}", daemon=True).start()

    def awaited(self, name: str) -> bool:
        """Whether whoever asks for a fact now has to wait for one that is being gathered beside the caller."""
        if name in self._values or name in self._failures:
            return False
        provider = self._providers.get(name)
        return name in self._begun or (provider is not None and any(map(self.awaited, provider.needs)))

    def get(self, name: str) -> Any:
        """The value of a fact.

        Raises `FactUnavailable`: the fact could not be gathered, with outcome ``error`` when its provider broke.
        """
        with self._guard:
            lock = self._locks.setdefault(name, threading.RLock())
        with lock:
            if name in self._failures:
                raise self._failures[name]
            if name not in self._values:
                self._values[name] = self._provide(name)
            return self._values[name]

    def _provide(self, name: str) -> object:
        provider = self._providers.get(name)
        if provider is None:
            raise KeyError(f"no fact is called {name!r}")
        try:
            return provider.provide(*(self.get(need) for need in provider.needs))
        except FactUnavailable as missing:
            self._failures[name] = missing
            raise
        except Exception as problem:
            broken = FactUnavailable(f"fact {name!r} broke: {describe(problem)}", outcome=Outcome.ERROR)
            self._failures[name] = broken
            raise broken from problem


def run_check(check: Check, facts: Facts) -> tuple[Evidence, ...]:
    """Run one check; whatever goes wrong inside it becomes evidence."""
    started = time.perf_counter()
    try:
        values = [facts.get(need) for need in check.needs]
        answer = check.function(*values)
        found = _dated((answer,) if isinstance(answer, Evidence) else tuple(answer), values)
    except FactUnavailable as missing:
        found = (Evidence(outcome=missing.outcome, message=missing.reason, remedy=missing.remedy),)
    except Exception as problem:
        found = (Evidence(outcome=Outcome.ERROR, message=f"the check broke: {describe(problem)}"),)
    spent = time.perf_counter() - started
    return tuple(replace(e, check=check.id, duration=spent) for e in found)


def _dated(found: tuple[Evidence, ...], values: Iterable[object]) -> tuple[Evidence, ...]:
    """What rests on something seen on the network carries the day (``seen_on`` of the fact) on which it was seen."""
    days = sorted({day for value in values if isinstance(day := getattr(value, "seen_on", None), str) and day})
    if not days:
        return found
    return tuple(replace(e, metrics={**e.metrics, "seen": ", ".join(days)}) for e in found)


def run(
    checks: Sequence[Check], facts: Facts, *, jobs: int, progress: Progress | None = None
) -> dict[str, tuple[Evidence, ...]]:
    """Evidence per check id. External checks run in a pool of ``jobs`` threads while the pure ones run here.

    The heaviest of them start first; pure ones that would have to wait for a fact come last.
    """
    external = [c for c in checks if c.external]
    local = [c for c in checks if not c.external]
    local.sort(key=lambda c: any(map(facts.awaited, c.needs)))
    results: dict[str, tuple[Evidence, ...]] = {}

    def one(check: Check) -> tuple[Evidence, ...]:
        if progress:
            progress.start(check.id)
        found = run_check(check, facts)
        if progress:
            progress.done(check.id, found[0].outcome if found else "")
        return found

    if not external:
        results = {check.id: one(check) for check in local}
        return {check.id: results[check.id] for check in checks}
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(max_workers=max(1, jobs), thread_name_prefix="assaymark")
    futures: dict[str, Future[tuple[Evidence, ...]]] = {}
    try:
        for check in sorted(external, key=lambda c: -c.weight):
            futures[check.id] = pool.submit(one, check)
        results = {check.id: one(check) for check in local}
        results |= {name: future.result() for name, future in futures.items()}
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        _stop(tuple(futures.values()))
        raise
    pool.shutdown()
    return {check.id: results[check.id] for check in checks}


def _stop(futures: Sequence[Future[Any]]) -> None:
    """Kill what the workers run, so that nobody waits for it; what they do to clean up gets a few seconds."""
    from concurrent.futures import wait

    from assaymark import proc

    while any(future.running() for future in futures):
        proc.kill_running()
        wait(futures, timeout=_CLEANING)


def describe(problem: BaseException) -> str:
    """An exception in one line, without the text of a traceback."""
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text[:300]}" if text else type(problem).__name__
