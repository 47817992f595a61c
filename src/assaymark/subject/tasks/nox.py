"""``nox``: what the sessions of noxfile.py would run, from its syntax tree; the file is never imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.tasks.line import LIMIT, Line

_CHOSEN = late(r"(?:^|\s)(?:-s|--session|--sessions|-t|--tags?|-k|--keywords)[\s=]+(?P<names>[^|&;]+)")
_RUNS = ("run", "run_always", "run_install")


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The commands of the chosen sessions; of all when none is chosen, the choice is a variable, or by tag."""
    files = sorted(tree.glob("**/noxfile.py"), key=lambda e: (e.path.count("/"), e.path))
    for entry in files[:1]:  # that of the root, else of the folder in which a step calls it
        yield from python_tasks(tree.text(entry.path, LIMIT), entry.path, _chosen(text), _RUNS)


def _chosen(text: str) -> set[str] | None:
    found = _CHOSEN.search(text)
    if not found or "$" in found["names"] or found[0].strip().startswith(("-t", "--tag", "-k", "--key")):
        return None
    words = [word.strip("'\"") for word in found["names"].partition(" -- ")[0].split() if not word.startswith("-")]
    return {re.split(r"[-(]", word)[0] for word in words} | set(words)


def python_tasks(source: str, path: str, wanted: set[str] | None, runs: tuple[str, ...]) -> Iterator[Line]:
    """Constant arguments of ``x.run(...)`` calls inside the chosen functions (and the undecorated ones) of a "
    "task file."""
    for names, decorated, lines in _functions(source, path, runs):
        if wanted is None or not decorated or names & wanted:
            yield from lines


@lru_cache(maxsize=4)
def _functions(
    source: str, path: str, runs: tuple[str, ...]
) -> tuple[tuple[frozenset[str], bool, tuple[Line, ...]], ...]:
    try:
        module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    functions = [f for f in module.body if isinstance(f, ast.FunctionDef)]
    return tuple((_names(f), bool(f.decorator_list), tuple(_calls(f, path, runs))) for f in functions)


@lru_cache(maxsize=4)
def started(source: str, path: str, runs: tuple[str, ...]) -> tuple[Line, ...]:
    """Constant arguments of ``x.run(...)`` calls anywhere in a Python program."""
    try:
        return tuple(_calls(ast.parse(source), path, runs))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()


def _calls(function: ast.AST, path: str, runs: tuple[str, ...]) -> Iterator[Line]:
    nodes = list(ast.walk(function))
    lists = {
        n.targets[0].id: n.value
        for n in nodes
        if isinstance(n, ast.Assign)
        and isinstance(n.targets[0], ast.Name)
        and isinstance(n.value, ast.List | ast.Tuple)
    }
    for node in nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in runs:
            words = [w for argument in node.args for w in _words(argument, lists)]
            if words:
                yield Line(" ".join(words), path, node.lineno)


def _names(function: ast.FunctionDef) -> frozenset[str]:
    names = {function.name, function.name.replace("_", "-")}
    for decorator in function.decorator_list:
        for keyword in getattr(decorator, "keywords", ()):
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                names.add(str(keyword.value.value))
    return frozenset(names)


def _words(node: ast.expr, lists: Mapping[str, ast.expr], depth: int = 3) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(v.value) if isinstance(v, ast.Constant) else "X" for v in node.values)
    elif isinstance(node, ast.List | ast.Tuple):
        for item in node.elts if depth else ():
            yield from _words(item, lists, depth - 1)
    elif isinstance(node, ast.Starred):
        inner = lists.get(node.value.id) if isinstance(node.value, ast.Name) else node.value
        if inner is not None and depth:
            yield from _words(inner, lists, depth - 1)
