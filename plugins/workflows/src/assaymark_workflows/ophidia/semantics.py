"""All that is said about a workflow once it is plain data; the same for native JSON and for translated CWL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import Context
from assaymark_workflows.ophidia.arguments import Arguments, Removal
from assaymark_workflows.ophidia.control import check_control
from assaymark_workflows.ophidia.document import Workflow
from assaymark_workflows.ophidia.flow import BLOCKS, Flow
from assaymark_workflows.ophidia.graph import check_graph
from assaymark_workflows.ophidia.massive import Massive
from assaymark_workflows.ophidia.reading import Reader
from assaymark_workflows.ophidia.table import release, table
from assaymark_workflows.ophidia.variables import check_variables
from assaymark_workflows.problems import Problems


def check_workflow(
    raw: dict[str, Any], problems: Problems, context: Context, removal: Removal | None = None
) -> Workflow:
    """Report everything about a workflow. ``removal`` gives the span to cut so that an argument is gone."""
    known = table()
    until = release(str(context.settings.get("release", "")))
    workflow = Reader(problems, known, parameters(context.settings), until).workflow(raw)
    arguments = Arguments(problems, known, raw, until, removal)
    massive = Massive(problems, known)
    for task in workflow.tasks:
        context.check_time()
        arguments.check(task)
        massive.check(task)
        check_control(task, problems)
    check_graph(workflow, known, problems)
    if not any(task.operator in BLOCKS for task in workflow.loose()):
        Flow(workflow, problems).check()
    check_variables(workflow, known, problems)
    return workflow


def parameters(settings: Mapping[str, Any]) -> dict[str, str]:
    """The values of positional parameters: a table, or texts like ``1=value``."""
    given = settings.get("param") or {}
    if isinstance(given, Mapping):
        return {str(number): str(value) for number, value in given.items()}
    pairs = (str(text).partition("=") for text in given)
    return {number: value for number, _, value in pairs}
