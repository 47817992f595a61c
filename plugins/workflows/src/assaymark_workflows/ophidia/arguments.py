"""The arguments of a task against the table of operators: known, given once, given at all, with values that count."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from assaymark_workflows.ophidia.document import Argument, Task
from assaymark_workflows.ophidia.table import ArgumentSpec, Operator, Table, release
from assaymark_workflows.problems import Problems, is_slip, nearest, replace
from assaymark_workflows.source import Pointer, Span

Removal = Callable[[Pointer], Span]

_EQUALS_SINCE = (1, 7, 3)
_MARKS = re.compile(r"[\[\];=]")
_RESERVED = re.compile(r"^[=|]|=[=|]|\|[=|]|\|[^=|]*=|[=|]$")
_NUMBER = re.compile(r"[ \t]*[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_INTEGER = re.compile(r"[ \t]*[-+]?[0-9]+")
_SECRET_KEY = re.compile(r"(?i)pass(?:word|wd)?|token|secret|api_?key")
_SECRET_ADDRESS = re.compile(r"://[^/\s:@|]+:[^/\s@$|]+@")
_MASSIVE = ("cube", "cubes", "input", "src_path")
# What the server gives to tasks that lack it, taken from the fields of the workflow or from the client's session.
_FROM_SESSION = ("cwd", "cdd", "sessionid", "ncores", "nthreads", "nhost", "project", "exec_mode")


class Arguments:
    """Checks the arguments of one task after the other."""

    def __init__(
        self,
        problems: Problems,
        table: Table,
        whole: Mapping[str, Any],
        until: tuple[int, ...] = (),
        removal: Removal | None = None,
    ) -> None:
        self._problems = problems
        self._table = table
        self._whole = whole
        self._until = until
        self._removal = removal

    def check(self, task: Task) -> None:
        """Everything about the arguments of one task, its dependencies' arguments included."""
        spec = task.spec
        flow = task.operator in self._table.flow
        seen: set[str] = set()
        for argument in task.arguments:
            key = argument.key.lower() if flow else argument.key
            if key in seen:
                message = f"{argument.key} is given twice; the first one counts"
                self._problems.add("OPH-T007", message, argument.key_place)
                continue
            seen.add(key)
            if key in self._table.forbidden:
                self._problems.add("OPH-S017", f"{key} is set by the server and refused in a task", argument.key_place)
            elif spec is not None:
                self._known(task, spec, key, argument)
            self._written(argument, flow)
        if spec is not None:
            self._mandatory(task, spec, seen)
            self._received(task, spec)

    # Names

    def _known(self, task: Task, spec: Operator, key: str, argument: Argument) -> None:
        known = spec.arguments.get(key)
        if known is not None:
            if self._until and known.since != spec.since and release(known.since) > self._until:
                message = f"{key} of {spec.name} came with release {known.since[1:]}"
                self._problems.add("OPH-D004", message, argument.key_place)
            if task.kind in ("cdo", "generic") and key == "command":
                message = f"the type {task.kind} makes the operator the command; the argument command is not used"
                self._problems.add("OPH-S015", message, argument.key_place)
            self._value(known, argument)
        elif key in spec.removed:
            if self._until and self._until <= release(spec.removed[key]):
                return
            message = f"{key} was removed from {spec.name}; release {spec.removed[key][1:]} was the last with it"
            edits = [replace(self._removal(argument.pointer), "")] if self._removal else []
            self._problems.add("OPH-D002", message, argument.key_place, fix=f"remove {key}", edits=edits)
        elif not self._tolerated(task, key) and "$" not in key:
            self._unknown(task, spec, key, argument)

    def _tolerated(self, task: Task, key: str) -> bool:
        if key in self._table.injected or key == "description" or key in self._table.extra.get(task.operator, ()):
            return True
        return task.operator in self._table.flow and key in self._table.tolerated

    def _unknown(self, task: Task, spec: Operator, key: str, argument: Argument) -> None:
        near = nearest(key, spec.arguments)
        message = f"{spec.name} has no argument {key!r}: it is ignored"
        if near is None:
            self._problems.add("OPH-R005", message, argument.key_place)
            return
        mend = argument.straight and is_slip(key, near) and task.argument(near) is None
        edits = [replace(self._problems.span(argument.key_place), near)] if mend else []
        fix = f"write {near}" if edits else None
        self._problems.add("OPH-R005", f"{message}; did you mean {near!r}?", argument.key_place, fix=fix, edits=edits)

    def _mandatory(self, task: Task, spec: Operator, seen: set[str]) -> None:
        if any("$" in argument.key for argument in task.arguments) or len(seen) < _equals_unknown(task):
            return
        for key in spec.mandatory:
            given = task.argument(key)
            if (given and given.value) or self._supplied(task, key):
                continue
            at = given.key_place if given else (*task.pointer, "operator")
            if key == "cube" and all(dependency.type == "embedded" for dependency in task.dependencies):
                message = f"{spec.name} gets no cube, neither as an argument nor from a task; the client may fill it in"
                self._problems.add("OPH-T002", message, at)
                continue
            how = (
                f"{key} of {spec.name} is mandatory and empty, which counts as missing"
                if given
                else f"{spec.name} needs {key}"
            )
            if any(dependency.type == "embedded" for dependency in task.dependencies):
                how += "; an embedded dependency passes no value"
            self._problems.add("OPH-T001", how, at)

    def _supplied(self, task: Task, key: str) -> bool:
        if key in _FROM_SESSION or (key == "command" and task.kind in ("cdo", "generic")):
            return True
        if any(dependency.type != "embedded" and dependency.argument == key for dependency in task.dependencies):
            return True
        embedded = all(dependency.type == "embedded" for dependency in task.dependencies)
        return bool(self._whole.get(key)) and (key == "host_partition" or (key == "cube" and embedded))

    def _received(self, task: Task, spec: Operator) -> None:
        for dependency in task.dependencies:
            key = dependency.argument
            if dependency.type == "embedded" or key in spec.arguments or "$" in key or self._tolerated(task, key):
                continue
            near = nearest(key, spec.arguments)
            message = f"{spec.name} has no argument {key!r} to receive the output" + (
                f"; did you mean {near!r}?" if near else ""
            )
            explicit = "argument" in _raw_dependency(task, dependency.pointer)
            at = (*dependency.pointer, "argument") if explicit else dependency.pointer
            if explicit or key != "cube":
                self._problems.add("OPH-R006", message, at)

    # Values

    def _value(self, spec: ArgumentSpec, argument: Argument) -> None:
        value = argument.value
        if not value or argument.open or value == spec.default:
            return
        if spec.values:
            self._choice(spec, argument)
        elif spec.is_number:
            self._number(spec, argument)

    def _choice(self, spec: ArgumentSpec, argument: Argument) -> None:
        start = 0
        for item in argument.value.split("|"):
            place = argument.inside(start, start + len(item))
            start += len(item) + 1
            if item in spec.values:
                continue
            if item in spec.legacy_values:
                last = spec.legacy_values[item][1:]
                if self._until and self._until <= release(last):
                    continue
                message = f"{item!r} is no longer a value of {spec.name}; release {last} was the last with it"
                self._problems.add("OPH-D003", message, place)
                continue
            near = nearest(item, spec.values)
            message = f"{spec.name} cannot be {item!r}: it is one of {', '.join(spec.values)}"
            message += f"; did you mean {near!r}?" if near else ""
            mend = near is not None and near.casefold() == item.strip().casefold() and argument.straight
            edits = [replace(self._problems.span(place), near)] if mend and near else []
            self._problems.add("OPH-T003", message, place, fix=f"write {near}" if edits else None, edits=edits)

    def _number(self, spec: ArgumentSpec, argument: Argument) -> None:
        pattern = _INTEGER if spec.type == "int" else _NUMBER
        start = 0
        for item in argument.value.split("|") if spec.multivalue else (argument.value,):
            place = argument.inside(start, start + len(item))
            start += len(item) + 1
            if item in ("", "-", spec.default):
                continue
            match = pattern.match(item)
            read = float(match[0]) if match else 0.0
            if match is None or match.end() < len(item.rstrip()):
                kind = "an integer" if spec.type == "int" else "a number"
                message = f"{spec.name} has to be {kind}; {item!r} is read as {match[0].strip() if match else '0'}"
                self._problems.add("OPH-T004", message, place)
            self._range(spec, read, place)

    def _range(self, spec: ArgumentSpec, read: float, place: Any) -> None:
        least, most = spec.minimum, spec.maximum
        if least is not None and least == most:
            if read != least:
                self._problems.add("OPH-T006", f"{spec.name} can only be {least:g} and is set to that", place)
        elif least is not None and read < least:
            self._problems.add("OPH-T005", f"{spec.name} has to be at least {least:g}, not {read:g}", place)
        elif most is not None and read > most:
            self._problems.add("OPH-T005", f"{spec.name} has to be at most {most:g}, not {read:g}", place)

    # Text

    def _written(self, argument: Argument, flow: bool) -> None:
        value = argument.value
        if "[" in value or ";" in value or "=" in value or "]" in value:
            self._marks(argument)
        if not flow and ("|" in value or "=" in value) and not (argument.key in _MASSIVE and "[" in value):
            found = _RESERVED.search(value)
            if found:
                message = "the framework refuses this: = and | cannot begin or end a value nor meet, nor = follow a |"
                self._problems.add("OPH-T011", message, argument.inside(found.start(), found.end()))
        if _SECRET_ADDRESS.search(value) or (_SECRET_KEY.fullmatch(argument.key) and value and not argument.open):
            self._problems.add(
                "OPH-C001", f"{argument.key} seems to hold a password in clear text", argument.value_place
            )

    def _marks(self, argument: Argument) -> None:
        depth, equals = 0, False
        opened: list[int] = []
        for match in _MARKS.finditer(argument.value):
            mark = match[0]
            if mark == "[":
                depth += 1
                opened.append(match.start())
            elif mark == "]":
                if depth:
                    depth -= 1
                    opened.pop()
            elif not depth and mark == ";":
                message = f"a ; in the value of {argument.key} is refused by the server, except between [ and ]"
                self._problems.add("OPH-T008", message, argument.inside(match.start(), match.end()))
            elif not depth and not equals:
                equals = True
                self._equals(argument, match)
        if depth and argument.key not in _MASSIVE:
            message = (
                f"the [ in the value of {argument.key} is not closed; the server then misreads the arguments after it"
            )
            self._problems.add("OPH-T010", message, argument.inside(opened[-1], opened[-1] + 1))

    def _equals(self, argument: Argument, match: re.Match[str]) -> None:
        place = argument.inside(match.start(), match.end())
        if self._until and self._until < _EQUALS_SINCE:
            self._problems.add("OPH-D004", f"a = in the value of {argument.key} is read since release 1.7.3", place)
            return
        self._problems.add("OPH-T009", f"a = in the value of {argument.key} was an error before release 1.7.3", place)


def _equals_unknown(task: Task) -> int:
    """More than any number of arguments when a parameter stands for a whole argument, else 0."""
    listed = task.raw.get("arguments")
    hidden = (
        any(isinstance(text, str) and "$" in text and "=" not in text for text in listed or ())
        if isinstance(listed, list)
        else False
    )
    return 1_000_000_000 if hidden else 0


def _raw_dependency(task: Task, pointer: Pointer) -> Mapping[str, Any]:
    raw: Mapping[str, Any] = task.raw["dependencies"][pointer[-1]]
    return raw
