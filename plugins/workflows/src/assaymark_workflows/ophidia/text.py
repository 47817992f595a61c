"""The text of an Ophidia workflow before it is JSON: comments, positional parameters, what readers stumble over.

Whatever is no JSON is replaced by blanks of the same length, so that every position stays as it was.
"""

from __future__ import annotations

import bisect
import codecs
import json
import re
from collections.abc import Mapping

from assaymark_workflows.problems import Problems, replace
from assaymark_workflows.source import Span, decoded

# What needs no look: everything outside of strings but marks, and strings without parameters and odd escapes.
_PLAIN = r"""(?:[^"/\#$,]++|(?>"(?:[^"\\$\x00-\x1f]++|(?>\\[^u\\]))*+")|(?>,(?![ \t\r\n]*+[\]}])))*+"""
_PART = re.compile(
    rf"""{_PLAIN}(?:(?P<string>"(?:[^"\\\n]++|(?>\\.))*+")
      | (?P<line>//[^\n]*)
      | (?P<block>/\*(?:[^*]++|(?>\*(?!/)))*+(?P<closed>\*/)?)
      | (?P<hash>\#[^\n]*)
      | (?P<comma>,)(?=[ \t\r\n]*[\]}}])
      | (?P<parameter>\$(?:[0-9]+|\{{[0-9]+\}}))
      | (?P<other>[\s\S])
      | (?P<end>\Z))""",
    re.VERBOSE,
)
_INTERESTING = re.compile(r"[#$]|//|/\*|,[ \t\r\n]*[\]}]|[\x00-\x08\x0b-\x1f\t]|\\u0000|\\u[dD][89a-fA-F]")
_CONTROL = re.compile(r"[\x00-\x1f]")
_UNREADABLE = re.compile(r"(?<!\\)(?:\\\\)*(\\u0000|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F]))")
_DOLLAR = re.compile(r"\$(?:[0-9]+|\{[0-9]+\})?")
_PARAMETER = re.compile(r"\$(?:\{([0-9]+)\}|([0-9]+))")
_COMMENT_MARK = re.compile(r"//|/\*")
_ODD_BACKSLASHES_END = re.compile(r"[^\\](?:\\\\)+\"$")


def cleaned(data: bytes, problems: Problems) -> str:
    """The JSON in a text, everything else blanked out and reported. Raises `Malformed` when it is not UTF-8."""
    text = decoded(data)
    if data.startswith(codecs.BOM_UTF8):
        problems.add("OPH-Y009", "the file begins with a byte order mark, which the server does not read", _START)
    if not _INTERESTING.search(text):
        return text
    return _Cleaner(text, problems).run()


_START = Span(1, 1, 1, 1)


class _Cleaner:
    """One walk over the parts of a text that are not plain JSON."""

    def __init__(self, text: str, problems: Problems) -> None:
        self.text = text
        self.problems = problems
        self._lines: list[int] = []

    def run(self) -> str:
        """The text with blanks for what is no JSON."""
        made: list[str] = []
        done = 0
        shaky = False
        for match in _PART.finditer(self.text):
            kind = match.lastgroup or ""
            if kind in ("other", "end"):
                continue
            start = match.start(kind)
            if kind == "string":
                put = self._string(match[kind], start)
                shaky = shaky or self._misleads(match[kind], match.end())
            else:
                put = self._other(match, kind)
            if put is not None:
                made += (self.text[done:start], put)
                done = match.end()
        made.append(self.text[done:])
        return "".join(made)

    def _string(self, written: str, start: int) -> str | None:
        if "$" in written:
            self._dollars(written, start)
        for found in _UNREADABLE.finditer(written) if "\\u" in written else ():
            at = self.span(start + found.start(1), start + found.end(1))
            self.problems.add("OPH-Y008", f"{found[1]} cannot stand in a string: the server refuses the document", at)
        control = _CONTROL.search(written)
        if control is None:
            return None
        for found in _CONTROL.finditer(written):
            at = self.span(start + found.start(), start + found.end())
            name = {"\t": "a tab", "\r": "a carriage return"}.get(found[0], f"the control character {found[0]!r}")
            escaped = json.dumps(found[0])[1:-1]
            message = f"{name} stands in a string; JSON wants it written as {escaped}"
            self.problems.add("OPH-Y002", message, at, fix=f"write {escaped}", edits=[replace(at, escaped)])
        return _CONTROL.sub(" ", written)

    def _misleads(self, written: str, end: int) -> bool:
        """The server takes a quote after any backslash for escaped: what follows is inside out for it."""
        if not _ODD_BACKSLASHES_END.search(written) or not _COMMENT_MARK.search(self.text, end):
            return False
        message = (
            "the server takes the quote after this backslash for escaped, and then reads // or /* further on wrongly"
        )
        self.problems.add("OPH-Y006", message, self.span(end - 3, end))
        return True

    def _other(self, match: re.Match[str], kind: str) -> str | None:
        start, written = match.start(kind), match[kind]
        at = self.span(start, match.end())
        if kind == "hash":
            message = "a comment with # is read by the Python client only; the server refuses it"
            edits = [replace(self.span(start, start + 1), "//")]
            self.problems.add("OPH-Y004", message, at, fix="begin the comment with //", edits=edits)
        elif kind == "line" and match.end() == len(self.text):
            message = "the last line is a comment without a line break: the server refuses the document"
            end = self.span(match.end(), match.end())
            self.problems.add("OPH-Y005", message, at, fix="end the file with a line break", edits=[replace(end, "\n")])
        elif kind == "block" and not match["closed"]:
            self.problems.add("OPH-Y005", "this comment never ends: */ is missing", at)
        elif kind == "comma":
            message = "a comma before the closing bracket; JSON allows none after the last value"
            self.problems.add("OPH-Y003", message, at, fix="remove the comma", edits=[replace(at, "")])
        elif kind == "parameter":
            message = f"{written} stands outside a string: every value has to be a string"
            self.problems.add("OPH-Y012", message, at, fix="put quotes around it", edits=[replace(at, f'"{written}"')])
            return '""'.ljust(len(written))
        return re.sub(r"[^\n]", " ", written)

    def _dollars(self, written: str, offset: int) -> None:
        end_of_last = -1
        for found in _DOLLAR.finditer(written):
            start, end = offset + found.start(), offset + found.end()
            if found[0] == "$":
                message = "the $ is no positional parameter ($1 or ${1}) and is removed before the workflow is read"
                self.problems.add("OPH-Y010", message, self.span(start, end))
            elif start == end_of_last and not found[0].startswith("${"):
                message = f"{found[0]} right after another parameter is lost; write both in braces"
                braces = "${" + found[0][1:] + "}"
                edits = [replace(self.span(start, end), braces)]
                self.problems.add("OPH-Y011", message, self.span(start, end), fix=f"write {braces}", edits=edits)
            end_of_last = end

    def span(self, start: int, end: int) -> Span:
        """Lines and columns of two offsets."""
        if not self._lines:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        first = bisect.bisect_right(self._lines, start) - 1
        last = bisect.bisect_right(self._lines, end) - 1
        return Span(first + 1, start - self._lines[first] + 1, last + 1, end - self._lines[last] + 1)


def substituted(text: str, parameters: Mapping[str, str]) -> str:
    """A string with the positional parameters whose values are known put in."""
    if not parameters or "$" not in text:
        return text
    return _PARAMETER.sub(lambda match: parameters.get(match[1] or match[2], match[0]), text)


def around_parameters(text: str) -> str:
    """A string without its positional parameters."""
    return _PARAMETER.sub("", text)
