"""The project's own configuration of a tool: found, and copied without what could execute code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Entry, Tree
from assaymark.records import NamedTuple
from assaymark.subject.parsing import ParseProblem, load_json, load_toml, load_yaml

if TYPE_CHECKING:
    import configparser

_LIMIT = 1_000_000


class Configuration(NamedTuple):
    """A file in which the project configures a tool; ``section`` is None when the whole file is about it.

    A ``mention`` only names the tool: it says that the project uses it, and nothing about how.
    """

    entry: Entry
    section: str | None
    mention: bool = False


def find(tree: Tree, places: Iterable[str], mentions: Iterable[str] = ()) -> Configuration | None:
    """The first place (``glob`` or ``glob#section``) at which the tree configures the tool, else one that names it."""
    found = _first(tree, places)
    if found is not None:
        return found
    named = _first(tree, mentions)
    return named._replace(mention=True) if named else None


def _first(tree: Tree, places: Iterable[str]) -> Configuration | None:
    for place in places:
        glob, _, section = place.partition("#")
        for entry in tree.glob(glob):
            if not section or _has(tree, entry, section):
                return Configuration(entry, section or None)
    return None


def _has(tree: Tree, entry: Entry, section: str) -> bool:
    text = tree.text(entry.path, _LIMIT)
    last = section.rpartition(".")[2]
    if last not in text:  # by far the most common answer, without parsing
        return False
    try:
        if entry.name.endswith(".toml"):
            return _under(load_toml(text), section) is not None
        if entry.name.endswith((".yaml", ".yml")):
            return section in _hooks(load_yaml(text))
        if entry.name.endswith(".json"):
            return _under(load_json(text), section) is not None
        return any(belongs(name, section) for name in _ini(text).sections())
    except ParseProblem:
        return False


def _under(data: Any, dotted: str) -> Any:
    for key in dotted.split("."):
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _hooks(data: Any) -> set[str]:
    """The ids of all hooks of a pre-commit configuration."""
    repos = data.get("repos") if isinstance(data, dict) else None
    hooks = [
        h for r in (repos if isinstance(repos, list) else ()) if isinstance(r, dict) for h in _list(r.get("hooks"))
    ]
    return {h["id"] for h in hooks if isinstance(h, dict) and isinstance(h.get("id"), str)}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def belongs(name: str, section: str) -> bool:
    """Whether an INI section is the tool's: ``pylint``, ``pylint.FORMAT``, ``flake8:local-plugins``, ``mypy-x.*``."""
    return name == section or (name.startswith(section) and name[len(section)] in ".:-")


def sets(tree: Tree, found: Configuration, keys: Iterable[str]) -> bool:
    """Whether a configuration sets one of the keys, anywhere in what belongs to the tool. Raises ParseProblem."""
    wanted = frozenset(_plain(key) for key in keys)
    text = tree.text(found.entry.path, _LIMIT)
    if found.entry.name.endswith(".toml"):
        data = load_toml(text)
        return _sets(_under(data, found.section) if found.section else data, wanted)
    if found.entry.name.endswith((".json", ".yaml", ".yml")):
        return _sets(load_json(text) if found.entry.name.endswith(".json") else load_yaml(text), wanted)
    parser = _ini(text)
    sections = [n for n in parser.sections() if found.section is None or belongs(n, found.section)]
    return any(_plain(key) in wanted for name in sections for key in parser[name])


def _sets(data: Any, wanted: frozenset[str]) -> bool:
    if isinstance(data, dict):
        return any(_plain(str(k)) in wanted or _sets(v, wanted) for k, v in data.items())
    return isinstance(data, list) and any(_sets(v, wanted) for v in data)


def sanitised(tree: Tree, found: Configuration, drop: Iterable[str]) -> str:
    """The text of a configuration with only what belongs to the tool, less the keys and ``[sections]`` to drop.

    It is parsed and written anew, so that nothing hides in a spelling that only the tool understands.
    Raises ParseProblem when it cannot be read.
    """
    text = tree.text(found.entry.path, _LIMIT)
    dropped = frozenset(_plain(key) for key in drop)
    if found.entry.name.endswith(".toml"):
        return _toml(load_toml(text), found.section, dropped)
    if found.entry.name.endswith((".json", ".yaml", ".yml")):
        load = load_json if found.entry.name.endswith(".json") else load_yaml
        return json.dumps(_without(load(text), dropped), indent=1)  # JSON is YAML too
    return _ini_text(_ini(text), found.section, dropped)


def _plain(key: str) -> str:
    return key.strip().lower().replace("_", "-")


def _without(data: Any, dropped: frozenset[str]) -> Any:
    if isinstance(data, dict):
        return {k: _without(v, dropped) for k, v in data.items() if _plain(str(k)) not in dropped}
    return [_without(v, dropped) for v in data] if isinstance(data, list) else data


def _ini(text: str) -> configparser.RawConfigParser:
    import configparser

    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    try:
        parser.read_string(text)
    except (configparser.Error, ValueError) as problem:
        raise ParseProblem(" ".join(str(problem).split())[:200]) from problem
    except AttributeError as problem:
        # The library up to 3.12 stumbles over it instead of saying so.
        raise ParseProblem("a line is indented as the rest of a value, below a key that has none") from problem
    return parser


def _ini_text(parser: configparser.RawConfigParser, section: str | None, dropped: frozenset[str]) -> str:
    import io

    for name in parser.sections():
        foreign = section is not None and not belongs(name, section)
        if foreign or f"[{_plain(name)}]" in dropped:
            parser.remove_section(name)
    for name in (parser.default_section, *parser.sections()):
        for key in [k for k in parser[name] if _plain(k) in dropped]:
            parser.remove_option(name, key)
    out = io.StringIO()
    parser.write(out)
    return out.getvalue()


def _toml(data: Mapping[str, Any], section: str | None, dropped: frozenset[str]) -> str:
    keys = section.split(".") if section else []
    kept: Any = _without(_under(data, section) if section else dict(data), dropped)
    for key in reversed(keys):
        kept = {key: kept}
    return "\n".join(_tables(kept, "")) + "\n"


def _tables(table: Mapping[str, Any], name: str) -> Iterable[str]:
    plain = {k: v for k, v in table.items() if not isinstance(v, dict)}
    if name and (plain or not table):
        yield f"[{name}]"
    for key, value in plain.items():
        yield f"{_quoted(key)} = {_value(value)}"
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _tables(value, f"{name}.{_quoted(key)}" if name else _quoted(key))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(k)} = {_value(v)}" for k, v in value.items()) + "}"
    return str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
