"""Line by line with one expression, for tools that only print text.

Options: ``pattern`` (named groups ``path``, ``line``, ``column``, ``rule``, ``message``, ``severity``); ``rule`` and
``message`` (what to say where the pattern has no such group); ``proof`` (an
expression that only a finished run prints); ``noise`` (an expression of lines to skip); ``problem`` (an expression,
groups ``path`` and ``message``, of lines about a file that was not examined); ``rule`` and ``message`` for tools whose
lines have none. Any other line is not understood, and then the whole report is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Finding, Parsed, Unexamined, Unparsable
from assaymark.tools.parsers.common import finding, place, relative, severity, text_of
from assaymark.tools.text import one_line

_LONGEST_LINE = 10_000


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """Findings in the order of their lines."""
    pattern = re.compile(options["pattern"])
    noise, problem = (re.compile(options[k]) if k in options else None for k in ("noise", "problem"))
    proof = re.compile(options["proof"]) if "proof" in options else None
    findings: list[Finding] = []
    unexamined: list[Unexamined] = []
    proven = proof is None
    for raw in text_of(data).splitlines():
        line = raw.rstrip()[:_LONGEST_LINE]
        if proof and proof.search(line):
            proven = True
        elif problem and (match := problem.search(line)):
            groups = match.groupdict()
            path = relative(groups.get("path"), root, options)
            unexamined.append(Unexamined(path=path, reason=one_line(groups.get("message") or line)))
        elif match := pattern.search(line):
            findings.append(_finding(match.groupdict(), root, options))
        elif line.strip() and not (noise and noise.search(line)):
            raise Unparsable(f"a line is not understood: {one_line(line, 160)}")
    if not proven:
        raise Unparsable("it does not say that the run was finished")
    return Parsed(findings=tuple(findings), unexamined=tuple(unexamined))


def _finding(found: Mapping[str, str | None], root: Path | None, options: Mapping[str, Any]) -> Finding:
    path = relative(found.get("path"), root, options)
    return finding(
        found.get("rule") or options.get("rule"),
        found.get("message") or options.get("message"),
        severity=severity(options, found.get("severity")),
        location=place(path, found.get("line"), found.get("column"), found.get("end_line"), found.get("end_column")),
    )
