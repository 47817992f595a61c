"""Ophidia workflows in CWL: wrappers of operators, and workflows that thread an experiment through them."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.api import Context, Problem
from assaymark_workflows.ophidia.semantics import check_workflow
from assaymark_workflows.ophidia.table import Table, table
from assaymark_workflows.ophidia.translation import Step, Translation, needed
from assaymark_workflows.ophidia.validate import RULES
from assaymark_workflows.ophidia.wrappers import Wrapper, entries, processes, text, wrapper
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Malformed, Node, parse_yaml

# Of no meaning for documents that the Python client never loads.
_NATIVE_ONLY = ("OPH-P001", "OPH-P002", "OPH-G010")


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """What Ophidia would say of a CWL document; None when no operator is in it."""
    try:
        root = parse_yaml(data)
    except Malformed:
        return None  # the check of CWL tells
    problems = Problems(path, RULES)
    found = False
    for process in processes(root):
        context.check_time()
        if text(process.get("class")) == "Workflow":
            found = _workflow(process, path, root, problems, context) or found
            continue
        tool = wrapper(process)
        if tool is not None:
            found = True
            _wrapper(tool, problems, table())
    return problems.sorted() if found else None


def _wrapper(tool: Wrapper, problems: Problems, known: Table) -> None:
    base = tool.node.get("baseCommand") or tool.node
    operator = tool.operator.lower()
    spec = known.operator(operator)
    if not tool.operator:
        problems.add(
            "OCW-S001", "the command names no operator: its second word has to be one, such as oph_reduce", base
        )
        return
    if spec is None:
        message = (
            f"{tool.operator!r} is no operator: the converter makes oph_generic of it{hint(operator, known.names)}"
        )
        problems.add("OCW-D001", message, base)
    elif tool.older and operator in known.flow:
        message = f"the older converter cwl2oph.py makes oph_generic of {operator}; use cwl2oph"
        problems.add("OCW-D001", message, base)
    _output(tool, problems)
    seen: dict[str, str] = {}
    for option in tool.options.values():
        if option.name in seen:
            message = f"{option.id} and {seen[option.name]} are both passed as --{option.name}: the last one wins"
            binding = option.node.get("inputBinding") if option.node.is_object else None
            problems.add("OCW-S003", message, (binding.get("prefix") if binding else None) or option.node)
        seen.setdefault(option.name, option.id)
    if "name" not in seen and tool.options:
        problems.add("OCW-S004", "there is no option --name: every task needs a name", tool.node.get("inputs") or base)


def _output(tool: Wrapper, problems: Problems) -> None:
    outputs = tool.node.get("outputs")
    kinds = {id: text(node) or text(node.get("type")) for id, node in entries(outputs)}
    if "stdout" not in kinds.values() and "File" not in kinds.values():
        message = "no output takes the standard output, which is the experiment that the next step reads"
        problems.add("OCW-S002", message, outputs or tool.node)


def _workflow(workflow: Node, path: str, root: Node, problems: Problems, context: Context) -> bool:
    """Whether it is one with Ophidia steps."""
    translation = Translation(workflow, path, root, context)
    if not translation.steps:
        return False
    _steps(translation, problems)
    ordered = translation.order()
    if ordered is None:
        return True
    _names(ordered, problems)
    outputs = workflow.get("outputs")
    ends = [id for id, _ in entries(outputs)]
    if "outputexperiment" not in ends:
        message = "no output is called outputexperiment, which is what the converter takes the workflow from"
        problems.add("OCW-S005", f"{message}{hint('outputexperiment', ends)}", outputs or workflow)
    problems.locate = translation.locate
    raw = translation.workflow(ordered, table(), problems)
    problems.quiet = _NATIVE_ONLY
    check_workflow(raw, problems, context)
    problems.quiet = ()
    return True


def _steps(translation: Translation, problems: Problems) -> None:
    for step in translation.steps.values():
        operator = step.wrapper.operator.lower()
        named = step.wrapper.options.get("name")
        if "name" not in step.given and (named is None or named.optional):
            problems.add("OCW-S004", f"the step {step.id!r} gives its task no name", step.node)
        elif "name" in step.given and not step.given["name"][0]:
            problems.add("OCW-S004", f"the name of the task of {step.id!r} is empty", step.span("name"))
        if operator == "oph_intercube" and not step.second and not step.foreign and len(step.parents) < 2:
            problems.add("OCW-G002", "intercube needs two experiments: experiment1 and experiment2", step.node)
        for option in needed(step):
            own = next((o for o in step.wrapper.options.values() if o.name == option), None)
            if not step.given.get(option, ("",))[0] and (own is None or own.optional):
                problems.add("OCW-R001", f"the converter stops: {operator} needs {option}", step.span(option))
        _dependency(step, translation, problems)


def _dependency(step: Step, translation: Translation, problems: Problems) -> None:
    name = step.given.get("dependencies", ("", step.node))[0]
    if not name or "$" in name or step.foreign:
        return
    before = list(_before(step, translation))
    if any(other.foreign or not other.name for other in before):
        return
    names = [other.name for other in before]
    if name not in names:
        message = f"no task before this one is called {name!r}, so it would depend on nothing{hint(name, names)}"
        problems.add("OCW-R002", message, step.span("dependencies"))


def _before(step: Step, translation: Translation) -> Iterator[Step]:
    seen: set[str] = set()
    waiting = [*step.parents, *step.second]
    while waiting:
        id = waiting.pop()
        if id not in seen:
            seen.add(id)
            other = translation.steps[id]
            yield other
            waiting += [*other.parents, *other.second]


def _names(ordered: list[Step], problems: Problems) -> None:
    """Experiments are merged by the names of tasks: a second task of one name is dropped without a word."""
    number = {step.id: position for position, step in enumerate(ordered)}
    holds: list[int] = []
    for step in ordered:
        bits = 1 << number[step.id]
        for parent in (*step.parents, *step.second):
            bits |= holds[number[parent]]
        holds.append(bits)
    groups: dict[str, list[Step]] = {}
    for step in ordered:
        if step.name:
            groups.setdefault(step.name, []).append(step)
    for name, group in groups.items():
        for position, step in enumerate(group[1:], 1):
            pairs = [1 << number[other.id] | 1 << number[step.id] for other in group[:position]]
            if any(bits & pair == pair for bits in holds for pair in pairs):
                first = group[0].span("name").line
                message = f"a task {name!r} is in the same experiment already (line {first}): one of the two is lost"
                problems.add("OCW-G001", message, step.span("name"))
