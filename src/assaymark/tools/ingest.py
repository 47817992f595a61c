"""Reports that other tools made, taken as evidence for the files that are checked out."""

from __future__ import annotations

import json
from pathlib import Path

from assaymark.api import Check, Evidence, Finding, Grade, Outcome, Severity, ToolRef, Tree
from assaymark.content import content_of
from assaymark.errors import InputError
from assaymark.subject.parsing import REPORT_LIMIT
from assaymark.tools.found import FOLDER, Report, ingested, report_of
from assaymark.tools.text import one_line

MINIMUM_COVERAGE = 70.0
# Readers of one file format do not agree on what "note" is for; what a tool calls an error or a warning counts.
_FAILS_AT = Severity.WARNING


def ingest(file: Path, for_id: str, root: Path) -> Path:
    """Keep a report as evidence for a sub-criterion and the present files below ``root``; gives the record's path.

    Raises InputError when the file cannot be read, is in no known format, or ``root`` is not a Git checkout on disk.
    """
    from assaymark.subject.checkout import open_subject

    opened = open_subject(root)
    if opened.root is None:
        raise InputError("a report can only be kept beside files on disk", where=str(root))
    if opened.git_dir is None:
        # Files that ship their own reports must not speak for themselves; Git tells the two apart.
        raise InputError("is no Git checkout: a report could not be told from the files it is about", where=str(root))
    data = content_of(file, REPORT_LIMIT)
    report = report_of(data, file.name, opened.root)
    if report.problem:
        raise InputError(f"is no report that can be used: {report.problem}", where=str(file))
    record = {
        "for": for_id,
        "file": file.name,
        "commit": opened.subject.commit,
        "tree": opened.tree.digest,
        "report": data.decode("utf-8", "replace"),
    }
    name = f"{for_id}-{report.digest.removeprefix('sha256:')[:16]}.json"
    return _write(opened.root, name, json.dumps(record, indent=1))


def _write(root: Path, name: str, text: str) -> Path:
    import tempfile

    folder = root / FOLDER
    try:
        if folder.parent.is_symlink() or folder.is_symlink():
            raise InputError("is a link; records are only written into a real folder", where=str(folder))
        folder.mkdir(parents=True, exist_ok=True)
        # Git must not take records for files of the project: they would change the very digest they were made for.
        (folder.parent / ".gitignore").write_text("*\n", encoding="utf-8")
        with tempfile.NamedTemporaryFile("w", dir=folder, delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).replace(folder / name)
    except OSError as problem:
        raise InputError(f"cannot be written: {problem.strerror}", where=str(folder)) from problem
    return folder / name


def ingested_checks(root: Path | None, tree: Tree) -> tuple[Check, ...]:
    """One check per report that was handed in for this checkout."""
    if root is None:
        return ()
    return tuple(_check(r) for r in ingested(root, tree) if r.id)


def _check(report: Report) -> Check:
    def function() -> Evidence:
        """A report that another tool made and that was handed in for exactly these files."""
        return evidence_of(report)

    name = report.digest.removeprefix("sha256:")[:12]
    return Check(id=f"ingested.{report.id}.{name}", function=function, needs=(), subcriteria=(report.id or "",))


def evidence_of(report: Report, minimum: float = MINIMUM_COVERAGE) -> Evidence:
    """What a report proves: no warning or error found, every test passed, or enough lines covered."""
    from assaymark.tools.parsers.common import at_least
    from assaymark.tools.verdict import of_coverage, of_tests

    tool = str(report.metrics.get("tool", report.format or "report"))
    base = Evidence(
        outcome=Outcome.UNKNOWN,
        message="",
        grade=Grade.SELF_REPORTED,
        digest=report.digest,
        metrics=report.metrics,
        tool=ToolRef(name=tool, version=_text(report.metrics.get("tool_version")), digest=None),
    )
    parsed = report.parsed
    if report.stale or parsed is None:
        return _with(
            base, Outcome.UNKNOWN, f"{report.path} is not used: {report.stale or report.problem}", "hand in a new one"
        )
    if report.kind == "coverage":
        outcome, text = of_coverage(parsed, minimum)
        return _with(
            base, outcome, f"{report.path}: {text}", None if outcome is Outcome.PASSED else "test more of the code"
        )
    if report.kind == "tests":
        outcome, text = of_tests(parsed)
        remedy = None if outcome is Outcome.PASSED else "mend the tests that failed or did not run"
        return _with(base, outcome, f"{report.path}: {text}", remedy, findings=parsed.findings)
    failing = tuple(f for f in parsed.findings if at_least(f.severity, _FAILS_AT))
    if failing:
        number = "1 problem" if len(failing) == 1 else f"{len(failing)} problems"
        text = f"{report.path} ({tool}) holds {number}"
        return _with(base, Outcome.FAILED, text, "mend them and hand in a new report", findings=failing)
    if parsed.unexamined:
        text = f"{report.path} ({tool}): {len(parsed.unexamined)} files were not examined"
        return _with(base, Outcome.UNKNOWN, text, "make the tool read all files")
    return _with(base, Outcome.PASSED, f"{report.path} ({tool}) holds no problem", None, findings=parsed.findings)


def _with(
    base: Evidence, outcome: Outcome, message: str, remedy: str | None, findings: tuple[Finding, ...] = ()
) -> Evidence:
    from dataclasses import replace

    return replace(base, outcome=outcome, message=one_line(message, 500), remedy=remedy, findings=findings[:1000])


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
