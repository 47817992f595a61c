from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.markup import (
    ASCIIDOC,
    MARKDOWN,
    ORG,
    PLAIN,
    POD,
    RDOC,
    RST,
    TEXTILE,
    WIKI,
    markup_of,
    parse,
    plain,
)

MARKUPS = (MARKDOWN, RST, ORG, ASCIIDOC, PLAIN, RDOC, TEXTILE, POD, WIKI)
title = st.text(st.characters(codec="ascii", categories=("Lu", "Ll")), min_size=3, max_size=20)
titles = st.lists(title, min_size=1, max_size=6, unique=True)


@given(titles)
def test_atx_and_setext_headings_come_back(names: list[str]) -> None:
    text = "".join(
        f"{'#' * (i % 3 + 1)} {n}\n\nwords\n\n" if i % 2 else f"{n}\n===\n\nwords\n\n" for i, n in enumerate(names)
    )
    assert [h.text for h in parse(text, MARKDOWN).headings] == names


@given(titles)
def test_rst_headings_come_back_with_their_lines(names: list[str]) -> None:
    text = "".join(f"{n}\n{'=-~'[min(i, 2)] * len(n)}\n\nwords\n\n" for i, n in enumerate(names))
    page = parse(text, RST)
    assert [h.text for h in page.headings] == names
    assert [text.splitlines()[h.line - 1] for h in page.headings] == names


@given(
    titles,
    st.sampled_from([(ORG, "*"), (ASCIIDOC, "="), (RDOC, "="), (TEXTILE, "h2."), (POD, "=head1"), (WIKI, "==")]),
)
def test_starred_headings_come_back(names: list[str], kind: tuple[str, str]) -> None:
    markup, mark = kind
    page = parse("".join(f"{mark} {n}\n\nwords\n" for n in names), markup)
    assert [h.text for h in page.headings] == names


def test_what_rdoc_sets_in_is_code_unless_it_goes_on_with_an_item() -> None:
    page = parse("= Rake\n\nInstall it:\n\n  gem install rake\n\n* one item\n  that goes on\n", RDOC)
    assert page.code == ("gem install rake",)
    assert "goes on" in page.prose


@given(st.text(max_size=400), st.sampled_from(MARKUPS))
def test_nothing_breaks_it(text: str, markup: str) -> None:
    page = parse(text, markup)
    count = len(text.splitlines())
    assert all(1 <= h.line <= count for h in page.headings)
    assert all(1 <= link.line <= count for link in page.links)
    assert len(page.sections) == len(page.headings) + 1


@pytest.mark.parametrize("markup", MARKUPS)
@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "`" * 200_000,
        "<" * 200_000,
        "#" * 200_000,
        "<!--" * 50_000,
        "![](" * 50_000,
        "=\n" * 50_000,
        "a\n-\n" * 40_000,
    ],
    ids=["brackets", "backticks", "angles", "hashes", "comments", "images", "rules", "titles"],
)
def test_hostile_text_takes_no_time(text: str, markup: str) -> None:
    started = time.process_time()
    parse(text, markup)
    assert time.process_time() - started < 5


def test_headings_in_code_and_comments_are_none() -> None:
    page = parse("# Title\n\n```sh\n# not a heading\npip install x\n```\n<!--\n## Nor this\n-->\n", MARKDOWN)
    assert [h.text for h in page.headings] == ["Title"]
    assert "pip install x" in page.code


def test_html_headings_count() -> None:
    page = parse('<h1 align="center"><img src="x"> Tide grid</h1>\n\n<h2>How to use</h2>\n', MARKDOWN)
    assert [(h.text, h.level) for h in page.headings] == [("Tide grid", 1), ("How to use", 2)]


def test_badges_are_no_prose_and_no_links_to_read() -> None:
    page = parse("[![build](https://img.shields.io/b.svg)](https://ci.example.org)\n\nTides on grids.\n", MARKDOWN)
    assert page.prose == "Tides on grids"


def test_links_of_every_kind() -> None:
    text = "[a](https://a.org/x) and [b]\n\n[b]: https://b.org\n\nhttps://c.org/y.\n\n<a href='https://d.org'>d</a>\n"
    assert {link.target for link in parse(text, MARKDOWN).links} == {
        "https://a.org/x",
        "https://b.org",
        "https://c.org/y",
        "https://d.org",
    }
    rst = parse("`guide <https://a.org>`_ and :doc:`contributing`\n\n.. _b: https://b.org\n", RST)
    assert {"https://a.org", "contributing", "https://b.org"} <= {link.target for link in rst.links}


def test_tables_are_not_titles() -> None:
    assert parse("| a | b |\n|---|---|\n| 1 | 2 |\n", MARKDOWN).headings == ()
    assert parse("=====  =====\na      b\n=====  =====\n", RST).headings == ()


def test_plain_drops_markup() -> None:
    assert plain("**[The _grid_](https://x.org)** `code` :rocket:") == "The _grid_ code"


@pytest.mark.parametrize(
    ("path", "markup"),
    [("README.md", MARKDOWN), ("a/b.RST", RST), ("README", PLAIN), ("x.org", ORG), ("x.py", ""), (".md", PLAIN)],
)
def test_the_name_tells_the_markup(path: str, markup: str) -> None:
    assert markup_of(path) == markup
