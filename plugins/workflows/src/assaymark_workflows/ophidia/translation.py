"""Steps of a CWL workflow as Ophidia tasks, without running anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assaymark.api import Context
from assaymark_workflows.ophidia.table import Table
from assaymark_workflows.ophidia.wrappers import Wrapper, called, entries, text, wrapper
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Node, Place, Pointer, Span

# Stands for a value that only the run knows: a positional parameter, so that no check looks at it.
UNKNOWN = "$0"
EXPERIMENTS = ("experiment", "experiment1", "experiment2")
# Options of every operator that become no argument, or one only where the operator has it.
_OF_TASK = ("name", "dependencies", "on_error", "operator")
_GENERAL = (*_OF_TASK, "description", "ncores", "nthreads", "input", "output", "cube")
# Operators whose tasks receive no cube, and those that receive several.
_ALONE = ("oph_createcontainer", "oph_deletecontainer", "oph_script", "oph_generic")
_ALONE_PREFIXES = ("oph_import", "oph_randcube")
_MANY = ("oph_mergecubes", "oph_mergecubes2", "oph_intercube2")
# What the converter gives when the step does not.
_DEFAULTS = {
    *("container", "dim", "dim_type", "hierarchy", "exp_concept_level", "imp_concept_level", "exp_dim", "imp_dim"),
    *(
        "measure_type",
        "import_metadata",
        "nfrag",
        "ntuple",
        "nhost",
        "output_name",
        "output_path",
        "args",
        "description",
    ),
}
_LOST_ON_IMPORT = ("nfrag", "nhost")
_RENAMED = {("oph_apply", "measure_name"): "measure", ("oph_reduce2", "concept_level_reduce"): "concept_level"}
_NEEDED = {"oph_randcube": ("container",), "oph_randcube2": ("container",), "oph_generic": ("command",)}


@dataclass(slots=True)
class Step:
    """One step that runs a wrapper. ``parents`` are steps whose experiment it goes on with, in order."""

    id: str
    node: Node
    wrapper: Wrapper
    given: dict[str, tuple[str, Node]] = field(default_factory=dict)
    parents: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)
    foreign: bool = False
    name: str = ""

    def span(self, option: str) -> Span:
        """Where an option is given, else the step's tool."""
        if option in self.given:
            return self.given[option][1].span
        run = self.node.get("run")
        return run.span if run is not None and not run.is_object else self.node.span


class Translation:
    """The steps of one workflow, then its tasks and where each of their values stands."""

    def __init__(self, workflow: Node, path: str, root: Node, context: Context) -> None:
        self.steps: dict[str, Step] = {}
        self.spans: dict[Pointer, Span] = {}
        self._workflow = workflow
        self._inputs = dict(entries(workflow.get("inputs")))
        for id, node in entries(workflow.get("steps")):
            run = node.get("run") if node.is_object else None
            tool = called(run, path, root, context) if run is not None else None
            found = wrapper(tool) if tool is not None else None
            if found is not None:
                self.steps[id] = Step(id, node, found)
        for step in self.steps.values():
            self._inputs_of(step)

    def _inputs_of(self, step: Step) -> None:
        for id, node in entries(step.node.get("in")):
            option = step.wrapper.options.get(id)
            name = option.name if option else id
            if name in EXPERIMENTS:
                self._link(step, name, node)
            else:
                step.given[name] = self._value(node)
        for option in step.wrapper.options.values():
            if option.default is not None and option.name not in step.given and _is_scalar(option.default):
                step.given[option.name] = (_written(option.default), step.node.get("run") or step.node)
        name = step.given.get("name", ("", step.node))[0]
        step.name = name if "$" not in name else ""

    def _value(self, node: Node) -> tuple[str, Node]:
        if not node.is_object:
            return UNKNOWN, node
        default = node.get("default")
        if default is not None and "source" not in node and "valueFrom" not in node:
            return (_written(default) if _is_scalar(default) else UNKNOWN), default
        return UNKNOWN, node

    def _link(self, step: Step, name: str, node: Node) -> None:
        source = node.get("source") if node.is_object else node
        if source is None:
            step.foreign = True
            return
        for one in source.elements if source.is_array else [source]:
            parent, slash, _ = text(one).lstrip("#").rpartition("/")
            parent = parent.rpartition("/")[2]
            if slash and parent in self.steps:
                (step.second if name == "experiment2" else step.parents).append(parent)
            else:
                step.foreign = True

    def order(self) -> list[Step] | None:
        """The steps, parents first; None when they form a circle, of which the check of CWL tells."""
        waiting = {id: len({*step.parents, *step.second}) for id, step in self.steps.items()}
        children: dict[str, list[str]] = {id: [] for id in self.steps}
        for id, step in self.steps.items():
            for parent in {*step.parents, *step.second}:
                children[parent].append(id)
        ready = [id for id, count in waiting.items() if not count]
        for id in ready:
            for child in children[id]:
                waiting[child] -= 1
                if not waiting[child]:
                    ready.append(child)
        return [self.steps[id] for id in ready] if len(ready) == len(self.steps) else None

    def workflow(self, ordered: list[Step], table: Table, problems: Problems) -> dict[str, Any]:
        """The Ophidia workflow that the converter would write."""
        tasks = [self._task(number, step, table, problems) for number, step in enumerate(ordered)]
        return {"name": text(self._workflow.get("label")) or "CWL workflow", "tasks": tasks}

    def locate(self, place: Place | Pointer) -> Span:
        """Where a value of the translated workflow stands in the CWL."""
        pointer = place.pointer if isinstance(place, Place) else place
        while pointer not in self.spans and pointer:
            pointer = pointer[:-1]
        return self.spans.get(pointer, self._workflow.span)

    def _task(self, number: int, step: Step, table: Table, problems: Problems) -> dict[str, Any]:
        at: Pointer = ("tasks", number)
        operator = step.wrapper.operator.lower()
        operator = operator if table.operator(operator) else "oph_generic"
        self.spans[at] = step.node.span
        self.spans[(*at, "name")] = step.span("name")
        self.spans[(*at, "operator")] = step.span("")
        raw: dict[str, Any] = {"name": step.id, "operator": operator}
        if "on_error" in step.given:
            raw["on_error"] = step.given["on_error"][0]
            self.spans[(*at, "on_error")] = step.span("on_error")
        raw["arguments"] = self._arguments(at, step, operator, table, problems)
        raw["dependencies"] = self._dependencies(at, step, operator)
        return raw

    def _arguments(self, at: Pointer, step: Step, operator: str, table: Table, problems: Problems) -> list[str]:
        spec = table.operator(operator)
        known = spec.arguments if spec else {}
        made: list[str] = []
        for option, (value, _) in step.given.items():
            key = _renamed(operator, option, step.wrapper.older)
            extra = table.extra.get(operator, ())
            lost = option in _LOST_ON_IMPORT and operator.startswith("oph_import")
            if option in _OF_TASK or lost or (key not in known and key not in extra):
                self._dropped(step, operator, option, known, problems)
                continue
            self.spans[(*at, "arguments", len(made))] = step.span(option)
            made.append(f"{key}={value}")
        missing = [key for key in (spec.mandatory if spec else ()) if not any(a.startswith(f"{key}=") for a in made)]
        made += [
            f"{key}={UNKNOWN}" for key in missing if key in _DEFAULTS or (key == "cube" and self._may_receive(step))
        ]
        return made

    def _may_receive(self, step: Step) -> bool:
        """Whether a cube may come from where we cannot look, or from a task that is reported as missing."""
        named = step.given.get("dependencies", ("", step.node))[0]
        return step.foreign or (bool(named) and not self._named(step, named))

    def _dropped(self, step: Step, operator: str, option: str, known: Any, problems: Problems) -> None:
        if option in _GENERAL or (operator, option) in (("oph_generic", "script"), ("oph_script", "command")):
            return
        message = (
            f"{option} is taken by the converter and then dropped: {operator} has no such argument{hint(option, known)}"
        )
        problems.add("OCW-D002", message, step.span(option))

    def _dependencies(self, at: Pointer, step: Step, operator: str) -> list[dict[str, str]]:
        receives = "cube"
        if operator in _MANY:
            receives = "cubes"
        if operator in _ALONE or operator.startswith(_ALONE_PREFIXES) or receives in step.given:
            receives = ""
        named = step.given.get("dependencies", ("", step.node))[0]
        parents = self._named(step, named) if named and "$" not in named else step.parents
        edges = [(parent, receives) for parent in parents]
        edges += [(parent, "cube2" if receives == "cube" else receives) for parent in step.second]
        made = []
        for number, (parent, argument) in enumerate(edges):
            self.spans[(*at, "dependencies", number)] = _link_span(step)
            edge = {"task": parent}
            made.append(edge | ({"type": "all", "argument": argument} if argument else {"type": "embedded"}))
        return made

    def _named(self, step: Step, name: str) -> list[str]:
        """The step before this one whose task has a name."""
        seen, waiting = set(), [*step.parents, *step.second]
        while waiting:
            parent = waiting.pop()
            if parent in seen:
                continue
            seen.add(parent)
            if self.steps[parent].name == name:
                return [parent]
            waiting += [*self.steps[parent].parents, *self.steps[parent].second]
        return []


def needed(step: Step) -> tuple[str, ...]:
    """Options without which the converter stops."""
    operator = step.wrapper.operator.lower()
    if operator.startswith("oph_importnc"):
        return ("measure", "src_path")
    return _NEEDED.get(operator, ())


def _renamed(operator: str, option: str, older: bool) -> str:
    if option == "src_path":
        return "input"
    return _RENAMED.get((operator, option), option)


def _link_span(step: Step) -> Span:
    for id, node in entries(step.node.get("in")):
        if id in EXPERIMENTS:
            return node.span
    return step.node.span


def _is_scalar(node: Node) -> bool:
    return not node.is_object and not node.is_array


def _written(node: Node) -> str:
    return node.text if node.text or node.value is not None else ""
