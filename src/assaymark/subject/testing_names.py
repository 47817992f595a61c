"""Which paths are tests, by the names that each language's tools and people give them."""

from __future__ import annotations

import re

from assaymark.patterns import late

FOLDER = late(
    r"(?:^|/)(?:(?:unit|integration|functional|system|regression|acceptance|e2e|smoke|api|end2end)?[-_]?(?:tests?|testing|specs?|testsuites?|testcases?)"
    r"(?:[-_]\w+)?|[\w-]+[-_](?:tests?|testsuite)|[\w.-]+\.\w{0,20}Tests?|__tests__|e2e|cypress|testthat|tinytest|RUnit|x?t)(?:/|$)",
    re.IGNORECASE,
)
# A file of its own for doubles, as Go and Angular projects have beside the code.
_DOUBLE = late(
    r"(?:^|[/._-])(?:mocks?|fakes?|stubs?|testing|testutils?|setup-jest|jest\.setup|pytest_fixtures|pytest_plugin)(?:[/._-]|$)",
    re.IGNORECASE,
)
# In Python such a file is as often a part of the product: a data set, a format, a renderer that fakes something.
_PRODUCT = late(r"(?:^|/)(?:fake|mock|stub)_\w+\.pyi?$")
MAIN = late(r"(?:^|/)src/main/")
# Also what ava and ``node --test`` take for a test without being told.
_SCRIPT = late(r"tests?\.[cm]?[jt]sx?|test-.*\.[cm]?[jt]sx?|.*[._-](?:test|spec|cy|e2e-spec)(?:-d)?\.[cm]?[jt]sx?")
# File names that are tests wherever they lie, and whether the language's convention puts them beside the code.
NAMED: dict[str, tuple[re.Pattern[str], bool]] = {
    "Python": (late(r"test_.*\.py|.*_test\.py|tests?\.py"), False),
    "Go": (late(r".*_test\.go"), True),
    "JavaScript": (_SCRIPT, True),
    "TypeScript": (_SCRIPT, True),
    "Java": (late(r"(?:Test\w*|\w+Tests?|\w+TestCase|\w+IT)\.java"), False),
    "Kotlin": (late(r"(?:Test\w*|\w+Tests?)\.kt"), False),
    "Scala": (late(r"\w+(?:Test|Spec|Suite)\.scala"), False),
    "C#": (late(r"\w+Tests?\.cs"), False),
    "C": (late(r"(?:test_.*|.*_test|.*\.t)\.[ch]"), False),
    "C++": (late(r"(?:test_.*|.*_tests?|\w+Test|.*\.t|unit[-_].*)\.(?:cpp|cc|cxx|c\+\+|h|hpp)"), False),
    "CUDA": (late(r"(?:test_.*|.*_test)\.cu"), False),
    "Fortran": (late(r"(?:test_.*|.*_test|.*\.pf)\.?(?:f90|f95|f03|f08|f|pf|fypp)?", re.IGNORECASE), False),
    "Julia": (late(r"runtests\.jl|test_.*\.jl|.*_tests?\.jl"), False),
    "R": (late(r"test[-_].*\.[rR]"), False),
    "Ruby": (late(r".*_(?:spec|test)\.rb|test_.*\.rb"), False),
    "Rust": (late(r"tests?\.rs|.*_tests?\.rs"), True),
    "Shell": (late(r".*\.bats|test_.*\.sh|.*_test\.sh"), False),
    "PHP": (late(r"\w+Test\.php"), False),
    "MATLAB": (late(r"(?:test\w+|\w+[tT]est)\.m"), False),
    "Perl": (late(r".*\.t"), False),
    "Dart": (late(r".*_test\.dart"), False),
    "Swift": (late(r"\w+Tests\.swift"), False),
}


def in_tests(path: str) -> bool:
    """Whether a path lies in a folder of tests, is a test by its name, or holds doubles only, by its name.

    What Maven and Gradle compile into the artefact (``src/main``) is no test, whatever its packages are called.
    """
    if MAIN.search(path):
        return False
    folder, _, name = path.rpartition("/")
    doubles = _DOUBLE.search(path) and not _PRODUCT.search(path)
    return bool(FOLDER.search(folder) or doubles) or any(pattern.fullmatch(name) for pattern, _ in NAMED.values())
