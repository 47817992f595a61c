"""Why a gate was not met, with what is wrong and what to do, so that nobody has to look ids up."""

from __future__ import annotations

from collections.abc import Iterable

from assaymark.findings import reason, remedy
from assaymark.model import Assessment, SubcriterionResult
from assaymark.records import NamedTuple

_MOST = 50  # lines of a message


class Reason(NamedTuple):
    """What is said of verdicts (``ids``, empty for what is about none), why, and what to do about it."""

    ids: tuple[str, ...]
    said: str
    why: str = ""
    todo: str = ""

    @property
    def text(self) -> str:
        """As one line of plain text."""
        said = " ".join(filter(None, (", ".join(self.ids), self.said)))
        return f"{said}: {self.why}" if self.why else said


def of(message: str, assessment: Assessment | None) -> list[Reason]:
    """The lines of what a verb said when it failed; verdicts of which the same is true stand together."""
    known = {r.definition.id: r for r in assessment.results} if assessment else {}
    found: dict[Reason, list[str]] = {}
    for line in filter(str.strip, message.splitlines()[:_MOST]):
        id, _, said = line.strip().partition(" ")
        about = _about(known[id], said) if id in known else Reason((), line.strip())
        found.setdefault(about, []).extend([id] if id in known else [])
    return [r._replace(ids=tuple(ids)) for r, ids in found.items()]


def _about(result: SubcriterionResult, said: str) -> Reason:
    return Reason((), said, reason(result), remedy(result))


def plain(reasons: Iterable[Reason]) -> str:
    """For an annotation: the first line, and the others below it."""
    return "\n  ".join(r.text for r in reasons)
