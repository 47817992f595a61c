"""Style tools configured in TOML: ruff, black, pylint … of pyproject.toml; rustfmt, clippy, JuliaFormatter, Air."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from assaymark.subject.parsing import load_toml
from assaymark.subject.styles.model import Override, StyleTool
from assaymark.subject.styles.places import ignored, line_of, own

_RUFF_FORMAT = {
    "quote-style": "double",
    "indent-style": "space",
    "skip-magic-trailing-comma": False,
    "line-ending": "auto",
}
_BLACK = {"skip-string-normalization", "skip-magic-trailing-comma", "preview", "unstable"}
_ISORT_NEUTRAL = {
    "profile",
    "line_length",
    "src_paths",
    "skip",
    "skip_glob",
    "extend_skip",
    "filter_files",
    "py_version",
}
# They only report what the project itself forbids: where that is allowed is the scope of a rule of its own.
_RUFF_OWN = ("TID251", "TID253")
_AIR_NEUTRAL = {"line-width", "indent-width", "line-ending", "exclude", "default-exclude"}
_RUSTFMT_NEUTRAL = {"edition", "max_width", "ignore", "style_edition", "required_version", "unstable_features"}


def _table(data: Any, *path: str) -> dict[str, Any]:
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [word for word in value.replace(",", " ").split() if word]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _tool(name: str, path: str, text: str, header: str, base: str, overrides: Iterable[Override]) -> StyleTool:
    return StyleTool(name=name, path=path, line=line_of(text, header), base=base, overrides=tuple(overrides))


def pyproject(path: str, text: str) -> Iterator[StyleTool]:
    """The ``[tool.*]`` tables of Python's style tools."""
    data = _table(load_toml(text), "tool")
    if "ruff" in data:
        yield _ruff(path, text, _table(data, "ruff"), "tool.ruff")
    if "black" in data:
        changed = [k for k in _table(data, "black") if k in _BLACK]
        yield _tool("black", path, text, "tool.black", "black's one style", own(path, text, changed))
    if "pylint" in data:
        tables = [t for t in _table(data, "pylint").values() if isinstance(t, dict)] + [_table(data, "pylint")]
        disabled = [rule for table in tables for rule in _strings(table.get("disable"))]
        naming = [key for table in tables for key in table if key.endswith("-rgx")]
        overrides = (*ignored(path, text, disabled), *own(path, text, naming))
        yield _tool("pylint", path, text, "tool.pylint", "pylint's default rules (PEP 8)", overrides)
    if "isort" in data:
        yield _isort(path, text, _table(data, "isort"))
    for name in ("yapf", "autopep8", "pycodestyle", "flake8"):
        if name in data:
            table = _table(data, name)
            rules = [rule for key in ("ignore", "extend-ignore", "extend_ignore") for rule in _strings(table.get(key))]
            yield _tool(
                name, path, text, f"tool.{name}", str(table.get("based_on_style", "PEP 8")), ignored(path, text, rules)
            )


def _isort(path: str, text: str, table: dict[str, Any]) -> StyleTool:
    changed = [k for k in table if k not in _ISORT_NEUTRAL and not k.startswith(("known_", "default_"))]
    base = f"profile {table['profile']}" if isinstance(table.get("profile"), str) else "isort's defaults"
    return _tool("isort", path, text, "tool.isort", base, own(path, text, changed))


def ruff_file(path: str, text: str) -> Iterator[StyleTool]:
    """ruff.toml."""
    yield _ruff(path, text, load_toml(text), "")


def _ruff(path: str, text: str, table: dict[str, Any], header: str) -> StyleTool:
    lint = _table(table, "lint") | {
        k: v for k, v in table.items() if k in ("ignore", "extend-ignore", "per-file-ignores")
    }
    rules = [rule for key in ("ignore", "extend-ignore") for rule in _strings(lint.get(key))]
    for key in ("per-file-ignores", "extend-per-file-ignores"):
        for pattern, listed in _table(lint, key).items():
            # What tests, notebooks and __init__ files are allowed is the scope of a rule, not an exception to it.
            if not any(
                word in pattern for word in ("test", "__init__", "docs", "example", ".ipynb", "conftest", "noxfile")
            ):
                rules.extend(rule for rule in _strings(listed) if rule not in _RUFF_OWN)
    changed = [k for k, v in _table(table, "format").items() if k in _RUFF_FORMAT and v != _RUFF_FORMAT[k]]
    changed += [k for k in _table(lint, "isort") if not k.startswith(("known-", "extra-", "default-", "required-"))]
    line = line_of(text, header) if header else 1
    overrides = (*ignored(path, text, rules, line_of(text, "ignore", line)), *own(path, text, changed, line))
    return StyleTool(name="ruff", path=path, line=line, base="ruff's rule families", overrides=tuple(overrides))


def rustfmt(path: str, text: str) -> Iterator[StyleTool]:
    """rustfmt.toml."""
    changed = [k for k in load_toml(text) if k not in _RUSTFMT_NEUTRAL]
    yield _tool("rustfmt", path, text, "", "the Rust style guide", own(path, text, changed))


def clippy(path: str, text: str) -> Iterator[StyleTool]:
    """clippy.toml sets parameters of rules only."""
    load_toml(text)
    yield _tool("clippy", path, text, "", "clippy's default rules", ())


def cargo(path: str, text: str) -> Iterator[StyleTool]:
    """``[lints]`` of Cargo.toml."""
    data = load_toml(text)
    tables = [_table(data, *place) for place in (("lints", "clippy"), ("workspace", "lints", "clippy"))]
    if not any(tables):
        return
    off = [
        k for t in tables for k, v in t.items() if v == "allow" or (isinstance(v, dict) and v.get("level") == "allow")
    ]
    yield _tool("clippy", path, text, "lints", "clippy's default rules", ignored(path, text, off))


def air(path: str, text: str) -> Iterator[StyleTool]:
    """air.toml, for R."""
    changed = [k for k in _table(load_toml(text), "format") if k not in _AIR_NEUTRAL]
    yield _tool("air", path, text, "", "the tidyverse style guide", own(path, text, changed))


def julia_formatter(path: str, text: str) -> Iterator[StyleTool]:
    """.JuliaFormatter.toml."""
    data = load_toml(text)
    style = data.get("style")
    changed = [k for k in data if k not in ("style", "margin", "indent", "ignore")]
    base = f"style {style}" if isinstance(style, str) else "JuliaFormatter's default style"
    yield _tool("JuliaFormatter", path, text, "style" if style else "", base, own(path, text, changed))
