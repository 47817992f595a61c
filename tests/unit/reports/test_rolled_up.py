"""A sub-criterion that sums up others is told beside its part: once, and as one thing to do, in every report."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from types import ModuleType

import pytest

from assaymark.github.comment_body import Report
from assaymark.github.comment_body import render as comment
from assaymark.model import Assessment, Evidence, Level, SubcriterionResult
from assaymark.reports import html, markdown, text


@pytest.fixture
def rolled_up(samples: ModuleType) -> Assessment:
    """A sum of three, of which two parts are missing."""
    readme = samples.said(samples.P, "README.md is there", "doc.readme")
    guide = samples.said(samples.F, "there is no guide for contributors", "doc.contributing", remedy="write one")
    conduct = samples.said(samples.F, "there is no code of conduct", "doc.conduct", remedy="take one over")

    def verdict(id: str, *evidence: Evidence) -> SubcriterionResult:
        made: SubcriterionResult = samples.verdict(
            id, "MUST", "It is documented.", *evidence, outcome=samples.F, level=Level.BRONZE
        )
        return replace(made, definition=replace(made.definition, criterion="QC.Doc"))

    found: Assessment = samples.sample(
        (
            verdict("QC.Doc06", readme, guide, conduct),
            verdict("QC.Doc06.2", guide),
            verdict("QC.Doc06.3", conduct),
        )
    )
    return found


def section(report: str, start: str, end: str) -> str:
    inside = report.partition(start)[2]
    return inside.partition(end)[0]


class _Words(HTMLParser):
    """The text of a page, without its style and script."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._hidden = tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def words(page: str) -> str:
    reader = _Words()
    reader.feed(page)
    return " ".join(" ".join(reader.words).split())


def test_the_console(rolled_up: Assessment) -> None:
    report = text.render(rolled_up)
    assert "2 items short of bronze" in report
    assert report.count("there is no guide for contributors") == 1
    assert "QC.Doc06.2 (MUST) failed, also for QC.Doc06\n" in report
    assert "QC.Doc06.3 (MUST) failed, also for QC.Doc06\n" in report
    assert "QC.Doc06 (MUST)" not in report


def test_the_summary(rolled_up: Assessment) -> None:
    report = markdown.render(rolled_up)
    assert "**2 items short of bronze**" in report
    table = section(report, "### Missing for bronze", "### Criteria")
    assert table.count("there is no guide for contributors") == 1
    assert "**QC.Doc06.2**<br>✗ failed<br>also for QC.Doc06 |" in table


def test_the_page(rolled_up: Assessment) -> None:
    page = words(html.render(rolled_up))
    assert "2 items short of bronze." in page
    assert "Bronze 2 items missing" in page
    todo = section(page, "Missing for bronze QC.", "Verdicts by criterion")
    assert todo.count("there is no guide for contributors") == 1
    assert todo.count("also for QC.Doc06") == 2


def test_the_comment(rolled_up: Assessment) -> None:
    body = comment(Report(assessment=rolled_up))
    assert "2 items short of bronze" in body
    assert "Missing for bronze (2)" in body
    assert body.count("there is no guide for contributors") == 1
    assert len(re.findall(r"<br>also for QC.Doc06 \|", body)) == 2
