"""A workflow as tasks with arguments and dependencies, each of which knows where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from assaymark_workflows.ophidia.table import Operator
from assaymark_workflows.source import Place, Pointer

FLOW_PREFIX = "oph_"


class Argument(NamedTuple):
    """One ``key=value``, positional parameters put in as far as they are known."""

    key: str
    value: str
    pointer: Pointer
    straight: bool  # whether the text is as written, so that characters can be pointed at

    @property
    def key_place(self) -> Place:
        """Where the key stands."""
        return Place(self.pointer, start=0, end=len(self.key)) if self.straight else Place(self.pointer)

    @property
    def value_place(self) -> Place:
        """Where the value stands."""
        if not self.straight or not self.value:
            return Place(self.pointer)
        return self.inside(0, len(self.value))

    def inside(self, start: int, end: int) -> Place:
        """Where characters of the value stand."""
        if not self.straight:
            return Place(self.pointer)
        begin = len(self.key) + 1
        return Place(self.pointer, start=begin + start, end=begin + end)

    @property
    def open(self) -> bool:
        """Whether only the run knows the value: it has a parameter or a variable, or is a massive filter."""
        value = self.value
        return "$" in value or "@" in value or "&" in value or value.startswith("[")


class Dependency(NamedTuple):
    """One edge to a parent. ``type`` is as it takes effect; ``argument`` receives the output unless it is embedded."""

    task: str
    type: str
    argument: str
    parent: int | None
    pointer: Pointer


@dataclass(slots=True)
class Task:
    """One task. ``operator`` is the full name in lower case, '' when unknown; ``spec`` its entry in the table."""

    index: int
    name: str
    operator: str
    kind: str
    spec: Operator | None
    pointer: Pointer
    raw: dict[str, Any]
    arguments: list[Argument] = field(default_factory=list)
    dependencies: list[Dependency] = field(default_factory=list)
    variables: frozenset[str] = frozenset()
    parents: list[int] = field(default_factory=list)
    children: list[int] = field(default_factory=list)

    def argument(self, key: str) -> Argument | None:
        """The argument that counts under a key: the first."""
        for argument in self.arguments:
            if argument.key == key:
                return argument
        return None

    def given(self, key: str) -> str:
        """The value under a key, in any case as flow control reads it; '' when there is none."""
        for argument in self.arguments:
            if argument.key.lower() == key:
                return argument.value
        return ""

    def at(self, key: str) -> Place:
        """Where an argument of flow control stands, else where the operator is named."""
        for argument in self.arguments:
            if argument.key.lower() == key:
                return argument.value_place
        return Place((*self.pointer, "operator"))


@dataclass(slots=True)
class Workflow:
    """All tasks; ``order`` are their indices, parents first, or None when the dependencies form a circle."""

    raw: dict[str, Any]
    tasks: list[Task]
    by_name: dict[str, int]
    order: list[int] | None = None

    @property
    def broken(self) -> bool:
        """Whether some dependency leads nowhere: then nobody can say what comes after what."""
        return any(dependency.parent is None for task in self.tasks for dependency in task.dependencies)

    def loose(self) -> list[Task]:
        """Tasks with a dependency that leads nowhere, and all that come after one: what they belong to is not known."""
        waiting = [task.index for task in self.tasks if any(edge.parent is None for edge in task.dependencies)]
        found: dict[int, Task] = {}
        while waiting:
            task = self.tasks[waiting.pop()]
            if task.index not in found:
                found[task.index] = task
                waiting += task.children
        return list(found.values())
