"""The line in a README that shows the badge: put once between two marks, refreshed there, and nothing else touched."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from assaymark.errors import InputError
from assaymark.records import NamedTuple
from assaymark.wording import one_line

BEGIN, END = "assaymark badge", "assaymark badge end"


class Markup(StrEnum):
    """In what the README is written, and how the badge is put there."""

    MARKDOWN = "markdown"
    HTML = "html"
    RST = "rst"
    ORG = "org"


class Line(NamedTuple):
    """What the badge shows and where it leads. ``dark`` is another picture for dark pages; empty when there is none."""

    image: str
    link: str
    alt: str = "assaymark quality badge, see the report"
    dark: str = ""


SUFFIXES = {
    ".md": Markup.MARKDOWN,
    ".markdown": Markup.MARKDOWN,
    ".html": Markup.HTML,
    ".htm": Markup.HTML,
    ".rst": Markup.RST,
    ".org": Markup.ORG,
}
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")
_MARKS: dict[Markup, tuple[str, str]] = {
    Markup.MARKDOWN: (f"<!-- {BEGIN} -->", f"<!-- {END} -->"),
    Markup.HTML: (f"<!-- {BEGIN} -->", f"<!-- {END} -->"),
    Markup.RST: (f".. {BEGIN}", f".. {END}"),
    Markup.ORG: (f"# {BEGIN}", f"# {END}"),
}
# A title, or the end of what belongs to it: the badge goes below the first heading.
_UNDERLINE = re.compile(r"([=\-~^\"'`#*+.:_])\1{2,}\s*$")


def markup_of(name: str) -> Markup:
    """By the ending of the file's name. Raises InputError for another one."""
    found = next((m for suffix, m in SUFFIXES.items() if name.lower().endswith(suffix)), None)
    if found is None:
        known = ", ".join(SUFFIXES)
        raise InputError(f"the ending of {name!r} does not tell its markup", hint=f"one of {known}, or give --markup")
    return found


def snippet(line: Line, markup: Markup) -> str:
    """The text that shows the badge, in lines. Raises InputError when an address cannot stand in a README."""
    for address in (line.image, line.link, *filter(None, [line.dark])):
        if not _ADDRESS.fullmatch(address):
            raise InputError(f"{one_line(address, 100)!r} is not a plain web address", hint="begin it with https://")
    alt = re.sub(r"[\[\]<>\"\\|`*_{}]", "", one_line(line.alt, 120))
    return _SNIPPETS[markup](line._replace(alt=alt))


def put(readme: str, line: Line, markup: Markup) -> str:
    """The README with the badge in it: refreshed where its marks stand, else below the first heading.

    Everything outside the marks stays as it is, byte for byte. Raises InputError when the marks are broken: one
    without the other, or more than one pair.
    """
    newline = "\r\n" if "\r\n" in readme else "\n"
    begin, end = _MARKS[markup]
    block = newline.join([begin, *_spaced(snippet(line, markup), markup), end])
    starts, ends = _lines_of(readme, begin), _lines_of(readme, end)
    if not starts and not ends:
        return _inserted(readme, block, markup, newline)
    if len(starts) != 1 or len(ends) != 1 or ends[0][0] < starts[0][1]:
        raise InputError(
            f"the marks of the badge are broken: {len(starts)} times {begin!r}, {len(ends)} times {end!r}",
            hint="leave one of each, in this order, or remove both",
        )
    return readme[: starts[0][0]] + block + readme[ends[0][1] :]


def _lines_of(text: str, mark: str) -> list[tuple[int, int]]:
    """Where a line that is the mark and nothing else begins and ends."""
    return [m.span() for m in re.finditer(rf"^{re.escape(mark)}(?=[ \t]*\r?$)", text, re.MULTILINE)]


def _spaced(text: str, markup: Markup) -> list[str]:
    # A comment of reStructuredText takes in what follows without a blank line.
    return ["", *text.split("\n"), ""] if markup is Markup.RST else text.split("\n")


def _inserted(readme: str, block: str, markup: Markup, newline: str) -> str:
    at = _below_title(readme, markup)
    before, after = readme[:at], readme[at:]
    gap = "" if not before else newline if before.endswith("\n") else newline * 2
    return before + gap + block + newline + (newline + after.lstrip("\r\n") if after.strip() else "")


def _below_title(text: str, markup: Markup) -> int:
    """The place after the first heading; 0 when the README begins without one."""
    lines = text.splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return 0
    last = _TITLES[markup](lines, first)
    return sum(map(len, lines[: last + 1])) if last is not None else 0


def _title_markdown(lines: list[str], first: int) -> int | None:
    if re.match(r" {0,3}# ", lines[first]):
        return first
    following = lines[first + 1] if first + 1 < len(lines) else ""
    return first + 1 if re.match(r" {0,3}(=+|-{3,})\s*$", following) and lines[first].strip()[0] not in "<[!" else None


def _title_html(lines: list[str], first: int) -> int | None:
    return next((n for n in range(first, len(lines)) if "</h1>" in lines[n].lower()), None)


def _title_rst(lines: list[str], first: int) -> int | None:
    def underline(n: int) -> bool:
        return n < len(lines) and _UNDERLINE.match(lines[n]) is not None

    if underline(first) and underline(first + 2):
        return first + 2
    return first + 1 if underline(first + 1) and not underline(first) else None


def _title_org(lines: list[str], first: int) -> int | None:
    keywords = 0
    for n in range(first, len(lines)):
        if not lines[n].startswith("#+"):
            break
        keywords = n + 1
    if keywords:
        return keywords - 1
    return first if lines[first].startswith("* ") else None


def _markdown(line: Line) -> str:
    return _html(line) if line.dark else f"[![{line.alt}]({line.image})]({line.link})"


def _html(line: Line) -> str:
    image, link, dark = (address.replace("&", "&amp;") for address in (line.image, line.link, line.dark))
    picture = f'<img alt="{line.alt.replace("&", "&amp;")}" src="{image}" height="20">'
    if dark:
        source = f'<source media="(prefers-color-scheme: dark)" srcset="{dark}">'
        picture = f"<picture>{source}{picture}</picture>"
    return f'<a href="{link}">{picture}</a>'


def _rst(line: Line) -> str:
    return f".. image:: {line.image}\n   :alt: {line.alt}\n   :target: {line.link}"


def _org(line: Line) -> str:
    return f"[[{line.link}][{line.image}]]"


_SNIPPETS: dict[Markup, Callable[[Line], str]] = {
    Markup.MARKDOWN: _markdown,
    Markup.HTML: _html,
    Markup.RST: _rst,
    Markup.ORG: _org,
}
_TITLES: dict[Markup, Callable[[list[str], int], int | None]] = {
    Markup.MARKDOWN: _title_markdown,
    Markup.HTML: _title_html,
    Markup.RST: _title_rst,
    Markup.ORG: _title_org,
}
