"""The graph of tasks: circles, edges that are there twice, an order that the Python client needs."""

from __future__ import annotations

from assaymark_workflows.ophidia.document import Task, Workflow
from assaymark_workflows.ophidia.massive import many
from assaymark_workflows.ophidia.table import Table
from assaymark_workflows.problems import Problems


def check_graph(workflow: Workflow, table: Table, problems: Problems) -> None:
    """Report what is wrong with the edges between tasks."""
    tasks = workflow.tasks
    if workflow.order is None:
        circle = _circle(tasks)
        names = " → ".join(repr(tasks[index].name) for index in (*circle, circle[0]))
        problems.add("OPH-G001", f"the tasks depend on one another in a circle: {names}", _edge(tasks, circle))
    for task in tasks:
        _edges(task, tasks, problems)
        if len(tasks) > 1 and task.operator in table.alone:
            message = f"{task.operator} can only be the single task of a workflow"
            problems.add("OPH-S016", message, (*task.pointer, "operator"))
    for task in tasks:
        _for_client(task, tasks, problems)


def _edges(task: Task, tasks: list[Task], problems: Problems) -> None:
    seen: set[tuple[int, str, str]] = set()
    for dependency in task.dependencies:
        if dependency.parent is None:
            continue
        key = (dependency.parent, dependency.argument if dependency.type != "embedded" else "", dependency.type)
        if key in seen:
            problems.add("OPH-G010", f"the dependency on {dependency.task!r} is there twice", dependency.pointer)
        seen.add(key)
        if dependency.type == "single" and many(tasks[dependency.parent]):
            message = f"{dependency.task!r} may give several outputs; a dependency of type single then fails"
            problems.add("OPH-V007", message, (*dependency.pointer, "type"))


def _for_client(task: Task, tasks: list[Task], problems: Problems) -> None:
    """The Python client reads a task's arguments without asking, and knows parents only once it has read them."""
    late = next((d for d in task.dependencies if d.parent is not None and d.parent > task.index), None)
    if late is not None:
        message = f"{late.task!r} is listed later; the Python client reads parents first"
        problems.add("OPH-P001", message, (*late.pointer, "task"))
    if "arguments" not in task.raw:
        problems.add("OPH-P001", "the Python client needs arguments on every task, if only []", task.pointer)


def _circle(tasks: list[Task]) -> list[int]:
    """The tasks of one circle, each a parent of the next."""
    state = [0] * len(tasks)
    for begin in range(len(tasks)):
        path: list[int] = []
        stack = [(begin, 0)] if not state[begin] else []
        while stack:
            index, number = stack.pop()
            if number == 0:
                state[index] = 1
                path.append(index)
            if number < len(tasks[index].children):
                stack.append((index, number + 1))
                child = tasks[index].children[number]
                if state[child] == 1:
                    return path[path.index(child) :]
                if state[child] == 0:
                    stack.append((child, 0))
            else:
                state[index] = 2
                path.pop()
    raise AssertionError("there is a circle when there is no order")


def _edge(tasks: list[Task], circle: list[int]) -> tuple[str | int, ...]:
    """The dependency of the first task (in the document) of the circle on another of it."""
    first = min(circle)
    before = circle[circle.index(first) - 1]
    for dependency in tasks[first].dependencies:
        if dependency.parent == before:
            return (*dependency.pointer, "task")
    return tasks[first].pointer
