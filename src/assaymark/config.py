"""``[tool.assaymark]`` in pyproject.toml, or ``.assaymark.toml``: what a project says about its own assessment.

Order of precedence: default < file < environment < command line; this module reads the file. Nothing in the file can
grant execution or network.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import field
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from assaymark.api import Tree
from assaymark.content import text_of
from assaymark.data import schema
from assaymark.errors import InputError
from assaymark.model import Attestation, Finding, Location, Waiver
from assaymark.values import dataclass

DEFAULT_PROFILE = "assaymark"
_LARGEST = 5_000_000
_KEYS = (
    "profile",
    "gate",
    "select",
    "skip",
    "baseline",
    "exclude",
    "waiver",
    "attestation",
    "step",
    "policy",
    "validate",
)
_WAIVER = {"id": True, "reason": True, "until": True, "rule": False, "path": False, "owner": False}
_ATTESTATION = {"id": True, "by": True, "on": True, "until": True, "statement": True, "link": True}
_STEP = {
    "name": True,
    "criterion": True,
    "command": True,
    "pre": False,
    "post": False,
    "report": False,
    "format": False,
    "container": False,
    "timeout": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What the file said. ``source`` is its path, None when there is none; ``digest`` is that of its meaning."""

    source: str | None = None
    profile: str | None = None
    gate: str | None = None
    select: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    baseline: str | None = None
    exclude: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    policy: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    validate: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    digest: str = ""


def from_tree(tree: Tree) -> Config:
    """The configuration inside the judged repository; an empty one when it has none.

    Raises InputError naming file, key and (where known) line.
    """
    if tree.get(".assaymark.toml"):
        return read(tree.text(".assaymark.toml"), ".assaymark.toml")
    if tree.get("pyproject.toml"):
        text = tree.text("pyproject.toml")
        if "tool.assaymark" in text or "assaymark" in text:
            return _from_pyproject(text, "pyproject.toml")
    return read("", None)


def from_base(base: Tree | None, head: Tree, problem: str) -> tuple[Config, tuple[Finding, ...]]:
    """The configuration of a pull request: that of its base, since a change cannot consent for itself.

    A configuration that the change alters (or cannot be compared) is a finding.
    """
    try:
        proposed = from_tree(head)
    except InputError as wrong:
        if base is None:
            raise
        proposed, problem = Config(digest="unreadable"), f"the configuration of this change is wrong: {wrong.message}"
    if base is None:
        text = f"the configuration was not read, because {problem}; defaults apply"
        return read("", None), ((_changed("config-unread", text, proposed),) if proposed.source else ())
    used = from_tree(base)
    if used.digest == proposed.digest:
        return used, ()
    text = problem or "this change alters the assessment's own configuration; the one of the base commit was used"
    return used, (_changed("config-changed", text, proposed),)


def _changed(rule: str, text: str, proposed: Config) -> Finding:
    place = Location(path=proposed.source) if proposed.source else None
    return Finding(rule=f"assaymark/{rule}", message=text, location=place)


def from_file(path: Path) -> Config:
    """A configuration given on the command line. Raises InputError when it cannot be read."""
    text = text_of(path, _LARGEST)
    return _from_pyproject(text, str(path)) if path.name == "pyproject.toml" else read(text, str(path))


def _from_pyproject(text: str, where: str) -> Config:
    table = _toml(text, where).get("tool", {})
    table = table.get("assaymark") if isinstance(table, dict) else None
    if table is None:
        return read("", None)
    if not isinstance(table, dict):
        raise InputError("[tool.assaymark] must be a table", where=where)
    return _Reader(text, f"{where}", "tool.assaymark.").config(table)


def read(text: str, where: str | None) -> Config:
    """A configuration whose keys stand at the top level."""
    return _Reader(text, where, "").config(_toml(text, where or ""))


def _toml(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem


class _Reader:
    """Turns a table into a `Config`; knows the text so that an error can name the line."""

    def __init__(self, text: str, where: str | None, prefix: str) -> None:
        self.text, self.where, self.prefix = text, where, prefix

    def config(self, table: Mapping[str, Any]) -> Config:
        self.known(table, _KEYS, "")
        return Config(
            source=self.where,
            profile=self.string(table, "profile", ""),
            gate=self.string(table, "gate", ""),
            select=self.strings(table, "select", ""),
            skip=self.strings(table, "skip", ""),
            baseline=self.string(table, "baseline", ""),
            exclude=self.globs(table, "exclude"),
            waivers=tuple(self.waiver(t, p) for t, p in self.tables(table, "waiver")),
            attestations=tuple(self.attestation(t, p) for t, p in self.tables(table, "attestation")),
            steps=tuple(self.step(t, p) for t, p in self.tables(table, "step")),
            policy=self.declared(table.get("policy", {}), "policy"),
            validate=self.declared(table.get("validate", {}), "validate"),
            digest=digest_of(table),
        )

    def waiver(self, table: Mapping[str, Any], place: str) -> Waiver:
        self.shape(table, _WAIVER, place)
        return Waiver(
            id=self.text_of(table, "id", place),
            reason=self.text_of(table, "reason", place, least=10),
            until=self.day(table, "until", place),
            owner=self.string(table, "owner", place) or "",
            path=self.string(table, "path", place),
            rule=self.string(table, "rule", place),
            line=self.line_of(place),
        )

    def attestation(self, table: Mapping[str, Any], place: str) -> Attestation:
        self.shape(table, _ATTESTATION, place)
        link = self.text_of(table, "link", place)
        if not link.startswith(("https://", "http://")):
            raise self.problem("must be a web address where the word can be checked", place, "link")
        return Attestation(
            id=self.text_of(table, "id", place),
            by=self.text_of(table, "by", place, least=2),
            on=self.day(table, "on", place),
            until=self.day(table, "until", place),
            statement=self.text_of(table, "statement", place, least=10),
            link=link,
            line=self.line_of(place),
        )

    def step(self, table: Mapping[str, Any], place: str) -> Mapping[str, Any]:
        self.shape(table, _STEP, place)
        out: dict[str, Any] = {k: self.text_of(table, k, place) for k in ("name", "criterion")}
        out |= {k: self.strings(table, k, place) for k in ("pre", "command", "post")}
        if not out["command"]:
            raise self.problem("must have at least one line", place, "command")
        out |= {k: self.string(table, k, place) for k in ("report", "format", "container")}
        timeout = table.get("timeout")
        if timeout is not None and (not isinstance(timeout, int) or isinstance(timeout, bool) or timeout < 1):
            raise self.problem("must be a whole number of seconds, 1 or more", place, "timeout")
        return MappingProxyType(out | {"timeout": timeout})

    def declared(self, value: object, name: str) -> Mapping[str, Any]:
        """A table whose keys the published schema describes."""
        if not isinstance(value, dict):
            raise self.problem("must be a table", "", name)
        if not value:
            return MappingProxyType({})
        rule = json.loads(schema("config").read_text(encoding="utf-8"))["properties"][name]
        allowed, other = rule["properties"], rule.get("additionalProperties", False)
        if other is False:
            self.known(value, tuple(allowed), f"{name}.")
        for key, item in value.items():
            self.conforms(item, allowed.get(key, other), f"{name}.{key}")
        return MappingProxyType(value)

    def conforms(self, value: object, rule: Mapping[str, Any], key: str) -> None:
        """Check one policy value against its JSON Schema (the few keywords that the schema uses)."""
        if not _is(value, rule.get("type")):
            raise self.problem(f"must be of type {_type_name(rule)}", "", key)
        if "enum" in rule and value not in rule["enum"]:
            raise self.problem(f"must be one of {', '.join(map(str, rule['enum']))}", "", key)
        if isinstance(value, list) and isinstance(rule.get("items"), dict):
            for item in value:
                self.conforms(item, rule["items"], key)
        if isinstance(value, dict) and isinstance(rule.get("properties"), dict):
            if rule.get("additionalProperties") is False:
                self.known(value, tuple(rule["properties"]), f"{key}.")
            for name, item in value.items():
                if name in rule["properties"]:
                    self.conforms(item, rule["properties"][name], f"{key}.{name}")

    def shape(self, table: Mapping[str, Any], keys: Mapping[str, bool], place: str) -> None:
        self.known(table, tuple(keys), f"{place}.")
        for key, required in keys.items():
            if required and key not in table:
                raise self.problem("is missing", place, key)

    def known(self, table: Mapping[str, Any], keys: tuple[str, ...], place: str) -> None:
        for key in table:
            if key not in keys:
                from difflib import get_close_matches

                close = get_close_matches(key, keys, 1)
                hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(keys))}"
                raise InputError(f"unknown key {self.prefix}{place}{key}", where=self.at(key), hint=hint)

    def tables(self, table: Mapping[str, Any], key: str) -> list[tuple[Mapping[str, Any], str]]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            raise self.problem(f"must be one or more [[{self.prefix}{key}]] tables", "", key)
        return [(item, f"{key}[{i}]") for i, item in enumerate(value)]

    def string(self, table: Mapping[str, Any], key: str, place: str) -> str | None:
        return self.text_of(table, key, place) if key in table else None

    def text_of(self, table: Mapping[str, Any], key: str, place: str, least: int = 1) -> str:
        value = table[key]
        if not isinstance(value, str) or len(value.strip()) < least:
            wish = "a non-empty string" if least == 1 else f"a text of at least {least} characters"
            raise self.problem(f"must be {wish}", place, key)
        return value.strip()

    def strings(self, table: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.problem("must be a list of strings", place, key)
        return tuple(value)

    def globs(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        patterns = self.strings(table, key, "")
        if patterns:
            from assaymark.subject.globs import compile_globs

            try:
                compile_globs(patterns)
            except ValueError as wrong:
                raise self.problem(f"holds a pattern that cannot be used: {wrong}", "", key) from wrong
        return patterns

    def day(self, table: Mapping[str, Any], key: str, place: str) -> date:
        value = table[key]
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError) as problem:
            raise self.problem("must be a date such as 2027-03-31", place, key) from problem

    def problem(self, message: str, place: str, key: str) -> InputError:
        dotted = ".".join(part for part in (place, key) if part)
        return InputError(f"{self.prefix}{dotted} {message}", where=self.at(key.rpartition(".")[2]))

    def line_of(self, place: str) -> int | None:
        """The line on which a table of several begins, given as ``waiver[0]``; None where they are written in one."""
        key, _, number = place.rstrip("]").partition("[")
        head = f"[[{self.prefix}{key}]]"
        lines = [n for n, line in enumerate(self.text.splitlines(), 1) if line.replace(" ", "").startswith(head)]
        return lines[int(number)] if int(number) < len(lines) else None

    def at(self, key: str) -> str | None:
        """``file:line`` of the first line that sets the key, as far as a search can tell."""
        for number, line in enumerate(self.text.splitlines(), 1):
            bare = line.strip().lstrip("[").replace('"', "").replace("'", "")
            if bare.startswith((key, f"{self.prefix}{key}")):
                return f"{self.where}:{number}"
        return self.where


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "array": (list,),
    "object": (dict,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


def _is(value: object, names: object) -> bool:
    wanted = [names] if isinstance(names, str) else names if isinstance(names, list) else []
    if not wanted:
        return True
    if isinstance(value, bool):
        return "boolean" in wanted
    return any(isinstance(value, _TYPES[name]) for name in wanted if name in _TYPES)


def _type_name(rule: Mapping[str, Any]) -> str:
    names = rule.get("type")
    return names if isinstance(names, str) else " or ".join(names or [])


def digest_of(table: Mapping[str, Any]) -> str:
    """``sha256:`` of the meaning of a configuration: comments and order of keys do not matter."""
    text = json.dumps(table, sort_keys=True, default=str, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
