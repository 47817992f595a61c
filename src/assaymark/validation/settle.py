"""What was found becomes what counts: severities that the project set, and findings that a comment silences.

A comment silences the rules that it names on its own line, or (alone on a line) on the next one::

    image: debian:latest  # assaymark: ignore CWL-P001 -- the tests want whatever is newest

``ignore-file`` in place of ``ignore`` holds for the document. Without a reason a comment has no effect.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from assaymark.api import Finding, Location, Problem, Severity
from assaymark.patterns import late
from assaymark.validation.model import Judgement, Suppressed, is_unexamined
from assaymark.values import dataclass

OFF = "off"
_MARK = b"assaymark:"
_COMMENT = late(
    r"(?:#|//|/\*)\s*assaymark:\s*(?P<verb>ignore-file|ignore)\b(?P<rules>[^#\n]*?)(?:\s--+(?P<reason>[^\n]*))?$"
)
_RULE = late(r"[A-Z]{2,3}-[A-Z]\d{3}")
_MAX_COMMENTS = 1_000


@dataclasses.dataclass(slots=True)
class Comment:
    """One comment: where it stands, the line it speaks of (None for the whole file) and whether it was needed."""

    line: int
    column: int
    target: int | None
    rules: tuple[str, ...]
    reason: str
    used: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An exception from the configuration; ``pattern`` matches the paths for which it holds."""

    rule: str
    pattern: re.Pattern[str]
    reason: str


class Settler:
    """Applies severities, exceptions of the configuration and comments to a judgement.

    ``owned`` gives the rules of a format: a comment about those of another format is not judged here. It is asked only
    where a document has such a comment, since the files of rules take long to read.
    """

    def __init__(
        self,
        severities: Mapping[str, str],
        ignored: Sequence[Ignored] = (),
        owned: Callable[[str], Collection[str]] = lambda format: (),
    ) -> None:
        self.severities = severities
        self.ignored = ignored
        self.owned = owned

    def __call__(self, judgement: Judgement, data: bytes) -> Judgement:
        """The judgement that counts."""
        comments = read_comments(data) if _MARK in data else []
        problems: list[Problem] = []
        suppressed = list(judgement.suppressed)
        for problem in judgement.problems:
            changed = self._severity(problem)
            if changed is None:
                continue
            reason = self._reason(changed, judgement.path, comments)
            if reason is None:
                problems.append(changed)
            else:
                suppressed.append(Suppressed(problem=changed, reason=reason))
        owned = self.owned(judgement.format) if comments else ()
        for comment in comments:
            if comment.rules and not any(rule in owned for rule in comment.rules):
                continue
            said = _about(comment, judgement.path)
            if said is not None and (changed := self._severity(said)) is not None:
                problems.append(changed)
        return replace(judgement, problems=tuple(problems), suppressed=tuple(suppressed))

    def _severity(self, problem: Problem) -> Problem | None:
        wanted = self.severities.get(problem.finding.rule)
        if wanted is None or is_unexamined(problem.finding.rule):
            return problem
        if wanted == OFF:
            return None
        return replace(problem, finding=replace(problem.finding, severity=Severity(wanted)))

    def _reason(self, problem: Problem, path: str, comments: Sequence[Comment]) -> str | None:
        finding = problem.finding
        if is_unexamined(finding.rule):
            return None
        where = finding.location
        at = where.path if where else path
        for exception in self.ignored:
            if exception.rule == finding.rule and exception.pattern.fullmatch(at):
                return exception.reason
        line = where.line if where and where.path == path else None
        for comment in comments:
            if comment.reason and finding.rule in comment.rules and comment.target in (None, line):
                comment.used = True
                return comment.reason
        return None


def read_comments(data: bytes) -> list[Comment]:
    """All comments that speak to us."""
    found: list[Comment] = []
    waiting: list[Comment] = []  # alone on their line: they speak of the next line that is no such comment
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        match = _COMMENT.search(line) if "assaymark:" in line else None
        if match is None:
            if line.strip():
                for comment in waiting:
                    comment.target = number
                waiting = []
            continue
        comment = Comment(
            line=number,
            column=match.start() + 1,
            target=None if match["verb"] == "ignore-file" else number,
            rules=tuple(_RULE.findall(match["rules"])),
            reason=(match["reason"] or "").removesuffix("*/").strip(),
        )
        found.append(comment)
        if match["verb"] == "ignore" and not line[: match.start()].strip():
            waiting.append(comment)
        if len(found) >= _MAX_COMMENTS:
            break
    return found


def _about(comment: Comment, path: str) -> Problem | None:
    if not comment.reason:
        text, rule, severity = "this suppression gives no reason, so it has no effect", "WF-P001", Severity.WARNING
    elif not comment.used:
        named = ", ".join(comment.rules) or "no rule"
        text, rule, severity = f"nothing is suppressed here ({named})", "WF-P002", Severity.NOTE
    else:
        return None
    where = Location(
        path=path, line=comment.line, column=comment.column, end_line=comment.line, end_column=comment.column + 1
    )
    return Problem(finding=Finding(rule=rule, message=text, severity=severity, location=where))
