"""JUnit XML: a test suite per criterion, a test case per sub-criterion.

Failed is a failure, broken an error; unknown, not applicable and waived are skipped, with the reason. Never a bare pass
for something that was not seen to hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from assaymark.findings import Findings, by_criterion, reason, remedy
from assaymark.model import Assessment, CriterionResult, Outcome, SubcriterionResult, ToolRef
from assaymark.wording import OUTCOME_WORDS, count, markup, named, one_line, place

MAX_FINDINGS = 100


def render(assessment: Assessment) -> str:
    """The XML document, with a newline at its end."""
    findings = Findings(assessment)
    name = named(assessment.subject)
    if assessment.partial:
        name += f" (partial run: {'; '.join(assessment.partial)})"
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    total = _totals(assessment.results)
    lines.append(f'<testsuites name="assaymark {_attribute(name)}"{total}>')
    for criterion, members in by_criterion(assessment):
        lines += _suite(criterion, members, findings)
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _attribute(text: str) -> str:
    return markup(one_line(text))


def _totals(results: Sequence[SubcriterionResult]) -> str:
    kinds = [_kind(r) for r in results]
    counts = {name: kinds.count(kind) for name, kind in _COUNTED.items()}
    return f' tests="{len(kinds)}"' + "".join(f' {name}="{n}"' for name, n in counts.items())


_COUNTED = {"failures": "failure", "errors": "error", "skipped": "skipped"}


def _kind(r: SubcriterionResult) -> str:
    if r.outcome is Outcome.PASSED:
        return "passed"
    if r.waiver or r.outcome in (Outcome.NOT_APPLICABLE, Outcome.UNKNOWN):
        return "skipped"
    return "failure" if r.outcome is Outcome.FAILED else "error"


def _suite(criterion: CriterionResult, members: Sequence[SubcriterionResult], findings: Findings) -> Iterator[str]:
    name = _attribute(f"{criterion.id} {criterion.title}")
    yield f' <testsuite name="{name}"{_totals(members)}>'
    for result in members:
        yield from _case(result, findings)
    yield " </testsuite>"


def _case(r: SubcriterionResult, findings: Findings) -> Iterator[str]:
    d = r.definition
    head = f'  <testcase classname="{_attribute(d.criterion)}" name="{_attribute(f"{d.id} {d.text}")}"'
    kind = _kind(r)
    if kind == "passed":
        yield f"{head}/>"
        return
    yield f"{head}>"
    if kind == "skipped":
        yield f'   <skipped message="{_attribute(_message(r))}"/>'
    else:
        body = "\n".join(markup(line) for line in _body(r, findings))
        yield f'   <{kind} type="{_attribute(d.requirement)}" message="{_attribute(_message(r))}">{body}</{kind}>'
    yield "  </testcase>"


def _message(r: SubcriterionResult) -> str:
    waived = f", waived until {r.waiver.until} ({r.waiver.reason})" if r.waiver else ""
    return f"{OUTCOME_WORDS[r.outcome]}{waived}: {reason(r)}"


def _body(r: SubcriterionResult, findings: Findings) -> Iterator[str]:
    for evidence in r.evidence:
        yield one_line(f"{OUTCOME_WORDS[evidence.outcome]}: {evidence.message}{_by(evidence.tool)}")
        items = findings.of(evidence)
        for item in items[:MAX_FINDINGS]:
            f = item.finding
            yield one_line(f"  {place(f.location) or '(no file)'}: {f.severity} {f.rule}: {f.message}")
        if len(items) > MAX_FINDINGS:
            yield f"{count(len(items) - MAX_FINDINGS, 'more finding')}"
    yield one_line(f"What to do: {remedy(r)}")


def _by(tool: ToolRef | None) -> str:
    if tool is None:
        return ""
    return f" ({tool.name} {tool.version})" if tool.version else f" ({tool.name})"
