"""The fact ``coverage_config``: thresholds of coverage, general and by path, and what is left out of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from assaymark.api import Tree, fact
from assaymark.records import NamedTuple
from assaymark.subject.parsing import ParseProblem, load_json, load_toml, load_yaml

LIMIT = 100_000


class Threshold(NamedTuple):
    """A percentage that paths must reach; the pattern '' is all code."""

    pattern: str
    percent: float
    path: str
    line: int


class Exclusion(NamedTuple):
    """A pattern of files that do not count."""

    pattern: str
    path: str
    line: int


class CoverageConfig(NamedTuple):
    """What every configuration of coverage says."""

    thresholds: tuple[Threshold, ...] = ()
    excluded: tuple[Exclusion, ...] = ()

    @property
    def general(self) -> float | None:
        """The highest threshold that holds for all code."""
        return max((t.percent for t in self.thresholds if not t.pattern), default=None)

    @property
    def by_path(self) -> tuple[Threshold, ...]:
        """Thresholds for a part of the code."""
        return tuple(t for t in self.thresholds if t.pattern)


Found = Iterator[Threshold | Exclusion]


@fact
def coverage_config(tree: Tree) -> CoverageConfig:
    """Read from the configuration files of the root; what cannot be read says nothing."""
    thresholds: list[Threshold] = []
    excluded: list[Exclusion] = []
    for names, reader in _READERS:
        for entry in tree.find(*names, under=("", ".github")):
            try:
                for found in reader(entry.path, tree.text(entry.path, LIMIT)):
                    (thresholds if isinstance(found, Threshold) else excluded).append(found)  # type: ignore[arg-type]  # by its kind
            except ParseProblem:
                continue
    return CoverageConfig(tuple(thresholds), tuple(excluded))


def _codecov(path: str, text: str) -> Found:
    data = load_yaml(text)
    for pattern in _strings(_at(data, "ignore")):
        yield Exclusion(pattern, path, _line(text, pattern))
    places = [_at(data, "coverage", "status", kind) for kind in ("project",)]
    components = _at(data, "component_management", "individual_components")
    for name, table in (item for place in places if isinstance(place, dict) for item in place.items()):
        paths = [pattern for pattern in _strings(_at(table, "paths")) if not pattern.startswith("!")]
        # All but some paths is the code as a whole; a flag tells who measured, not what.
        whole = not paths and bool(_strings(_at(table, "paths")) or _strings(_at(table, "flags")))
        percent = _percent(_at(table, "target"))
        if percent is not None:
            yield Threshold(
                ", ".join(paths) or ("" if whole or name == "default" else name), percent, path, _line(text, str(name))
            )
    for component in components if isinstance(components, list) else ():
        for status in _at(component, "statuses") or () if isinstance(_at(component, "statuses"), list) else ():
            percent = _percent(_at(status, "target"))
            if percent is not None and _at(status, "type") == "project":
                name = str(
                    _at(component, "name")
                    or _at(component, "component_id")
                    or ", ".join(_strings(_at(component, "paths")))
                )
                yield Threshold(name, percent, path, _line(text, name))


def _pyproject(path: str, text: str) -> Found:
    coverage = _at(load_toml(text), "tool", "coverage")
    percent = _percent(_at(coverage, "report", "fail_under"))
    if percent is not None:
        yield Threshold("", percent, path, _line(text, "fail_under"))
    for table in ("run", "report"):
        for pattern in _strings(_at(coverage, table, "omit")):
            yield Exclusion(pattern, path, _line(text, pattern))


_INI = r"(?m)^(?P<key>omit|fail_under)\s*=\s*(?P<value>[^\n]*(?:\n[ \t]+[^\n]+)*)"


def _ini(path: str, text: str) -> Found:
    if "[coverage:" not in text and not path.endswith(".coveragerc"):
        return
    for found in re.finditer(_INI, text):
        line = text.count("\n", 0, found.start()) + 1
        if found["key"] == "fail_under":
            percent = _percent(found["value"].strip())
            if percent is not None:
                yield Threshold("", percent, path, line)
        else:
            for pattern in re.split(r"[,\s]+", found["value"].strip()):
                yield Exclusion(pattern, path, line)


_LISTED = r"(?:coveragePathIgnorePatterns|exclude)['\"]?\s*:\s*\[(?P<items>[^\]]{0,4000})\]"
_GROUP = (
    r"['\"](?P<name>[./\w*@-]{1,200})['\"]\s*:\s*\{(?P<body>[^{}]{0,500})\}"
    r"|\b(?P<global>global)\s*:\s*\{(?P<all>[^{}]{0,500})\}"
)
_LINES = r"['\"]?(?:lines|statements)['\"]?\s*:\s*(\d{1,3}(?:\.\d+)?)"


def _javascript(path: str, text: str) -> Found:
    """Jest and Vitest, also where the configuration is a program."""
    if path.endswith("package.json"):
        data = load_json(text)
        if not isinstance(_at(data, "jest"), dict):
            return
    start = max(text.find("coverageThreshold"), text.find("thresholds"))
    for found in re.compile(_GROUP).finditer(text, start) if start >= 0 else ():
        percent = re.search(_LINES, found["body"] or found["all"] or "")
        if percent:
            name = found["name"] or "global"
            yield Threshold(
                "" if name == "global" else name, float(percent[1]), path, text.count("\n", 0, found.start()) + 1
            )
    for listed in re.finditer(_LISTED, text):
        for pattern in re.findall(r"['\"]([^'\"]+)['\"]", listed["items"]):
            yield Exclusion(pattern, path, text.count("\n", 0, listed.start()) + 1)


_RULE = r"<rule>([\s\S]{0,2000}?)</rule>"


def _maven(path: str, text: str) -> Found:
    """Rules of the JaCoCo plugin."""
    if "jacoco" not in text:
        return
    for found in re.finditer(_RULE, text):
        minimum = re.search(r"<minimum>\s*(\d(?:\.\d+)?|\d{1,3}%)\s*</minimum>", found[1])
        included = re.search(r"<include>\s*([^<\s]+)\s*</include>", found[1])
        if minimum:
            percent = _percent(minimum[1]) if minimum[1].endswith("%") else 100 * float(minimum[1])
            line = text.count("\n", 0, found.start()) + 1
            yield Threshold(included[1] if included else "", percent or 0.0, path, line)
    for excluded in re.finditer(r"<exclude>\s*([^<\s]+)\s*</exclude>", text):
        yield Exclusion(excluded[1], path, text.count("\n", 0, excluded.start()) + 1)


def _sonar(path: str, text: str) -> Found:
    for found in re.finditer(r"^sonar\.coverage\.exclusions\s*=\s*(.+)$", text, re.MULTILINE):
        for pattern in found[1].split(","):
            yield Exclusion(pattern.strip(), path, text.count("\n", 0, found.start()) + 1)


def _gcovr(path: str, text: str) -> Found:
    for found in re.finditer(r"^exclude\s*=\s*(\S+)", text, re.MULTILINE):
        yield Exclusion(found[1], path, text.count("\n", 0, found.start()) + 1)


def _at(data: Any, *path: str) -> Any:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _percent(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(str(value).rstrip("%"))
    except ValueError:
        return None


def _line(text: str, word: str) -> int:
    return text.count("\n", 0, max(0, text.find(word))) + 1


_READERS: tuple[tuple[tuple[str, ...], Callable[[str, str], Found]], ...] = (
    (("codecov.yml", ".codecov.yml", "codecov.yaml", ".codecov.yaml"), _codecov),
    (("pyproject.toml",), _pyproject),
    ((".coveragerc", "setup.cfg", "tox.ini"), _ini),
    (("package.json", "jest.config.*", "vitest.config.*", "vite.config.*"), _javascript),
    (("pom.xml",), _maven),
    (("sonar-project.properties",), _sonar),
    (("gcovr.cfg",), _gcovr),
)
