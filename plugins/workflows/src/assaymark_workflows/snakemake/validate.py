"""Rule names, wildcards, and the files that rules name. Whatever Python computes is left open."""

from __future__ import annotations

import io
import posixpath
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assaymark.api import Context, Problem, Severity
from assaymark_workflows.problems import Problems, hint
from assaymark_workflows.source import Span

RULES = Path(__file__).with_name("rules.toml")
_HEAD = re.compile(r"(?P<indent>[ \t]*)(?P<kind>rule|checkpoint)[ \t]*(?P<name>[A-Za-z_]\w*)?[ \t]*:[ \t]*(?:#.*)?$")
_SECTION = re.compile(r"(?P<indent>[ \t]+)(?P<name>[A-Za-z_]\w*)[ \t]*:(?P<rest>.*)$")
_GLOBAL = re.compile(r"(?P<name>include|configfile)[ \t]*:[ \t]*(?P<rest>.*)$")
_TEXT = re.compile(
    r"""(?P<prefix>[A-Za-z]{0,2})(?P<quote>"{3}|'{3}|"|')(?P<body>(?:\\.|(?!(?P=quote)).)*)(?P=quote)""", re.S
)
_TOKEN = re.compile(rf"#[^\n]*|{_TEXT.pattern}", re.S)
_WILDCARD = re.compile(r"(?<!\{)\{(?P<name>[A-Za-z_]\w*)(?:,[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}(?!\})")
SECTIONS = (
    "input", "output", "log", "benchmark", "params", "threads", "resources", "message", "priority", "shell", "run",
    "script", "notebook", "wrapper", "cwl", "template_engine", "conda", "container", "containerized", "singularity",
    "envmodules", "wildcard_constraints", "group", "shadow", "version", "cache", "handover", "default_target",
    "localrule", "retries", "name", "ruleorder", "localrules", "exclude", "with", "pathvars", "input_flags",
)  # fmt: skip # many short items
_WAYS = ("shell", "run", "script", "notebook", "wrapper", "cwl", "template_engine")
_FILES = ("script", "notebook", "conda")
_LONGEST_LINE = 10_000
_LIMIT = 1_000_000
# What Python reads in strings of this kind is not the same in all of its versions.
_FORMATTED = re.compile(r"\b[rR]?[fF][rR]?[\"']")


@dataclass(slots=True)
class Section:
    """A directive of a rule: where it stands, and the strings in it when nothing else is there."""

    name: str
    span: Span
    text: str
    line: int
    column: int
    strings: list[tuple[str, Span]] = field(default_factory=list)
    literal: bool = True


@dataclass(slots=True)
class Rule:
    """A rule with its sections."""

    name: str
    span: Span
    branch: bool = False
    sections: dict[str, Section] = field(default_factory=dict)


def validate(path: str, data: bytes, context: Context) -> tuple[Problem, ...] | None:
    """All problems of one Snakefile."""
    problems = Problems(path, RULES)
    text = problems.text_of(data, _LIMIT)
    if text is None:
        return problems.sorted()
    _readable(text, context, problems)
    lines = text.splitlines()
    known: dict[str, Rule] = {}
    for rule in _rules(lines, problems):
        context.check_time()
        if not rule.branch:  # which of the rules below "if" and "else" there are, only a run tells
            if rule.name and rule.name in known:
                first = known[rule.name].span.line
                problems.add("SMK-S001", f"the rule {rule.name!r} was there before, in line {first}", rule.span)
            known.setdefault(rule.name, rule)
        _wildcards(rule, problems)
        _files(rule, path, context, problems)
    for section in _globals(lines):
        _exists(section, "include" if section.name == "include" else "configfile", path, context, problems)
    return problems.sorted()


def _readable(text: str, context: Context, problems: Problems) -> None:
    """Snakemake reads the tokens of Python first: where these end too early, there is nothing to run."""
    if (null := text.find("\0")) >= 0:
        line = text.count("\n", 0, null) + 1
        _unreadable("Python reads no null bytes", (line, null - text.rfind("\n", 0, null) - 1), problems)
        return
    open_places: list[tuple[int, int]] = []
    try:
        for count, token in enumerate(tokenize.generate_tokens(io.StringIO(text).readline)):
            if count % 1_000 == 0:
                context.check_time()
            if token.type == tokenize.ERRORTOKEN and token.string in "\"'" and not _FORMATTED.search(token.line):
                _unreadable("this string does not end", token.start, problems)
                return
            if token.type == tokenize.OP and token.string in "([{":
                open_places.append(token.start)
            elif token.type == tokenize.OP and token.string in ")]}" and open_places:
                open_places.pop()
    except tokenize.TokenError as error:
        what, place = error.args
        if "statement" in what and open_places:
            _unreadable("this bracket is never closed", open_places[-1], problems)
        else:
            _unreadable("this string does not end" if "string" in what else str(what), place, problems)
    except SyntaxError as error:
        _unreadable(error.msg, (error.lineno or 1, max(error.offset or 1, 1) - 1), problems)


def _unreadable(message: str, place: tuple[int, int], problems: Problems) -> None:
    line, column = place
    problems.add("SMK-Y001", message, Span(line, column + 1, line, column + 2))


def _rules(lines: list[str], problems: Problems) -> Iterator[Rule]:
    number = 0
    while number < len(lines):
        head = _HEAD.match(lines[number][:_LONGEST_LINE])
        number += 1
        if head is None:
            continue
        name = head["name"] or ""
        column = head.start("name") + 1 if name else head.start("kind") + 1
        span = Span(number, column, number, column + len(name or head["kind"]))
        rule = Rule(name, span, branch=bool(head["indent"]))
        end = _block_end(lines, number, len(head["indent"].expandtabs()))
        _sections(lines, number, end, rule, problems)
        yield rule
        number = end


def _block_end(lines: list[str], start: int, indent: int) -> int:
    for number in range(start, len(lines)):
        line = lines[number].expandtabs()
        if line.strip() and not line.lstrip().startswith("#") and len(line) - len(line.lstrip()) <= indent:
            return number
    return len(lines)


def _sections(lines: list[str], start: int, end: int, rule: Rule, problems: Problems) -> None:
    depth: int | None = None
    current: Section | None = None
    inside = ""
    for number in range(start, end):
        line = lines[number][:_LONGEST_LINE]
        match = None if inside else _SECTION.match(line)
        if match and (depth is None or len(match["indent"].expandtabs()) <= depth):
            depth = len(match["indent"].expandtabs())
            if current is not None:
                _read(current)
            name = match["name"]
            column = match.start("name") + 1
            current = Section(
                name,
                Span(number + 1, column, number + 1, column + len(name)),
                match["rest"] + "\n",
                number + 1,
                match.start("rest") + 1,
            )
            if name not in SECTIONS:
                near = hint(name, SECTIONS)
                problems.add("SMK-S002", f"{name!r} is no directive of a rule{near}", current.span)
            elif name in rule.sections:
                level = Severity.ERROR if name in _WAYS else None
                problems.add("SMK-S003", f"{name} is given twice in this rule", current.span, severity=level)
            elif name not in _WAYS and (last := next((n for n in rule.sections if n in _WAYS), None)):
                problems.add("SMK-S005", f"{name} has to stand above {last}, which comes last", current.span)
            rule.sections.setdefault(name, current)
        elif current is not None:
            current.text += line + "\n"
        inside = _open_quote(line, inside)
    if current is not None:
        _read(current)


def _open_quote(line: str, inside: str) -> str:
    """The triple quotes that are still open at the end of a line."""
    for quote in re.findall(r'"{3}|\'{3}', line):
        if not inside:
            inside = quote
        elif inside == quote:
            inside = ""
    return inside


def _read(section: Section) -> None:
    """The strings of a section; ``literal`` when nothing computes anything."""
    rest: list[str] = []
    last = 0
    for match in _TOKEN.finditer(section.text):
        if match["quote"] is None:  # a comment
            rest.append(section.text[last : match.start()])
            last = match.end()
            continue
        rest.append(section.text[last : match.start()])
        last = match.end()
        span = _span(section, match.start("body"), match.end("body"))
        section.strings.append((match["body"], span))
        if "f" in match["prefix"].lower():
            section.literal = False
    rest.append(section.text[last:])
    plain = re.sub(r"[A-Za-z_]\w*\s*=(?!=)", "", "".join(rest))
    if re.sub(r"[\s,]", "", plain):
        section.literal = False


def _span(section: Section, start: int, end: int) -> Span:
    before = section.text[:start]
    line = section.line + before.count("\n")
    column = start - (before.rfind("\n") + 1) + (section.column if "\n" not in before else 1)
    inner = section.text[start:end]
    if "\n" in inner:
        return Span(line, column, line, column + len(inner.split("\n")[0]))
    return Span(line, column, line, column + len(inner))


def _wildcards(rule: Rule, problems: Problems) -> None:
    """Every output and log has the wildcards of the first output, every input only those."""
    output = rule.sections.get("output")
    if output is None or not output.literal or not output.strings:
        return
    sets = [set(_names(text)) for text, _ in output.strings]
    wanted = sets[0]
    for (text, span), found in zip(output.strings[1:], sets[1:], strict=True):
        if found != wanted:
            odd = ", ".join(sorted(found ^ wanted))
            problems.add("SMK-X001", f"{text!r} and the first output differ in their wildcards: {odd}", span)
    for name in ("log", "benchmark"):
        section = rule.sections.get(name)
        for text, span in section.strings if section is not None and section.literal else ():
            if set(_names(text)) != wanted:
                odd = ", ".join(sorted(set(_names(text)) ^ wanted))
                problems.add("SMK-X001", f"{name} and output differ in their wildcards: {odd}", span)
    given = rule.sections.get("input")
    for text, span in given.strings if given is not None and given.literal else ():
        for wildcard in _names(text):
            if wildcard not in wanted:
                near = hint(wildcard, wanted)
                problems.add("SMK-X002", f"the wildcard {wildcard!r} is in no output{near}", span)


def _names(text: str) -> list[str]:
    return [match["name"] for match in _WILDCARD.finditer(text)]


def _files(rule: Rule, path: str, context: Context, problems: Problems) -> None:
    for name in _FILES:
        section = rule.sections.get(name)
        if section is not None:
            _exists(section, name, path, context, problems)
    ways = [name for name in _WAYS if name in rule.sections]
    if len(ways) > 1:
        second = sorted((rule.sections[name] for name in ways), key=lambda section: section.span)[1]
        problems.add("SMK-S004", f"a rule does one thing: {' or '.join(ways)}", second.span)


def _exists(section: Section, name: str, path: str, context: Context, problems: Problems) -> None:
    if not section.literal or len(section.strings) != 1:
        return
    text, span = section.strings[0]
    looks_like_file = name != "conda" or text.endswith((".yaml", ".yml"))
    if "://" in text or "{" in text or not looks_like_file or text.startswith(("github:", "gitlab:")):
        return
    if text.startswith(("/", "~")):
        problems.add("WF-C001", f"{text!r} lies outside the repository", span)
        return
    folder = posixpath.dirname(path)
    places = [posixpath.normpath(posixpath.join(folder, text))]
    if name == "configfile":  # it counts from where Snakemake is started: the root, or the folder above workflow/
        places += [posixpath.normpath(posixpath.join(folder, "..", text)), posixpath.normpath(text)]
    places = [place for place in places if not place.startswith("../")]
    if not places:
        problems.add("WF-C001", f"{text!r} lies outside the repository", span)
    elif not any(context.exists(place) for place in places):
        rule = "SMK-R002" if name == "configfile" else "SMK-R001"
        # An environment is only read by who asks Snakemake to make it.
        level = Severity.WARNING if name == "conda" else None
        problems.add(rule, f"there is no file {places[0]!r}", span, severity=level)


def _globals(lines: list[str]) -> Iterator[Section]:
    for number, line in enumerate(lines, 1):
        match = _GLOBAL.match(line[:_LONGEST_LINE])
        if match:
            name = match["name"]
            section = Section(
                name, Span(number, 1, number, len(name) + 1), match["rest"], number, match.start("rest") + 1
            )
            _read(section)
            yield section
