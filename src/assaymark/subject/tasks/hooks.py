"""``pre-commit run``, ``prek run``, ``overcommit --run``, ``lefthook run``: the hooks of their configurations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from assaymark.api import Tree
from assaymark.subject.parsing import ParseProblem, load_toml, load_yaml_lines
from assaymark.subject.tasks.line import LIMIT, Line, shell

NAMES = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")
_LEFTHOOK = tuple(f"{dot}lefthook.{ending}" for dot in ("", ".") for ending in ("yml", "yaml"))


def expand(tree: Tree) -> Iterator[Line]:
    """One command per hook: its id and, for local ones, its entry."""
    for entry in tree.find(*NAMES)[:1]:
        yield from _hooks(tree.read(entry.path, LIMIT), entry.path)


def overcommit(tree: Tree) -> Iterator[Line]:
    """The hooks before a commit that .overcommit.yml enables, by their names in small letters."""
    for path, lines, table in _tables(tree, (".overcommit.yml",), "PreCommit"):
        for name, hook in table.items():
            if name != "ALL" and isinstance(hook, dict) and hook.get("enabled", True) is not False:
                command = hook.get("command")
                words = [name.lower(), *(command if isinstance(command, list) else [])]
                at = lines.get(("PreCommit", name), 1)
                yield Line("overcommit hook " + " ".join(w for w in words if isinstance(w, str)), path, at)


def lefthook(tree: Tree) -> Iterator[Line]:
    """The commands before a commit and before a push."""
    for hook in ("pre-commit", "pre-push"):
        for path, lines, table in _tables(tree, _LEFTHOOK, hook):
            for kind in ("commands", "scripts"):
                commands = table.get(kind)
                for name, command in commands.items() if isinstance(commands, dict) else ():
                    run = command.get("run") if isinstance(command, dict) else None
                    if isinstance(run, str):
                        yield from shell(run, path, lines.get((hook, kind, name), 1), block=False)


def _tables(
    tree: Tree, names: tuple[str, ...], key: str
) -> Iterator[tuple[str, Mapping[tuple[str | int, ...], int], dict[str, object]]]:
    for entry in tree.find(*names)[:1]:
        try:
            data, lines = load_yaml_lines(tree.read(entry.path, LIMIT))
        except ParseProblem:
            return
        table = data.get(key) if isinstance(data, dict) else None
        if isinstance(table, dict):
            yield entry.path, lines, {str(name): value for name, value in table.items()}


@lru_cache(maxsize=2)
def _hooks(source: bytes, path: str) -> tuple[Line, ...]:
    return tuple(_read(source, path))


def _read(source: bytes, path: str) -> Iterator[Line]:
    lines: Mapping[tuple[str | int, ...], int]
    try:
        data, lines = (
            (load_toml(source.decode("utf-8", "replace")), {}) if path.endswith(".toml") else load_yaml_lines(source)
        )
    except ParseProblem:
        return
    repos = data.get("repos") if isinstance(data, dict) else None
    for i, repo in enumerate(repos if isinstance(repos, list) else ()):
        hooks = repo.get("hooks") if isinstance(repo, dict) else None
        for k, hook in enumerate(hooks if isinstance(hooks, list) else ()):
            text = _text(repo, hook)
            if text:
                at = lines.get(("repos", i, "hooks", k)) or _line(source, hook["id"])
                yield Line(text, path, at)


def _line(source: bytes, id: str) -> int:
    return source.count(b"\n", 0, max(0, source.find(f'"{id}"'.encode()))) + 1


def _text(repo: dict[str, object], hook: object) -> str:
    if (
        not isinstance(hook, dict)
        or not isinstance(hook.get("id"), str)
        or hook.get("stages") in (["manual"], "manual")
    ):
        return ""
    parts = [hook["id"], hook.get("entry")]
    arguments = hook.get("args")
    parts += arguments if isinstance(arguments, list) else []
    return "pre-commit hook " + " ".join(str(part) for part in parts if isinstance(part, str))
