"""Task tables of Python projects (hatch, pdm, poe, pixi, rye, invoke, task) and the options pytest always gets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.parsing import ParseProblem, load_toml, load_yaml
from assaymark.subject.tasks.line import LIMIT, Line, shell

_CALL = late(
    r"(?:^|[\s/'\"(])(?P<tool>hatch|pdm|poe|pixi|rye|invoke|inv|task|doit)\s+"
    r"(?:(?:-e|--environment|--manifest-path|--env|-f)[\s=]\S+\s+|-\S+\s+)*(?P<verb>run|fmt|test|build|check)?\s*"
    r"(?:(?:-e|--environment|--env)[\s=]\S+\s+|-\S+\s+)*(?P<name>[\w:+.-]+)?"
)
_WHERE: dict[str, tuple[tuple[str, ...], ...]] = {
    "pdm": (("tool", "pdm", "scripts"),),
    "poe": (("tool", "poe", "tasks"),),
    "rye": (("tool", "rye", "scripts"),),
    "pixi": (
        ("tool", "pixi", "tasks"),
        ("tool", "pixi", "feature", "*", "tasks"),
        ("tasks",),
        ("feature", "*", "tasks"),
    ),
    "hatch": (("tool", "hatch", "envs", "*", "scripts"), ("envs", "*", "scripts")),
}
_FILES = {"pixi": ("pixi.toml", "pyproject.toml"), "hatch": ("hatch.toml", "pyproject.toml")}
# What the tool does by itself, whatever the project configured.
_OWN = {("hatch", "fmt"): "ruff check", ("hatch", "test"): "pytest", ("hatch", "build"): "python -m build"}
_ADDOPTS = late(r"^[ \t]*addopts[ \t]*=[ \t]*(?P<value>[^\n]*(?:\n[ \t]+[^\n]*){0,40}|\[[^\]]{0,4000}\])", re.MULTILINE)
_PYTEST_FILES = ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The task that is called."""
    called = _CALL.search(text)
    if not called:
        return
    tool, verb, name = called["tool"], called["verb"] or "", (called["name"] or "").rpartition(":")[2]
    if own := _OWN.get((tool, verb)):
        yield Line(f"{own} {'--cov' if '--cover' in text else ''}".strip(), "pyproject.toml", 1)
        return
    if tool in ("invoke", "inv"):
        yield from _invoke(tree, name or verb)
    elif tool == "task":
        yield from _taskfile(tree, name or verb)
    else:
        for path in _FILES.get(tool, ("pyproject.toml",)):
            for key in {name, verb} - {"", "run"}:
                yield from _table(tree, path, _WHERE.get(tool, ()), key, depth=3)


def _table(tree: Tree, path: str, places: tuple[tuple[str, ...], ...], name: str, depth: int) -> Iterator[Line]:
    text = tree.text(path, LIMIT) if tree.get(path) else ""
    data = _toml(text)
    for place in places:
        for table in _at(data, place):
            for command in _commands(table.get(name)):
                line = text.count("\n", 0, max(0, text.find(command.split("\n")[0][:60]))) + 1
                yield from shell(command, path, line, block=False)
                word = command.split(" ")[0]
                if depth and word != name and word in table:
                    yield from _table(tree, path, (place,), word, depth - 1)


@lru_cache(maxsize=4)
def _toml(text: str) -> dict[str, Any]:
    try:
        return load_toml(text)
    except ParseProblem:
        return {}


def _at(data: Any, place: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    if not isinstance(data, dict):
        return
    if not place:
        yield data
    elif place[0] == "*":
        for value in data.values():
            yield from _at(value, place[1:])
    else:
        yield from _at(data.get(place[0]), place[1:])


def _commands(task: Any, depth: int = 3) -> Iterator[str]:
    """A task is a command, a list of commands, or a table that holds one under a key of its tool."""
    if isinstance(task, str):
        yield task
    elif isinstance(task, list) and depth:
        for item in task:
            yield from _commands(item, depth - 1)
    elif isinstance(task, dict) and depth:
        for key in ("cmd", "shell", "composite", "sequence", "call", "depends-on", "depends_on"):
            yield from _commands(task.get(key), depth - 1)


def _invoke(tree: Tree, name: str) -> Iterator[Line]:
    from assaymark.subject.tasks.nox import python_tasks

    if tree.get("tasks.py"):
        yield from python_tasks(tree.text("tasks.py", LIMIT), "tasks.py", {name}, ("run",))


def _taskfile(tree: Tree, name: str) -> Iterator[Line]:
    for entry in tree.find("taskfile.yml", "taskfile.yaml")[:1]:
        text = tree.text(entry.path, LIMIT)
        try:
            data = load_yaml(text)
        except ParseProblem:
            return
        for table in _at(data, ("tasks", name)):
            for item in table.get("cmds") or ():
                for command in _commands(item):
                    line = text.count("\n", 0, max(0, text.find(command.split("\n")[0]))) + 1
                    yield from shell(command, entry.path, line, block=False)


_OPTION = late(r"[^\s\[\],\"']+")


def pytest_options(tree: Tree) -> Iterator[Line]:
    """The ``addopts`` of the first configuration file that has some, as a command of its own."""
    for path in _PYTEST_FILES:
        found = _ADDOPTS.search(tree.text(path, LIMIT)) if tree.get(path) else None
        if found:
            words = " ".join(_OPTION.findall(found["value"]))
            yield Line(f"addopts {words}", path, tree.text(path, LIMIT).count("\n", 0, found.start()) + 1)
            return
