"""Blocks of flow control: formed by dependencies, not by the order of the list.

Each task gets the stack of blocks that are open at it, from its parents. A closer takes the innermost block away;
`else` and `elseif` go on in the same block on another branch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from assaymark_workflows.ophidia.document import Task, Workflow
from assaymark_workflows.problems import Problems

_MIDDLES = ("oph_elseif", "oph_else")
_ENDS = {"oph_for": "oph_endfor", "oph_if": "oph_endif"}
_OPENERS = {"oph_endfor": "oph_for", "oph_endif": "oph_if", "oph_else": "oph_if", "oph_elseif": "oph_if"}
# What begins, divides or ends a block.
BLOCKS = frozenset((*_ENDS, *_OPENERS))


class Open(NamedTuple):
    """An open block: its number, the task that began the current branch, and what is open around it."""

    block: int
    branch: int
    around: Open | None
    depth: int


@dataclass(slots=True)
class Block:
    """One `for` or `if` with what belongs to it."""

    task: Task
    end: Task | None = None
    next: dict[int, Task] = field(default_factory=dict)  # branch to the middle that follows it
    reached: set[int] = field(default_factory=set)  # branches from which a way leads to the end


class Flow:
    """Finds the blocks of a workflow that has no circle."""

    def __init__(self, workflow: Workflow, problems: Problems) -> None:
        self._tasks = workflow.tasks
        self._order = workflow.order or []
        self._problems = problems
        self._blocks: list[Block] = []
        self._open: list[Open | None] = [None] * len(workflow.tasks)
        self._closed: list[int] = [0] * len(workflow.tasks)

    def check(self) -> None:
        """Report openers without closers, closers without openers, and blocks that cross."""
        if not any(task.operator in _ENDS or task.operator in _OPENERS for task in self._tasks):
            return
        for index in self._order:
            self._visit(self._tasks[index])
        for block in self._blocks:
            if block.end is None:
                self._unended(block)
            else:
                self._last_branch(block)
        for task in self._tasks:
            self._leaf(task)

    def _visit(self, task: Task) -> None:
        closed = 0
        for parent in task.parents:
            closed |= self._closed[parent]
        candidates = [self._without(self._open[parent], closed) for parent in task.parents]
        current = max(candidates, key=lambda found: found.depth if found else 0, default=None)
        if task.operator in _ENDS:
            self._blocks.append(Block(task))
            current = Open(len(self._blocks) - 1, task.index, current, (current.depth if current else 0) + 1)
        elif task.operator in _OPENERS:
            current, closed = self._close(task, candidates, current, closed)
        self._open[task.index] = current
        self._closed[task.index] = closed

    def _without(self, found: Open | None, closed: int) -> Open | None:
        """What is still open of a stack when some blocks have been closed on another way here."""
        top = found
        while found is not None and closed:
            if closed >> found.block & 1:
                top = found.around
            found = found.around
        return top

    def _close(
        self, task: Task, candidates: list[Open | None], current: Open | None, closed: int
    ) -> tuple[Open | None, int]:
        """The stack after a closer or a middle."""
        wanted = _OPENERS[task.operator]
        found = current
        while found is not None and self._blocks[found.block].task.operator != wanted:
            found = found.around
        if found is None:
            self._stray(task, wanted, closed)
            return current, closed
        if found is not current and current is not None:
            self._crossing(task, current, found)
        block = self._blocks[found.block]
        if task.operator in _MIDDLES:
            return self._middle(task, block, found), closed
        if block.end is not None:
            first, second = sorted((block.end, task), key=lambda end: end.index)
            message = f"{_name(block.task)} is closed by {_name(first)} already"
            self._problems.add("OPH-G004", message, _at(second))
        block.end = block.end or task
        block.reached |= {branch for way in candidates if (branch := _branch(way, found.block)) is not None}
        return found.around, closed | 1 << found.block

    def _middle(self, task: Task, block: Block, found: Open) -> Open:
        before = self._tasks[found.branch]
        other = block.next.get(found.branch)
        if before.operator == "oph_else":
            message = f"nothing but an endif can follow {_name(before)}"
            self._problems.add("OPH-G006", message, _at(task))
        elif other is not None:
            message = f"{_name(before)} is followed by {_name(other)} already; only one elseif or else can follow it"
            self._problems.add("OPH-G006", message, _at(task))
        block.next.setdefault(found.branch, task)
        return Open(found.block, task.index, found.around, found.depth)

    def _last_branch(self, block: Block) -> None:
        last = block.task
        while last.index in block.next:
            last = block.next[last.index]
        if last.operator in _MIDDLES and last.index not in block.reached and block.end:
            message = f"{_name(last)} does not lead to {_name(block.end)}: its tasks are left open"
            self._problems.add("OPH-G005", message, _at(last))

    def _leaf(self, task: Task) -> None:
        found = self._open[task.index]
        if task.children or found is None or task.operator in _ENDS or task.operator in _MIDDLES:
            return
        block = self._blocks[found.block]
        if block.end is not None:
            message = f"{task.name!r} is inside {_name(block.task)} and {_name(block.end)} does not wait for it"
            self._problems.add("OPH-G009", message, (*task.pointer, "name"))

    def _crossing(self, task: Task, current: Open, found: Open) -> None:
        inner: Open | None = current
        while inner is not None and inner is not found:
            outer, inside = self._blocks[found.block].task, self._blocks[inner.block].task
            message = f"{_name(task)} closes {_name(outer)} while {_name(inside)} inside it is open"
            self._problems.add("OPH-G008", message, _at(task))
            inner = inner.around

    def _stray(self, task: Task, wanted: str, closed: int) -> None:
        short = wanted.removeprefix("oph_")
        for number, block in enumerate(self._blocks):
            if closed >> number & 1 and block.task.operator == wanted and task.operator == _ENDS[wanted] and block.end:
                message = f"no {short} is open here: {_name(block.task)} is closed by {_name(block.end)} already"
                self._problems.add("OPH-G007", message, _at(task))
                return
        self._problems.add(
            "OPH-G007", f"{_name(task)} belongs to no {short}: none leads here by dependencies", _at(task)
        )

    def _unended(self, block: Block) -> None:
        end = _ENDS[block.task.operator].removeprefix("oph_")
        rule = "OPH-G003" if block.task.operator == "oph_for" else "OPH-G005"
        self._problems.add(
            rule, f"{_name(block.task)} has no {end}: none depends on it or on a task after it", _at(block.task)
        )


def _branch(found: Open | None, block: int) -> int | None:
    """The branch of a block in a stack."""
    while found is not None:
        if found.block == block:
            return found.branch
        found = found.around
    return None


def _name(task: Task) -> str:
    return f"{task.operator.removeprefix('oph_')} {task.name!r}"


def _at(task: Task) -> tuple[str | int, ...]:
    return (*task.pointer, "operator")
