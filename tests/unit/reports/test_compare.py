"""A difference as text, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType

import pytest

from assaymark.comparison import difference
from assaymark.errors import InputError
from assaymark.reports.compare import FORMATS, document, render

ENDINGS = {"text": "txt", "markdown": "md", "json": "json"}


@pytest.mark.parametrize("form", FORMATS)
def test_snapshot(form: str, samples: ModuleType, snapshot: Callable[[str, str], None]) -> None:
    change = difference(samples.VARIANTS["last-item"], samples.VARIANTS["bronze"])
    snapshot(f"compare.{ENDINGS[form]}", render(change, form))


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_changed(form: str, samples: ModuleType) -> None:
    same = samples.VARIANTS["bronze"]
    text = render(difference(same, same), form)
    if form == "json":
        data = json.loads(text)
        assert not any(data[key] for key in ("worse", "better", "changed", "new", "gone", "ratcheted", "cautions"))
    else:
        assert "Nothing changed." in text


def test_both_directions(samples: ModuleType) -> None:
    worse = document(difference(samples.VARIANTS["last-item"], samples.VARIANTS["bronze"]))
    better = document(difference(samples.VARIANTS["bronze"], samples.VARIANTS["last-item"]))
    assert [c["id"] for c in worse["worse"]] == [c["id"] for c in better["better"]] == ["QC.Met01", "QC.Sec02"]
    assert worse["new"] == better["gone"] != []


def test_many_findings_are_cut_with_their_number(samples: ModuleType) -> None:
    change = difference(samples.VARIANTS["silver"], samples.flooded(500))
    assert "and 451 more findings" in render(change)
    assert len(json.loads(render(change, "json"))["new"]) == 501


def test_an_unknown_format_is_the_users_mistake(samples: ModuleType) -> None:
    same = samples.VARIANTS["bronze"]
    with pytest.raises(InputError, match="there is no format 'xml'"):
        render(difference(same, same), "xml")


def test_hostile_text_is_neutral(samples: ModuleType) -> None:
    bad = samples.finding("##[error]x", "\x1b[2J ::set-output @octocat <b>", "a\n::error::b", 1)
    broken = samples.verdict("QC.Sty01", "MUST", "S", samples.said(samples.F, "::error::m", "c", findings=(bad,)))
    change = difference(samples.sample(()), samples.sample((broken,)))
    for form in FORMATS:
        text = render(change, form)
        assert "\x1b" not in text
        assert "##[" not in text
        assert not any(line.lstrip().startswith("::") for line in text.splitlines())
    assert "<b>" not in render(change, "markdown")
    assert "@octocat" not in render(change, "markdown")
