"""What lies between a subject and a level: the verdicts that are open, and each thing to do once."""

from __future__ import annotations

from collections.abc import Iterable

from assaymark.model import Assessment, Level, Outcome, SubcriterionResult
from assaymark.records import NamedTuple
from assaymark.values import dataclass

_FULFILLED = (Outcome.PASSED, Outcome.NOT_APPLICABLE)
# Evidence that says of any item that nobody looked: it never makes two items one.
_NOBODY = ("", "attestation", "none", "tools")


class Task(NamedTuple):
    """One thing to do: the verdict that asks for it, and the ids of those that ask for nothing beyond it and others.

    ``QC.Doc06`` asks for a README and three more files; where only one of these is missing, mending ``QC.Doc06.2`` is
    all there is to do for both.
    """

    result: SubcriterionResult
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What lies between the subject and a level; ``level`` is None at the top.

    ``missing`` are verdicts in the profile's order, ``tasks`` the same as things to do, ``unseen`` ids that the level
    asks for and this run did not look at, ``withheld`` limits of the profile that are exceeded.
    """

    level: Level | None
    missing: tuple[SubcriterionResult, ...] = ()
    tasks: tuple[Task, ...] = ()
    unseen: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()

    @property
    def items(self) -> int:
        """How many things stand in the way."""
        return len(self.tasks) + len(self.unseen) + len(self.withheld)


def next_level(assessment: Assessment) -> Next:
    """What is missing for the lowest level that the profile defines above the one reached."""
    above = sorted((x for x in assessment.missing if x.rank > assessment.level.rank), key=lambda x: x.rank)
    return short_of(assessment, above[0]) if above else Next(level=None)


def on_trust(assessment: Assessment) -> str:
    """``2 required items rest on a person's word``, which stands beside the level; '' where none does."""
    number = assessment.attested
    if not number:
        return ""
    return f"{number} required item{'s rest' if number > 1 else ' rests'} on a person's word"


def short_of(assessment: Assessment, level: Level) -> Next:
    """What is missing for one of the profile's levels, that of the lower ones included."""
    ids = set(assessment.missing[level])
    found = tuple(r for r in assessment.results if r.definition.id in ids)
    return Next(
        level=level,
        missing=found,
        tasks=tasks(found),
        unseen=tuple(sorted(ids - {r.definition.id for r in found})),
        withheld=assessment.withheld.get(level, ()),
    )


def tasks(missing: Iterable[SubcriterionResult]) -> tuple[Task, ...]:
    """Open verdicts as things to do, in their order: one that asks for nothing beyond the others stands with these."""
    ordered = tuple(missing)
    asked = {r.definition.id: _asked(r) for r in ordered}
    covered: set[tuple[str, str, bool]] = set()
    summed: set[str] = set()
    # Who asks for less is nearer to the thing itself; of two that ask for the same the part stays, else the first.
    for result in sorted(ordered, key=lambda r: (len(asked[r.definition.id]), -r.definition.id.count("."))):
        own = asked[result.definition.id]
        if own and own <= covered:
            summed.add(result.definition.id)
        covered |= own
    return tuple(
        Task(r, tuple(i for i in asked if i in summed and asked[i] & asked[r.definition.id]))
        for r in ordered
        if r.definition.id not in summed
    )


def _asked(result: SubcriterionResult) -> set[tuple[str, str, bool]]:
    """What keeps a verdict open: the checks with what they say; what is waived is another thing than what is not."""
    id, waived = result.definition.id, result.waiver is not None
    return {
        (id if e.check in _NOBODY else e.check, e.message, waived)
        for e in result.evidence
        if e.outcome not in _FULFILLED
    }
