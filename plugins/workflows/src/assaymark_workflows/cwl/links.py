"""Workflows: what steps run, where values come from, and whether they fit."""

from __future__ import annotations

import re

from assaymark.api import Severity
from assaymark_workflows.cwl import types
from assaymark_workflows.cwl.document import unreachable
from assaymark_workflows.cwl.features import demand
from assaymark_workflows.cwl.model import Parameter, Process, Step, StepInput, short
from assaymark_workflows.cwl.report import Report, near
from assaymark_workflows.cwl.types import Type
from assaymark_workflows.cwl.workspace import Target, Workspace
from assaymark_workflows.source import Kind, Node

_NOWHERE: Type = None
_ALONE = re.compile(r"\s*\$\(inputs\.(\w+)\)\s*")
# So many names of a circle of steps.
_SHOWN = 20


class Workflow:
    """The checks of one workflow."""

    def __init__(self, process: Process, report: Report, workspace: Workspace) -> None:
        self.process = process
        self.report = report
        self.workspace = workspace
        self.targets = {step.name: workspace.run(process, step) for step in process.steps.values()}
        self.circling: set[str] = set()
        self.used_inputs: set[str] = set()
        self.used_outputs: set[tuple[str, str]] = set()

    def check(self) -> None:
        """All of them."""
        for step in self.process.steps.values():
            self.workspace.context.check_time()
            self._step(step)
        for output in self.process.outputs.values():
            self._output(output)
        self._cycles()
        for step, way in self.workspace.loops(self.process):
            assert step.run is not None
            self.circling.add(step.name)
            self.report.add("CWL-G002", step.run, "the workflow runs itself: " + " -> ".join(way))

    # Steps

    def _step(self, step: Step) -> None:
        target = self.targets[step.name]
        self._target(step, target)
        self._features(step, target)
        called = target.process
        for name, given in step.inputs.items():
            wanted = called.inputs.get(name) if called is not None else None
            if called is not None and wanted is None and not called.open_inputs:
                self._unknown_input(step, given, called)
            self._sink(step, given, wanted, called is not None)
        if called is not None:
            self._missing_inputs(step, called)
            for name, at in step.outputs.items():
                if name not in called.outputs and not called.open_outputs:
                    self.report.add("CWL-T005", at, f"{_ran(step)} has no output {name!r}" + near(name, called.outputs))
        self._scatter(step)

    def _target(self, step: Step, target: Target) -> None:
        run = step.run
        if run is None:
            return
        if target.unreachable is not None:
            unreachable(self.report, run, run.value, target.unreachable)
        elif target.problem is not None:
            self.report.add("CWL-R001", run, target.problem)

    def _features(self, step: Step, target: Target) -> None:
        process, report, workspace = self.process, self.report, self.workspace
        scatter = step.node.get("scatter")
        if scatter is not None and scatter.kind is not Kind.NULL:
            demand("ScatterFeatureRequirement", scatter, "scatter", process, report, workspace, step)
        if target.process is not None and target.process.kind == "Workflow" and step.run is not None:
            at = step.run if step.run.is_string else step.key
            demand("SubworkflowFeatureRequirement", at, "a workflow as a step", process, report, workspace, step)
        for given in step.inputs.values():
            value = given.get("valueFrom")
            if value is not None and value.kind is not Kind.NULL:
                demand("StepInputExpressionRequirement", value, "valueFrom in a step", process, report, workspace, step)
            if len(given.sources) > 1:
                demand(
                    "MultipleInputFeatureRequirement",
                    given.sources[1],
                    "more than one source",
                    process,
                    report,
                    workspace,
                    step,
                )

    def _unknown_input(self, step: Step, given: StepInput, called: Process) -> None:
        if self._in_expressions(step, given.name):
            return
        free = [name for name in called.inputs if name not in step.inputs]
        guess = near(given.name, free)
        self.report.add(
            "CWL-T006",
            given.key,
            f"{_ran(step)} has no input {given.name!r}, and no expression of the step uses it{guess}",
        )

    @staticmethod
    def _in_expressions(step: Step, name: str) -> bool:
        texts = [given.get("valueFrom") for given in step.inputs.values()]
        texts += [step.node.get("when")]
        for node in (*step.requirements.values(), *step.hints.values()):
            texts += list(_strings(node))
        return any(node is not None and node.is_string and name in node.value for node in texts)

    def _missing_inputs(self, step: Step, called: Process) -> None:
        at = step.node.key("in") or step.key
        for name, wanted in called.inputs.items():
            if wanted.default is not None or types.nullable(wanted.type) or wanted.type_node is None:
                continue
            given = step.inputs.get(name)
            if given is None:
                free = [word for word in step.inputs if word not in called.inputs]
                meant = near(name, free).replace("did you mean", "is it").rstrip("?")
                self.report.add(
                    "CWL-T004",
                    at,
                    f"{_ran(step)} needs the input {name!r}; step {step.name!r} does not give it"
                    + (meant + " that is meant?" if meant else ""),
                )
            elif not given.fed:
                self.report.add(
                    "CWL-T004",
                    given.key,
                    f"{_ran(step)} needs the input {name!r}; it gets no source, default or valueFrom",
                )

    def _scatter(self, step: Step) -> None:
        for node in step.scatter:
            name = short(node.value)
            if name not in step.inputs:
                self.report.add(
                    "CWL-T007",
                    node,
                    f"scatter over {name!r}, which is no input of step {step.name!r}" + near(name, step.inputs),
                )
        scatter = step.node.get("scatter")
        if scatter is None or scatter.kind is Kind.NULL:
            method = step.node.get("scatterMethod")
            if method is not None and method.kind is not Kind.NULL:
                self.report.add("CWL-T009", method, "scatterMethod has no effect without scatter")
        elif len(step.scatter) > 1 and step.node.get("scatterMethod") is None:
            self.report.add("CWL-T008", scatter, "scatter over more than one input needs scatterMethod")
        elif scatter.is_array and not scatter.elements:
            self.report.add("CWL-T008", scatter, "scatter over nothing")

    # Links

    def _source(self, node: Node) -> tuple[Type, Parameter | None, bool]:
        """Type, parameter and whether it may be missing because of ``when``; reports what does not exist."""
        name = self._local(node.value)
        step_name, _, output = name.rpartition("/")
        if not step_name:
            found = self.process.inputs.get(name)
            if found is not None:
                self.used_inputs.add(name)
                return found.type, found, False
            if self.process.open_inputs:
                return "Any", None, False
            self._unknown_source(node, name)
            return _NOWHERE, None, False
        step = self.process.steps.get(step_name)
        if step is None or output not in step.outputs:
            self._unknown_source(node, name)
            return _NOWHERE, None, False
        self.used_outputs.add((step_name, output))
        when = step.node.get("when")
        conditional = when is not None and when.kind is not Kind.NULL
        called = self.targets[step_name].process
        parameter = called.outputs.get(output) if called is not None else None
        if parameter is None:
            return "Any", None, conditional
        made = parameter.type
        for _ in range(self._nesting(step)):
            made = ("array", made)
        return made, parameter, conditional

    @staticmethod
    def _nesting(step: Step) -> int:
        if not step.scatter:
            return 0
        method = step.node.get("scatterMethod")
        return len(step.scatter) if method is not None and method.value == "nested_crossproduct" else 1

    def _local(self, name: str) -> str:
        """A source without what names this very workflow."""
        _, absolute, name = name.rpartition("#")
        fragment = self.process.fragment
        if fragment and name.startswith(fragment + "/"):
            inner = name[len(fragment) + 1 :]
            if absolute or not self._known(name):
                return inner
        return name

    def _known(self, name: str) -> bool:
        step_name, _, output = name.rpartition("/")
        if not step_name:
            return name in self.process.inputs
        return step_name in self.process.steps and output in self.process.steps[step_name].outputs

    def _unknown_source(self, node: Node, name: str) -> None:
        known = [*self.process.inputs, *(f"{s.name}/{o}" for s in self.process.steps.values() for o in s.outputs)]
        step_name, _, output = name.rpartition("/")
        step = self.process.steps.get(step_name)
        if step is not None:
            has = ", ".join(sorted(step.outputs)) or "none"
            message = f"step {step_name!r} has no {output!r} in its out (it has {has})"
            called = self.targets[step_name].process
            if called is not None and output in called.outputs:
                message += f"; {_ran(step)} does offer it: add it to out"
        else:
            message = f"there is no input or step output {name!r}"
        self.report.add("CWL-R010", node, message + near(name, known))

    def _sink(self, step: Step, given: StepInput, wanted: Parameter | None, known: bool) -> None:
        written = given.get("source") if given.node.is_object else given.node
        if written is not None and written.kind is Kind.NULL and not written.tag:
            at = given.node.key("source") or given.key
            self.report.add("CWL-S002", at, f"the source of {given.name!r} is empty")
        sources = [(node, *self._source(node)) for node in given.sources]
        if len(sources) == 1 and not given.listed and given.get("valueFrom") is None and given.get("default") is None:
            self._condition(step, given, sources[0][1])
        if given.get("valueFrom") is not None or wanted is None or not known:
            return
        sink = wanted.type
        if any(short(node.value) == given.name for node in step.scatter):
            sink = ("array", sink)
        default = given.get("default")
        if default is not None and default.kind is not Kind.NULL:
            refusal = types.accepts(sink, default)
            if refusal is not None:
                message = f"the default does not fit {given.name!r} ({types.written(sink)}): {refusal.reason}"
                level = Severity.WARNING if sources else None  # it only counts when the source has nothing
                self.report.add("CWL-T003", refusal.node, message, severity=level)
        has_default = wanted.default is not None or (default is not None and default.kind is not Kind.NULL)
        self._links(given.listed, sources, sink, given.get("linkMerge"), given.get("pickValue"), wanted, has_default)

    def _condition(self, step: Step, given: StepInput, kind: Type) -> None:
        """A condition that is nothing but this input, when the input can be neither true nor false."""
        when = step.node.get("when")
        asked = _ALONE.fullmatch(when.value) if when is not None and when.is_string else None
        if when is None or asked is None or asked[1] != given.name or kind is _NOWHERE:
            return
        if any(short(node.value) == given.name for node in step.scatter):
            kind = kind[1] if isinstance(kind, tuple) and kind[0] == "array" else "Any"
        if not {"Any", "boolean"}.intersection(part for part in types.members(kind) if isinstance(part, str)):
            message = f"'when' is {given.name!r}, which is {types.written(kind)}; it is true or false"
            self.report.add("CWL-X009", when, message)

    def _output(self, output: Parameter) -> None:
        written = output.node.get("outputSource") if output.node.is_object else None
        if written is not None and written.kind is Kind.NULL and not written.tag:
            self.report.add("CWL-S002", output.node.key("outputSource") or output.key, "the outputSource is empty")
            return
        if not output.node.is_object or output.node.get("outputSource") is None:
            message = f"the output {output.name!r} has no outputSource and is never there"
            self.report.add("CWL-G004", output.key, message)
            return
        if len(output.sources) > 1:
            demand(
                "MultipleInputFeatureRequirement",
                output.sources[1],
                "more than one source",
                self.process,
                self.report,
                self.workspace,
            )
        sources = [(node, *self._source(node)) for node in output.sources]
        node = output.node
        self._links(output.listed, sources, output.type, node.get("linkMerge"), node.get("pickValue"), output, False)

    def _links(
        self,
        listed: bool,
        sources: list[tuple[Node, Type, Parameter | None, bool]],
        sink: Type,
        merge_node: Node | None,
        pick_node: Node | None,
        wanted: Parameter,
        has_default: bool,
    ) -> None:
        pick = pick_node.value if pick_node is not None else None
        merge = None
        if listed:
            merge = merge_node.value if merge_node is not None else "merge_nested" if len(sources) > 1 else None
            if pick in ("first_non_null", "the_only_non_null"):
                merge = None
            elif pick == "all_non_null":
                merge = merge or "merge_nested"
        for node, source, parameter, conditional in sources:
            if source is _NOWHERE:
                continue
            if pick:
                source = _picked(source, pick)
            elif has_default:
                source = types.without_null(source)
            if conditional and not pick and not has_default and not types.nullable(sink):
                self.report.add(
                    "CWL-T010",
                    node,
                    f"{node.value!r} comes from a step with 'when' and may be missing; "
                    f"{wanted.name!r} ({types.written(sink)}) cannot be (use pickValue, or make it optional)",
                )
            self._fit(node, source, sink, merge, wanted, parameter)

    def _fit(
        self, node: Node, source: Type, sink: Type, merge: str | None, wanted: Parameter, parameter: Parameter | None
    ) -> None:
        if merge == "merge_nested":
            source = ("array", source)
        elif merge == "merge_flattened":
            source = types.flattened(source)
        how = f" (with {merge})" if merge else ""
        if types.fits(source, sink, True):
            if wanted.type == "File" and parameter is not None and parameter.type == "File":
                self._secondary(node, wanted, parameter)
        elif types.fits(source, sink, False):
            self.report.add(
                "CWL-T002",
                node,
                f"{node.value!r} is {types.written(source)}{how}; not all of that fits "
                f"{wanted.name!r}, which is {types.written(sink)}",
            )
        else:
            self.report.add(
                "CWL-T001",
                node,
                f"{node.value!r} is {types.written(source)}{how} and does not fit "
                f"{wanted.name!r}, which is {types.written(sink)}",
            )

    def _secondary(self, node: Node, wanted: Parameter, parameter: Parameter) -> None:
        if parameter.unread_files:
            return
        missing = [pattern for pattern in wanted.required_files if pattern not in parameter.offered_files]
        if missing:
            self.report.add(
                "CWL-T011",
                node,
                f"{wanted.name!r} needs the secondary files {', '.join(missing)}; {node.value!r} does not promise them",
            )

    # Graph

    def _cycles(self) -> None:
        """Steps that wait for one another, each circle told once at the source that closes it."""
        before: dict[str, list[tuple[str, Node]]] = {}
        for step in self.process.steps.values():
            for given in step.inputs.values():
                for node in given.sources:
                    other = self._local(node.value).rpartition("/")[0]
                    if other in self.process.steps:
                        before.setdefault(step.name, []).append((other, node))
        state: dict[str, int] = {}
        for start in self.process.steps:
            if start in state:
                continue
            path: list[str] = [start]
            work = [iter(before.get(start, ()))]
            state[start] = 1
            while work:
                following = next(work[-1], None)
                if following is None:
                    state[path.pop()] = 2
                    work.pop()
                    continue
                other, node = following
                if state.get(other) == 1:
                    circle = [*path[path.index(other) :], other]
                    if len(circle) > _SHOWN:
                        circle[_SHOWN // 2 : -_SHOWN // 2] = ["..."]
                    self.report.add("CWL-G001", node, "steps wait for one another: " + " <- ".join(circle))
                elif other not in state:
                    state[other] = 1
                    path.append(other)
                    work.append(iter(before.get(other, ())))


def _picked(source: Type, pick: str) -> Type:
    source = types.without_null(source)
    if isinstance(source, tuple) and source[0] == "array":
        inner = types.without_null(source[1])
        return ("array", inner) if pick == "all_non_null" or inner == source[1] else inner
    return source


def _ran(step: Step) -> str:
    run = step.run
    if run is not None and run.is_string:
        name: str = run.value
        return name.rpartition("/")[2] if "#" not in name else name
    return f"what step {step.name!r} runs"


def _strings(node: Node) -> list[Node]:
    return [below for below in node.walk() if below.is_string]
