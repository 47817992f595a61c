"""The fact ``source_scan``: one pass over the heads of all source files, for everything that needs their text.

Each file is read once, at most `HEAD` bytes of it; cheap searches for a few words decide which lines are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from assaymark.api import Entry, Tree, fact
from assaymark.patterns import late, ready
from assaymark.records import NamedTuple
from assaymark.subject.double_libraries import DOUBLES
from assaymark.subject.languages import CODE, Languages
from assaymark.subject.testing_names import in_tests
from assaymark.values import dataclass

HEAD = 65_536
_TOTAL = 48_000_000  # bytes read of one subject
_PER_FILE = 200  # marks kept of one file
_TRIES = 20  # lines with a word that are looked at before it is given up


class Suppression(NamedTuple):
    """An inline exception to a tool's rules. ``reason`` is whether someone wrote down why."""

    path: str
    line: int
    text: str
    reason: bool


class Double(NamedTuple):
    """A use of a library of test doubles, or (``own``) a class that is called one."""

    path: str
    line: int
    library: str
    own: bool = False


class SourceScan(NamedTuple):
    """What was seen. ``lines`` are those that were read; ``unread`` how many files were left out for their "
    "number or size."""

    lines: int
    files: int
    unread: int
    suppressions: tuple[Suppression, ...]
    doubles: tuple[Double, ...]
    inline_tests: tuple[str, ...]


@dataclass(frozen=True)
class _Marks:
    """What betrays an exception in a language: words for a fast search, then the expression that confirms it.

    The expression is compiled when the language is met: a project has few of them.
    """

    words: tuple[bytes, ...]
    source: str
    comment: str
    # What every exception holds, where one expression with a first character of its own is quicker than all the words.
    hint: re.Pattern[bytes] | None = None

    def may_be_in(self, data: bytes) -> bool:
        """False when no line of it bears an exception."""
        return self.hint.search(data) is not None if self.hint else any(word in data for word in self.words)

    @cached_property
    def mark(self) -> re.Pattern[str]:
        """The exception itself."""
        return ready(self.source)


_HASH, _SLASH = r"#", r"//|/\*"


def _marks(words: str, mark: str, comment: str, hint: re.Pattern[bytes] | None = None) -> _Marks:
    return _Marks(tuple(w.encode() for w in words.split("|")), mark, comment, hint)


# Exceptions to a type checker (``type: ignore``, ``@ts-ignore``) are none to a style.
_PYTHON = _marks(
    "noqa|pylint:|fmt: |yapf: disable|isort:",
    r"#\s*(?:ruff:\s*|flake8[:=]\s*)?noqa(?::\s?[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?"
    r"|#\s*pylint:\s*disable(?:-next)?=[\w\-, ]+?(?=\s{2}|\s*#|\s*$|\s-)|#\s*fmt: (?:off|skip)"
    r"|#\s*yapf: disable|#\s*isort: ?(?:skip\w*|off)",
    _HASH,
    late(rb"#[\s\x80-\xff]*(?:ruff:|flake8[:=]|noqa|pylint:|fmt:|yapf:|isort:)"),  # \s of text is more than of bytes
)
_C = _marks(
    "NOLINT|clang-format off|cppcheck-suppress",
    r"NOLINT(?:NEXTLINE|BEGIN)?\b(?:\([\w\-,.* ]*\))?|clang-format "
    r"off|cppcheck-suppress(?:-begin|-file|-macro)?\b(?:\s*\[?[\w,]+\]?)?",
    _SLASH,
)
_JS = _marks(
    "eslint-disable|prettier-ignore|biome-ignore|jshint ignore|tslint:disable",
    r"eslint-disable(?:-next-line|-line)?(?:\s+[@\w/\-]+(?:,\s*[@\w/\-]+)*)?|prettier-ignore"
    r"|biome-ignore(?:-all|-start)?\s+[\w/]+|jshint ignore:\w+|tslint:disable(?:-next-line|-line)?(?::[\w\- ]+)?",
    _SLASH,
)
_JVM = _marks(
    "SuppressWarnings|CHECKSTYLE|NOSONAR|@formatter:off|@Suppress(|ktlint-disable",
    r"@SuppressWarnings\s*\([^)]*\)?|CHECKSTYLE[:.\s]*(?:OFF|IGNORE\S*)|NOSONAR|@formatter:off|"
    r"@Suppress\([^)]*\)?|ktlint-disable(?: [\w-]+)?",
    _SLASH,
)
_MARKS: Mapping[str, _Marks] = {
    **dict.fromkeys(("Python", "Cython", "Snakemake"), _PYTHON),
    **dict.fromkeys(("C", "C++", "CUDA", "OpenCL", "Objective-C"), _C),
    **dict.fromkeys(("JavaScript", "TypeScript", "Vue"), _JS),
    **dict.fromkeys(("Java", "Kotlin", "Groovy", "Scala"), _JVM),
    "Go": _marks("nolint", r"//\s?nolint(?::[\w,\-]+)?", "//"),
    "Rust": _marks("[allow(|[rustfmt::skip", r"#!?\[allow\([^)]*\)?\]?|#!?\[rustfmt::skip\]", "//"),
    "Shell": _marks("shellcheck disable", r"#\s*shellcheck disable=[\w,]+", _HASH),
    "R": _marks("nolint", r"#\s*nolint(?:\s(?:start|next))?(?::\s?[\w, ]+?\.)?", _HASH),
    "Ruby": _marks("rubocop:", r"#\s*rubocop:(?:disable|todo)\s+[\w/]+(?:,\s*[\w/]+)*", _HASH),
    "Fortran": _marks("allow(|fprettify:", r"!\s*allow\([\w, -]*\)|!&?\s*fprettify:.*", "!"),
    "Julia": _marks("format: off|format: noindent", r"#!?\s*format: (?:off|noindent)", _HASH),
    "C#": _marks("SuppressMessage|#pragma warning disable", r"\[SuppressMessage|#pragma warning disable[^/]*", _SLASH),
    "PHP": _marks("phpcs:|NOSONAR", r"phpcs:(?:disable|ignore)\S*|NOSONAR", _SLASH + "|#"),
}
_WORD = late(r"[A-Za-z]{3,}|https?:|#\d+")
_NOISE = late(
    r"\b(?:noqa|type|ignore|pylint|disable|pragma|cover|nosec|fmt|NOLINT|eslint|nolint|pyright|todo|fixme)\b",
    re.IGNORECASE,
)


# Programs that describe a build: they name libraries and use none.
_BUILD = late(r"Gemfile|[Rr]akefile|Guardfile|.*\.gemspec|(?:build|settings)\.gradle(?:\.kts)?|build\.sbt")


@fact
def source_scan(tree: Tree, languages: Languages) -> SourceScan:
    """All programming languages; third-party and generated files are left out."""
    lines = files = unread = total = 0
    suppressions: list[Suppression] = []
    doubles: list[Double] = []
    inline: list[str] = []
    for language, entry in _sources(languages):
        if total > _TOTAL:
            unread += 1
            continue
        data = tree.read(entry.path, HEAD)[:HEAD]
        total += len(data)
        files += 1
        lines += data.count(b"\n")
        marks = _MARKS.get(language)
        if marks and marks.may_be_in(data):
            suppressions.extend(_suppressions(entry.path, data, marks))
        if language == "Rust" and b"#[test]" in data:
            inline.append(entry.path)
        double = DOUBLES.get(language) if not _BUILD.fullmatch(entry.name) else None
        if double:
            # Elsewhere than in tests only the commonest library is looked for: it is where a double should not be.
            testing = in_tests(entry.path)
            words = double.words if testing else double.words[:1]
            if double.may_be_in(data) if testing else words[0] in data:
                doubles.extend(_doubles(entry.path, data, words, double.expression))
    return SourceScan(lines, files, unread, tuple(suppressions), tuple(doubles), tuple(inline))


def _sources(languages: Languages) -> Iterator[tuple[str, Entry]]:
    for language in sorted(CODE & languages.files.keys()):
        for entry in languages.files[language]:
            yield language, entry


def _suppressions(path: str, data: bytes, marks: _Marks) -> Iterator[Suppression]:
    """One per line that bears a mark."""
    number, at, done, explained, last = 1, 0, -1, False, -1
    found = 0
    for hit in _hits(data, marks.words):
        start = data.rfind(b"\n", 0, hit) + 1
        if start == done:
            continue
        done = start
        number, at = number + data.count(b"\n", at, start), start
        end = data.find(b"\n", start)
        line = data[start : end if end >= 0 else len(data)][:2_000].decode("utf-8", "replace")
        mark = marks.mark.search(line)
        if not mark:
            continue
        # A reason above a run of marked lines holds for all of them.
        above = explained if number == last + 1 else _explained_above(data, start)
        explained, last = above, number
        yield Suppression(path, number, mark[0].strip()[:80], above or _says_why(_beside(line, mark, marks.comment)))
        found += 1
        if found >= _PER_FILE:
            return


def _hits(data: bytes, words: Iterable[bytes]) -> list[int]:
    """Where one of the words stands; an expression with all of them would take five times as long."""
    found = []
    for word in words:
        at = data.find(word)
        while at >= 0:
            found.append(at)
            at = data.find(word, at + len(word))
    return sorted(found)


def _explained_above(data: bytes, start: int) -> bool:
    """Whether the line before is a comment that says something."""
    before = data[data.rfind(b"\n", 0, max(0, start - 1)) + 1 : max(0, start - 1)]
    return _is_comment(before) and _says_why(before[:2_000].decode("utf-8", "replace"))


def _is_comment(raw: bytes) -> bool:
    start = raw.lstrip()[:2]
    return start[:1] in (b"#", b"!", b"*") or start in (b"//", b"/*")


def _beside(line: str, mark: re.Match[str], comment: str) -> str:
    """What else the comment around the mark says, or the comment after a mark that is code (an attribute)."""
    opening = ready(comment).search(line)
    if opening is None:
        return ""
    if mark.start() < opening.start():
        return line[opening.start() :]
    return line[opening.start() : mark.start()] + " " + line[mark.end() :]


def _says_why(text: str) -> bool:
    words = _WORD.findall(_NOISE.sub("", text))
    return len(words) >= 2 or any(w.startswith(("http", "#")) for w in words)


def _doubles(path: str, data: bytes, words: tuple[bytes, ...], pattern: re.Pattern[bytes]) -> Iterator[Double]:
    """The first line on which each word stands for a test double."""
    seen: set[str] = set()
    for word in words:
        at = data.find(word)
        for _ in range(_TRIES):
            if at < 0:
                break
            start = data.rfind(b"\n", 0, at) + 1
            end = data.find(b"\n", at)
            end = len(data) if end < 0 else end
            found = pattern.search(data[start : min(end, start + 2_000)])
            if found:
                library = (found[found.lastgroup or 0] or b"").decode("utf-8", "replace").strip()[:60]
                if library not in seen:
                    seen.add(library)
                    yield Double(path, data.count(b"\n", 0, start) + 1, library, found.lastgroup == "c")
                break
            at = data.find(word, end)
