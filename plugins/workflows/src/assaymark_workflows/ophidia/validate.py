"""Native Ophidia workflows: from bytes to problems."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from assaymark.api import Context, Problem
from assaymark_workflows.ophidia.detect import is_workflow
from assaymark_workflows.ophidia.semantics import check_workflow
from assaymark_workflows.ophidia.text import cleaned
from assaymark_workflows.problems import Problems
from assaymark_workflows.source import Malformed, Place, Places, Pointer, Span, read_json
from assaymark_workflows.source.places import Read

RULES = Path(__file__).with_name("rules.toml")
_CERTAIN = re.compile(rb'"operator"\s*:\s*"(?i:oph_)')


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """The problems of a native workflow, None when the text is none after all."""
    problems = Problems(path, RULES)
    try:
        text = cleaned(data, problems)
        read = read_json(text)
    except Malformed as error:
        if not _CERTAIN.search(data):
            return None
        problems.drop_after(error.line, error.column)
        at = Span(error.line, error.column, error.line, error.column + 1)
        problems.add("OPH-Y001", f"this is no JSON: {error.message}", at)
        return problems.sorted()
    if not is_workflow(read.value):
        return None
    places = Places(text)
    problems.locate = places.span
    if read.repeated:
        _repeated(read, problems)
    check_workflow(read.value, problems, context, places.removal)
    return problems.sorted()


def _repeated(read: Read, problems: Problems) -> None:
    waiting: list[tuple[Any, Pointer]] = [(read.value, ())]
    while waiting:
        value, pointer = waiting.pop()
        if isinstance(value, dict):
            again = read.repeated.get(id(value))
            count: dict[str, int] = {}
            for key in again.keys if again else ():
                count[key] = count.get(key, 0) + 1
                at = Place((*pointer, key), key=True, repeat=count[key])
                problems.add("OPH-Y007", f"{key!r} is there already; the last one counts", at)
            waiting += [(child, (*pointer, key)) for key, child in value.items()]
        elif isinstance(value, list):
            waiting += [(child, (*pointer, number)) for number, child in enumerate(value)]
