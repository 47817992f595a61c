"""An assessment, or the answer of a validator -> a badge. What was not determined is never shown as met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from assaymark.ahead import short_of
from assaymark.badges.model import Badge, Kind, State, aged
from assaymark.errors import InputError
from assaymark.model import Assessment, Grade, Level, Outcome
from assaymark.wording import OUTCOME_WORDS, count, named, one_line

LABELS = {
    Kind.LEVEL: "assaymark",
    Kind.COVERAGE: "coverage",
    Kind.VALIDATOR: "validation",
    Kind.MODEL: "model",
    Kind.CONTAINER: "container",
    Kind.FAIR: "FAIR",
}
LIFETIME = 90  # days for which an assessment is shown as current
_COVERAGE = "coverage"
_WORST_FIRST = (Outcome.FAILED, Outcome.ERROR, Outcome.UNKNOWN, Outcome.PASSED, Outcome.NOT_APPLICABLE)


def badge(kind: Kind, a: Assessment, about: str = "") -> Badge:
    """The badge of one kind; ``about`` is the id of a criterion or sub-criterion where the kind is that.

    Raises InputError when the assessment says nothing about that id, or the kind is not drawn from assessments.
    """
    if kind is Kind.LEVEL:
        return level(a)
    if kind is Kind.CRITERION:
        return criterion(a, about)
    if kind is Kind.COVERAGE:
        return coverage(a)
    if kind is Kind.VALIDATOR:
        raise InputError("a validator's badge is drawn from the answer of 'assaymark validate --format json'")
    return tally(kind, a)


def level(a: Assessment) -> Badge:
    """The level; a partial run gives none, and ``no level`` fails only where something was seen to fail."""
    if a.partial:
        return _made(a, Kind.LEVEL, State.PARTIAL, "partial run", f"only a part was assessed: {', '.join(a.partial)}")
    if a.level is not Level.NONE:
        return _made(a, Kind.LEVEL, State.ASSESSED, a.level.value, f"level {a.level}", metal=a.level.value)
    first = min(a.missing, key=lambda step: step.rank, default=None)
    withheld = a.withheld.get(first, ()) if first else ()
    if withheld:
        return _made(a, Kind.LEVEL, State.FAILING, "no level", f"{first} is withheld: {'; '.join(withheld)}")
    failed = {r.definition.id for r in a.results if r.outcome is Outcome.FAILED}
    if first is None or not failed & set(a.missing[first]):
        return _made(a, Kind.LEVEL, State.PARTIAL, "not determined", "what the first level asks for is not known")
    said = f"no level yet, {count(short_of(a, first).items, 'item')} short of {first}"
    return _made(a, Kind.LEVEL, State.FAILING, "no level", said)


def criterion(a: Assessment, id: str) -> Badge:
    """The verdict on one criterion or sub-criterion."""
    outcome = next((c.outcome for c in a.criteria if c.id == id), None)
    results = [r for r in a.results if id in (r.definition.id, r.definition.criterion)]
    if outcome is None and results:
        outcome = results[0].outcome
    if outcome is None:
        raise InputError(f"the assessment says nothing about {id!r}", hint="see the ids in its 'subcriteria'")
    grades = {r.grade for r in results if r.outcome is Outcome.PASSED} - {Grade.MEASURED}
    said = OUTCOME_WORDS[outcome] + "".join(f", {g} in part" for g in sorted(grades))
    return _made(a, Kind.CRITERION, _state(outcome), OUTCOME_WORDS[outcome], f"{id} {said}", label=id)


def coverage(a: Assessment) -> Badge:
    """How much of the code the tests reach; several measurements are shown as from the lowest to the highest."""
    found = [(e.metrics[_COVERAGE], r.outcome) for r in a.results for e in r.evidence if _COVERAGE in e.metrics]
    measured = sorted({float(value) for value, _ in found if isinstance(value, int | float)})
    if not measured:
        return _made(a, Kind.COVERAGE, State.NOT_ASSESSED, "not assessed", "the coverage was not measured")
    low, high = _percent(measured[0]), _percent(measured[-1])
    message = low if low == high else f"{low} to {high}"
    outcomes = {r.outcome for r in a.results for e in r.evidence if _COVERAGE in e.metrics}
    return _made(a, Kind.COVERAGE, _state(_worst(outcomes)), message, f"tests cover {message} of the lines")


def tally(kind: Kind, a: Assessment) -> Badge:
    """How many of the sub-criteria that apply passed: for models, containers and FAIR."""
    counts = Counter(r.outcome for r in a.results)
    applicable = counts.total() - counts[Outcome.NOT_APPLICABLE]
    if not applicable:
        return _made(a, kind, State.NOT_ASSESSED, "not assessed", "nothing was judged")
    state = _state(_worst(counts))
    state = State.PARTIAL if a.partial and state is State.ASSESSED else state
    message = f"{counts[Outcome.PASSED]}/{applicable}"
    said = [f"{n} {OUTCOME_WORDS[o]}" for o in _WORST_FIRST if (n := counts[o])]
    return _made(a, kind, state, message, ", ".join(said))


def validated(document: Mapping[str, Any]) -> Badge:
    """The answer of ``assaymark validate --format json``: how many of the files are valid.

    Raises InputError when it is not such an answer.
    """
    files = document.get("files")
    if not isinstance(files, list) or not all(isinstance(f, dict) for f in files):
        raise InputError("this is not an answer of 'assaymark validate --format json'")
    answers = Counter(str(f.get("valid")) for f in files)
    state = State.ASSESSED if files else State.NOT_ASSESSED
    state = State.PARTIAL if answers.keys() - {"True", "False"} else state
    state = State.FAILING if answers["False"] else state
    message = f"{answers['True']}/{len(files)} valid" if files else "not assessed"
    title = f"validation: {answers['True']} of {count(len(files), 'file')} valid" if files else "nothing was validated"
    return Badge(kind=Kind.VALIDATOR, state=state, label=LABELS[Kind.VALIDATOR], message=message, title=title)


def not_assessed(kind: Kind, label: str = "") -> Badge:
    """The badge of what nobody has looked at yet."""
    label = label or LABELS.get(kind, kind.value)
    return Badge(
        kind=kind, state=State.NOT_ASSESSED, label=label, message="not assessed", title=f"{label}: not assessed"
    )


def current(badge: Badge, a: Assessment, today: date, *, head: str | None = None, days: int = LIFETIME) -> Badge:
    """The badge, grey when the assessment is older than ``days`` or the branch is no longer at its commit."""
    if head is not None and head != a.subject.commit:
        return aged(badge, f"the branch is at {head[:7]} now")
    end = a.as_of + timedelta(days=days)
    return aged(badge, f"it expired on {end}") if today > end else badge


def _made(
    a: Assessment, kind: Kind, state: State, message: str, said: str, *, label: str = "", metal: str = ""
) -> Badge:
    label = label or LABELS[kind]
    commit = a.subject.commit or ""
    where = f"{named(a.subject)} at {commit[:7]}" if commit else named(a.subject)
    changed = " with uncommitted changes" if a.subject.dirty else ""
    waived = sum(1 for r in a.results if r.waiver)
    noted = [f"{count(waived, 'item')} waived"] if waived else []
    noted += [f"{count(a.attested, 'item')} attested"] if a.attested else []
    facts = [f"profile {a.profile} {a.profile_version}", *noted, f"as of {a.as_of}"]
    return Badge(
        kind=kind,
        state=state,
        label=label,
        message=message,
        title=one_line(f"{label}: {said}; {where}{changed}; {', '.join(facts)}"),
        metal=metal,
        commit=commit,
        dirty=a.subject.dirty,
    )


def _state(outcome: Outcome) -> State:
    if outcome is Outcome.PASSED:
        return State.ASSESSED
    if outcome is Outcome.FAILED:
        return State.FAILING
    return State.NOT_ASSESSED if outcome is Outcome.NOT_APPLICABLE else State.PARTIAL


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    seen = set(outcomes)
    return next((o for o in _WORST_FIRST if o in seen), Outcome.NOT_APPLICABLE)


def _percent(value: float) -> str:
    """Rounded down: what is not all is never shown as 100 %."""
    return f"{int(value * 10) / 10:g} %"
