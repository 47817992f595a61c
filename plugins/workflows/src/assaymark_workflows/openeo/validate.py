"""openEO process graphs: from bytes to problems."""

from __future__ import annotations

import re
from pathlib import Path

from assaymark.api import Context, Problem
from assaymark_workflows.openeo.beside import beside
from assaymark_workflows.openeo.detect import Root, root
from assaymark_workflows.openeo.graph import Graphs, Scope
from assaymark_workflows.openeo.profiles import UnknownProfile, processes
from assaymark_workflows.openeo.table import Schemas, parameter, predefined
from assaymark_workflows.problems import Problems
from assaymark_workflows.source import Malformed, Places, Span, decoded, read_json

RULES = Path(__file__).with_name("rules.toml")
_CERTAIN = re.compile(rb'"process_id"\s*:\s*"\w+"')
_ARGUMENTS = re.compile(rb'"arguments"\s*:\s*\{')
_TOP = Span(1, 1, 1, 1)


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """The problems of a process graph, None when the text is none after all."""
    problems = Problems(path, RULES)
    try:
        text = decoded(data)
        read = read_json(text)
    except Malformed as error:
        plain = data.replace(b"\0", b"")  # of UTF-16 this leaves what can be searched
        if not (_CERTAIN.search(plain) and _ARGUMENTS.search(plain)):
            return None
        at = Span(error.line, error.column, error.line, error.column + 1)
        problems.add("OEO-Y001", f"this is no JSON: {error.message}", at)
        return problems.sorted()
    found = root(read.value)
    if found is None:
        return None
    problems.locate = Places(text).span
    try:
        known = processes(context)
    except UnknownProfile as error:
        problems.add("OEO-E001", str(error), _TOP)
        return problems.sorted()
    for key, place in read.repeats():
        problems.add("OEO-Y002", f"{key!r} is there already; the last one counts", place)
    profile = context.settings.get("profile")
    graphs = Graphs(
        problems,
        known,
        context,
        beside=beside(path, context),
        lenient=profile == "community",
        strict=profile == "strict",
    )
    declared = _declared(found, problems)
    graphs.check(found.graph, found.pointer, Scope(declared or {}, declared is None))
    if declared is not None:
        _unused(found, declared, graphs, problems)
    _own_name(found, problems)
    return problems.sorted()


def _declared(found: Root, problems: Problems) -> dict[str, Schemas] | None:
    """The parameters that the document declares, None when it does not speak of any."""
    listed = found.process.get("parameters")
    if listed is None:
        return None
    at = (*found.at, "parameters")
    if not isinstance(listed, list):
        problems.add("OEO-S008", "parameters has to be an array", at)
        return None
    made: dict[str, Schemas] = {}
    for number, raw in enumerate(listed):
        if not isinstance(raw, dict) or not isinstance(raw.get("name"), str) or not raw["name"]:
            problems.add("OEO-S008", "a parameter has to be an object with a name", (*at, number))
            continue
        if raw["name"] in made:
            problems.add("OEO-S008", f"the parameter {raw['name']!r} is declared twice", (*at, number, "name"))
        made[raw["name"]] = parameter(raw).schemas
    return made


def _unused(found: Root, declared: dict[str, Schemas], graphs: Graphs, problems: Problems) -> None:
    for number, raw in enumerate(found.process["parameters"]):
        name = raw.get("name") if isinstance(raw, dict) else None
        if name in declared and name not in graphs.used:
            problems.add("OEO-P003", f"the parameter {name!r} is not used", (*found.at, "parameters", number, "name"))


def _own_name(found: Root, problems: Problems) -> None:
    id = found.process.get("id")
    if isinstance(id, str) and "categories" not in found.process and predefined().get(id) is not None:
        message = f"{id!r} is a predefined process, which this one would replace or be replaced by"
        problems.add("OEO-P002", message, (*found.at, "id"))
