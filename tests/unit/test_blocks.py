"""Blocks of Markdown."""

from __future__ import annotations

from assaymark.blocks import details, left_out, table


def test_what_is_folded_stands_between_empty_lines() -> None:
    assert list(details("More", ["| a |"])) == ["<details><summary>More</summary>", "", "| a |", "", "</details>"]


def test_a_table_without_rows_is_nothing() -> None:
    assert list(table(("A", "B"), [])) == []
    assert list(table(("A", "B"), [("1", "2")])) == ["| A | B |", "|---|---|", "| 1 | 2 |"]


def test_what_is_left_out_is_counted() -> None:
    assert list(left_out(0, "item", "the full report")) == []
    assert list(left_out(1, "item", "the full report"))[-1] == "1 more item left out here: see the full report."
    assert list(left_out(1200, "item", "x.md"))[-1] == "1,200 more items left out here: see x.md."
