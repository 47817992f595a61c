"""The fact ``source_scan``: one pass over the heads of all source files, for everything that needs their text.

Each file is read once, at most `HEAD` bytes of it; cheap searches for a few words decide which lines are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assaymark.api import Entry, Tree, fact
from assaymark.subject.languages import CODE, Languages
from assaymark.subject.testing_names import in_tests

HEAD = 65_536
_TOTAL = 48_000_000  # bytes read of one subject
_PER_FILE = 200  # marks kept of one file
_TRIES = 20  # lines with a word that are looked at before it is given up


@dataclass(frozen=True, slots=True)
class Suppression:
    """An inline exception to a tool's rules. ``reason`` is whether someone wrote down why."""

    path: str
    line: int
    text: str
    reason: bool


@dataclass(frozen=True, slots=True)
class Double:
    """A use of a library of test doubles, or (``own``) a class that is called one."""

    path: str
    line: int
    library: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class SourceScan:
    """What was seen. ``lines`` are those that were read; ``unread`` how many files were left out for their "
    "number or size."""

    lines: int
    files: int
    unread: int
    suppressions: tuple[Suppression, ...]
    doubles: tuple[Double, ...]
    inline_tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Marks:
    """What betrays an exception in a language: words for a fast search, then the expression that confirms it."""

    words: tuple[bytes, ...]
    any: re.Pattern[bytes]
    mark: re.Pattern[str]
    comment: str


_HASH, _SLASH = r"#", r"//|/\*"


def _marks(words: str, mark: str, comment: str) -> _Marks:
    found = tuple(w.encode() for w in words.split("|"))
    return _Marks(found, re.compile(b"|".join(map(re.escape, found))), re.compile(mark), comment)


_PYTHON = _marks(
    "noqa|type: ignore|pylint:|fmt: |pyright: ignore|yapf: disable|isort:",
    r"#\s*(?:ruff:\s*|flake8[:=]\s*)?noqa(?::\s?[A-Z]+[0-9]+(?:[,\s]+[A-Z]+[0-9]+)*)?|#\s*type: "
    r"ignore(?:\[[\w\-, ]*\])?"
    r"|#\s*pylint:\s*disable(?:-next)?=[\w\-, ]+?(?=\s{2}|\s*#|\s*$|\s-)|#\s*fmt: (?:off|skip)|#\s*pyright: "
    r"ignore(?:\[[\w, ]*\])?"
    r"|#\s*yapf: disable|#\s*isort: ?(?:skip\w*|off)",
    _HASH,
)
_C = _marks(
    "NOLINT|clang-format off|cppcheck-suppress",
    r"NOLINT(?:NEXTLINE|BEGIN)?\b(?:\([\w\-,.* ]*\))?|clang-format "
    r"off|cppcheck-suppress(?:-begin|-file|-macro)?\b(?:\s*\[?[\w,]+\]?)?",
    _SLASH,
)
_JS = _marks(
    "eslint-disable|prettier-ignore|@ts-ignore|@ts-expect-error|@ts-nocheck|biome-ignore|jshint ignore|tslint:disable",
    r"eslint-disable(?:-next-line|-line)?(?:\s+[@\w/\-]+(?:,\s*[@\w/\-]+)*)?|prettier-ignore|@ts-(?:ignore|expect-error|nocheck)"
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
_DOUBLES: Mapping[str, tuple[tuple[bytes, ...], re.Pattern[bytes]]] = {
    "Python": (
        (
            b"mock",
            b"monkeypatch",
            b"responses",
            b"httpretty",
            b"respx",
            b"flexmock",
            b"vcr",
            b"pytest_httpserver",
            b"moto",
            b"Fake",
            b"Stub",
            b"stubbed",
            b"CliRunner",
        ),
        re.compile(
            rb"^[ \t]*(?:from|import)[ \t]+(?P<a>unittest\.mock|unittest import "
            rb"mock|mock\b|responses|httpretty|respx|requests_mock|flexmock|"
            rb"vcr|moto|aioresponses|pytest_httpserver|fakeredis|pyfakefs|mockito|freezegun|time_machine)"
            rb"|(?P<b>\bmonkeypatch\.(?:setattr|setenv|delenv|setitem|delattr|chdir)|\bmocker\.(?:patch|Mock|MagicMock|spy|stub)|\brequests_mock\.|\bhttpserver\.expect|\bhttpx_mock\.)"
            rb"|^[ \t]*class[ \t]+(?P<c>(?:Fake|Stub|Mock|Dummy)[A-Z]\w*|\w+(?:Mock|Stub|Fake)\b)",
            re.MULTILINE,
        ),
    ),
    "Java": (
        (b"mockito", b"wiremock", b"easymock", b"MockBean", b"powermock", b"mockk", b"MockMvc", b"jmockit"),
        re.compile(
            rb"^import (?:static "
            rb")?(?P<a>\S*(?:mockito|wiremock|easymock|powermock|mockk|jmockit|mockserver|MockBean)\S*?);?\s*$",
            re.MULTILINE,
        ),
    ),
    "JavaScript": (
        (
            b"jest.mock",
            b"jest.fn",
            b"jest.spyOn",
            b"sinon",
            b"vi.mock",
            b"vi.fn",
            b"nock",
            b"msw",
            b"cy.intercept",
            b"testdouble",
            b"createSpy",
            b"Mock",
            b"proxyquire",
        ),
        re.compile(
            rb"(?P<a>jest\.(?:mock|fn|spyOn)|vi\.(?:mock|fn|spyOn)|\bsinon\b|\bfrom "
            rb"['\"]msw|cy\.intercept|jasmine\.createSpy\w*|"
            rb"require\(['\"](?:nock|sinon|testdouble|proxyquire)['\"]\)|from "
            rb"['\"](?:nock|testdouble|ng-mocks|ts-mockito|vitest-mock-extended))"
            rb"|^(?:export )?class (?P<c>(?:Fake|Stub|Mock)[A-Z]\w*|\w+(?:Mock|Stub)\b)",
            re.MULTILINE,
        ),
    ),
    "Go": (
        (
            b"testify/mock",
            b"gomock",
            b"go-sqlmock",
            b"httptest",
            b"httpmock",
            b"gock",
            b"fake.NewSimpleClientset",
            b"NewSimpleClientset",
            b"mock",
            b"Mock",
            b"fake",
            b"stub",
        ),
        re.compile(
            rb"\"(?P<a>[\w./-]*(?:testify/mock|gomock|go-sqlmock|net/http/httptest|httpmock|gock|kubernetes/fake|/fake|minimock|mockery)[\w./-]*)\""
            rb"|^type (?P<c>(?:[Ff]ake|[Ss]tub|[Mm]ock)\w*|\w+(?:Mock|Stub|Fake)) struct",
            re.MULTILINE,
        ),
    ),
    "Rust": (
        (b"mockall", b"mockito", b"wiremock", b"httpmock", b"struct Fake", b"struct Mock", b"struct Stub"),
        re.compile(
            rb"\b(?P<a>mockall|mockito|wiremock|httpmock)::|^\s*(?:pub )?struct (?P<c>(?:Fake|Mock|Stub)\w*)",
            re.MULTILINE,
        ),
    ),
    "C++": (
        (
            b"gmock",
            b"MOCK_METHOD",
            b"trompeloeil",
            b"fakeit",
            b"hippomocks",
            b"class Fake",
            b"class Mock",
            b"class Stub",
            b"struct Mock",
            b"struct Fake",
        ),
        re.compile(
            rb"#include\s*[<\"](?P<a>[\w/]*(?:gmock|trompeloeil|fakeit|hippomocks|cmock|fff)[\w/.]*)|"
            rb"(?P<b>\bMOCK_(?:CONST_)?METHOD\d*)|^(?:class|struct) (?P<c>(?:Fake|Mock|Stub)\w+)",
            re.MULTILINE,
        ),
    ),
    "R": (
        (b"mock", b"webmock", b"httptest", b"vcr"),
        re.compile(
            rb"\b(?P<a>mockery::|local_mocked_bindings|with_mock(?:ed_bindings)?|webmockr|httptest2?::|with_mock_api|vcr::|mockthat|library\((?:mockery|webmockr|httptest2?|vcr)\))"
        ),
    ),
    "Julia": (
        (b"Mocking", b"SimpleMock", b"@patch", b"struct Mock", b"struct Fake"),
        re.compile(
            rb"\b(?P<a>using Mocking|using SimpleMock|@patch)|^\s*(?:mutable )?struct "
            rb"(?P<c>(?:Mock|Fake|Stub|Dummy)\w*)",
            re.MULTILINE,
        ),
    ),
    "Ruby": (
        (b"double(", b"webmock", b"WebMock", b"vcr", b"mocha", b"allow("),
        re.compile(rb"\b(?P<a>instance_double\(|double\(|webmock|WebMock|mocha|allow\([^)]*\)\.to receive)"),
    ),
    "Fortran": (
        (b"mock", b"Mock", b"stub", b"fake"),
        re.compile(
            rb"^\s*(?:type\b.*::|module|subroutine|function)\s*(?P<c>\w*(?:mock|stub|fake)\w*)",
            re.MULTILINE | re.IGNORECASE,
        ),
    ),
    "C#": (
        (b"Moq", b"NSubstitute", b"FakeItEasy"),
        re.compile(rb"^using (?P<a>Moq|NSubstitute|FakeItEasy)", re.MULTILINE),
    ),
}
_SAME = {
    "Kotlin": "Java",
    "Groovy": "Java",
    "Scala": "Java",
    "TypeScript": "JavaScript",
    "Vue": "JavaScript",
    "C": "C++",
    "CUDA": "C++",
    "Cython": "Python",
}
_WORD = re.compile(r"[A-Za-z]{3,}|https?:|#\d+")
_NOISE = re.compile(
    r"\b(?:noqa|type|ignore|pylint|disable|pragma|cover|nosec|fmt|NOLINT|eslint|nolint|pyright|todo|fixme)\b",
    re.IGNORECASE,
)


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
        if marks and any(word in data for word in marks.words):
            suppressions.extend(_suppressions(entry.path, data, marks))
        if language == "Rust" and b"#[test]" in data:
            inline.append(entry.path)
        double = _DOUBLES.get(_SAME.get(language, language))
        if double:
            # Elsewhere than in tests only the commonest libraries are looked for: it is where a double should not be.
            words = double[0] if in_tests(entry.path) else double[0][:1]
            doubles.extend(_doubles(entry.path, data, words, double[1]))
    return SourceScan(lines, files, unread, tuple(suppressions), tuple(doubles), tuple(inline))


def _sources(languages: Languages) -> Iterator[tuple[str, Entry]]:
    for language in sorted(CODE & languages.files.keys()):
        for entry in languages.files[language]:
            yield language, entry


def _suppressions(path: str, data: bytes, marks: _Marks) -> Iterator[Suppression]:
    """One per line that bears a mark."""
    number, at, done, explained, last = 1, 0, -1, False, -1
    found = 0
    for hit in marks.any.finditer(data):
        start = data.rfind(b"\n", 0, hit.start()) + 1
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


def _explained_above(data: bytes, start: int) -> bool:
    """Whether the line before is a comment that says something."""
    before = data[data.rfind(b"\n", 0, max(0, start - 1)) + 1 : max(0, start - 1)]
    return _is_comment(before) and _says_why(before[:2_000].decode("utf-8", "replace"))


def _is_comment(raw: bytes) -> bool:
    start = raw.lstrip()[:2]
    return start[:1] in (b"#", b"!", b"*") or start in (b"//", b"/*")


def _beside(line: str, mark: re.Match[str], comment: str) -> str:
    """What else the comment around the mark says, or the comment after a mark that is code (an attribute)."""
    opening = re.search(comment, line)
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
