"""pyproject.toml, setup.cfg and setup.py (read as a syntax tree, never run)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from assaymark.api import Tree
from assaymark.patterns import late, ready
from assaymark.subject.metadata import Declared, line_of, list_of, mapping_of, text_of

_VERSION_LIMIT = 100_000  # bytes of a source file in which we look for __version__


def read_pyproject(tree: Tree, path: str, text: str) -> Declared:
    """The ``project`` table (PEP 621), else Poetry's. Raises `ParseProblem` when it is not TOML."""
    from assaymark.subject.parsing import load_toml

    data = load_toml(text)
    tool = mapping_of(data.get("tool"))
    project = mapping_of(data.get("project"))
    table = project or mapping_of(tool.get("poetry"))
    version, line = text_of(table.get("version")), _in_table(text, r"(?:project|tool\.poetry)", "version")
    if not version and "version" in list_of(table.get("dynamic")):
        version, line = _dynamic_version(tree, tool), None
    return Declared(
        path=path,
        format="pyproject",
        name=text_of(table.get("name")),
        version=version,
        version_line=line if version else None,
        licence=_licence(table),
        licence_line=_in_table(text, r"(?:project|tool\.poetry)", "license"),
        description=text_of(table.get("description")),
        urls=_urls(table),
        authors=tuple(filter(None, map(_author, list_of(table.get("authors"))))),
        data=data,
    )


def read_setup_cfg(_tree: Tree, path: str, text: str) -> Declared:
    """The ``metadata`` section."""
    from configparser import ConfigParser, Error

    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except (Error, ValueError) as problem:
        return Declared(path=path, format="setup.cfg", problem=" ".join(str(problem).split())[:200])
    table = dict(parser["metadata"]) if parser.has_section("metadata") else {}
    version = table.get("version", "")
    urls = dict(_pairs(table.get("project_urls", "")))
    if home := table.get("url") or table.get("home_page") or table.get("home-page"):
        urls["homepage"] = home
    return Declared(
        path=path,
        format="setup.cfg",
        name=table.get("name", ""),
        version="" if version.startswith(("attr:", "file:")) else version,
        version_line=_in_table(text, "metadata", "version"),
        licence=table.get("license", ""),
        licence_line=_in_table(text, "metadata", "license"),
        description=table.get("description", table.get("summary", "")),
        urls=urls,
        authors=tuple(filter(None, [table.get("author", "")])),
        data={name: dict(parser[name]) for name in parser.sections()},
    )


def read_setup_py(_tree: Tree, path: str, text: str) -> Declared:
    """The constant arguments of ``setup(...)``."""
    import ast
    import warnings

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(text)
        found = _setup_arguments(module)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        line = problem.lineno if isinstance(problem, SyntaxError) else None
        return Declared(path=path, format="setup.py", problem="is not Python that we can read", problem_line=line)
    urls = {k: v for k, v in mapping_of(found.get("project_urls")).items() if isinstance(v, str)}
    if text_of(found.get("url")):
        urls["homepage"] = text_of(found["url"])
    return Declared(
        path=path,
        format="setup.py",
        name=text_of(found.get("name")),
        version=text_of(found.get("version")),
        version_line=line_of(text, r"\bversion\s*="),
        licence=text_of(found.get("license")),
        licence_line=line_of(text, r"\blicense\s*="),
        description=text_of(found.get("description")),
        urls=urls,
        authors=tuple(filter(None, [text_of(found.get("author"))])),
        data=found,
    )


READERS = {"pyproject": read_pyproject, "setup.cfg": read_setup_cfg, "setup.py": read_setup_py}


def _setup_arguments(module: Any) -> dict[str, Any]:
    import ast

    constants = {
        target.id: node.value
        for node in module.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "setup":
            return {k.arg: _literal(k.value, constants) for k in node.keywords if k.arg}
    return {}


def _literal(node: Any, constants: Mapping[str, Any]) -> Any:
    import ast

    if isinstance(node, ast.Name):
        node = constants.get(node.id, node)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        return None


def _licence(table: Mapping[str, Any]) -> str:
    """The SPDX expression, else what the classifiers name."""
    value = table.get("license")
    text = text_of(value) or text_of(mapping_of(value).get("text"))
    if text and len(text) < 100:
        return text
    trove = [
        text_of(c) for c in list_of(table.get("classifiers")) if text_of(c).startswith("License :: OSI Approved :: ")
    ]
    return " OR ".join(c.rpartition(" :: ")[2] for c in trove)


def _urls(table: Mapping[str, Any]) -> dict[str, str]:
    found = {k: v for k, v in mapping_of(table.get("urls")).items() if isinstance(v, str)}
    return found | {k: v for k in ("homepage", "repository", "documentation") if (v := text_of(table.get(k)))}


def _author(value: object) -> str:
    return text_of(value).partition("<")[0].strip() or text_of(mapping_of(value).get("name"))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals:
            yield name.strip(), value.strip()


_TABLE = late(r"(?m)^\[")


def _in_table(text: str, table: str, key: str) -> int | None:
    """The line of a key within a TOML or INI table."""
    head = ready(rf"(?m)^\[{table}\]").search(text)
    if head is None:
        return None
    following = _TABLE.search(text, head.end())
    return line_of(text[: following.start() if following else len(text)], rf"^{key}\s*[=:]", head.end())


def _dynamic_version(tree: Tree, tool: Mapping[str, Any]) -> str:
    """The version written in the source file that the build back end is told to read."""
    hatch = text_of(mapping_of(mapping_of(tool.get("hatch")).get("version")).get("path"))
    setuptools = mapping_of(mapping_of(mapping_of(tool.get("setuptools")).get("dynamic")).get("version"))
    paths = [hatch] if hatch else []
    module, _, name = text_of(setuptools.get("attr")).rpartition(".")
    if module:
        stem = module.replace(".", "/")
        paths += [f"{src}{stem}{end}" for src in ("", "src/") for end in ("/__init__.py", ".py")]
    for path in paths:
        entry = tree.get(path)
        if entry is not None and not entry.is_symlink and not entry.is_submodule:
            names = rf"(?m)^(?:__version__|VERSION|{re.escape(name or 'version')})(?:\s*:\s*[\w.]+)?"
            if found := re.search(names + r"""\s*=\s*["']([^"'\n]+)["']""", tree.text(path, _VERSION_LIMIT)):
                return found[1]
    return ""
