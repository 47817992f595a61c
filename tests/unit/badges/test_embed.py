from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.badges.embed import Line, Markup, markup_of, put, snippet
from assaymark.errors import InputError

LINE = Line("https://raw.example/o/n/badges/badge.svg", "https://example.org/o/n/report.html")
OTHER = Line("https://raw.example/o/n/badges/other.svg", "https://example.org/other")
SNIPPET = {
    Markup.MARKDOWN: f"[![assaymark quality badge, see the report]({LINE.image})]({LINE.link})",
    Markup.HTML: f'<a href="{LINE.link}"><img alt="assaymark quality badge, see the report" src="{LINE.image}" '
    'height="20"></a>',
    Markup.RST: f".. image:: {LINE.image}\n   :alt: assaymark quality badge, see the report\n   :target: {LINE.link}",
    Markup.ORG: f"[[{LINE.link}][{LINE.image}]]",
}
TITLED = {
    Markup.MARKDOWN: ("# Tides\n", "\nWater goes up.\n"),
    Markup.HTML: ("<h1>Tides</h1>\n", "\n<p>Water goes up.</p>\n"),
    Markup.RST: ("Tides\n=====\n", "\nWater goes up.\n"),
    Markup.ORG: ("#+TITLE: Tides\n#+AUTHOR: Ada\n", "\nWater goes up.\n"),
}


MARKS = {
    Markup.MARKDOWN: ("<!-- assaymark badge -->", "<!-- assaymark badge end -->"),
    Markup.HTML: ("<!-- assaymark badge -->", "<!-- assaymark badge end -->"),
    Markup.RST: (".. assaymark badge", ".. assaymark badge end"),
    Markup.ORG: ("# assaymark badge", "# assaymark badge end"),
}


def without(readme: str, markup: Markup) -> str:
    """All that is not between the marks, blanks left out."""
    begin, end = MARKS[markup]
    before, _, rest = readme.partition(begin)
    assert SNIPPET[markup] in rest.replace("\r\n", "\n")
    return "".join((before + rest.partition(end)[2]).split())


@pytest.mark.parametrize("markup", list(Markup))
def test_the_line_in_each_markup(markup: Markup) -> None:
    assert snippet(LINE, markup) == SNIPPET[markup]


@pytest.mark.parametrize("markup", [Markup.MARKDOWN, Markup.HTML])
def test_another_picture_for_dark_pages(markup: Markup) -> None:
    text = snippet(LINE._replace(dark="https://raw.example/dark.svg"), markup)
    assert '<picture><source media="(prefers-color-scheme: dark)" srcset="https://raw.example/dark.svg"><img ' in text


@pytest.mark.parametrize("markup", list(Markup))
def test_it_goes_below_the_title_and_all_else_stays(markup: Markup) -> None:
    head, tail = TITLED[markup]
    text = put(head + tail, LINE, markup)
    assert text.startswith(head)
    assert text.endswith(tail)
    assert SNIPPET[markup] in text
    assert text.count("assaymark badge end") == 1


@pytest.mark.parametrize("markup", list(Markup))
@pytest.mark.parametrize(
    "body", ["", "\n", "Just text\n", "No newline at the end", "\r\nTitle\r\n=====\r\n\r\nText\r\n"]
)
def test_doing_it_twice_changes_nothing_and_refreshing_only_the_line(markup: Markup, body: str) -> None:
    once = put(body, LINE, markup)
    assert put(once, LINE, markup) == once
    assert put(put(once, OTHER, markup), LINE, markup) == once
    assert without(once, markup) == "".join(body.split())
    assert ("\r\n" in once) is ("\r\n" in body)
    assert "\r" not in once.replace("\r\n", "")


@given(st.text(alphabet="ab#=-<>!*\n\r .`", max_size=200), st.sampled_from(list(Markup)))
def test_nothing_is_ever_lost(readme: str, markup: Markup) -> None:
    once = put(readme, LINE, markup)
    assert put(once, LINE, markup) == once
    assert without(once, markup) == "".join(readme.split())


@pytest.mark.parametrize(
    "readme",
    [
        "<!-- assaymark badge -->\ntext that would be lost\n",
        "text\n<!-- assaymark badge end -->\n",
        "<!-- assaymark badge end -->\ntext\n<!-- assaymark badge -->\n",
        "<!-- assaymark badge -->\n<!-- assaymark badge -->\nx\n<!-- assaymark badge end -->\n",
    ],
)
def test_broken_marks_are_told_and_nothing_is_written(readme: str) -> None:
    with pytest.raises(InputError, match="marks of the badge are broken"):
        put(readme, LINE, Markup.MARKDOWN)


def test_a_mark_inside_a_sentence_is_none() -> None:
    readme = "# T\n\nWrite `<!-- assaymark badge -->` before it.\n"
    assert put(readme, LINE, Markup.MARKDOWN).endswith("\nWrite `<!-- assaymark badge -->` before it.\n")


def test_an_underlined_title_and_a_centred_one() -> None:
    assert put("Tides\n=====\nText\n", LINE, Markup.MARKDOWN).startswith("Tides\n=====\n\n<!-- assaymark")
    assert put("=====\nTides\n=====\n\nText\n", LINE, Markup.RST).startswith("=====\nTides\n=====\n\n.. assaymark")
    centred = '<p align="center">\n<img src="logo.png">\n</p>\n\nText\n'
    assert put(centred, LINE, Markup.MARKDOWN).startswith("<!-- assaymark badge -->")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "https://a b",
        "https://x/)](https://evil",
        'https://x/"onload="',
        "ftp://x",
        "",
        "https://x\n",
    ],
)
def test_an_address_that_could_break_out_is_refused(address: str) -> None:
    for line in (LINE._replace(image=address), LINE._replace(link=address)):
        with pytest.raises(InputError, match="not a plain web address"):
            snippet(line, Markup.MARKDOWN)


def test_the_alternative_text_cannot_break_out() -> None:
    text = snippet(LINE._replace(alt='x](https://evil) <script>"\n'), Markup.MARKDOWN)
    assert text == f"[![x(https://evil) script]({LINE.image})]({LINE.link})"


def test_the_markup_by_the_name() -> None:
    assert markup_of("README.md") is Markup.MARKDOWN
    assert markup_of("docs/README.RST") is Markup.RST
    with pytest.raises(InputError, match="does not tell its markup"):
        markup_of("README")
