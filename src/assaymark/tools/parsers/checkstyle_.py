"""Checkstyle XML, which many linters can write."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.api import Parsed, Unexamined
from assaymark.tools.parsers.common import finding, place, relative, severity, tag, xml_of
from assaymark.tools.text import one_line


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """Every ``<error>`` of every ``<file>``; an ``<exception>`` means that the file was not examined."""
    findings, unexamined = [], []
    for file in xml_of(data, "checkstyle"):
        path = relative(file.get("name"), root, options)
        for item in file:
            if tag(item) == "exception":
                unexamined.append(Unexamined(path=path, reason=one_line("".join(item.itertext())) or "an exception"))
            elif tag(item) == "error":
                rule = (item.get("source") or "").rpartition(".")[2] or item.get("source")
                where = place(path, item.get("line"), item.get("column"))
                found = severity(options, item.get("severity"))
                findings.append(finding(rule, item.get("message"), severity=found, location=where))
    return Parsed(findings=tuple(findings), unexamined=tuple(unexamined))
