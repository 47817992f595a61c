"""JUnit XML: a test suite per format, a test case per document; what could not be examined is an error, not a pass."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.validation.model import Judgement, State, Validation
from assaymark.wording import count, markup, one_line, place

MAX_FINDINGS = 100


def render(validation: Validation) -> str:
    """The XML document, with a newline at its end."""
    groups: dict[str, list[Judgement]] = {}
    for judgement in validation.judgements:
        groups.setdefault(judgement.format, []).append(judgement)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append(f'<testsuites name="assaymark validate"{_totals(validation.judgements)}>')
    for name, members in sorted(groups.items()):
        title = _attribute(validation.formats.get(name, name))
        lines.append(f' <testsuite name="{title}"{_totals(tuple(members))}>')
        for judgement in members:
            lines += _case(judgement)
        lines.append(" </testsuite>")
    lines.append("</testsuites>")
    return "\n".join(lines) + "\n"


def _totals(judgements: tuple[Judgement, ...]) -> str:
    states = [j.state for j in judgements]
    failed, broken = states.count(State.INVALID), states.count(State.UNDETERMINED)
    return f' tests="{len(states)}" failures="{failed}" errors="{broken}" skipped="0"'


def _case(judgement: Judgement) -> Iterator[str]:
    head = f'  <testcase classname="{_attribute(judgement.format)}" name="{_attribute(judgement.path)}"'
    body = [*_findings(judgement)]
    if judgement.state is State.VALID:
        if not body:
            yield f"{head}/>"
            return
        yield f"{head}>"
        yield f"   <system-out>{chr(10).join(body)}</system-out>"
    else:
        kind = "failure" if judgement.state is State.INVALID else "error"
        message = count(len(judgement.problems), "finding")
        yield f"{head}>"
        yield f'   <{kind} type="{judgement.state.value}" message="{message}">{chr(10).join(body)}</{kind}>'
    yield "  </testcase>"


def _findings(judgement: Judgement) -> Iterator[str]:
    for problem in judgement.problems[:MAX_FINDINGS]:
        f = problem.finding
        yield markup(one_line(f"{place(f.location)}: {f.severity} {f.rule}: {f.message}"))
    if len(judgement.problems) > MAX_FINDINGS:
        yield count(len(judgement.problems) - MAX_FINDINGS, "more finding")


def _attribute(text: str) -> str:
    return markup(one_line(text))
