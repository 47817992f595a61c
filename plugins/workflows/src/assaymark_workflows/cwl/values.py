"""Values that are of the right kind and still cannot work: limits, names of files, patterns, defaults."""

from __future__ import annotations

import posixpath

from assaymark.api import Unreachable
from assaymark_workflows.cwl import types
from assaymark_workflows.cwl.document import target_of
from assaymark_workflows.cwl.expressions import scan
from assaymark_workflows.cwl.model import Process
from assaymark_workflows.cwl.report import Report
from assaymark_workflows.cwl.wording import described
from assaymark_workflows.cwl.workspace import Workspace
from assaymark_workflows.source import Kind, Node

_RESOURCES = ("cores", "ram", "tmpdir", "outdir")
# Fields of files and folders that are text.
_TEXTS = frozenset({"location", "path", "basename", "dirname", "nameroot", "nameext", "checksum", "format", "contents"})
_CODES = ("successCodes", "temporaryFailCodes", "permanentFailCodes")
_IMAGES = ("dockerPull", "dockerLoad", "dockerFile", "dockerImport", "dockerImageId")


def check_values(process: Process, report: Report, workspace: Workspace) -> None:
    """All values of one process."""
    _Values(process, report, workspace).check()


class _Values:
    def __init__(self, process: Process, report: Report, workspace: Workspace) -> None:
        self.process = process
        self.report = report
        self.workspace = workspace

    def check(self) -> None:
        process = self.process
        for name, node in (*process.requirements.items(), *process.hints.items()):
            self._requirement(name, node)
        for step in process.steps.values():
            for name, node in (*step.requirements.items(), *step.hints.items()):
                self._requirement(name, node)
            for given in step.inputs.values():
                default = given.get("default")
                if default is not None:
                    self._files(default, exist=True)
        for parameter in process.inputs.values():
            default = parameter.default
            if default is None or default.tag or default.kind is Kind.NULL:
                continue
            refusal = types.accepts(parameter.type, default)
            if refusal is not None and parameter.type_node is not None:
                kind = types.written(parameter.type)
                message = f"the default does not fit {parameter.name!r} ({kind}): {refusal.reason}"
                self.report.add("CWL-T003", refusal.node, message)
            self._files(default, exist=True)
        if process.kind == "CommandLineTool":
            self._tool()

    def _requirement(self, name: str, node: Node) -> None:
        if not node.is_object:
            return
        if name == "ResourceRequirement":
            for resource in _RESOURCES:
                self._range(node.get(resource + "Min"), node.get(resource + "Max"), resource)
        elif name == "ToolTimeLimit":
            self._not_negative(node.get("timelimit"), "timelimit")
        elif name == "DockerRequirement":
            self._docker(node)
        elif name == "InitialWorkDirRequirement":
            self._listing(node.get("listing"))

    def _range(self, least: Node | None, most: Node | None, what: str) -> None:
        for node, end in ((least, "Min"), (most, "Max")):
            self._not_negative(node, what + end)
        if _number(least) and _number(most):
            assert least is not None
            assert most is not None
            if least.value > most.value:
                self.report.add("CWL-V003", most, f"{what}Max ({most.text}) is less than {what}Min ({least.text})")

    def _not_negative(self, node: Node | None, what: str) -> None:
        if _number(node):
            assert node is not None
            if node.value < 0:
                self.report.add("CWL-V002", node, f"{what} is {node.text}; it cannot be negative")

    def _docker(self, node: Node) -> None:
        directory = node.get("dockerOutputDirectory")
        if directory is not None and directory.is_string and not directory.value.startswith(("/", "$")):
            self.report.add("CWL-V010", directory, f"{directory.value!r} is not absolute")
        if not any(name in node for name in _IMAGES):
            at = node.items[0][0] if node.items else node
            self.report.add("CWL-V012", at, "DockerRequirement names no image")

    def _listing(self, node: Node | None) -> None:
        if node is None:
            return
        for element in node.elements if node.is_array else [node]:
            if not element.is_object:
                continue
            self._files(element, exist=False)
            name = element.get("entryname")
            if name is None or not name.is_string or name.value.startswith(("$(", "${")):
                continue
            text = name.value
            if _climbs(text):
                self.report.add("CWL-V006", name, f"{text!r} leaves the working directory")
            elif text.startswith("/") and not self._placed_in_container():
                why = "needs v1.2" if self.process.version < "v1.2" else "needs DockerRequirement in requirements"
                self.report.add("CWL-V006", name, f"{text!r} is absolute, which {why}")

    def _placed_in_container(self) -> bool:
        return self.process.version >= "v1.2" and self.process.requires("DockerRequirement")

    def _tool(self) -> None:
        node, report = self.process.node, self.report
        for name in ("stdout", "stderr"):
            value = node.get(name)
            # Not even within the directory: engines look for the dots alone.
            if (
                value is not None
                and value.is_string
                and (value.value.startswith("/") or ".." in value.value.split("/"))
            ):
                report.add("CWL-V009", value, f"{value.value!r} is not a place in the output directory")
        standard = node.get("stdin")
        for parameter in self.process.inputs.values():
            if parameter.type_node is None or parameter.type_node.value != "stdin":
                continue
            if standard is not None and standard.kind is not Kind.NULL:
                report.add("CWL-V008", parameter.type_node, "the field stdin is set as well")
            self._stream(parameter.node.key("inputBinding"), "stdin")
        for parameter in self.process.outputs.values():
            if parameter.type_node is not None and parameter.type_node.value in ("stdout", "stderr"):
                self._stream(parameter.node.key("outputBinding"), parameter.type_node.value)
        self._shell()
        self._codes()
        for parameter in self.process.outputs.values():
            binding = parameter.node.get("outputBinding") if parameter.node.is_object else None
            glob = binding.get("glob") if binding is not None and binding.is_object else None
            for element in (glob.elements if glob.is_array else [glob]) if glob is not None else []:
                self._glob(element)
        if not _runs_something(node, self.process):
            at = node.get("class") or node
            report.add("CWL-V013", at, "the tool has no baseCommand, no arguments and nothing else on its command line")

    def _stream(self, binding: Node | None, name: str) -> None:
        if binding is not None:
            self.report.add("CWL-S013", binding, f"the type {name} says all; {binding.text} beside it is refused")

    def _shell(self) -> None:
        """Without a shell nothing is unquoted."""
        if self.process.requires("ShellCommandRequirement") or "ShellCommandRequirement" in self.process.hints:
            return
        stack = [self.process.node.get("inputs"), self.process.node.get("arguments")]
        while stack:
            node = stack.pop()
            if node is None:
                continue
            quoted = node.get("shellQuote") if node.is_object else None
            if quoted is not None and quoted.value is False:
                self.report.add("CWL-V014", quoted, "shellQuote: false has no effect without ShellCommandRequirement")
            stack += [value for key, value in node.items if key.text != "default"]
            stack += node.elements

    def _codes(self) -> None:
        seen: dict[int, str] = {}
        for field in _CODES:
            node = self.process.node.get(field)
            for element in node.elements if node is not None else []:
                if element.kind is not Kind.INTEGER:
                    continue
                other = seen.setdefault(element.value, field)
                if other != field:
                    self.report.add("CWL-V004", element, f"{element.text} is among {other} as well")

    def _glob(self, node: Node) -> None:
        if not node.is_string or node.value.startswith("$"):
            return
        text = node.value
        if _climbs(text):
            self.report.add("CWL-V005", node, f"{text!r} leaves the output directory")
        elif text.startswith("/"):
            docker = self.process.requirements.get("DockerRequirement") or self.process.hints.get("DockerRequirement")
            inside = docker.get("dockerOutputDirectory") if docker is not None else None
            if inside is None or not text.startswith(str(inside.value)):
                self.report.add(
                    "CWL-V005", node, f"{text!r} is absolute; patterns are relative to the output directory"
                )

    def _files(self, node: Node, *, exist: bool) -> None:
        """File and Directory objects within a value."""
        stack = [node]
        while stack:
            node = stack.pop()
            stack += node.elements
            stack += [value for _, value in node.items]
            kind = node.get("class") if node.is_object else None
            if kind is None or kind.value not in ("File", "Directory"):
                continue
            for key, value in node.items:
                if key.text in _TEXTS and value.kind not in (Kind.STRING, Kind.NULL):
                    at = key if value.elements or value.items else value
                    self.report.add("CWL-S003", at, f"{key.text!r} of a {kind.value} is text, not {described(value)}")
            name = node.get("basename")
            if name is not None and name.is_string and "/" in name.value and "$(" not in name.value:
                self.report.add("CWL-V007", name, f"{name.value!r} is the name of a file, without directories")
            if exist:
                self._exists(node)

    def _exists(self, node: Node) -> None:
        where = node.get("location") or node.get("path")
        if where is None or not where.is_string or node.get("contents") is not None or "$(" in where.value:
            return
        try:
            path, _ = target_of(where.value, self.process.document.path)
        except Unreachable:
            return
        if path.startswith(("http://", "https://")):
            return
        if not self.workspace.context.exists(posixpath.normpath(path)):
            self.report.add("CWL-V011", where, f"{where.value} does not exist in the repository")


def _runs_something(node: Node, process: Process) -> bool:
    for field in ("baseCommand", "arguments"):
        value = node.get(field)
        if value is not None and (value.is_string or value.elements or value.tag):
            return True
    return any(bound(parameter.node) for parameter in process.inputs.values())


def bound(node: Node) -> bool:
    """Whether a parameter has a place on the command line."""
    stack = [node]
    while stack:
        node = stack.pop()
        if node.is_object and node.get("inputBinding") is not None:
            return True
        stack += [value for key, value in node.items if key.text != "default"]
        stack += node.elements
    return False


def _number(node: Node | None) -> bool:
    return node is not None and node.kind in (Kind.INTEGER, Kind.NUMBER)


def _climbs(text: str) -> bool:
    """Whether a relative path leaves its folder, whatever the expressions in it give."""
    first = next(scan(text), None)
    if first is not None:
        known = text[: first if isinstance(first, int) else first.start]
        text = known[: known.rfind("/") + 1]
    return posixpath.normpath(text).split("/")[0] == ".."
