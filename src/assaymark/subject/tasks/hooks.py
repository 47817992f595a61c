"""``pre-commit run``, ``prek run``: the hooks of .pre-commit-config.yaml or prek.toml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from assaymark.api import Tree
from assaymark.subject.parsing import ParseProblem, load_toml, load_yaml_lines
from assaymark.subject.tasks.line import LIMIT, Line

NAMES = (".pre-commit-config.yaml", ".pre-commit-config.yml", "prek.toml")


def expand(tree: Tree) -> Iterator[Line]:
    """One command per hook: its id and, for local ones, its entry."""
    for entry in tree.find(*NAMES)[:1]:
        yield from _hooks(tree.read(entry.path, LIMIT), entry.path)


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
