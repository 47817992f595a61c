"""Processes and workflows by name, brackets, and the scripts that are included. Groovy itself is not read."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

from assaymark.api import Context, Problem
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Span

RULES = Path(__file__).with_name("rules.toml")
_TOKEN = re.compile(
    r"""//[^\n]*|/\*.*?\*/|\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}
    |"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|~?/(?![/*\s])(?:\\.|[^/\\\n])+/(?=\s*[,;)\]}\n.]|$)|[{}]""",
    re.S | re.X,
)
_PROCESS = re.compile(r"^[ \t]*process[ \t]+(?P<name>\w+)[ \t]*\{", re.M)
_WORKFLOW = re.compile(r"^[ \t]*workflow(?:[ \t]+(?P<name>\w+))?[ \t]*\{", re.M)
_INCLUDE = re.compile(
    r"^[ \t]*include[ \t]*\{(?P<names>[^{}]*)\}[ \t]*from[ \t]*(?P<quote>['\"])(?P<path>[^'\"\n]*)(?P=quote)", re.M
)
_INCLUDED = re.compile(r"(?P<name>\w+)(?:\s+as\s+(?P<alias>\w+))?")
_LIMIT = 1_000_000


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """All problems of one script."""
    problems = Problems(path, RULES)
    text = problems.text_of(data, _LIMIT)
    if text is None:
        return problems.sorted()
    text = text.replace("\r\n", "\n")
    blanked = _blanked(text, problems, context)
    known: dict[str, int] = {}
    for expression, rule in ((_PROCESS, "NXF-S001"), (_WORKFLOW, "NXF-S001")):
        for match in expression.finditer(blanked):
            name = match["name"]
            if name is None:
                continue
            span = _span(text, match.start("name"), match.end("name"))
            if name in known:
                problems.add(rule, f"{name!r} was defined before, in line {known[name]}", span)
            known.setdefault(name, span.line)
    for match in _INCLUDE.finditer(_without_comments(text)):
        context.check_time()
        _include(match, text, path, known, context, problems)
    return problems.sorted()


def _blanked(text: str, problems: Problems, context: Context) -> str:
    """The text with comments and strings as blanks; says which bracket has no other."""
    out: list[str] = []
    open_places: list[int] = []
    last = 0
    for count, match in enumerate(_TOKEN.finditer(text)):
        if count % 1_000 == 0:
            context.check_time()
        token = match[0]
        out.append(text[last : match.start()])
        last = match.end()
        if token == "{":
            open_places.append(match.start())
        elif token == "}":
            if open_places:
                open_places.pop()
            else:
                problems.add("NXF-Y001", "this bracket closes nothing", _span(text, match.start(), match.end()))
        out.append(token if token in "{}" else re.sub(r"[^\n]", " ", token))
    out.append(text[last:])
    for place in open_places[-1:]:
        problems.add("NXF-Y001", "this bracket is never closed", _span(text, place, place + 1))
    return "".join(out)


def _without_comments(text: str) -> str:
    return _TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m[0]) if m[0].startswith(("//", "/*")) else m[0], text)


def _include(
    match: re.Match[str], text: str, path: str, known: dict[str, int], context: Context, problems: Problems
) -> None:
    target = match["path"]
    span = _span(text, match.start("path"), match.end("path"))
    if target.startswith("plugin/") or "$" in target or "://" in target:
        return
    if not target.startswith("."):
        if target.startswith("/"):
            problems.add("WF-C001", f"{target!r} lies outside the repository", span)
        return
    place = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if place.startswith("../"):
        problems.add("WF-C001", f"{target!r} lies outside the repository", span)
        return
    file = next(
        (p for p in (place, f"{place}.nf", f"{place}/main.nf") if context.exists(p) and p.endswith(".nf")), None
    )
    if file is None:
        problems.add("NXF-R001", f"there is no script {place!r}", span)
        return
    offered = context.once(f"nextflow:{file}", lambda: _defined(context.read(file)))
    for name in _INCLUDED.finditer(match["names"]):
        start = match.start("names") + name.start("name")
        at = _span(text, start, start + len(name["name"]))
        if offered and name["name"] not in offered:
            problems.add("NXF-R002", f"{file} defines no {name['name']!r}{hint(name['name'], offered)}", at)


def _defined(data: bytes) -> frozenset[str]:
    """Processes, workflows and functions of a script, and what it includes itself."""
    text = _without_comments(data.decode("utf-8", "replace")[:_LIMIT])
    found = {m["name"] for e in (_PROCESS, _WORKFLOW) for m in e.finditer(text) if m["name"]}
    found |= set(re.findall(r"^[ \t]*(?:def|[A-Z]\w*)[ \t]+(\w+)[ \t]*\(", text, re.M))
    return frozenset(found)


def _span(text: str, start: int, end: int) -> Span:
    line = text.count("\n", 0, start) + 1
    column = start - (text.rfind("\n", 0, start) + 1) + 1
    return Span(line, column, line, column + end - start)
