"""JUnit XML: what test runners of all languages write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark.api import Finding, Parsed, Severity, Unparsable
from assaymark.tools.parsers.common import count, finding, place, relative, tag, xml_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def parse(data: bytes, root: Path | None, options: Mapping[str, Any]) -> Parsed:
    """Metrics ``tests``, ``failures``, ``errors``, ``skipped``; each failure or error is a finding.

    The cases are counted, not believed: a suite that announces more tests than it holds was cut short.
    """
    top = xml_of(data, "testsuites", "testsuite")
    cases = list(_named(top, "testcase"))
    suites = [top] if tag(top) == "testsuite" else [s for s in top if tag(s) == "testsuite"]
    announced = sum(count(s.get("tests")) or 0 for s in suites)
    if announced > len(cases) + _bare_errors(top):
        raise Unparsable(f"it announces {announced} tests and holds {len(cases)}")
    bad = {kind: [c for c in cases if any(tag(x) == kind for x in c)] for kind in ("failure", "error", "skipped")}
    findings = [_finding(case, kind, root, options) for kind in ("failure", "error") for case in bad[kind]]
    return Parsed(
        findings=tuple(findings),
        metrics={
            "tests": len(cases),
            "failures": len(bad["failure"]),
            "errors": len(bad["error"]),
            "skipped": len(bad["skipped"]),
        },
    )


def _finding(case: Element, kind: str, root: Path | None, options: Mapping[str, Any]) -> Finding:
    what = next(x for x in case if tag(x) == kind)
    name = ".".join(part for part in (case.get("classname"), case.get("name")) if part)
    said = what.get("message") or (what.text or "").strip().partition("\n")[0]
    path = relative(case.get("file"), root, options)
    where = place(path, (count(case.get("line")) or 0) + 1 if case.get("line") else None)
    return finding(f"test-{kind}", f"{name or 'a test'}: {said}", severity=Severity.ERROR, location=where)


def _named(top: Element, name: str) -> Iterator[Element]:
    return (e for e in top.iter() if tag(e) == name)


def _bare_errors(top: Element) -> int:
    """Errors right below a suite: it counts them as tests although there is no case."""
    return sum(1 for s in _named(top, "testsuite") for x in s if tag(x) == "error")
