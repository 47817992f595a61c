"""What is ahead: the open verdicts of a level, and each thing to do once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assaymark.ahead import next_level, short_of, tasks
from assaymark.model import (
    Assessment,
    DecidedBy,
    Evidence,
    Grade,
    Level,
    Outcome,
    Requirement,
    RunFacts,
    Subcriterion,
    SubcriterionResult,
    Subject,
    Waiver,
)

WAIVER = Waiver(id="QC.Doc06.2", reason="later", until=date(2027, 1, 1))


def open_(id: str, *said: str, waiver: Waiver | None = None) -> SubcriterionResult:
    """A verdict that each check in ``said`` (``check: message``, or ``?check: message`` for unknown) keeps open."""
    evidence = tuple(
        Evidence(
            outcome=Outcome.UNKNOWN if text.startswith("?") else Outcome.FAILED,
            check=text.lstrip("?").partition(": ")[0],
            message=text.partition(": ")[2],
        )
        for text in said
    )
    definition = Subcriterion(
        id=id,
        criterion=id[:6],
        requirement=Requirement.MUST,
        text="t",
        why="w",
        remedy="r",
        decided_by=(DecidedBy.FILES,),
    )
    return SubcriterionResult(
        definition=definition, outcome=Outcome.FAILED, grade=Grade.MEASURED, evidence=evidence, waiver=waiver
    )


def assessment(*results: SubcriterionResult, **more: Any) -> Assessment:
    made = Assessment(
        subject=Subject(kind="software", path="."),
        profile="p",
        profile_version="1",
        profile_digest="",
        config_digest="",
        as_of=date(2026, 11, 21),
        level=Level.NONE,
        missing={},
        criteria=(),
        results=results,
        notices=(),
        attested=0,
        partial=(),
        run=RunFacts(started="", duration=0.0, host="", assaymark="0", python="3"),
    )
    return replace(made, **more)


def shown(*results: SubcriterionResult) -> dict[str, tuple[str, ...]]:
    return {task.result.definition.id: task.also for task in tasks(results)}


GUIDE, CONDUCT, LICENCE = "doc.contributing: no guide", "doc.conduct: no code of conduct", "lic.root-file: no licence"


def test_the_next_level_names_what_is_missing_unseen_and_withheld() -> None:
    result = open_("QC.Sty01", "s: m")
    a = assessment(
        result,
        level=Level.BRONZE,
        missing={Level.BRONZE: (), Level.SILVER: ("QC.Sty01", "QC.Ver01"), Level.GOLD: ("QC.Sty01", "QC.Ver01")},
        withheld={Level.SILVER: ("too much attested",)},
    )
    ahead = next_level(a)
    assert (ahead.level, ahead.missing, ahead.unseen, ahead.items) == (Level.SILVER, (result,), ("QC.Ver01",), 3)
    assert short_of(a, Level.GOLD).items == 2


def test_there_is_nothing_above_the_top() -> None:
    assert next_level(assessment(level=Level.GOLD, missing={Level.GOLD: ()})).level is None
    only_bronze = assessment(level=Level.BRONZE, missing={Level.BRONZE: ()})
    assert next_level(only_bronze).level is None


def test_a_sum_stands_with_its_part() -> None:
    assert shown(open_("QC.Doc06", GUIDE), open_("QC.Doc06.2", GUIDE)) == {"QC.Doc06.2": ("QC.Doc06",)}
    assert shown(open_("QC.Doc06", GUIDE, CONDUCT), open_("QC.Doc06.2", GUIDE), open_("QC.Doc06.3", CONDUCT)) == {
        "QC.Doc06.2": ("QC.Doc06",),
        "QC.Doc06.3": ("QC.Doc06",),
    }


def test_a_sum_that_asks_for_more_than_its_parts_stays() -> None:
    assert shown(open_("QC.Doc06", GUIDE, CONDUCT), open_("QC.Doc06.2", GUIDE)) == {
        "QC.Doc06": (),
        "QC.Doc06.2": (),
    }


def test_two_that_ask_for_the_same_are_one_thing_to_do() -> None:
    found = shown(open_("QC.Doc06", LICENCE, GUIDE), open_("QC.Doc06.2", GUIDE), open_("QC.Doc06.4", LICENCE),
                  open_("QC.Lic01.1", LICENCE))  # fmt: skip # one call, read at a glance
    assert found == {"QC.Doc06.2": ("QC.Doc06",), "QC.Doc06.4": ("QC.Doc06", "QC.Lic01.1")}


def test_what_a_waiver_excuses_is_another_thing_than_what_none_does() -> None:
    found = shown(open_("QC.Doc06.4", LICENCE, waiver=WAIVER), open_("QC.Lic01.1", LICENCE))
    assert found == {"QC.Doc06.4": (), "QC.Lic01.1": ()}
    both = shown(open_("QC.Doc06", GUIDE, waiver=WAIVER), open_("QC.Doc06.2", GUIDE, waiver=WAIVER))
    assert len(both) == 1


def test_that_nobody_looked_makes_no_two_items_one() -> None:
    for check in ("tools", "none", "attestation"):
        said = f"?{check}: nobody looked"
        assert len(shown(open_("QC.Sec02", said), open_("QC.Uni01", said))) == 2


def test_verdicts_without_evidence_stay() -> None:
    assert len(shown(open_("QC.Sec02"), open_("QC.Uni01"))) == 2


@given(st.lists(st.frozensets(st.integers(0, 4), max_size=4), max_size=8))
def test_nothing_that_is_asked_for_is_lost(sets: list[frozenset[int]]) -> None:
    results = [open_(f"QC.Aaa{n:02}", *(f"c{i}: m" for i in asked)) for n, asked in enumerate(sets)]
    found = tasks(results)
    kept = {t.result.definition.id for t in found}
    asked = {(e.check, e.message) for t in found for e in t.result.evidence}
    assert asked == {(e.check, e.message) for r in results for e in r.evidence}
    assert kept | {i for t in found for i in t.also} == {r.definition.id for r in results}
    assert not kept & {i for t in found for i in t.also}
