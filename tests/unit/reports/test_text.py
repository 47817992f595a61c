"""The console: short by default, whole when asked, colour never alone."""

from __future__ import annotations

import re
from types import ModuleType

import pytest

from assaymark.model import Outcome
from assaymark.reports.text import render
from assaymark.wording import MARKS


def test_default_is_short(samples: ModuleType) -> None:
    for name, assessment in samples.VARIANTS.items():
        assert render(assessment).count("\n") <= 40, name
    assert render(samples.flooded(5_000)).count("\n") <= 40


def test_without_colour_it_is_ascii(samples: ModuleType) -> None:
    for assessment in samples.VARIANTS.values():
        assert render(assessment, verbose=True).isascii()


def test_with_colour_marks_and_words_stay(samples: ModuleType) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", render(samples.VARIANTS["bronze"], colour=True))
    for outcome, word in ((Outcome.PASSED, "passed"), (Outcome.FAILED, "failed"), (Outcome.UNKNOWN, "unknown")):
        assert MARKS[outcome] in text
        assert word in text


def test_verbose_leaves_nothing_out(samples: ModuleType) -> None:
    assessment = samples.VARIANTS["bronze"]
    text = " ".join(render(assessment, verbose=True).split())
    for result in assessment.results:
        assert result.definition.id in text
        for evidence in result.evidence:
            assert evidence.message in text
            for finding in evidence.findings:
                assert finding.message in text
    assert re.findall(r"and [\d,]+ more", text) == []


@pytest.mark.parametrize("width", [0, 40, 60, 120])
def test_prose_keeps_to_the_width(width: int, samples: ModuleType) -> None:
    text = render(samples.VARIANTS["bronze"], width=width)
    heads = ("do:", "at:", "the version", "Findings (")
    prose = [line for line in text.splitlines() if line.lstrip().startswith(heads)]
    assert any(line.startswith("Findings (") for line in prose)
    assert max(map(len, prose)) <= max(width, 40)


def test_one_remedy_for_many_unknowns_is_said_once(samples: ModuleType) -> None:
    silent = samples.said(samples.U, "needs the forge", "w", remedy="--forge")
    many = tuple(samples.verdict(f"QC.Wor0{n}", "MUST", "A rule.", silent) for n in range(1, 10))
    text = render(samples.sample(many))
    assert text.count("needs the forge") == 1
    assert "QC.Wor01, QC.Wor02" in text
    assert "and 3 more" in text


def test_a_failure_that_no_level_asks_for_is_named(samples: ModuleType) -> None:
    broken = samples.verdict("QC.Rev01", "MUST", "B.", samples.said(samples.F, "no reviews", "b"))
    assert "Failed, though no level asks for it: QC.Rev01" in render(samples.sample((broken,)))
    assert "though no level asks" not in render(samples.VARIANTS["bronze"])


def test_a_finding_whose_place_is_long_takes_two_lines(samples: ModuleType) -> None:
    far = samples.finding("E1", "something is off here, and this is what", "a/" * 30 + "module.py", 12, 3)
    noisy = samples.said(samples.F, "1 problem", "s", findings=(far,))
    report = render(samples.sample((samples.verdict("QC.Sty01", "MUST", "S.", noisy),)), width=100)
    assert "module.py:12:3: warning E1\n      something is off here, and this is what\n" in report
    assert max(map(len, report.splitlines())) <= 100


def test_known_failures_come_before_unknowns(samples: ModuleType) -> None:
    silent = samples.verdict("QC.Acc01", "MUST", "A.", samples.said(samples.U, "not known", "a"), level=samples.B)
    broken = samples.verdict("QC.Lic01", "MUST", "B.", samples.said(samples.F, "no licence", "b"), level=samples.B)
    text = render(samples.sample((silent, broken)))
    assert text.index("no licence") < text.index("not known")
