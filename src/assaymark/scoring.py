"""Results -> verdicts -> level. Pure: the laws of judgement as functions."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

from assaymark.model import (
    CriterionResult,
    DecidedBy,
    Evidence,
    Grade,
    Level,
    Outcome,
    Profile,
    Subcriterion,
    SubcriterionResult,
)

_WORST_FIRST = (Outcome.FAILED, Outcome.ERROR, Outcome.UNKNOWN, Outcome.PASSED)
_FULFILS = (Outcome.PASSED, Outcome.NOT_APPLICABLE)
_WEAKEST_FIRST = (Grade.ATTESTED, Grade.SELF_REPORTED, Grade.MEASURED)
LEVELS = (Level.BRONZE, Level.SILVER, Level.GOLD)


def outcome_of(evidence: Iterable[Evidence]) -> Outcome:
    """Failed if any failed; else error, else unknown, if any; else passed if any passed; else not-applicable.

    No evidence at all is ``unknown``: nobody looked.
    """
    seen = {item.outcome for item in evidence}
    if not seen:
        return Outcome.UNKNOWN
    return next((outcome for outcome in _WORST_FIRST if outcome in seen), Outcome.NOT_APPLICABLE)


def grade_of(evidence: Sequence[Evidence], outcome: Outcome) -> Grade:
    """The weakest grade among the pieces of evidence that carry the outcome."""
    carrying = {item.grade for item in evidence if item.outcome is outcome}
    return next((grade for grade in _WEAKEST_FIRST if grade in carrying), Grade.MEASURED)


def missing_for(profile: Profile, level: Level, results: Mapping[str, SubcriterionResult]) -> tuple[str, ...]:
    """Sub-criteria that the level requires (lower levels included) and that are not fulfilled, in order of id."""
    return tuple(sorted(i for i in required_up_to(profile, level) if not _fulfilled(results.get(i))))


def required_up_to(profile: Profile, level: Level) -> frozenset[str]:
    """All sub-criteria that a level asks for, those of the lower levels included."""
    return frozenset(i for rule in profile.levels if rule.level.rank <= level.rank for i in rule.require)


def level_of(profile: Profile, results: Mapping[str, SubcriterionResult]) -> Level:
    """The highest level of which nothing is missing and no limit is exceeded."""
    reached = Level.NONE
    for rule in sorted(profile.levels, key=lambda r: r.level.rank):
        if missing_for(profile, rule.level, results) or limits_exceeded(profile, rule.level, results):
            break
        reached = rule.level
    return reached


def limits_exceeded(profile: Profile, level: Level, results: Mapping[str, SubcriterionResult]) -> tuple[str, ...]:
    """Why a level is withheld although nothing is missing: too much not applicable, or too much on a word.

    What only a step or report of the project's own shows, where a person's word would do, counts like that word.
    """
    rule = profile.rule(level)
    required = required_up_to(profile, level)
    empty = _not_applicable_criteria(required, results)
    words = sorted(i for i in required if i in results and _on_a_word(results[i]))
    reasons = []
    if len(empty) > rule.max_not_applicable:
        reasons.append(
            f"{len(empty)} criteria are not applicable ({', '.join(empty)}); {level} allows {rule.max_not_applicable}"
        )
    if len(words) > rule.max_attested:
        reasons.append(
            f"{len(words)} required items rest on the word or a step of the project ({', '.join(words)}); "
            f"{level} allows {rule.max_attested}"
        )
    return tuple(reasons)


def criterion_results(
    profile: Profile,
    titles: Mapping[str, str],
    known: Mapping[str, Subcriterion],
    results: Mapping[str, SubcriterionResult],
) -> tuple[CriterionResult, ...]:
    """One verdict per criterion, in the order of ``titles``; its required sub-criteria decide, or all if none is.

    A required one of those ``known`` that a partial run did not look at is unknown: the criterion is not fulfilled.
    """
    required = required_up_to(profile, Level.GOLD)
    out = []
    for criterion, title in titles.items():
        of_it = [i for i, d in known.items() if d.criterion == criterion]
        deciding = [i for i in of_it if i in required] or [i for i in of_it if i in results]
        out.append(
            CriterionResult(
                id=criterion,
                title=title,
                outcome=_combined({results[i].outcome if i in results else Outcome.UNKNOWN for i in deciding}),
                required_for=_first_level(profile, of_it),
                missing=tuple(i for i in deciding if not _fulfilled(results.get(i))),
            )
        )
    return tuple(out)


def attested_count(profile: Profile, level: Level, results: Mapping[str, SubcriterionResult]) -> int:
    """How many items required by the level rest on a person's word."""
    return sum(1 for i in required_up_to(profile, level) if i in results and _attested(results[i]))


def _fulfilled(result: SubcriterionResult | None) -> bool:
    return result is not None and result.outcome in _FULFILS


def _attested(result: SubcriterionResult) -> bool:
    return result.outcome is Outcome.PASSED and result.grade is Grade.ATTESTED


def _on_a_word(result: SubcriterionResult) -> bool:
    if result.outcome is not Outcome.PASSED:
        return False
    own = all(e.grade is not Grade.MEASURED for e in result.evidence if e.outcome is Outcome.PASSED)
    return result.grade is Grade.ATTESTED or (own and DecidedBy.ATTESTED in result.definition.decided_by)


def _combined(seen: Container[Outcome]) -> Outcome:
    return next((outcome for outcome in _WORST_FIRST if outcome in seen), Outcome.NOT_APPLICABLE)


def _not_applicable_criteria(required: Iterable[str], results: Mapping[str, SubcriterionResult]) -> tuple[str, ...]:
    by_criterion: dict[str, set[Outcome]] = {}
    for i in required:
        if i in results:
            by_criterion.setdefault(results[i].definition.criterion, set()).add(results[i].outcome)
    return tuple(sorted(c for c, seen in by_criterion.items() if seen == {Outcome.NOT_APPLICABLE}))


def _first_level(profile: Profile, ids: Sequence[str]) -> Level | None:
    for rule in sorted(profile.levels, key=lambda r: r.level.rank):
        if any(i in rule.require for i in ids):
            return rule.level
    return None
