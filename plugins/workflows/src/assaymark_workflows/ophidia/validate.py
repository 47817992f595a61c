"""Native Ophidia workflows: from bytes to problems."""

from __future__ import annotations

import re
from pathlib import Path

from assaymark.api import Context, Problem
from assaymark_workflows.ophidia.detect import is_workflow
from assaymark_workflows.ophidia.semantics import check_workflow
from assaymark_workflows.ophidia.text import cleaned
from assaymark_workflows.problems import Problems
from assaymark_workflows.source import Malformed, Places, Span, read_json

RULES = Path(__file__).with_name("rules.toml")
_CERTAIN = re.compile(rb'"operator"\s*:\s*"(?i:oph_)')


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """The problems of a native workflow, None when the text is none after all."""
    problems = Problems(path, RULES)
    try:
        text = cleaned(data, problems)
        read = read_json(text)
    except Malformed as error:
        plain = data.replace(b"\0", b"")  # of UTF-16 this leaves what can be searched
        if not _CERTAIN.search(plain):
            return None
        problems.drop_after(error.line, error.column)
        at = Span(error.line, error.column, error.line, error.column + 1)
        problems.add("OPH-Y001", f"this is no JSON: {error.message}", at)
        return problems.sorted()
    if not is_workflow(read.value):
        return None
    places = Places(text)
    problems.locate = places.span
    for key, place in read.repeats():
        problems.add("OPH-Y007", f"{key!r} is there already; the last one counts", place)
    check_workflow(read.value, problems, context, places.removal)
    return problems.sorted()
