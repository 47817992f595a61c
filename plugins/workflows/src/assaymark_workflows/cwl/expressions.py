"""Expressions: parameter references against what is declared, JavaScript as far as it can be judged without running."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from assaymark.api import Severity
from assaymark_workflows.cwl import javascript, places, types
from assaymark_workflows.cwl.features import demand
from assaymark_workflows.cwl.model import Process, Step
from assaymark_workflows.cwl.report import Report, near
from assaymark_workflows.cwl.structure import entries
from assaymark_workflows.cwl.types import Type
from assaymark_workflows.cwl.workspace import Workspace
from assaymark_workflows.source import Kind, Node

_SEGMENT = r"""(?:\.\w+|\['(?:[^'\\]|\\.)*'\]|\["(?:[^"\\]|\\.)*"\]|\[[0-9]+\])"""
REFERENCE = re.compile(rf"(\w+)({_SEGMENT}*)")
_SEGMENTS = re.compile(r"""\.(\w+)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[([0-9]+)\]""")
_FILE = frozenset(
    (
        *("class", "location", "path", "basename", "dirname", "nameroot", "nameext"),
        *("checksum", "size", "secondaryFiles", "format", "contents"),
    )
)
_DIRECTORY = frozenset(("class", "location", "path", "basename", "listing"))
_RUNTIME = frozenset(("outdir", "tmpdir", "cores", "ram", "outdirSize", "tmpdirSize"))
_CONSTANT = re.compile(r"""\s*(?:[-+]?[0-9.]+|"[^"]*"|'[^']*')\s*""")
_INPUTS_IN_CODE = re.compile(r"""\binputs\s*(?:\.\s*([A-Za-z_$][\w$]*)|\[\s*(['"])(.*?)\2\s*\])""")
_OBJECT = frozenset(("hasOwnProperty", "toString", "valueOf", "constructor", "propertyIsEnumerable"))


class Found(NamedTuple):
    """One expression within a text: where it begins and ends, and whether it is ``$(…)`` or ``${…}``."""

    start: int
    end: int
    body: str
    code: bool


class Scope(NamedTuple):
    """What an expression sees.

    ``inputs`` are their types by name; ``current`` is the type of ``self``, None if there is none; with ``open`` there
    may be more inputs.
    """

    inputs: dict[str, Type]
    current: Type | None = None
    runtime: frozenset[str] = _RUNTIME
    step: Step | None = None
    open: bool = False


def scan(text: str) -> Iterator[Found | int]:
    """The expressions of a text as engines divide it; an int is where one begins that never ends."""
    place, length = 0, len(text)
    while True:
        dollar = text.find("$", place)
        if dollar < 0 or dollar + 1 >= length:
            return
        if (dollar - len(text[:dollar].rstrip("\\"))) % 2:
            place = dollar + 2
            continue
        opening = text[dollar + 1]
        if opening not in "({":
            place = dollar + 1
            continue
        end = _closing(text, dollar + 2, opening)
        if end < 0:
            yield dollar
            return
        yield Found(dollar, end, text[dollar + 2 : end - 1], opening == "{")
        place = end


def _closing(text: str, place: int, opening: str) -> int:
    closing = ")" if opening == "(" else "}"
    depth, quote = 1, ""
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\":
                place += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == opening:
            depth += 1
        elif character == closing:
            depth -= 1
            if depth == 0:
                return place + 1
        place += 1
    return -1


class Expressions:
    """The expressions of one process. ``texts`` gathers all that was seen, for what is used and what is not."""

    def __init__(self, process: Process, report: Report, workspace: Workspace) -> None:
        self.process = process
        self.report = report
        self.workspace = workspace
        self.texts: list[str] = []
        self.javascript = process.requires("InlineJavascriptRequirement")

    def check(self) -> None:
        """Every field that may hold an expression."""
        process = self.process
        inputs = {name: parameter.type for name, parameter in process.inputs.items()}
        scope = Scope(inputs, open=process.open_inputs)
        self._library()
        for name, node in (*process.requirements.items(), *process.hints.items()):
            self._requirement(name, node, scope)
        if process.kind == "Workflow":
            for step in process.steps.values():
                self._step(step)
            return
        node = process.node
        for name in ("stdin", "stdout", "stderr"):
            self.field(node.get(name), scope)
        for argument in _elements(node.get("arguments")):
            self.field(argument.get("valueFrom") if argument.is_object else argument, scope)
        self.field(node.get("expression"), scope)
        for parameter in process.inputs.values():
            if parameter.node.is_object:
                self._bound(parameter.node, parameter.type, scope)
        exit_code = _RUNTIME | {"exitCode"} if process.version > "v1.0" else _RUNTIME
        for parameter in process.outputs.values():
            if parameter.node.is_object:
                self._output(parameter.node, scope, scope._replace(current="Any", runtime=exit_code))

    def _bound(self, node: Node, kind: Type, scope: Scope) -> None:
        """An input, and the fields of the records in its type."""
        own = scope._replace(current=kind)
        binding = node.get("inputBinding")
        if binding is not None and binding.is_object:
            self.field(binding.get("valueFrom"), own)
            self.field(binding.get("position"), own)
        self._files(node, scope)
        stack = [node.get("type")]
        while stack:
            inner = stack.pop()
            if inner is None:
                continue
            stack += inner.elements
            if inner.is_object:
                stack.append(inner.get("items"))
                binding = inner.get("inputBinding")
                if binding is not None and binding.is_object:
                    self.field(binding.get("valueFrom"), scope._replace(current="Any"))
                for _, _, value in entries(inner.get("fields"), "name"):
                    if value.is_object:
                        self._bound(value, "Any", scope)

    def _output(self, node: Node, scope: Scope, own: Scope) -> None:
        binding = node.get("outputBinding")
        if binding is not None and binding.is_object:
            for element in _elements(binding.get("glob")):
                self.field(element, scope)
            self.field(binding.get("outputEval"), own)
        self._files(node, own)
        kind = node.get("type")
        for element in _elements(kind):
            for _, _, value in entries(element.get("fields"), "name") if element.is_object else ():
                if value.is_object:
                    self._output(value, scope, own)

    def _files(self, node: Node, scope: Scope) -> None:
        own = scope._replace(current="Any")
        for element in _elements(node.get("secondaryFiles")):
            if element.is_object:
                self.field(element.get("pattern"), own)
                self.field(element.get("required"), own)
            else:
                self.field(element, own)
        for element in _elements(node.get("format")):
            self.field(element, own)

    def _requirement(self, name: str, node: Node, scope: Scope) -> None:
        if name == "ResourceRequirement":
            scope = scope._replace(runtime=frozenset())
        if name in ("InlineJavascriptRequirement", "SchemaDefRequirement", "SoftwareRequirement") or ":" in name:
            return
        if name == "InitialWorkDirRequirement":
            scope = scope._replace(current="Any")
        stack = [value for key, value in node.items if key.text not in ("class", "doc", "label")]
        while stack:
            value = stack.pop()
            if value.is_string:
                self.field(value, scope)
            stack += value.elements
            stack += [inner for _, inner in value.items]

    def _step(self, step: Step) -> None:
        scope = Scope(dict.fromkeys(step.inputs, "Any"), None, frozenset(), step)
        for given in step.inputs.values():
            self.field(given.get("valueFrom"), scope._replace(current="Any"))
        when = step.node.get("when")
        if when is not None and when.is_string:
            self.field(when, scope)
            self._when(when)
        target = self.workspace.run(self.process, step).process
        seen = (
            scope if target is None else scope._replace(inputs={**dict.fromkeys(target.inputs, "Any"), **scope.inputs})
        )
        for name, node in (*step.requirements.items(), *step.hints.items()):
            self._requirement(name, node, seen._replace(runtime=_RUNTIME))

    def _when(self, node: Node) -> None:
        found = list(scan(node.value.strip()))
        if len(found) != 1 or not isinstance(found[0], Found):
            return
        one = found[0]
        if one.start > 0 or one.end < len(node.value.strip()):
            self.report.add("CWL-X009", node, "text beside the expression makes 'when' text; it is true or false")
        elif not one.code and _CONSTANT.fullmatch(one.body):
            self.report.add("CWL-X009", node, f"'when' is {one.body.strip()}; it is true or false")
        elif not REFERENCE.fullmatch(one.body):
            code = None if one.code else javascript.parse(one.body, "expression")
            what = javascript.result(code) if code is not None else None
            if what is not None:
                message = f"'when' seems to be {what}; it is true or false"
                self.report.add("CWL-X009", node, message, severity=Severity.WARNING)

    def _library(self) -> None:
        node = self.process.requirements.get("InlineJavascriptRequirement")
        library = node.get("expressionLib") if node is not None and node.is_object else None
        for element in library.elements if library is not None else []:
            if not element.is_string:
                continue
            self.texts.append(element.value)
            code = javascript.parse(element.value, "program")
            wrong = javascript.fault(code, "program") if code is not None else None
            if wrong is not None:
                place = places.part(self.process.document, element, wrong.start, wrong.end)
                self.report.add("CWL-X007", place, f"not JavaScript: {wrong.message}", inside=element)

    def field(self, node: Node | None, scope: Scope) -> None:
        """One value that may hold expressions."""
        if node is None or node.kind is not Kind.STRING or "$" not in node.value:
            return
        for one in scan(node.value):
            if isinstance(one, int):
                place = places.part(self.process.document, node, one, len(node.value))
                self.report.add("CWL-X005", place, "the expression that begins here has no end", inside=node)
            else:
                self.texts.append(one.body)
                self._one(node, one, scope)

    def _one(self, node: Node, one: Found, scope: Scope) -> None:
        inline = self.javascript or (
            scope.step is not None and "InlineJavascriptRequirement" in scope.step.requirements
        )
        reference = None if one.code else REFERENCE.fullmatch(one.body)
        if reference is not None and (not inline or reference[1] in ("inputs", "self", "runtime", "null")):
            self._reference(node, one, reference, scope, inline)
            return
        kind = "body" if one.code else "expression"
        self._code(node, one, kind, scope)
        if not inline:
            what = "${…}" if one.code else "JavaScript in $(…)"
            demand("InlineJavascriptRequirement", node, what, self.process, self.report, self.workspace, scope.step)

    def _code(self, node: Node, one: Found, kind: str, scope: Scope) -> None:
        code = javascript.parse(one.body, kind)
        if code is None:
            return
        begin = one.start + 2
        wrong = javascript.fault(code, kind)
        if wrong is not None:
            place = places.part(
                self.process.document, node, begin + wrong.start, begin + max(wrong.end, wrong.start + 1)
            )
            self.report.add("CWL-X007", place, f"not JavaScript: {wrong.message}", inside=node)
            return
        modern = javascript.newer(code)
        if modern is not None:
            place = places.part(self.process.document, node, begin + modern.start, begin + modern.end)
            self.report.add(
                "CWL-X008", place, f"{modern.message} is newer than ECMAScript 5.1, which CWL asks for", inside=node
            )
        named = {match[1] or match[3] for match in _INPUTS_IN_CODE.finditer(one.body)}
        if named - set(scope.inputs) - _OBJECT and not scope.open:
            known = {*scope.inputs, *_OBJECT}
            for name, start, end in javascript.inputs_used(code, known):
                place = places.part(self.process.document, node, begin + start, begin + end)
                message = f"there is no input {name!r}{near(name, scope.inputs)}"
                self.report.add("CWL-X001", place, message, inside=node, severity=Severity.WARNING)

    def _reference(self, node: Node, one: Found, reference: re.Match[str], scope: Scope, inline: bool) -> None:
        root, rest = reference[1], list(_SEGMENTS.finditer(reference[2]))
        if root == "null" and not rest:
            return
        if root == "self":
            if scope.current is None:
                self._say("CWL-X004", node, one, "there is no self here; it is null")
            else:
                self._walk(node, one, rest, scope.current, "self", inline)
        elif root == "runtime":
            self._runtime(node, one, rest, scope, inline)
        elif root == "inputs":
            self._input(node, one, rest, scope, inline)
        else:
            message = f"$({one.body}) is no parameter reference: it begins with inputs, self or runtime"
            self._say("CWL-X006", node, one, message + " (a dollar of a shell is written \\$)")

    def _runtime(self, node: Node, one: Found, rest: list[re.Match[str]], scope: Scope, inline: bool) -> None:
        name = _name(rest[0]) if rest else None
        if name is None or name in scope.runtime:
            return
        if name in _RUNTIME | {"exitCode"}:
            self._say("CWL-X003", node, one, f"runtime.{name} is not known here", Severity.WARNING)
            return
        severity = None if not inline or len(rest) > 1 else Severity.WARNING
        self._say("CWL-X003", node, one, f"runtime has no {name!r}{near(name, _RUNTIME)}", severity)

    def _input(self, node: Node, one: Found, rest: list[re.Match[str]], scope: Scope, inline: bool) -> None:
        if not rest:
            return
        name = _name(rest[0])
        if name not in scope.inputs:
            if scope.open or (inline and name in _OBJECT | {"length"}):
                return
            severity = None if not inline or len(rest) > 1 else Severity.WARNING
            what = f"step {scope.step.name!r} has no input" if scope.step is not None else "there is no input"
            self._say("CWL-X001", node, one, f"{what} {name!r}{near(name, scope.inputs)}", severity)
            return
        self._walk(node, one, rest[1:], scope.inputs[name], f"inputs.{name}", inline)

    def _walk(self, node: Node, one: Found, rest: list[re.Match[str]], kind: Type, so_far: str, inline: bool) -> None:
        """Follow a reference along the declared types, as long as they are known."""
        for place, match in enumerate(rest):
            parts = [part for part in types.members(kind) if part != "null"]
            if "Any" in parts or not parts:
                return
            following = [_inner(part, match) for part in parts]
            known = [inner for inner in following if inner is not None]
            if not known:
                self._nothing(node, one, parts, match, so_far, last=place + 1 == len(rest), inline=inline)
                return
            kind = types.union(known)
            so_far += match[0]

    def _nothing(
        self, node: Node, one: Found, parts: list[Type], match: re.Match[str], so_far: str, *, last: bool, inline: bool
    ) -> None:
        """A property that no alternative has. With JavaScript it is undefined, and only what follows fails."""
        name = _name(match)
        if inline and (name in _OBJECT or "string" in parts):
            return
        severity = Severity.WARNING if inline and last else None
        kind = types.written(types.union(parts))
        self._say("CWL-X002", node, one, f"{so_far} is {kind} and has no {_shown(match)}", severity)

    def _say(self, rule: str, node: Node, one: Found, message: str, severity: Severity | None = None) -> None:
        place = places.part(self.process.document, node, one.start, one.end)
        self.report.add(rule, place, message, inside=node, severity=severity)


def _inner(kind: Type, match: re.Match[str]) -> Type | None:
    """The type behind one segment, None when there is nothing."""
    name, index = _name(match), match[4]
    if isinstance(kind, tuple):
        if kind[0] == "array":
            return kind[1] if index is not None else "int" if name == "length" else None
        if kind[0] == "record" and index is None:
            return kind[1].get(name)
        return None
    if kind == "File" and name in _FILE:
        return "Any"
    if kind == "Directory" and name in _DIRECTORY:
        return "Any"
    return None


def _name(match: re.Match[str]) -> str:
    return str(match[1] or match[2] or match[3] or match[4] or "")


def _shown(match: re.Match[str]) -> str:
    return f"item {match[4]}" if match[4] is not None else repr(_name(match))


def _elements(node: Node | None) -> list[Node]:
    if node is None:
        return []
    return node.elements if node.is_array else [node]
