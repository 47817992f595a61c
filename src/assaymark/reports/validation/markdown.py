"""A summary for a pull request: how many documents are valid, and the findings, worst first, in one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from assaymark.api import Severity
from assaymark.validation.model import State, Validation
from assaymark.wording import SEVERITY_ORDER, count, log_safe, markdown, one_line, place

MAX_ROWS = 100
_LONGEST = 300


def render(validation: Validation) -> str:
    """The summary, with a newline at its end."""
    return log_safe("\n".join(_lines(validation))) + "\n"


def _lines(validation: Validation) -> Iterator[str]:
    yield "## Workflow documents"
    yield ""
    judged = validation.judgements
    if not judged:
        yield "No workflow documents were found."
        return
    states = Counter(j.state for j in judged)
    parts = [f"{states[State.VALID]:,} valid"]
    parts += [f"**{states[state]:,} {state.value}**" for state in (State.INVALID, State.UNDETERMINED) if states[state]]
    yield f"{count(len(judged), 'document')}: {', '.join(parts)}."
    formats = Counter(j.format for j in judged)
    yield ""
    yield ", ".join(f"{markdown(validation.formats.get(f, f))} {n:,}" for f, n in sorted(formats.items()))
    problems = sorted(validation.problems, key=lambda p: SEVERITY_ORDER[p.finding.severity])
    shown = [p for p in problems if p.finding.severity is not Severity.NOTE][:MAX_ROWS]
    if shown:
        yield ""
        yield "| place | rule | finding |"
        yield "| --- | --- | --- |"
    for problem in shown:
        finding = problem.finding
        text = markdown(one_line(finding.message, _LONGEST))
        yield f"| {markdown(place(finding.location))} | {finding.severity.value} {finding.rule} | {text} |"
    if len(problems) > len(shown):
        yield ""
        yield f"{count(len(problems) - len(shown), 'more finding')} in the reports."
