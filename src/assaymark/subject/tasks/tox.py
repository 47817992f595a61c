"""``tox``: the commands of the environments it would run, from tox.ini, setup.cfg, tox.toml or pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.parsing import ParseProblem, load_toml
from assaymark.subject.tasks.line import LIMIT, Line, shell

_SECTION = late(r"\[(?:testenv(?::(?P<name>[^\]]+))?|(?P<other>[^\]]+))\]\s*")
_KEY = late(r"(?P<key>[A-Za-z_]+)\s*[=:]\s*(?P<value>.*)")
_ENVS = late(r"(?:^|\s)(?:-e|--env|run\s+-e|p\s+-e)[\s=]*(?P<envs>[^\s'\"]+)")
_FACTOR = late(r"^[\w,!{}.-]{1,200}:\s+")
_FILES = ("tox.ini", "setup.cfg", "tox.toml", "pyproject.toml")
_MAX_FILES, _MAX_READ = 3, 20
_MAX_SECTIONS = 300
_BRACES = late(r"\{([^{}]*)\}")
_COMMANDS = ("commands", "commands_pre", "commands_post")
_MAX_NAMES = 200
_MAX_TEXT = 2_000  # characters of one list of environments


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The commands of the chosen environments; of the default ones when none is chosen or the choice is a variable."""
    chosen = _ENVS.search(text)
    wanted = _names(chosen["envs"]) if chosen and not re.search(r"[$]|\{\{|^ALL$", chosen["envs"]) else None
    for path in configured(tree):
        if path.endswith(".toml"):
            yield from _toml(tree, path, wanted)
        else:
            yield from _ini(tree.text(path, LIMIT), path, wanted)


def configured(tree: Tree) -> tuple[str, ...]:
    """The files that configure it: those of the root, else of the folder in which a step may call it."""
    near = [p for p in _FILES if tree.get(p) and _speaks(tree, p)]
    if near:
        return tuple(near)
    others = sorted(tree.glob(*(f"**/{name}" for name in _FILES)), key=lambda e: (e.path.count("/"), e.path))
    return tuple(e.path for e in others[:_MAX_READ] if _speaks(tree, e.path))[:_MAX_FILES]


def _speaks(tree: Tree, path: str) -> bool:
    return path.rpartition("/")[2].startswith("tox.") or "tox" in tree.text(path, LIMIT)


def _ini(text: str, path: str, wanted: list[str] | None) -> Iterator[Line]:
    sections, default = _sections(text)
    names = wanted if wanted is not None else default
    seen: set[str] = set()
    for name in names if names is not None else list(sections):
        section = name if name in sections else _with_factors(name, sections)
        if section in seen:
            continue
        seen.add(section)
        # Without commands of its own an environment takes those of [testenv].
        for number, command in sections.get(section) or sections.get("", []):
            yield from shell(_FACTOR.sub("", command, count=1), path, number, block=False)


def _with_factors(name: str, sections: dict[str, list[tuple[int, str]]]) -> str:
    """``[testenv:py{310,311}-cov]`` holds for ``py311-cov``."""
    return next((s for s in sections if s and name in _names(s)), "")


@lru_cache(maxsize=4)
def _sections(text: str) -> tuple[dict[str, list[tuple[int, str]]], list[str] | None]:
    """Commands with their lines per environment ('' is ``[testenv]``), and the environments run by default."""
    sections: dict[str, list[tuple[int, str]]] = {}
    default: list[str] | None = None
    current: str | None = None
    key = ""
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.lstrip().startswith(("#", ";")):
            continue
        header = _SECTION.match(raw)
        if header and len(sections) < _MAX_SECTIONS:
            current = None if header["other"] else (header["name"] or "").strip()
            if header["other"] in ("tox", "tox:tox"):
                current = "[tox]"
            elif current is not None:
                sections.setdefault(current, [])
            key = ""
            continue
        if current is None:
            continue
        value = raw.strip()
        if not raw[0].isspace() and (found := _KEY.match(raw)):
            key, value = found["key"].lower().replace("env_list", "envlist"), found["value"].strip()
        if current == "[tox]":
            if key == "envlist":
                default = (default or []) + _names(value)
        elif key in _COMMANDS and value:
            sections[current].append((number, value))
    return sections, default


def _names(text: str) -> list[str]:
    """``py{310,311}-{cov,plain}, lint`` written out."""
    out: list[str] = []
    for word in re.split(r"[,\s]+(?![^{]*\})", text[:_MAX_TEXT]):
        if word:
            out.extend(islice(_written_out(word), _MAX_NAMES))
    return out[:_MAX_NAMES]


def _written_out(word: str, depth: int = 6) -> Iterator[str]:
    braces = _BRACES.search(word)
    if not braces or not depth:
        yield word.strip("-")
        return
    for choice in braces[1].split(","):
        yield from _written_out(word[: braces.start()] + choice.strip() + word[braces.end() :], depth - 1)


def _toml(tree: Tree, path: str, wanted: list[str] | None) -> Iterator[Line]:
    text = tree.text(path, LIMIT)
    try:
        data: Any = load_toml(text)
    except ParseProblem:
        return
    if path.endswith("pyproject.toml"):
        data = data.get("tool", {})
        data = data.get("tox", {}) if isinstance(data, dict) else {}
    if not isinstance(data, dict):
        return
    if isinstance(data.get("legacy_tox_ini"), str):
        first = text.count("\n", 0, max(0, text.find("legacy_tox_ini")))
        for line in _ini(data["legacy_tox_ini"], path, wanted):
            yield Line(line.text, path, line.line + first)
        return
    envs = data.get("env", {})
    bases = [data.get("env_run_base", {})]
    names = wanted if wanted is not None else [n for n in data.get("env_list", ()) if isinstance(n, str)]
    chosen = [envs[n] for n in names if isinstance(envs, dict) and n in envs] or bases
    for env in (*chosen, *bases):
        for key in _COMMANDS:
            for command in env.get(key, ()) if isinstance(env, dict) else ():
                words = [w for w in command if isinstance(w, str)] if isinstance(command, list) else []
                if words:
                    yield from shell(" ".join(words), path, _line(text, words), block=False)


def _line(text: str, words: list[str]) -> int:
    place = text.find(f'"{words[0]}"')
    return text.count("\n", 0, place) + 1 if place >= 0 else 1
