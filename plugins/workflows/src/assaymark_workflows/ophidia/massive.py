"""Massive operations: filters in brackets that stand for many cubes or files."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark_workflows.ophidia.document import Argument, Task
from assaymark_workflows.ophidia.table import Operator, Table
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Place

_KEYS = ("input", "src_path", "cube", "cubes")
_FILES_ONLY = ("file", "convention")
_FILE_LISTS = ("oph_importncs", "oph_for")


class Massive:
    """Checks the filters of one task after the other."""

    def __init__(self, problems: Problems, table: Table) -> None:
        self._problems = problems
        self._table = table
        self._spec: Operator | None = table.operator(table.massive)

    def check(self, task: Task) -> None:
        """Brackets, keys and values of the filters of one task."""
        runs: set[str] = set()
        for argument in task.arguments:
            key = argument.key.lower()
            if key not in _KEYS or ("[" not in argument.value and "]" not in argument.value):
                continue
            if task.operator in self._table.flow and key in ("cube", "cubes"):
                message = f"{task.operator} cannot be the target of a massive operation"
                self._problems.add("OPH-G013", message, argument.value_place)
                continue
            for start, content in self._groups(argument):
                self._group(key, argument, start, content, runs)
        if len(runs) > 1:
            message = "the filters of this task do not agree on run"
            self._problems.add("OPH-V013", message, (*task.pointer, "arguments"))

    def _groups(self, argument: Argument) -> Iterator[tuple[int, str]]:
        depth, start = 0, 0
        for position, mark in enumerate(argument.value):
            if mark == "[":
                depth += 1
                start = position + 1 if depth == 1 else start
            elif mark == "]":
                depth -= 1
                if depth == 0:
                    yield start, argument.value[start:position]
                elif depth < 0:
                    break
        if depth:
            what = "is not closed" if depth > 0 else "was not opened"
            self._problems.add("OPH-V008", f"a bracket in {argument.key} {what}", argument.value_place)

    def _group(self, key: str, argument: Argument, start: int, content: str, runs: set[str]) -> None:
        if "=" not in content:
            if key in ("input", "src_path"):
                self._path(argument.inside(start, start + len(content)), content)
            return
        names: dict[str, str] = {}
        for pair in content.split(";"):
            place = argument.inside(start, start + len(pair))
            start += len(pair) + 1
            name, equals, value = pair.partition("=")
            if "$" in name or "@" in name or "&" in name:
                continue
            if not equals:
                self._problems.add("OPH-V009", f"{pair!r} is no condition of the form key=value", place)
                continue
            names[name] = value
            self._condition(key, name, value, place)
        self._together(names, argument)
        if "run" in names:
            runs.add(names["run"])

    def _condition(self, key: str, name: str, value: str, place: Place) -> None:
        arguments = self._spec.arguments if self._spec else {}
        spec = arguments.get(name.removesuffix("!"))
        if spec is None or (
            name.endswith("!") and spec.name in ("file", "recursive", "depth", "convention", "run", "objkey_filter")
        ):
            message = f"a filter cannot ask for {name!r}{hint(name.removesuffix('!'), arguments)}"
            self._problems.add("OPH-V009", message, place)
            return
        closed = not any(mark in value for mark in "$@&")
        if spec.values and closed and value not in spec.values:
            self._problems.add("OPH-V009", f"{name} cannot be {value!r}: it is one of {', '.join(spec.values)}", place)
        if spec.type == "int" and closed and not all(item.strip().isdigit() for item in value.split("|")):
            self._problems.add("OPH-V009", f"{name} has to be an integer of at least 0, not {value!r}", place)
        if spec.name in ("path", "file"):
            self._path(place, value)
        if key in ("cube", "cubes") and name in _FILES_ONLY:
            self._problems.add("OPH-V012", f"{name} has no effect on cubes", place)

    def _together(self, names: dict[str, str], argument: Argument) -> None:
        value = next((name for name in ("metadata_value", "metadata_value!") if name in names), None)
        if value and "metadata_key" not in names and "metadata_key!" not in names:
            self._problems.add("OPH-V010", f"{value} needs metadata_key", argument.value_place)
        if value and "metadata_key!" in names:
            self._problems.add("OPH-V010", f"{value} cannot stand beside metadata_key!", argument.value_place)

    def _path(self, place: Place, value: str) -> None:
        if ".." in value.removeprefix("!").split("/"):
            self._problems.add("OPH-V011", "a path of a filter cannot contain ..", place)


def many(task: Task) -> bool:
    """Whether a task runs once per object of a filter or list."""
    if task.operator in _FILE_LISTS:
        return False
    value = task.given("input") or task.given("src_path") or task.given("cube")
    return "[" in value or "|" in value
