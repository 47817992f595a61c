"""Style tools configured in YAML: clang-format, clang-tidy, golangci-lint, RuboCop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assaymark.patterns import late
from assaymark.subject.parsing import load_yaml, load_yaml_all
from assaymark.subject.styles.model import Override, StyleTool
from assaymark.subject.styles.places import excepted, ignored, line_of, own

_CLANG_NEUTRAL = {
    "BasedOnStyle",
    "Language",
    "ColumnLimit",
    "IndentWidth",
    "TabWidth",
    "UseTab",
    "Standard",
    "DisableFormat",
}

_DUMPED = late(r"^[ \t]*#[ \t]*BasedOnStyle:[ \t]*(\w+)", re.MULTILINE)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def clang_format(path: str, text: str) -> Iterator[StyleTool]:
    """Without ``BasedOnStyle`` the file describes a style from nothing."""
    documents = [_mapping(d) for d in load_yaml_all(text)]
    bases = [str(d["BasedOnStyle"]) for d in documents if d.get("BasedOnStyle")]
    # The dump of a style names what it was made from in a comment.
    bases += [] if bases else _DUMPED.findall(text)
    changed = [k for d in documents for k in d if k not in _CLANG_NEUTRAL]
    yield StyleTool(
        name="clang-format",
        path=path,
        line=line_of(text, "BasedOnStyle") if bases else 1,
        base=", ".join(dict.fromkeys(bases)),
        overrides=tuple(own(path, text, dict.fromkeys(changed))),
    )


def clang_tidy(path: str, text: str) -> Iterator[StyleTool]:
    """Checks are switched on by family and off with a minus."""
    data = _mapping(load_yaml(text))
    checks = data.get("Checks")
    words = _strings(checks) if isinstance(checks, list) else str(checks or "").replace(",", " ").split()
    off = [w.lstrip("-").strip() for w in words if w.strip().startswith("-") and w.strip() not in ("-*",)]
    on = [w for w in words if not w.strip().startswith("-")]
    yield StyleTool(
        name="clang-tidy",
        path=path,
        line=1,
        base=", ".join(on)[:80] or "clang-tidy's default checks",
        overrides=tuple(ignored(path, text, off)),
    )


def golangci(path: str, text: str) -> Iterator[StyleTool]:
    """golangci-lint starts from its default set of linters."""
    linters = _mapping(_mapping(load_yaml(text)).get("linters"))
    overrides = (*ignored(path, text, _strings(linters.get("disable"))), *_excluded(path, text, linters))
    yield StyleTool(name="golangci-lint", path=path, line=1, base="golangci-lint's linters", overrides=overrides)


def _excluded(path: str, text: str, linters: dict[str, Any]) -> Iterator[Override]:
    """Rules of exclusion, one after the other; what tests are allowed is the scope of a rule, not an exception."""
    rules = _mapping(linters.get("exclusions")).get("rules")
    line = line_of(text, "exclusions")
    for rule in rules if isinstance(rules, list) else ():
        names = _strings(_mapping(rule).get("linters"))
        if not names:
            continue
        line = line_of(text, names[0], line + 1)
        if "test" not in str(rule.get("path", "")):
            yield excepted(path, text, names[0], line)


def rubocop(path: str, text: str) -> Iterator[StyleTool]:
    """RuboCop starts from the community's Ruby style guide; each cop set otherwise is a departure."""
    cops = {k: _mapping(v) for k, v in _mapping(load_yaml(text)).items() if "/" in k}
    off = [k for k, v in cops.items() if v.get("Enabled") is False]
    changed = [k for k, v in cops.items() if k not in off and set(v) - {"Enabled", "Exclude", "Max", "Include"}]
    overrides = (*ignored(path, text, off), *own(path, text, changed))
    yield StyleTool(name="rubocop", path=path, line=1, base="the Ruby style guide", overrides=overrides)
