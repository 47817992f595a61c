"""What all parsers share: places, severities and the shape of foreign values."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from assaymark.api import Finding, Location, Severity, Unparsable
from assaymark.patterns import late
from assaymark.tools.text import one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# A path that no repository can have: what was said about the canary.
CANARY = "\0canary"
_BIGGEST = 10_000_000
_RANK = [Severity.NOTE, Severity.WARNING, Severity.ERROR]
_SCHEME = late(r"[A-Za-z][A-Za-z0-9+.-]+:")


def relative(raw: object, root: Path | None, options: Mapping[str, Any], *, uri: bool = False) -> str | None:
    """A path as the tool wrote it -> relative to the root; None when it is no path or lies outside."""
    if not isinstance(raw, str) or not raw or len(raw) > 4096 or "\0" in raw:
        return None
    text = raw
    if uri:
        if _SCHEME.match(text):
            parts = urlsplit(text) if text.startswith("file:") else None
            if parts is None or parts.netloc not in ("", "localhost"):
                return None
            text = parts.path
        text = unquote(text)
    if text in (options.get("canary_path"), options.get("canary_name")):
        return CANARY
    if text.startswith("/"):
        if root is None:
            return None
        for base in {str(root), str(root.resolve())}:
            if text.startswith(base.rstrip("/") + "/"):
                text = text[len(base.rstrip("/")) + 1 :]
                break
        else:
            return None
    text = posixpath.normpath(text)
    return None if text in (".", "..") or text.startswith(("../", "/")) or "\0" in text else text


def number(value: object) -> int | None:
    """A line or column: a whole number from 1; anything else is not known."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 9:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _BIGGEST:
        return None
    return value


def place(
    path: str | None, line: object = None, column: object = None, end_line: object = None, end_column: object = None
) -> Location | None:
    """A location; None without a path."""
    if path is None:
        return None
    first, last = number(line), number(end_line)
    known_end = last is not None and first is not None and last >= first
    return Location(
        path=path,
        line=first,
        column=number(column) if first else None,
        end_line=last if known_end else None,
        end_column=number(end_column) if known_end else None,
    )


def severity(options: Mapping[str, Any], word: object, confidence: object = None) -> Severity:
    """The tool's own words through the manifest's maps; a word that is in neither is a warning."""
    found = _mapped(options.get("severity_map", {}), word) or _own(word) or Severity.WARNING
    most = _mapped(options.get("confidence_map", {}), confidence)
    return found if most is None else min(found, most, key=_RANK.index)


def at_least(found: Severity, threshold: Severity) -> bool:
    """Whether a severity is as bad as the threshold, or worse."""
    return _RANK.index(found) >= _RANK.index(threshold)


def _mapped(words: Mapping[str, str], word: object) -> Severity | None:
    text = words.get(str(word)) if word is not None else None
    text = text or words.get("*")
    return Severity(text) if text else None


def _own(word: object) -> Severity | None:
    text = str(word).lower() if word is not None else ""
    return Severity(text) if text in tuple(Severity) else None


def finding(rule: object, message: object, *, severity: Severity, location: Location | None) -> Finding:
    """A finding in safe words; an empty rule or message gets a plain one, so that nothing is lost."""
    return Finding(
        rule=one_line(str(rule), 120) if rule not in (None, "") else "unnamed",
        message=one_line(message) if isinstance(message, str) and message.strip() else "no message",
        severity=severity,
        location=location,
    )


def text_of(data: bytes) -> str:
    """A text report; what is not UTF-8 becomes U+FFFD."""
    return data.decode("utf-8-sig", "replace")


def json_of(data: bytes) -> Any:
    """A JSON report within limits. Raises `Unparsable`."""
    from assaymark.subject.parsing import ParseProblem, load_json

    if not data.strip():
        raise Unparsable("it is empty")
    try:
        return load_json(data)
    except ParseProblem as problem:
        raise Unparsable(f"it is not whole JSON ({problem})") from problem


def xml_of(data: bytes, *roots: str) -> Element:
    """An XML report within limits whose root element is one of ``roots``. Raises `Unparsable`."""
    from assaymark.subject.parsing import ParseProblem, load_xml

    if not data.strip():
        raise Unparsable("it is empty")
    try:
        found = load_xml(data)
    except ParseProblem as problem:
        raise Unparsable(f"it is not whole XML ({problem})") from problem
    if tag(found) not in roots:
        raise Unparsable(f"its root element is <{one_line(tag(found), 40)}>, not <{roots[0]}>")
    return found


def tag(element: Element) -> str:
    """The name of an element without its namespace."""
    name = element.tag
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def count(value: object) -> int | None:
    """A whole number from 0 out of an attribute, however it is written; None when it is none."""
    text = str(value).strip() if value is not None else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
