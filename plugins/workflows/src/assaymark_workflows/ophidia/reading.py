"""From plain JSON to a `Workflow`, with everything said about its structure on the way."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from typing import Any

from assaymark_workflows.ophidia.document import Argument, Dependency, Task, Workflow
from assaymark_workflows.ophidia.fields import Fields, word
from assaymark_workflows.ophidia.table import Table, release
from assaymark_workflows.ophidia.text import substituted
from assaymark_workflows.problems import Problems, hint, nearest, replace
from assaymark_workflows.source import Place, Pointer

_KEY = re.compile(r"[A-Za-z0-9_]+")


class Reader:
    """Builds the tasks of one workflow. ``until`` is the release it has to run on, () for the newest."""

    def __init__(
        self, problems: Problems, table: Table, parameters: Mapping[str, str], until: tuple[int, ...] = ()
    ) -> None:
        self._problems = problems
        self._table = table
        self._parameters = parameters
        self._fields = Fields(problems, parameters)
        self._until = until

    def workflow(self, raw: dict[str, Any]) -> Workflow:
        """The whole document; its fields, tasks and edges."""
        self._fields.check("workflow", raw, ())
        listed = raw.get("tasks")
        if "tasks" not in raw:
            self._problems.add("OPH-S001", "the workflow has no tasks", ())
        elif listed == []:
            self._problems.add("OPH-S004", "the workflow has an empty list of tasks", ("tasks",))
        elements = listed if isinstance(listed, list) else []
        tasks: list[Task] = []
        for number, element in enumerate(elements):
            if isinstance(element, dict):
                tasks.append(self._task(len(tasks), element, ("tasks", number)))
            else:
                self._problems.add("OPH-S003", f"a task has to be an object, not {word(element)}", ("tasks", number))
        return self._linked(Workflow(raw, tasks, self._named(tasks)))

    def _named(self, tasks: list[Task]) -> dict[str, int]:
        known: dict[str, int] = {}
        for task in tasks:
            if not task.name:
                continue
            if task.name in known:
                first = self._problems.span((*tasks[known[task.name]].pointer, "name")).line
                message = f"a task with the name {task.name!r} is there already, in line {first}"
                self._problems.add("OPH-R004", message, (*task.pointer, "name"))
            known.setdefault(task.name, task.index)
        return known

    def _task(self, index: int, raw: dict[str, Any], pointer: Pointer) -> Task:
        self._fields.check("task", raw, pointer)
        name, kind = raw.get("name"), raw.get("type", "ophidia")
        kind = kind if isinstance(kind, str) else "ophidia"
        operator = self._operator(raw, kind, pointer)
        task = Task(
            index=index,
            name=name if isinstance(name, str) else "",
            operator=operator,
            kind=kind,
            spec=self._table.operator(operator),
            pointer=pointer,
            raw=raw,
        )
        self._arguments(task)
        self._dependencies(task)
        self._variables(task)
        return task

    def _operator(self, raw: dict[str, Any], kind: str, pointer: Pointer) -> str:
        """The operator that runs, '' when there is none such."""
        written = raw.get("operator")
        if not isinstance(written, str) or not written:
            return ""
        text = substituted(written, self._parameters)
        at = (*pointer, "operator")
        if kind in ("cdo", "generic"):
            return f"oph_{kind}"
        if "$" in text:
            return ""
        if kind == "control":
            if text in self._table.control:
                return f"oph_{text}"
            allowed = ", ".join(sorted(self._table.control))
            meant = hint(text.lower().removeprefix("oph_"), self._table.control)
            self._problems.add(
                "OPH-S012", f"a task of type control cannot be {text!r}: it is one of {allowed}{meant}", at
            )
            return ""
        return self._ophidia(text, at)

    def _ophidia(self, text: str, at: Pointer) -> str:
        name = text.lower()
        spec = self._table.operator(name)
        if spec is not None:
            if self._until and release(spec.since) > self._until:
                self._problems.add("OPH-D004", f"{name} came with release {spec.since[1:]}", at)
            return name
        if name in self._table.gone:
            if self._until and self._until <= release(self._table.gone[name]):
                return ""
            self._problems.add(
                "OPH-D001", f"{name} is gone: {self._table.gone[name][1:]} was the last release with it", at
            )
            return ""
        near = nearest(name, self._table.names)
        message = f"there is no operator {text!r}" + (f"; did you mean {near!r}?" if near else "")
        edits = [replace(self._problems.span(at), f'"{near}"')] if near and near == name.strip() else []
        self._problems.add("OPH-R003", message, at, fix=f"write {near}" if edits else None, edits=edits)
        return ""

    def _arguments(self, task: Task) -> None:
        listed = task.raw.get("arguments")
        for number, written in enumerate(listed if isinstance(listed, list) else ()):
            pointer = (*task.pointer, "arguments", number)
            if not isinstance(written, str):
                message = f'an argument has to be a string "key=value", not {word(written)}'
                self._problems.add("OPH-S003", message, pointer)
                continue
            text = substituted(written, self._parameters)
            key, equals, value = text.partition("=")
            if not equals:
                if "$" not in text:
                    self._problems.add(
                        "OPH-S010", f'the argument {text!r} has no "=": it has to be "key=value"', pointer
                    )
                continue
            argument = Argument(key, value, pointer, text is written)
            if not _KEY.fullmatch(key) and "$" not in key:
                message = f"the key {key!r} has to consist of letters, digits and underscores"
                self._problems.add("OPH-S011", message, argument.key_place if key else pointer)
            task.arguments.append(argument)

    def _dependencies(self, task: Task) -> None:
        listed = task.raw.get("dependencies")
        for number, raw in enumerate(listed if isinstance(listed, list) else ()):
            pointer = (*task.pointer, "dependencies", number)
            if not isinstance(raw, dict):
                self._problems.add("OPH-S003", f"a dependency has to be an object, not {word(raw)}", pointer)
                continue
            self._fields.check("dependency", raw, pointer)
            parent, kind, argument = (_text(raw, key) for key in ("task", "type", "argument"))
            if kind not in ("all", "single", "embedded"):
                kind = "all" if "argument" in raw else "embedded"
            elif kind == "embedded" and argument:
                message = f"the dependency is embedded, so nothing is passed as {argument!r}; that takes all or single"
                self._problems.add("OPH-T014", message, (*pointer, "argument"))
            task.dependencies.append(Dependency(parent, kind, argument or "cube", None, pointer))

    def _variables(self, task: Task) -> None:
        listed = task.raw.get("variables")
        names = []
        for number, raw in enumerate(listed if isinstance(listed, list) else ()):
            pointer = (*task.pointer, "variables", number)
            if not isinstance(raw, dict):
                self._problems.add("OPH-S003", f"a variable has to be an object, not {word(raw)}", pointer)
                continue
            self._fields.check("variable", raw, pointer)
            names.append(_text(raw, "key"))
        task.variables = frozenset(name for name in names if name)

    def _linked(self, workflow: Workflow) -> Workflow:
        for task in workflow.tasks:
            linked = []
            for dependency in task.dependencies:
                linked.append(dependency._replace(parent=self._parent(workflow, task, dependency)))
            task.dependencies = linked
            seen: set[int] = set()
            for dependency in linked:
                if dependency.parent is None or dependency.parent in seen:
                    continue
                seen.add(dependency.parent)
                task.parents.append(dependency.parent)
                workflow.tasks[dependency.parent].children.append(task.index)
        workflow.order = _order(workflow)
        return workflow

    def _parent(self, workflow: Workflow, task: Task, dependency: Dependency) -> int | None:
        name = substituted(dependency.task, self._parameters)
        if not name or "$" in name:
            return None
        at = Place((*dependency.pointer, "task"))
        if name == task.name:
            self._problems.add("OPH-R002", f"the task {name!r} depends on itself", at)
            return None
        index = workflow.by_name.get(name)
        if index is None:
            self._problems.add("OPH-R001", f"there is no task {name!r}{hint(name, workflow.by_name)}", at)
        return index


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _order(workflow: Workflow) -> list[int] | None:
    waiting = [len(task.parents) for task in workflow.tasks]
    ready = deque(index for index, count in enumerate(waiting) if not count)
    order = []
    while ready:
        index = ready.popleft()
        order.append(index)
        for child in workflow.tasks[index].children:
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    return order if len(order) == len(workflow.tasks) else None
