"""All findings of an assessment as one ordered list with ids that survive when lines move, and what verdicts say.

Every report draws its findings from here, so they agree on order, on ids and on what counts as waived.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from assaymark.model import (
    Assessment,
    CriterionResult,
    Evidence,
    Finding,
    Location,
    Outcome,
    Severity,
    SubcriterionResult,
)
from assaymark.patterns import late
from assaymark.values import dataclass
from assaymark.wording import OUTCOME_WORDS, SEVERITY_ORDER, utf8

FULFILLED = (Outcome.PASSED, Outcome.NOT_APPLICABLE)
_EXACT = 2**53
_NUMBER = late(r"\b\d+\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One finding with its fingerprint, the sub-criteria it counts for, and the tools (else checks) that made it.

    ``waived`` when every verdict it counts against is waived; ``changed`` when it is in a file of the change that alone
    was judged.
    """

    id: str
    finding: Finding
    subcriteria: tuple[str, ...]
    sources: tuple[str, ...]
    waived: bool
    changed: bool = False

    @property
    def path(self) -> str:
        """The file it is in; empty when it has no place."""
        return self.finding.location.path if self.finding.location else ""


class Findings:
    """The findings of one assessment, each once, in the order of path, line, column and rule."""

    def __init__(self, assessment: Assessment) -> None:
        self._clean: dict[Finding, Finding] = {}
        uses: dict[Finding, list[tuple[SubcriterionResult, Evidence]]] = {}
        for result in assessment.results:
            for evidence in result.evidence:
                for finding in evidence.findings:
                    uses.setdefault(self._cleaned(finding), []).append((result, evidence))
        ordered = sorted(uses, key=order)
        ids = fingerprints(ordered)
        changed = frozenset(map(utf8, assessment.changed))
        self.items = tuple(_item(id, f, uses[f], changed) for id, f in zip(ids, ordered, strict=True))
        self._index = {item.finding: n for n, item in enumerate(self.items)}

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def indices(self, evidence: Evidence) -> tuple[int, ...]:
        """Positions in the list, in the list's order, of the findings of one piece of evidence."""
        return tuple(sorted(self._index[self._cleaned(f)] for f in evidence.findings))

    def of(self, evidence: Evidence) -> tuple[Item, ...]:
        """The findings of one piece of evidence."""
        return tuple(self.items[n] for n in self.indices(evidence))

    def by_file(self) -> dict[str, tuple[Item, ...]]:
        """Findings per path; those without a place come first, under the empty path."""
        files: dict[str, list[Item]] = {}
        for item in self.items:
            files.setdefault(item.path, []).append(item)
        return {path: tuple(found) for path, found in files.items()}

    def _cleaned(self, finding: Finding) -> Finding:
        if finding not in self._clean:
            self._clean[finding] = cleaned(finding)
        return self._clean[finding]


def cleaned(finding: Finding) -> Finding:
    """The finding with encodable text, and without line and column numbers that cannot be (a tool may print -1)."""
    where = finding.location
    return replace(
        finding,
        rule=utf8(finding.rule),
        message=utf8(finding.message),
        fix=None if finding.fix is None else utf8(finding.fix),
        location=_clean_location(where) if where is not None and where.path else None,
    )


def _clean_location(where: Location) -> Location:
    line = _counted(where.line)
    column = _counted(where.column) if line else None
    end = _counted(where.end_line) if line else None
    end = end if line and end and end >= line else None
    end_column = _counted(where.end_column) if column else None
    if column and end_column and end in (None, line) and end_column < column:
        end_column = None
    return Location(path=utf8(where.path), line=line, column=column, end_line=end, end_column=end_column)


def _counted(number: int | None) -> int | None:
    """Lines and columns count from 1; no file has 2^31 of them."""
    return number if number is not None and 0 < number < 2**31 else None


def order(finding: Finding) -> tuple[str, int, int, str, str, str, str, int, int]:
    """The order of findings: by place, then by rule and text. Total: equal keys mean equal findings."""
    where = finding.location or Location(path="")
    return (
        where.path,
        where.line or 0,
        where.column or 0,
        finding.rule,
        finding.message,
        finding.severity,
        "" if finding.fix is None else f"={finding.fix}",
        where.end_line or 0,
        where.end_column or 0,
    )


def notices(assessment: Assessment) -> tuple[Finding, ...]:
    """The findings about the policy itself, as they may be shown."""
    return tuple(cleaned(n) for n in assessment.notices)


def fingerprints(ordered: Iterable[Finding]) -> list[str]:
    """Ids that stay when lines move: rule, path and message (numbers apart), and which one of those that are alike."""
    seen: dict[tuple[str, str, str], int] = {}
    ids = []
    for finding in ordered:
        path = finding.location.path if finding.location else ""
        alike = (finding.rule, path, _NUMBER.sub("0", " ".join(finding.message.split())))
        seen[alike] = occurrence = seen.get(alike, -1) + 1
        ids.append(hashlib.sha256("\0".join((*alike, str(occurrence))).encode()).hexdigest()[:16])
    return ids


def by_weight(items: Iterable[Item]) -> list[Item]:
    """Those in files of the change first, then the worst, else in the given order; waived ones last."""
    return sorted(items, key=lambda i: (i.waived, not i.changed, SEVERITY_ORDER[i.finding.severity]))


def _item(id: str, finding: Finding, uses: list[tuple[SubcriterionResult, Evidence]], changed: frozenset[str]) -> Item:
    against = [r for r, e in uses if e.outcome is not Outcome.PASSED and r.outcome not in FULFILLED]
    return Item(
        id=id,
        finding=finding,
        subcriteria=tuple(sorted({r.definition.id for r, _ in uses})),
        sources=tuple(sorted({utf8(e.tool.name if e.tool else e.check) for _, e in uses})),
        waived=bool(against) and all(r.waiver for r in against),
        changed=finding.location is not None and finding.location.path in changed,
    )


def by_criterion(assessment: Assessment) -> list[tuple[CriterionResult, tuple[SubcriterionResult, ...]]]:
    """Each criterion with its verdicts, in the assessment's order."""
    members: dict[str, list[SubcriterionResult]] = {}
    for result in assessment.results:
        members.setdefault(result.definition.criterion, []).append(result)
    return [(c, tuple(members.get(c.id, ()))) for c in assessment.criteria]


def telling(result: SubcriterionResult) -> Evidence | None:
    """The evidence that explains the verdict: the first that carries its outcome, with findings if any has."""
    carrying = [e for e in result.evidence if e.outcome is result.outcome]
    return next((e for e in carrying if e.findings), carrying[0] if carrying else None)


def reason(result: SubcriterionResult) -> str:
    """Why the verdict is what it is, in one sentence."""
    evidence = telling(result)
    return evidence.message if evidence else "no evidence was found"


def remedy(result: SubcriterionResult) -> str:
    """What to do next: the remedy of this very case, else the sub-criterion's."""
    evidence = telling(result)
    return (evidence.remedy if evidence else None) or result.definition.remedy


def metrics(evidence: Evidence) -> dict[str, str | int | float | bool]:
    """The metrics by name, as values that every JSON reader takes: no NaN, no number beyond what a double holds."""
    return dict(sorted((utf8(name), _scalar(value)) for name, value in evidence.metrics.items()))


def _scalar(value: str | int | float | bool) -> str | int | float | bool:
    if isinstance(value, str):
        return utf8(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) > _EXACT:
        return hex(value)[:40]
    return value


def outcomes(results: Iterable[SubcriterionResult]) -> Mapping[Outcome, int]:
    """How many verdicts there are of each outcome, in a fixed order, none left out."""
    counts = dict.fromkeys(Outcome, 0)
    for result in results:
        counts[result.outcome] += 1
    return counts


def tally(results: Sequence[SubcriterionResult], missing: Iterable[str] = ()) -> str:
    """``3 passed, 1 unknown``, and how many of the ids that are ``missing`` a partial run did not look at."""
    unseen = len(set(missing) - {r.definition.id for r in results})
    said = [f"{n} {OUTCOME_WORDS[o]}" for o, n in outcomes(results).items() if n]
    return ", ".join([*said, f"{unseen} not looked at"] if unseen else said)


def by_reason(results: Iterable[SubcriterionResult]) -> list[tuple[Outcome, str, str, list[str]]]:
    """What is not known as outcome, reason, advice and ids, the most common reason first.

    One advice for twenty items is said once, with ``ID`` in the place of theirs.
    """
    groups: dict[tuple[Outcome, str, str], list[SubcriterionResult]] = {}
    for r in results:
        if r.outcome in (Outcome.UNKNOWN, Outcome.ERROR):
            key = (r.outcome, reason(r), _advice(r).replace(r.definition.id, "ID"))
            groups.setdefault(key, []).append(r)
    ranked = sorted(groups.items(), key=lambda group: -len(group[1]))
    return [
        (outcome, why, advice if len(of) > 1 else _advice(of[0]), [r.definition.id for r in of])
        for (outcome, why, advice), of in ranked
    ]


def _advice(result: SubcriterionResult) -> str:
    evidence = telling(result)
    return (evidence.remedy if evidence else None) or ""


def in_change(items: Iterable[Item]) -> str:
    """``3 in files of the change``, or nothing."""
    number = sum(1 for item in items if item.changed)
    return f"{number:,} in files of the change" if number else ""


def worst(items: Iterable[Item]) -> Severity | None:
    """The worst severity among findings."""
    return min((i.finding.severity for i in items), key=lambda s: SEVERITY_ORDER[s], default=None)
