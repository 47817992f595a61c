"""Jenkins: a Jenkinsfile is a program, so it is only scanned for the shell commands and stages that stand in it.

The configuration files that the indigo-dc pipeline library takes (``.sqa/*.yml``) are data and are read as such.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.ci.model import MAX_STEPS, CiFile, CiJob, CiStep
from assaymark.subject.ci.source import Source, mapping, read, scripts
from assaymark.subject.parsing import KeyPath

_LIMIT = 300_000
_MAX_LINE = 2_000
_CHANGE_REQUEST = late(r"\bchangeRequest[ \t]{0,9}\(|CHANGE_ID|\bpipelineConfig\b")
# What opens something; where it ends is looked for by hand, so that no text can make an expression backtrack.
_OPENS = late(
    r"""//|/\*
    |\bstage[ \t]{0,9}\([ \t]{0,9}(?=["'])
    |\b(?:sh|bat|powershell|pwsh)[ \t]{0,9}\(?[ \t]{0,9}(?:[^"'\n()]{0,60}\bscript[ \t]{0,9}:[ \t]{0,9})?(?=["'])
    |["']""",
    re.VERBOSE,
)


def load(tree: Tree, path: str) -> CiFile:
    """The shell commands by stage. What starts it is set in Jenkins: taken to be a push unless it names requests."""
    program = tree.text(path, _LIMIT)
    jobs = tuple(_jobs(program, path))
    triggers = {"push"} | ({"pull_request"} if _CHANGE_REQUEST.search(program) else set())
    includes = tuple(e.path for e in tree.glob(".sqa/*.yml", ".sqa/*.yaml") if e.path in program)
    problem = None if jobs or includes else "no command was found in the text of this program"
    return CiFile(
        path=path, system="jenkins", triggers=frozenset(triggers), jobs=jobs, includes=includes, problem=problem
    )


def load_criteria(tree: Tree, path: str) -> CiFile:
    """The commands of a pipeline-library configuration, one job per criterion. Raises ParseProblem."""
    source = read(tree, path)
    jobs = tuple(
        CiJob(name=name, line=source.line("sqa_criteria", name), steps=tuple(_criterion(source, name, detail)))
        for name, detail in mapping(source.data.get("sqa_criteria")).items()
    )
    problem = None if jobs else "has no sqa_criteria"
    triggers = frozenset({"workflow_call"})
    return CiFile(path=path, system="jenkins", triggers=triggers, jobs=jobs, problem=problem)


def _criterion(source: Source, name: str, detail: object) -> Iterator[CiStep]:
    for repo, how in mapping(mapping(detail).get("repos")).items():
        at: KeyPath = ("sqa_criteria", name, "repos", repo)
        for run, place in scripts(mapping(how).get("commands"), (*at, "commands")):
            yield CiStep(path=source.path, line=source.line(*place), run=run)
        for tool in mapping(how).keys() & {"tox"}:
            envs = ",".join(run for run, _ in scripts(mapping(mapping(how)[tool]).get("testenv"), at))
            yield CiStep(path=source.path, line=source.line(*at, tool), run=f"tox -e {envs}" if envs else "tox")


def _jobs(text: str, path: str) -> Iterator[CiJob]:
    name, line = "pipeline", 1
    steps: list[CiStep] = []
    for kind, at, value in _tokens(text):
        if kind == "stage":
            if steps:
                yield CiJob(name=name, line=line, steps=tuple(steps))
            name, line, steps = value, at, []
        elif value.strip() and len(steps) < MAX_STEPS:
            steps.append(CiStep(path=path, line=at, run=value.strip()))
    if steps:
        yield CiJob(name=name, line=line, steps=tuple(steps))


def _tokens(text: str) -> Iterator[tuple[str, int, str]]:
    """``stage`` and ``shell`` with their line and string; comments and other strings are passed over."""
    at, counted_to, line = 0, 0, 1
    ends = _Ends(text)
    while found := _OPENS.search(text, at):
        word = found.group()
        line += text.count("\n", counted_to, found.start())
        counted_to = found.start()
        if word == "//":
            at = ends.after("\n", found.end())
        elif word == "/*":
            at = ends.after("*/", found.end())
        else:
            start = found.end() if word[0] not in "\"'" else found.start()
            value, at = _string(text, start, ends)
            if word[0] not in "\"'":
                yield ("stage" if word.startswith("stage") else "shell"), line, value


class _Ends:
    """Where a closing sign comes next; remembers the signs that do not come any more, so that no scan is repeated."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._none: set[str] = set()

    def after(self, sign: str, start: int) -> int:
        """The place behind the next ``sign``, or the end of the text."""
        at = -1 if sign in self._none else self._text.find(sign, start)
        if at < 0:
            self._none.add(sign)
            return len(self._text)
        return at + len(sign)


def _string(text: str, start: int, ends: _Ends) -> tuple[str, int]:
    """The string literal that opens at ``start``, and the place behind it."""
    triple = text[start : start + 3]
    if triple in ('"""', "'''"):
        end = ends.after(triple, start + 3)
        return text[start + 3 : end].removesuffix(triple), end
    quote, limit = text[start], start + 1 + _MAX_LINE
    stop = text.find("\n", start, limit)
    stop = min(limit, len(text)) if stop < 0 else stop
    end = text.find(quote, start + 1, stop)
    while end > 0 and text[end - 1] == "\\":
        end = text.find(quote, end + 1, stop)
    return (text[start + 1 : end], end + 1) if end > 0 else (text[start + 1 : stop], max(stop, start + 1))
