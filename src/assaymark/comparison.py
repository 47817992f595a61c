"""What changed between two assessments. Pure.

*Worse* is a verdict that was fulfilled and is not any more; what was unknown and is now seen to fail is a change, since
nobody knew that it held. For the same reason what was unknown and turns out not to apply is not *better*.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assaymark.findings import FULFILLED, Findings, Item, reason
from assaymark.model import Assessment, Outcome, Severity, SubcriterionResult, Subject
from assaymark.moved import moved

_SILENT = (Outcome.UNKNOWN, Outcome.ERROR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One sub-criterion whose outcome differs; None where it was not looked at. ``reason`` is why it is ``after``."""

    id: str
    text: str
    before: Outcome | None
    after: Outcome | None
    reason: str = ""
    waived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What was compared."""

    subject: Subject
    profile: str
    as_of: str
    level: str
    partial: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """From ``before`` to ``after``: verdicts that got worse, got better or changed, and findings new and gone.

    ``ratcheted`` are sub-criteria that failed before and fail now, with findings they did not have; ``cautions`` say
    why the two may not be comparable.
    """

    before: Side
    after: Side
    worse: tuple[Change, ...]
    better: tuple[Change, ...]
    changed: tuple[Change, ...]
    new: tuple[Item, ...]
    gone: tuple[Item, ...]
    ratcheted: tuple[str, ...]
    cautions: tuple[str, ...]


def difference(before: Assessment, after: Assessment) -> Difference:
    """Compare two assessments; findings are matched by fingerprint, and those of a renamed file by what they say."""
    old = {r.definition.id: r for r in before.results}
    new = {r.definition.id: r for r in after.results}
    ids = [*new, *(i for i in old if i not in new)]
    changes = [c for c in (_change(i, old.get(i), new.get(i)) for i in ids) if c.before is not c.after]
    old_items = {i.id: i for i in Findings(before)}
    new_items = {i.id: i for i in Findings(after)}
    added, gone = _unmatched(new_items, old_items), _unmatched(old_items, new_items)
    same = moved(gone, added, {i.path for i in old_items.values()}, {i.path for i in new_items.values()})
    added = tuple(i for i in added if i.id not in same)
    return Difference(
        before=_side(before),
        after=_side(after),
        worse=tuple(c for c in changes if _direction(c) < 0),
        better=tuple(c for c in changes if _direction(c) > 0),
        changed=tuple(c for c in changes if _direction(c) == 0),
        new=added,
        gone=tuple(i for i in gone if i.id not in same and _looked_at(i, new)),
        ratcheted=_ratcheted(old, new, added),
        cautions=_cautions(before, after),
    )


def _unmatched(items: Mapping[str, Item], others: Mapping[str, Item]) -> tuple[Item, ...]:
    return tuple(item for key, item in items.items() if key not in others)


def regressions_of(change: Difference) -> tuple[tuple[str, Outcome], ...]:
    """What breaks "nothing got worse", with how sure it is: FAILED, or UNKNOWN and ERROR where it cannot be told.

    Waived verdicts do not count; what a partial run left out is told by `unseen_of`.
    """
    found = [(c.id, c.after) for c in change.worse if c.after is not None and not c.waived]
    return (*found, *((id, Outcome.FAILED) for id in change.ratcheted))


def unseen_of(change: Difference) -> tuple[str, ...]:
    """What a partial run left out and may have got worse: it was fulfilled, or failed and may have new findings."""
    if not change.after.partial:
        return ()
    return tuple(c.id for c in change.changed if c.after is None and c.before in (*FULFILLED, Outcome.FAILED))


def _change(id: str, old: SubcriterionResult | None, new: SubcriterionResult | None) -> Change:
    return Change(
        id=id,
        text=next(r.definition.text for r in (new, old) if r),
        before=old.outcome if old else None,
        after=new.outcome if new else None,
        reason=reason(new) if new else "",
        waived=new is not None and new.waiver is not None,
    )


def _direction(change: Change) -> int:
    """-1 worse, 1 better, 0 neither."""
    if change.before is None or change.after is None:
        return 0
    if change.before in _SILENT and change.after is Outcome.NOT_APPLICABLE:
        return 0
    return (change.after in FULFILLED) - (change.before in FULFILLED)


def _looked_at(item: Item, results: dict[str, SubcriterionResult]) -> bool:
    """A finding is gone only if something that could have found it again gave an answer."""
    return any(i in results and results[i].outcome not in _SILENT for i in item.subcriteria)


def _ratcheted(
    old: dict[str, SubcriterionResult], new: dict[str, SubcriterionResult], added: tuple[Item, ...]
) -> tuple[str, ...]:
    fresh = {i for item in added if item.finding.severity is not Severity.NOTE for i in item.subcriteria}
    failed = Outcome.FAILED
    return tuple(
        i
        for i, r in new.items()
        if i in fresh and i in old and old[i].outcome is failed and r.outcome is failed and not r.waiver
    )


def _side(assessment: Assessment) -> Side:
    return Side(
        subject=assessment.subject,
        profile=assessment.profile,
        as_of=assessment.as_of.isoformat(),
        level=assessment.level,
        partial=assessment.partial,
    )


def _cautions(before: Assessment, after: Assessment) -> tuple[str, ...]:
    out = []
    if before.subject.repository != after.subject.repository or before.subject.kind != after.subject.kind:
        out.append(f"different subjects: {_named(before.subject)} and {_named(after.subject)}")
    if before.profile != after.profile:
        out.append(f"different profiles: {before.profile} and {after.profile}")
    elif before.profile_digest != after.profile_digest:
        out.append(f"the profile {after.profile} changed in between")
    for name, side in (("first", before), ("second", after)):
        if side.partial:
            out.append(f"the {name} assessment is partial: {'; '.join(side.partial)}")
    return tuple(out)


def _named(subject: Subject) -> str:
    return subject.repository or subject.path
