"""The fact ``tests_found``: which files are tests, how they lie to the code, and what stands in for the real thing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.api import Entry, Tree, fact
from assaymark.patterns import late
from assaymark.subject.languages import CODE, Languages
from assaymark.subject.source_scan import Double, SourceScan
from assaymark.subject.testing_names import FOLDER, MAIN, NAMED, in_tests
from assaymark.values import dataclass

APART, CONVENTION, BESIDE = "apart", "by convention", "beside the code"

# Folders of helpers, data and examples within tests do not hold tests; a package "testing" ships helpers.
_HELPERS = late(
    r"(?:^|/)(?:testing|fixtures?|mocks?|__mocks__|stubs?|fakes?|doubles|testdata|test[-_]data|data|resources|helpers|support|utils?)(?:/|$)",
    re.IGNORECASE,
)
FIXTURES = late(
    r"(?:^|/)(?:fixtures?|mocks?|__mocks__|stubs?|fakes?|doubles|testdata|test[-_]data|cassettes|conftest\.py|test[-_]?resources)(?:/|$)",
    re.IGNORECASE,
)

_SUPPORT = late(
    r"__init__\.pyi?|conftest\.py|setup\.py|CMakeLists\.txt|testutils?\.\w+|helpers?\.\w+|utils?\.\w+|common\.\w+",
    re.IGNORECASE,
)
_EXECUTABLE_REQUIREMENTS = ("**/*.feature", "**/*.robot")
_NOT_TESTS = frozenset(("Dockerfile", "Makefile", "CMake"))


@dataclass(frozen=True, slots=True)
class TestFile:
    """One file of tests; ``layout`` is APART, CONVENTION or BESIDE."""

    __test__ = False

    path: str
    language: str
    layout: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestsFound:
    """The tests of the subject.

    ``doubles`` are uses of mocks, fakes and stubs, ``fixtures`` the folders (and conftest.py files) that prepare for
    tests, ``requirements`` files that state requirements and run as tests (Gherkin, Robot Framework).
    """

    __test__ = False

    files: tuple[TestFile, ...] = ()
    doubles: tuple[Double, ...] = ()
    fixtures: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    code: int = 0

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have tests."""
        return tuple(sorted({f.language for f in self.files}))


@fact
def tests_found(tree: Tree, languages: Languages, source_scan: SourceScan) -> TestsFound:
    """Tests by the conventions of each language: folders, file names, and tests inside Rust sources."""
    files: list[TestFile] = []
    code = 0
    for language in sorted(CODE & languages.files.keys() - _NOT_TESTS):
        for entry in languages.files[language]:
            found = _layout(entry, language)
            if found:
                files.append(TestFile(entry.path, language, found))
            elif not in_tests(entry.path):
                code += 1
    inside = {f.path for f in files}
    foreign = {e.path for e in languages.foreign}
    files.extend(TestFile(path, "Rust", CONVENTION) for path in source_scan.inline_tests if path not in inside)
    files.extend(_of_workflows(tree, languages))
    return TestsFound(
        files=tuple(sorted(files, key=lambda f: f.path)),
        doubles=source_scan.doubles,
        fixtures=tuple(_fixtures(tree)),
        requirements=tuple(e.path for e in tree.glob(*_EXECUTABLE_REQUIREMENTS) if e.path not in foreign),
        code=code,
    )


# What tries a workflow, by its tool: cases of nf-test, a profile, a working folder with a configuration.
_OF_WORKFLOWS = {
    "Nextflow": ("**/*.nf.test", "conf/test*.config"),
    "Snakemake": ("{.test,.tests}/**/*config*.{yaml,yml}",),
}


def _of_workflows(tree: Tree, languages: Languages) -> Iterator[TestFile]:
    for language, names in _OF_WORKFLOWS.items():
        if languages.files.get(language):
            yield from (TestFile(entry.path, language, APART) for entry in tree.glob(*names) if entry.size)


def _layout(entry: Entry, language: str) -> str:
    """How a file lies when it is a test; '' when it is none."""
    folder, name = entry.path.rpartition("/")[0], entry.name
    named, beside = NAMED.get(language, (None, False))
    is_named = bool(named and named.fullmatch(name))
    in_folder = bool(FOLDER.search(folder))
    if entry.size == 0 or _SUPPORT.fullmatch(name) or MAIN.search(entry.path):
        return ""
    if in_folder:
        helper = _HELPERS.search(folder[FOLDER.search(folder).start() :]) if not is_named else None  # type: ignore[union-attr]  # just matched
        return "" if helper else APART
    if is_named:
        return CONVENTION if beside else BESIDE
    return ""


def _fixtures(tree: Tree) -> Iterator[str]:
    seen: set[str] = set()
    for entry in tree:
        found = FIXTURES.search(entry.path)
        if found and in_tests(entry.path):
            place = entry.path[: found.end()].rstrip("/")
            if place not in seen:
                seen.add(place)
                yield place
