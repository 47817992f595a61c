"""Which paths are tests, by the names that each language's tools and people give them."""

from __future__ import annotations

import re

from assaymark.patterns import late

FOLDER = late(
    r"(?:^|/)(?:(?:unit|integration|functional|system|regression|acceptance|e2e|smoke|api|end2end)?[-_]?(?:tests?|testing|specs?|testsuites?|testcases?)"
    r"(?:[-_]\w+)?|[\w-]+[-_](?:tests?|testsuite)|__tests__|e2e|cypress|testthat)(?:/|$)",
    re.IGNORECASE,
)
# A file of its own for doubles, as Go and Angular projects have beside the code.
_DOUBLE = late(
    r"(?:^|[/._-])(?:mocks?|fakes?|stubs?|testing|testutils?|setup-jest|jest\.setup|pytest_fixtures|pytest_plugin)(?:[/._-]|$)",
    re.IGNORECASE,
)
MAIN = late(r"(?:^|/)src/main/")
# File names that are tests wherever they lie, and whether the language's convention puts them beside the code.
NAMED: dict[str, tuple[re.Pattern[str], bool]] = {
    "Python": (re.compile(r"test_.*\.py|.*_test\.py|tests?\.py"), False),
    "Go": (re.compile(r".*_test\.go"), True),
    "JavaScript": (re.compile(r".*[.-](?:test|spec|cy|e2e-spec)\.[cm]?[jt]sx?"), True),
    "TypeScript": (re.compile(r".*[.-](?:test|spec|cy|e2e-spec)\.[cm]?[jt]sx?"), True),
    "Java": (re.compile(r"(?:Test\w*|\w+Tests?|\w+TestCase|\w+IT)\.java"), False),
    "Kotlin": (re.compile(r"(?:Test\w*|\w+Tests?)\.kt"), False),
    "Scala": (re.compile(r"\w+(?:Test|Spec|Suite)\.scala"), False),
    "C#": (re.compile(r"\w+Tests?\.cs"), False),
    "C": (re.compile(r"(?:test_.*|.*_test|.*\.t)\.[ch]"), False),
    "C++": (re.compile(r"(?:test_.*|.*_tests?|\w+Test|.*\.t|unit[-_].*)\.(?:cpp|cc|cxx|c\+\+|h|hpp)"), False),
    "CUDA": (re.compile(r"(?:test_.*|.*_test)\.cu"), False),
    "Fortran": (re.compile(r"(?:test_.*|.*_test|.*\.pf)\.?(?:f90|f95|f03|f08|f|pf|fypp)?", re.IGNORECASE), False),
    "Julia": (re.compile(r"runtests\.jl|test_.*\.jl|.*_tests?\.jl"), False),
    "R": (re.compile(r"test[-_].*\.[rR]"), False),
    "Ruby": (re.compile(r".*_(?:spec|test)\.rb|test_.*\.rb"), False),
    "Rust": (re.compile(r"tests?\.rs|.*_tests?\.rs"), True),
    "Shell": (re.compile(r".*\.bats|test_.*\.sh|.*_test\.sh"), False),
    "PHP": (re.compile(r"\w+Test\.php"), False),
    "MATLAB": (re.compile(r"(?:test\w+|\w+[tT]est)\.m"), False),
    "Perl": (re.compile(r".*\.t"), False),
    "Dart": (re.compile(r".*_test\.dart"), False),
    "Swift": (re.compile(r"\w+Tests\.swift"), False),
}


def in_tests(path: str) -> bool:
    """Whether a path lies in a folder of tests, is a test by its name, or holds doubles only, by its name.

    What Maven and Gradle compile into the artefact (``src/main``) is no test, whatever its packages are called.
    """
    if MAIN.search(path):
        return False
    folder, _, name = path.rpartition("/")
    return bool(FOLDER.search(folder) or _DOUBLE.search(path)) or any(
        pattern.fullmatch(name) for pattern, _ in NAMED.values()
    )
