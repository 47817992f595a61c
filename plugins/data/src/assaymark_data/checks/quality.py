"""How checks of quality answer: one piece of evidence over all files, with a finding for each place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assaymark.api import Evidence, Finding, Location, Outcome, Severity, not_applicable
from assaymark_data.dataset import Dataset

MOST = 100
_FIRST = "mend first what keeps it from being looked at"
_WORST = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.PASSED)
_SEVERITIES = {Outcome.FAILED: Severity.ERROR, Outcome.UNKNOWN: Severity.WARNING, Outcome.PASSED: Severity.NOTE}


class Report:
    """Collects what is said of several files and turns it into evidence, as good as the worst of it."""

    def __init__(self, rule: str, dataset: Dataset) -> None:
        self._rule = f"data/{rule}"
        self._prefix = _prefix(dataset)
        self._said: list[tuple[Outcome, str]] = []
        self._findings: list[Finding] = []

    def good(self, message: str) -> None:
        """It was seen to hold for a file."""
        self._said.append((Outcome.PASSED, message))

    def bad(self, path: str, message: str, places: Iterable[tuple[int | None, str]] = ()) -> None:
        """It does not hold; ``places`` are lines (None for the whole file) with what is wrong there."""
        self._say(Outcome.FAILED, path, message, places)

    def open_(self, path: str, message: str) -> None:
        """It could not be determined."""
        self._say(Outcome.UNKNOWN, path, message, ())

    def note(self, path: str, message: str) -> None:
        """Something to know that decides nothing."""
        self._findings.append(self._finding(path, None, message, Severity.NOTE))

    def _say(self, outcome: Outcome, path: str, message: str, places: Iterable[tuple[int | None, str]]) -> None:
        self._said.append((outcome, f"{path}: {message}"))
        found = [(line, text) for line, text in places] or [(None, message)]
        self._findings += [self._finding(path, line, text, _SEVERITIES[outcome]) for line, text in found]

    def _finding(self, path: str, line: int | None, text: str, severity: Severity) -> Finding:
        place = Location(path=self._prefix + path, line=line)
        return Finding(rule=self._rule, message=text, severity=severity, location=place)

    def evidence(
        self, nothing: str, remedy: str, metrics: Mapping[str, str | int | float | bool] | None = None
    ) -> Evidence:
        """The evidence; ``nothing`` is said when there was nothing to judge."""
        if not self._said:
            return not_applicable(nothing)
        outcome = next(o for o in _WORST if any(o is said for said, _ in self._said))
        shown = [m for o, m in self._said if o is outcome]
        text = "; ".join(shown[:5]) + (f"; and {len(shown) - 5} more" if len(shown) > 5 else "")
        return Evidence(
            outcome=outcome,
            message=text,
            remedy={Outcome.FAILED: remedy, Outcome.UNKNOWN: _FIRST}.get(outcome),
            findings=tuple(self._findings[:MOST]),
            metrics=dict(metrics or {}),
        )


def _prefix(dataset: Dataset) -> str:
    """The way from the repository's root to the dataset's folder."""
    if dataset.folder == dataset.root or not dataset.folder.is_relative_to(dataset.root):
        return ""
    return dataset.folder.relative_to(dataset.root).as_posix() + "/"


def several(items: Sequence[str], most: int = 5) -> str:
    """The first few of several names."""
    return ", ".join(items[:most]) + (f" and {len(items) - most} more" if len(items) > most else "")
