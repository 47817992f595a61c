"""A function definition from its text to the last reference."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from assaymark.api import Context, Edit, Problem
from assaymark_workflows.fdl.definition import Definition
from assaymark_workflows.fdl.fields import TOP
from assaymark_workflows.fdl.providers import check_clusters, check_providers
from assaymark_workflows.fdl.services import check_service
from assaymark_workflows.fdl.shapes import check_keys
from assaymark_workflows.problems import Problems
from assaymark_workflows.source import Limits, Malformed, Node, Span, parse_yaml

RULES = Path(__file__).with_name("rules.toml")
LIMITS = Limits(nodes=100_000, depth=100)


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """All problems of one document; None when it defines no functions of OSCAR after all."""
    problems = Problems(path, RULES)
    try:
        root = parse_yaml(data, LIMITS)
    except Malformed as wrong:
        _malformed(wrong, data, problems)
        return problems.sorted()
    functions = root.get("functions") if root.is_object else None
    if functions is None or not functions.is_object or functions.get("oscar") is None:
        return None
    _check(Definition(path, root, context, problems))
    return problems.sorted()


def _malformed(wrong: Malformed, data: bytes, problems: Problems) -> None:
    lines = data.decode("utf-8", "replace").split("\n")
    line = lines[wrong.line - 1] if wrong.line <= len(lines) else ""
    indent = re.match(r"[ \t]*", line)
    if indent and "\t" in indent[0]:
        at = indent[0].index("\t") + 1
        edit = Edit(
            line=wrong.line,
            column=1,
            end_line=wrong.line,
            end_column=len(indent[0]) + 1,
            text=indent[0].replace("\t", "  "),
        )
        span = Span(wrong.line, at, wrong.line, at + 1)
        problems.add("FDL-Y002", "a tab; YAML is indented with spaces", span, edits=(edit,))
        return
    span = Span(wrong.line, wrong.column, wrong.line, wrong.column + 1)
    problems.add("FDL-Y001", wrong.message, span)


def _check(definition: Definition) -> None:
    _repeated(definition, definition.root)
    check_keys(definition, definition.root, TOP, "a function definition")
    functions = definition.root.get("functions")
    assert functions is not None
    check_keys(definition, functions, ("oscar",), "functions")
    for cluster, service in _services(definition, functions.get("oscar")):
        definition.context.check_time()
        check_service(definition, cluster, service)
    check_providers(definition, definition.root.get("storage_providers"))
    check_clusters(definition, definition.root.get("clusters"))


def _repeated(definition: Definition, root: Node) -> None:
    for node in root.walk():
        for key in node.repeated():
            definition.say("FDL-Y003", f"the key {key.text!r} was there before; only the last one counts", key)


def _services(definition: Definition, oscar: Node | None) -> Iterator[tuple[Node, Node]]:
    if oscar is None:
        return
    if not oscar.is_array:
        definition.say("FDL-S004", "oscar holds a list: one '- CLUSTER:' for each service", oscar)
        return
    for entry in oscar.elements:
        if not entry.is_object or len(entry.items) != 1:
            text = "each entry is one cluster with its service: '- CLUSTER:' and the fields below it, further in"
            definition.say("FDL-S004", text, entry)
            continue
        cluster, service = entry.items[0]
        if not service.is_object:
            definition.say("FDL-S004", f"below {cluster.text!r} the fields of a service are expected", service)
            continue
        yield cluster, service
