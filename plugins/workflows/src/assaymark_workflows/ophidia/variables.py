"""Run-time variables: who sets them, and whether those who use them come after."""

from __future__ import annotations

import re
from typing import NamedTuple

from assaymark_workflows.ophidia.control import open_value
from assaymark_workflows.ophidia.document import Argument, Task, Workflow
from assaymark_workflows.ophidia.table import Table
from assaymark_workflows.problems import Problems, nearest

_DEFINERS = ("oph_for", "oph_set", "oph_wait", "oph_input")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+\.[A-Za-z0-9]")
_LONGEST_DOMAIN = 255


class Use(NamedTuple):
    """One reference. ``name`` is None when only the run knows it, '' when its brace is empty or not closed."""

    mark: str
    name: str | None
    start: int
    end: int


def check_variables(workflow: Workflow, table: Table, problems: Problems) -> None:
    """Report what is used and nowhere set, set elsewhere, or set and never used."""
    if workflow.order is not None:
        _Variables(workflow, table, problems).check()


class _Variables:
    def __init__(self, workflow: Workflow, table: Table, problems: Problems) -> None:
        self._tasks = workflow.tasks
        self._order = workflow.order or []
        self._broken = workflow.broken
        self._table = table
        self._problems = problems
        self._definers: dict[str, list[int]] = {}  # name -> tasks that set it
        self._prefixes: dict[str, list[int]] = {}  # keys of set, which also define <key>_1, <key>_2 …
        self._bits: dict[int, int] = {}  # task -> its bit in the sets of definers
        self._before: list[int] = []
        self._outside = 0  # definers whose names only the run knows
        self._used: set[str] = set()
        self._hidden = False

    def check(self) -> None:
        for task in self._tasks:
            self._define(task)
        uses = [
            (task, argument, use)
            for task in self._tasks
            for argument in task.arguments
            for use in references(argument.value)
        ]
        if not uses and not self._bits:
            return
        self._before = self._ancestors()
        for task, argument, use in uses:
            self._use(task, argument, use)
        if not self._hidden:
            self._unused()

    def _define(self, task: Task) -> None:
        if task.operator not in _DEFINERS:
            return
        identifier = task.given("id")
        if identifier and "OPH_WORKFLOW_ID" not in identifier:
            return
        given = [task.given(argument) for argument in ("key", "keys")]
        if not any(given):
            given = [task.given("name")]  # what key was called before release 0.10.6
        keys = [key for text in given for key in text.split("|") if key not in ("", "-")]
        bit = self._bits[task.index] = 1 << len(self._bits)
        if task.operator in ("oph_wait", "oph_input") or any(open_value(key) for key in keys):
            self._outside |= bit
        for key in keys:
            self._definers.setdefault(key, []).append(task.index)
            if task.operator == "oph_for":
                self._definers.setdefault(f"{key}_size", []).append(task.index)
            elif task.operator == "oph_set":
                self._prefixes.setdefault(key, []).append(task.index)

    def _ancestors(self) -> list[int]:
        """For each task the definers that are before it or itself, as bits."""
        before = [0] * len(self._tasks)
        for index in self._order:
            found = self._bits.get(index, 0)
            for parent in self._tasks[index].parents:
                found |= before[parent]
            before[index] = found
        return before

    def _use(self, task: Task, argument: Argument, use: Use) -> None:
        place = argument.inside(use.start, use.end)
        if use.name is None:
            self._hidden = True
            return
        if use.name == "":
            self._problems.add("OPH-X005", f"the brace after {use.mark} is not closed", place)
            return
        self._used.add(use.name)
        if use.name in task.variables or use.name in self._table.builtin or self._upper(task, use.name):
            return
        setters = self._setters(use.name)
        before = self._before[task.index]
        if any(before & self._bits[setter] for setter in setters) or before & self._outside:
            return
        if setters:
            if not self._broken:
                self._too_early(task, use, setters, place)
        elif use.mark == "&":
            message = f"no task sets {use.name!r}, so &{use.name} makes the task fail{self._meant(use.name)}"
            self._problems.add("OPH-X002", message, place)
        elif not _mail_around(argument.value, use):
            message = f"no task sets {use.name!r}, so the text stays as it is{self._meant(use.name)}"
            self._problems.add("OPH-X001", message, place)

    def _too_early(self, task: Task, use: Use, setters: list[int], place: object) -> None:
        setter = self._tasks[setters[0]].name
        message = f"{use.name!r} is set by {setter!r}, on which {task.name!r} does not depend"
        rule = "OPH-X002" if use.mark == "&" else "OPH-X003"
        self._problems.add(rule, message, place)  # type: ignore[arg-type]

    def _upper(self, task: Task, name: str) -> bool:
        """Whether it stands for another argument of the same task, given or received."""
        if name != name.upper():
            return False
        received = (dependency.argument for dependency in task.dependencies if dependency.type != "embedded")
        return any(key.upper() == name for key in (*received, *(argument.key for argument in task.arguments)))

    def _setters(self, name: str) -> list[int]:
        stem, _, number = name.rpartition("_")
        return self._definers.get(name, []) + (self._prefixes.get(stem, []) if number.isdigit() else [])

    def _meant(self, name: str) -> str:
        near = nearest(name, self._definers)
        return f"; did you mean {near!r}?" if near else ""

    def _unused(self) -> None:
        for index in self._bits:
            task = self._tasks[index]
            if task.operator != "oph_set":
                continue
            keys = [key for name in ("key", "keys") for key in task.given(name).split("|") if key not in ("", "-")]
            used = any(self._is_used(key) for key in keys)
            if keys and not used and not any(open_value(key) for key in keys):
                message = f"{keys[0]!r} is set and not used by any argument"
                self._problems.add(
                    "OPH-P002", message, task.at("keys" if task.given("keys") not in ("", "-") else "key")
                )

    def _is_used(self, key: str) -> bool:
        return key in self._used or any(name.startswith(f"{key}_") for name in self._used)


def _mail_around(value: str, use: Use) -> bool:
    """Whether the @ belongs to an address of e-mail."""
    before = value[use.start - 1 : use.start]
    return before.isalnum() and _DOMAIN.match(value, use.start + 1, use.start + 1 + _LONGEST_DOMAIN) is not None


def _mark_nested(open_braces: list[tuple[str, int, bool]]) -> None:
    """The innermost open brace has a reference inside; those around it learn of it when that one is named."""
    if open_braces:
        mark, at, _ = open_braces[-1]
        open_braces[-1] = (mark, at, True)


def references(value: str) -> list[Use]:
    """Every variable that a value names, inner ones too."""
    if "@" not in value and "&" not in value:
        return []
    found: list[Use] = []
    open_braces: list[tuple[str, int, bool]] = []  # mark, offset, whether another reference is inside
    position = 0
    while position < len(value):
        mark = value[position]
        if mark in "@&":
            following = value[position + 1 : position + 2]
            if following == "{":
                _mark_nested(open_braces)
                open_braces.append((mark, position, False))
                position += 2
                continue
            match = _NAME.match(value, position + 1)
            if match:
                _mark_nested(open_braces)
                found.append(Use(mark, match[0], position, match.end()))
                position = match.end()
                continue
        elif mark == "}" and open_braces:
            begun, start, nested = open_braces.pop()
            name = value[start + 2 : position]
            found.append(Use(begun, None if nested or "$" in name else name, start, position + 1))
        position += 1
    found += [Use(mark, "", start, start + 2) for mark, start, _ in open_braces]
    return found
