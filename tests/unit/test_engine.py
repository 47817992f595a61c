"""One broken check never loses the rest; facts are gathered once."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from assaymark import engine
from assaymark.api import Check, Evidence, FactUnavailable, check, fact, failed, not_applicable, passed
from assaymark.model import Outcome


@check("a.good")
def good(number: int) -> Evidence:
    return passed(f"{number}")


@check("a.broken")
def broken(number: int) -> Evidence:
    raise ValueError("no\nsuch luck")


@check("a.needs")
def needs(missing: object) -> Evidence:
    return passed("never")


@check("a.two")
def two(number: int) -> tuple[Evidence, ...]:
    return failed("first"), not_applicable("second")


@fact
def missing(number: int) -> object:
    raise FactUnavailable("it is not there", remedy="bring it")


def facts(**given: object) -> engine.Facts:
    return engine.Facts([missing], {"number": 7} | given)


def test_each_check_gets_its_facts_and_its_name() -> None:
    (evidence,) = engine.run_check(good, facts())
    assert (evidence.check, evidence.message, evidence.outcome) == ("a.good", "7", Outcome.PASSED)
    assert evidence.duration is not None


def test_a_broken_check_is_an_error_and_the_rest_goes_on() -> None:
    found = engine.run([broken, good], facts(), jobs=1)
    assert [e.outcome for e in found["a.broken"]] == [Outcome.ERROR]
    assert found["a.broken"][0].message == "the check broke: ValueError: no such luck"
    assert found["a.good"][0].outcome is Outcome.PASSED


def test_a_missing_fact_is_unknown_with_its_reason() -> None:
    (evidence,) = engine.run_check(needs, facts())
    assert (evidence.outcome, evidence.message, evidence.remedy) == (Outcome.UNKNOWN, "it is not there", "bring it")


def test_a_broken_fact_is_an_error_for_every_check_that_needs_it() -> None:
    @fact
    def missing(number: int) -> object:
        raise RuntimeError("oops")

    store = engine.Facts([missing], {"number": 1})
    for _ in range(2):
        (evidence,) = engine.run_check(needs, store)
        assert evidence.outcome is Outcome.ERROR
        assert "fact 'missing' broke: RuntimeError: oops" in evidence.message


def test_an_unknown_fact_name_is_our_error_not_a_crash() -> None:
    @check("a.odd")
    def odd(nobody: object) -> Evidence:
        return passed("never")

    (evidence,) = engine.run_check(odd, facts())
    assert evidence.outcome is Outcome.ERROR


def test_a_check_may_give_several_pieces() -> None:
    assert [e.outcome for e in engine.run_check(two, facts())] == [Outcome.FAILED, Outcome.NOT_APPLICABLE]


def test_facts_are_gathered_once_also_by_many_threads() -> None:
    calls: list[int] = []

    @fact
    def slow() -> int:
        calls.append(1)
        time.sleep(0.01)
        return 3

    @check("a.slow")
    def uses(slow: int) -> Evidence:
        return passed(str(slow))

    checks = [replace(uses, id=f"a.slow{i}", external=True) for i in range(8)]
    found = engine.run(checks, engine.Facts([slow], {}), jobs=8)
    assert len(calls) == 1
    assert all(e[0].message == "3" for e in found.values())


def test_external_checks_overlap_and_results_keep_the_order() -> None:
    barrier = threading.Barrier(2, timeout=5)

    @check("a.meet")
    def meet() -> Evidence:
        barrier.wait()
        return passed("met")

    checks = [replace(meet, id="z", external=True), good, replace(meet, id="b", external=True)]
    found = engine.run(checks, facts(), jobs=2)
    assert list(found) == ["z", "a.good", "b"]
    assert found["z"][0].outcome is Outcome.PASSED


def test_an_interrupt_is_not_swallowed() -> None:
    @check("a.stop")
    def stop() -> Evidence:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run([stop], facts(), jobs=1)


def test_progress_is_told() -> None:
    told: list[str] = []

    class Progress:
        def start(self, name: str) -> None:
            told.append(f"start {name}")

        def done(self, name: str, outcome: str) -> None:
            told.append(f"done {name} {outcome}")

    engine.run([good], facts(), jobs=1, progress=Progress())
    assert told == ["start a.good", "done a.good passed"]


def test_a_fact_is_gathered_beside_the_caller() -> None:
    go_on, threads = threading.Event(), []

    @fact
    def later() -> int:
        threads.append(threading.current_thread())
        assert go_on.wait(10)
        return 3

    store = engine.Facts([later], {})
    store.begin("later")
    go_on.set()
    assert store.get("later") == 3
    assert len(threads) == 1


def test_a_fact_that_failed_beside_the_caller_fails_for_whoever_asks() -> None:
    store = engine.Facts([], {"number": 7})
    store.offer([missing])
    store.begin("missing")
    with pytest.raises(FactUnavailable, match="it is not there"):
        store.get("missing")


def test_the_heaviest_external_checks_start_first() -> None:
    started: list[str] = []

    def noting(name: str, weight: int) -> Check:
        def function() -> Evidence:
            started.append(name)
            return passed(name)

        return replace(good, id=name, function=function, needs=(), external=True, weight=weight)

    checks = [noting("t.light", 1), noting("t.heavy", 9), noting("t.middle", 5), noting("t.also", 5)]
    found = engine.run(checks, engine.Facts((), {}), jobs=1)
    assert started == ["t.heavy", "t.middle", "t.also", "t.light"]
    assert list(found) == ["t.light", "t.heavy", "t.middle", "t.also"]


def test_what_would_wait_comes_last() -> None:
    release = threading.Event()
    ran: list[str] = []

    @fact
    def slow() -> int:
        release.wait(10)
        return 1

    @fact
    def rests_on_it(slow: int) -> int:
        return slow

    @check("w.waits")
    def waits(rests_on_it: int) -> Evidence:
        ran.append("waits")
        return passed("waits")

    @check("w.ready")
    def ready(number: int) -> Evidence:
        ran.append("ready")
        release.set()
        return passed("ready")

    facts = engine.Facts((slow, rests_on_it), {"number": 1})
    facts.begin("slow")
    assert list(engine.run([waits, ready], facts, jobs=1)) == ["w.waits", "w.ready"]
    assert ran == ["ready", "waits"]
