"""Many findings: each report keeps within its bounds and says how much it left out."""

from __future__ import annotations

from types import ModuleType

import pytest

from assaymark.reports import html, markdown


@pytest.mark.parametrize("limit", [900_000, 60_000, 8_000, 1_000, 200])
def test_the_summary_keeps_to_its_limit(limit: int, samples: ModuleType) -> None:
    text = markdown.render(samples.flooded(3_000), limit=limit)
    assert len(text.encode()) <= limit
    assert "left out here" in text or "did not fit here" in text


def test_the_limit_is_below_that_of_github() -> None:
    assert markdown.LIMIT < 1024 * 1024


def test_a_small_summary_hides_nothing(samples: ModuleType) -> None:
    assert "left out" not in markdown.render(samples.VARIANTS["bronze"])


def test_the_page_shows_the_worst_findings_and_says_so(samples: ModuleType) -> None:
    page = html.render(samples.flooded(9_000))
    assert page.count('<li class="finding"') == 5_000
    assert page.count('<span class="pill sev-error">') == 3_000
    assert "The worst 5,000 of 9,002 are shown; all are in" in page
    assert len(page) < 4_000_000


def test_a_small_page_is_small(samples: ModuleType) -> None:
    assert len(html.render(samples.VARIANTS["bronze"])) < 60_000
