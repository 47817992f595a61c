"""What a tool said -> evidence. Pure.

A finding that is at least as bad as the manifest's ``fails_at`` fails. A file that was not examined makes the rest
``unknown``: nothing found in half of the files is no pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from assaymark.api import Evidence, Finding, Grade, Outcome, Parsed, ToolRef, Unexamined, Unparsable
from assaymark.tools.manifest import Kind, Manifest
from assaymark.tools.parsers.common import CANARY, at_least
from assaymark.tools.text import one_line

MOST_FINDINGS = 1_000
# What fails nothing is there for those who want to read on; all of it is counted.
MOST_MILDER = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble(Exception):
    """Why a tool gave no verdict. ``transient``: it may go better next time, so it is not remembered."""

    outcome: Outcome
    reason: str
    remedy: str | None = None
    transient: bool = False


def told(manifest: Manifest, parsed: Parsed) -> Parsed:
    """The report in our words: rules carry the tool's name, what is about the tool itself is left out, rules that
    mean "I could not read this file" become unexamined files: as well, or only, when the file cannot be blamed.

    Raises `Unparsable` when the fault that was planted for the tool to find is not in the report.
    """
    findings, unexamined = [], list(parsed.unexamined)
    canary_found = manifest.canary is None
    for found in parsed.findings:
        if found.location is not None and found.location.path == CANARY:
            canary_found |= manifest.canary is not None and fnmatchcase(found.rule, manifest.canary.rule)
            continue
        if _ignored(found, manifest.options.get("ignore", ())):
            continue
        if _matches(found.rule, manifest.options.get("unparsed", ())):
            path = found.location.path if found.location else None
            unexamined.append(Unexamined(path=path, reason=found.message))
        if _matches(found.rule, manifest.options.get("unsupported", ())):
            path = found.location.path if found.location else None
            unexamined.append(Unexamined(path=path, reason=found.message))
            continue
        rule = found.rule.removeprefix(f"{manifest.name}/")
        findings.append(replace(found, rule=f"{manifest.name}/{rule}"))
    if not canary_found:
        raise Unparsable("a fault that was planted for it to find is not in its report")
    kept = tuple(dict.fromkeys(u for u in unexamined if u.path != CANARY))
    return Parsed(findings=tuple(findings), metrics=parsed.metrics, unexamined=kept)


def merged(reports: Sequence[Parsed]) -> Parsed:
    """The reports of several calls on different files as one."""
    metrics = reports[0].metrics if len(reports) == 1 else {}
    return Parsed(
        findings=tuple(f for r in reports for f in r.findings),
        unexamined=tuple(u for r in reports for u in r.unexamined),
        metrics=metrics,
    )


def judged(manifest: Manifest, parsed: Parsed, *, files: int, version: str | None, digest: str | None) -> Evidence:
    """The evidence for a finished run on so many files."""
    if manifest.kind.runs_tests:
        return _of_tests(manifest, parsed, version, digest)
    ordered = sorted(parsed.findings, key=_place)
    failing = [f for f in ordered if at_least(f.severity, manifest.fails_at)]
    milder = [f for f in ordered if not at_least(f.severity, manifest.fails_at)]
    mild = len(milder)
    metrics = {**parsed.metrics, "files": files, "findings": len(failing), "milder": mild}
    if parsed.unexamined:
        metrics["unexamined"] = len(parsed.unexamined)
    outcome = Outcome.FAILED if failing else Outcome.UNKNOWN if parsed.unexamined else Outcome.PASSED
    return Evidence(
        outcome=outcome,
        message=_message(manifest, failing, mild, parsed.unexamined, files),
        remedy=None if outcome is Outcome.PASSED else _remedy(manifest, failing, parsed.unexamined),
        findings=(*failing[:MOST_FINDINGS], *milder[:MOST_MILDER]),
        metrics=metrics,
        tool=ToolRef(name=manifest.name, version=version, digest=manifest.digest),
        digest=digest,
        grade=Grade.SELF_REPORTED if manifest.kind.runs_tests else Grade.MEASURED,
    )


def _of_tests(manifest: Manifest, parsed: Parsed, version: str | None, digest: str | None) -> Evidence:
    if manifest.kind is Kind.COVERAGE:
        outcome, text = of_coverage(parsed, manifest.minimum)
        remedy = "test more of the code"
    else:
        outcome, text = of_tests(parsed)
        remedy = "mend the failing tests" if outcome is Outcome.FAILED else "see what the tests' environment lacks"
    return Evidence(
        outcome=outcome,
        message=f"{manifest.name}: {text}",
        remedy=None if outcome is Outcome.PASSED else remedy,
        findings=parsed.findings[:MOST_FINDINGS],
        metrics=parsed.metrics,
        tool=ToolRef(name=manifest.name, version=version, digest=manifest.digest),
        digest=digest,
        grade=Grade.SELF_REPORTED,
    )


def of_coverage(parsed: Parsed, minimum: float) -> tuple[Outcome, str]:
    """What a coverage report proves, in words."""
    covered = float(parsed.metrics["coverage"])
    text = f"{covered:g} % of the lines are covered, {minimum:g} % are asked for"
    return (Outcome.PASSED if covered >= minimum else Outcome.FAILED), text


def of_tests(parsed: Parsed) -> tuple[Outcome, str]:
    """What a report of tests proves, in words: a test that broke before it could judge is no failure of the code."""
    tests, failures, errors, skipped = (int(parsed.metrics[k]) for k in ("tests", "failures", "errors", "skipped"))
    text = f"{tests} tests, {failures} failed, {errors} broke, {skipped} were skipped"
    if failures:
        return Outcome.FAILED, text
    if errors:
        return Outcome.ERROR, f"{text}: something in their environment may be missing"
    if tests <= skipped:
        return Outcome.UNKNOWN, f"{text}: no test ran"
    return Outcome.PASSED, text


def troubled(manifest: Manifest, trouble: Trouble, version: str | None = None) -> Evidence:
    """The evidence for a tool that gave no verdict."""
    return Evidence(
        outcome=trouble.outcome,
        message=one_line(f"{manifest.name}: {trouble.reason}", 600),
        remedy=trouble.remedy
        or f"see why by running {manifest.program} yourself, or hand in its report: "
        f"assaymark ingest FILE --for {manifest.subcriteria[0]}",
        metrics={"transient": True} if trouble.transient else {},
        tool=ToolRef(name=manifest.name, version=version, digest=manifest.digest),
    )


def _message(
    manifest: Manifest, failing: Sequence[Finding], mild: int, unexamined: Sequence[Unexamined], files: int
) -> str:
    looked = f"{files} file{'s' if files != 1 else ''}"
    if failing:
        places = len({f.location.path for f in failing if f.location})
        where = f" in {places} of {looked}" if places else f" ({looked})"
        text = f"{manifest.name} found {len(failing)} problem{'s' if len(failing) != 1 else ''}{where}"
    else:
        text = f"{manifest.name} found nothing in {looked}"
        text += f" that is {manifest.fails_at} or worse; {mild} milder" if mild else ""
    if unexamined:
        first = unexamined[0]
        text += f"; {len(unexamined)} not examined ({first.path or 'a file'}: {first.reason})"
    return one_line(text, 600)


def _remedy(manifest: Manifest, failing: Sequence[Finding], unexamined: Sequence[Unexamined]) -> str:
    if not failing:
        return f"make {unexamined[0].path or 'the files'} readable for {manifest.name}, or exclude it"
    first = failing[0]
    place = f"{first.location.path}:{first.location.line or 1}: " if first.location else ""
    return one_line(f"mend the problems, beginning with {place}{first.rule} {first.message}", 300)


def _matches(rule: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(rule, pattern) for pattern in patterns)


def _ignored(found: Finding, patterns: Iterable[str]) -> bool:
    """A pattern with a colon and a blank is one of rule and message."""
    return any(fnmatchcase(f"{found.rule}: {found.message}" if ": " in p else found.rule, p) for p in patterns)


def _place(found: Finding) -> tuple[str, int, int, str, str]:
    at = found.location
    return (
        (at.path, at.line or 0, at.column or 0, found.rule, found.message)
        if at
        else ("", 0, 0, found.rule, found.message)
    )
