"""What a process says, read leniently from its tree; what is wrong with it is told elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field

from assaymark_workflows.cwl import types
from assaymark_workflows.cwl.document import Document
from assaymark_workflows.cwl.structure import entries
from assaymark_workflows.cwl.types import Type
from assaymark_workflows.source import Node


@dataclass(slots=True)
class Parameter:
    """An input or output of a process. ``node`` is its value, ``key`` the node of its name."""

    name: str
    key: Node
    node: Node
    type: Type
    type_node: Node | None
    default: Node | None = None
    required_files: tuple[str, ...] = ()
    offered_files: tuple[str, ...] = ()
    unread_files: bool = False
    sources: list[Node] = field(default_factory=list)
    listed: bool = False


@dataclass(slots=True)
class StepInput:
    """What flows into a step."""

    name: str
    key: Node
    node: Node
    sources: list[Node]
    listed: bool

    def get(self, name: str) -> Node | None:
        """A field, when it is written in full."""
        return self.node.get(name) if self.node.is_object else None

    @property
    def fed(self) -> bool:
        """Whether anything gives it a value."""
        return bool(self.sources) or any(self.get(name) is not None for name in ("source", "default", "valueFrom"))


@dataclass(slots=True)
class Step:
    """One step of a workflow."""

    name: str
    key: Node
    node: Node
    inputs: dict[str, StepInput]
    outputs: dict[str, Node]
    scatter: list[Node]
    requirements: dict[str, Node]
    hints: dict[str, Node]

    @property
    def run(self) -> Node | None:
        """What it runs."""
        return self.node.get("run")


@dataclass(slots=True)
class Process:
    """A tool or workflow. ``given`` are the requirements that whatever runs it hands down.

    ``named`` are its types with a name. ``undefined``, ``open_inputs`` and ``open_outputs`` say that more types,
    inputs and outputs stand where nothing could be read, so that nothing is concluded from their absence.
    """

    document: Document
    node: Node
    kind: str
    version: str
    fragment: str
    inputs: dict[str, Parameter] = field(default_factory=dict)
    outputs: dict[str, Parameter] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    requirements: dict[str, Node] = field(default_factory=dict)
    hints: dict[str, Node] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    named: dict[str, Node] = field(default_factory=dict)
    undefined: bool = False
    open_inputs: bool = False
    open_outputs: bool = False
    embedded: bool = False

    def requires(self, name: str) -> bool:
        """Whether a requirement is declared here or handed down."""
        return name in self.requirements or name in self.given

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from every other process."""
        return (self.document.path, id(self.node))


def short(name: str) -> str:
    """The last part of an identifier."""
    return name.rpartition("#")[2].rpartition("/")[2]


def process(
    document: Document,
    node: Node,
    version: str,
    given: frozenset[str] = frozenset(),
    outer: dict[str, Node] | None = None,
) -> Process:
    """Read one process."""
    name, kind = node.get("id"), node.get("class")
    made = Process(
        document,
        node,
        str(kind.value) if kind is not None else "",
        version,
        name.value.rpartition("#")[2] if name is not None and name.is_string else "",
        given=given,
        embedded=outer is not None,
    )
    made.requirements = _classes(node.get("requirements"))
    made.hints = _classes(node.get("hints"))
    made.named = {**(outer or {}), **_named(made)}

    named = types.Names(lambda word: made.named.get(short(word)))
    made.inputs = _parameters(node.get("inputs"), named)
    made.outputs = _parameters(node.get("outputs"), named)
    made.open_inputs, made.open_outputs = _open(node.get("inputs")), _open(node.get("outputs"))
    if made.kind == "Workflow":
        made.steps = {step.name: step for step in _steps(node.get("steps"))}
    return made


def _open(node: Node | None) -> bool:
    return node is not None and any(part.tag == "!unresolved" for part in (node, *node.elements))


def _classes(node: Node | None) -> dict[str, Node]:
    found: dict[str, Node] = {}
    if node is None:
        return found
    if node.is_object:
        return {key.text.removeprefix("cwl:"): value for key, value in node.items}
    for element in node.elements:
        name = element.get("class") if element.is_object else None
        if name is not None and name.is_string:
            found[name.value.removeprefix("cwl:")] = element
    return found


def _named(made: Process) -> dict[str, Node]:
    """Types with a name: those of SchemaDefRequirement, and those written with a name anywhere in the parameters."""
    found: dict[str, Node] = {}
    definitions = made.requirements.get("SchemaDefRequirement") or made.hints.get("SchemaDefRequirement")
    stack = [definitions] if definitions is not None else []
    for word in ("inputs", "outputs"):
        node = made.node.get(word)
        if node is not None:
            stack.append(node)
    while stack:
        node = stack.pop()
        made.undefined |= node.tag == "!unresolved"
        if node.is_object:
            name, kind = node.get("name"), node.get("type")
            if name is not None and name.is_string and kind is not None and kind.value in ("record", "enum", "array"):
                found.setdefault(short(name.value), node)
        stack += [value for key, value in node.items if key.text != "default"]
        stack += node.elements
    return found


def _parameters(node: Node | None, named: types.Names) -> dict[str, Parameter]:
    made: dict[str, Parameter] = {}
    for name, key, value in entries(node, "id"):
        kind = value.get("type") if value.is_object else value
        parameter = Parameter(short(name), key, value, types.read(kind, named), kind)
        if value.is_object:
            parameter.default = value.get("default")
            _secondary(parameter, value.get("secondaryFiles"))
            parameter.sources, parameter.listed = _sources(value.get("outputSource"))
        made.setdefault(parameter.name, parameter)
    return made


def _secondary(parameter: Parameter, node: Node | None) -> None:
    """Which further files a parameter asks for and offers, as far as no expression decides."""
    if node is None:
        return
    needed, offered = [], []
    for element in node.elements if node.is_array else [node]:
        pattern, required = element, True
        if element.is_object:
            found = element.get("pattern")
            if found is None:
                continue
            pattern = found
            must = element.get("required")
            required = must is None or must.value is True
        if not pattern.is_string:
            continue
        text = pattern.value
        if "$(" in text or "${" in text:
            parameter.unread_files = True
            continue
        if text.endswith("?"):
            text, required = text[:-1], False
        offered.append(text)
        if required:
            needed.append(text)
    parameter.required_files, parameter.offered_files = tuple(needed), tuple(offered)


def _sources(node: Node | None) -> tuple[list[Node], bool]:
    if node is None:
        return [], False
    if node.is_string:
        return [node], False
    return [element for element in node.elements if element.is_string], node.is_array


def _steps(node: Node | None) -> list[Step]:
    made = []
    for name, key, value in entries(node, "id"):
        if not value.is_object:
            continue
        inputs: dict[str, StepInput] = {}
        for word, at, given in entries(value.get("in"), "id"):
            source = given.get("source") if given.is_object else given
            sources, listed = _sources(source)
            inputs.setdefault(short(word), StepInput(short(word), at, given, sources, listed))
        outputs: dict[str, Node] = {}
        out = value.get("out")
        for element in out.elements if out is not None else []:
            identifier = element.get("id") if element.is_object else element
            if identifier is not None and identifier.is_string:
                outputs.setdefault(short(identifier.value), identifier)
        scatter, _ = _sources(value.get("scatter"))
        made.append(
            Step(
                short(name),
                key,
                value,
                inputs,
                outputs,
                scatter,
                _classes(value.get("requirements")),
                _classes(value.get("hints")),
            )
        )
    return made
