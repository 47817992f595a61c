"""Reports that lie in the checkout: what the project's own CI left there, and what was handed in with ``ingest``.

All of it is ``self-reported``. A report that is older than the commit, or that was made for other files, is stale: it
is named and not believed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from assaymark.api import Parsed, Tree, Unparsable
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.files import read_file
from assaymark.subject.languages import by_name
from assaymark.subject.parsing import REPORT_LIMIT
from assaymark.tools import parsers
from assaymark.tools.text import one_line

if TYPE_CHECKING:
    from typing import Protocol

    class _Opened(Protocol):
        @property
        def root(self) -> Path | None: ...


FOLDER = ".assaymark/ingested"
_MOST = 40
_KINDS = {
    "cobertura": "coverage",
    "lcov": "coverage",
    "jacoco": "coverage",
    "junit": "tests",
    "sarif": "findings",
    "checkstyle": "findings",
}
# Where test runners and build tools leave their reports, by long custom.
_FOLDERS = ("", "build", "coverage", "reports", "report", "test-results", "test-reports", "htmlcov", "target")
_DEEPER = (
    *("target/site/jacoco", "target/surefire-reports", "build/reports/jacoco/test", "build/test-results/test"),
    *("build/reports", "reports/coverage", "coverage/lcov", ".reports", "artifacts"),
)
_NAMES = {
    "coverage.xml": "cobertura",
    "cobertura.xml": "cobertura",
    "cobertura-coverage.xml": "cobertura",
    "lcov.info": "lcov",
    "coverage.info": "lcov",
    "coverage.lcov": "lcov",
    "jacoco.xml": "jacoco",
    "jacocotestreport.xml": "jacoco",
    "junit.xml": "junit",
    "report.xml": "junit",
    "pytest.xml": "junit",
    "test-results.xml": "junit",
    "test-report.xml": "junit",
}


class Report(NamedTuple):
    """One report. ``kind`` is ``coverage``, ``tests`` or ``findings``; ``id`` the sub-criterion it was handed in for.

    ``stale`` says why it is not about the present files, ``problem`` why it cannot be read: only a report with neither
    may be believed. ``languages`` are those of the files that a coverage report names; empty when it names none.
    """

    path: str
    format: str
    kind: str
    digest: str
    parsed: Parsed | None = None
    stale: str | None = None
    problem: str | None = None
    id: str | None = None
    languages: frozenset[str] = frozenset()

    @property
    def usable(self) -> bool:
        """Whether it may be believed."""
        return self.parsed is not None and self.stale is None

    @property
    def metrics(self) -> Mapping[str, str | int | float | bool]:
        """``coverage`` (percent) of a coverage report; ``tests``, ``failures``, ``errors``, ``skipped`` of tests."""
        return self.parsed.metrics if self.parsed else MappingProxyType({})


class Reports(NamedTuple):
    """The fact ``reports_found``, in order of path."""

    reports: tuple[Report, ...] = ()

    def usable(self, kind: str) -> tuple[Report, ...]:
        """Those of a kind that may be believed."""
        return tuple(r for r in self.reports if r.kind == kind and r.usable)


def found_reports(root: Path | None, tree: Tree, since: int | None, globs: tuple[str, ...] = ()) -> Reports:
    """Every report below the root; ``since`` is the time of the commit, ``globs`` are further places to look at."""
    if root is None:
        return Reports()
    lying = tuple(_read(root, tree, path, since) for path in _candidates(root, tree, globs))
    return Reports((*(r for r in lying if r), *ingested(root, tree)))


def found_digest(opened: _Opened) -> str:
    """Changes when a report appears, changes or disappears; what a remembered assessment depends on."""
    if opened.root is None:
        return ""
    total = hashlib.sha256()
    for path in (*_places(opened.root), *_records(opened.root)):
        try:
            status = (opened.root / path).lstat()
        except OSError:
            continue
        total.update(f"{path}:{status.st_mtime_ns}:{status.st_size}\0".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _candidates(root: Path, tree: Tree, globs: tuple[str, ...]) -> list[str]:
    usual, named = tuple(_places(root)), list[str]()
    for pattern in globs[:_MOST]:
        if not pattern.startswith("/") and ".." not in pattern.split("/"):
            named += sorted(p.relative_to(root).as_posix() for p in root.glob(pattern) if p.is_file())[:_MOST]
    # A report that is tracked was not made by a run on this commit: its time is that of the clone.
    return [p for p in dict.fromkeys((*usual, *named)) if tree.get(p) is None][:_MOST]


def _places(root: Path) -> Iterator[str]:
    for folder in (*_FOLDERS, *_DEEPER):
        try:
            names = sorted(os.listdir(root / folder))  # noqa: PTH208 - names only
        except OSError:
            continue
        for name in names:
            low = name.lower()
            surefire = low.startswith("test-") and low.endswith(".xml")
            if low in _NAMES or low.endswith(".sarif") or surefire:
                yield f"{folder}/{name}" if folder else name


def _read(root: Path, tree: Tree, path: str, since: int | None) -> Report | None:
    try:
        if not stat.S_ISREG((root / path).lstat().st_mode):
            return None
        modified = (root / path).lstat().st_mtime
        data = read_file(root, path, REPORT_LIMIT + 1)
    except OSError:
        return None
    stale = "it is older than the commit" if since is not None and modified < since else None
    return report_of(data, path, root, stale=stale)


def report_of(data: bytes, path: str, root: Path | None, *, stale: str | None = None, id: str | None = None) -> Report:
    """Read one report, whatever its format."""
    format = format_of(data, path)
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    if format is None:
        problem = "its format is not known (SARIF, JUnit, Cobertura, JaCoCo, LCOV, Checkstyle)"
        return Report(path=path, format="", kind="", digest=digest, problem=problem, stale=stale, id=id)
    kind = _KINDS[format]
    try:
        parsed = parsers.get(format)(data, root, {})
    except Unparsable as wrong:
        return Report(path=path, format=format, kind=kind, digest=digest, problem=str(wrong), stale=stale, id=id)
    return Report(
        path=path,
        format=format,
        kind=kind,
        digest=digest,
        parsed=parsed,
        stale=stale,
        id=id,
        languages=_languages(data, format),
    )


def _languages(data: bytes, format: str) -> frozenset[str]:
    """The languages of the files that a coverage report is about."""
    pattern = _SOURCES.get(format)
    if pattern is None:
        return frozenset()
    names = {m[1].rpartition(b"/")[2].rpartition(b"\\")[2] for m in pattern.finditer(data)}
    return frozenset(filter(None, (by_name(n.decode("utf-8", "replace").strip()) for n in names)))


def format_of(data: bytes, path: str = "") -> str | None:
    """The format of a report by its content, and by its name where the content leaves it open."""
    head = data[:4000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"{"):
        return "sarif" if b'"runs"' in data or path.lower().endswith(".sarif") else None
    if head.startswith(b"<"):
        for mark, format in _XML.items():
            if mark in head:
                return format
        return None
    return "lcov" if any(line.startswith((b"SF:", b"TN:")) for line in head.splitlines()[:5]) else None


_SOURCES = {
    "cobertura": late(rb"<class\b[^>]{0,2000}?\bfilename=[\"']([^\"'<>]{1,1000})[\"']"),
    "lcov": late(rb"^SF:([^\r\n]{1,1000})", re.MULTILINE),
    "jacoco": late(rb"<sourcefile\b[^>]{0,2000}?\bname=[\"']([^\"'<>]{1,1000})[\"']"),
}
_XML = {
    b"<checkstyle": "checkstyle",
    b"<testsuites": "junit",
    b"<testsuite": "junit",
    b"<coverage": "cobertura",
    b"<report": "jacoco",
}


def ingested(root: Path, tree: Tree) -> Iterator[Report]:
    """What was handed in for this checkout, the present files' or not."""
    for path in _records(root):
        try:
            record = json.loads(read_file(root, path, 2 * REPORT_LIMIT))
            data = record["report"].encode("utf-8", "surrogatepass")
            id, name, digest = (str(record[key]) for key in ("for", "file", "tree"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            yield Report(path=path, format="", kind="", digest="", problem="the record cannot be read")
            continue
        stale = None if digest == tree.digest else "it was handed in for other files"
        yield report_of(data, one_line(name, 200), root, stale=stale, id=id)


def _records(root: Path) -> list[str]:
    folder = root / FOLDER
    if (root / ".assaymark").is_symlink() or folder.is_symlink() or not folder.is_dir():
        return []
    names = sorted(os.listdir(folder))  # noqa: PTH208 - names only
    return [f"{FOLDER}/{name}" for name in names if name.endswith(".json")][:_MOST]
