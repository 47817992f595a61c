"""Headings, links, code and prose of a text in Markdown, reStructuredText, Org, AsciiDoc, RDoc … or none of them.

Tolerant on purpose: a reader wants to know what a page talks about, not whether its markup is perfect. Every expression
is linear in the length of the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from assaymark.patterns import late, ready
from assaymark.records import NamedTuple

MARKDOWN, RST, ORG, ASCIIDOC, PLAIN = "Markdown", "reStructuredText", "Org", "AsciiDoc", "text"
RDOC, TEXTILE, POD, WIKI = "RDoc", "Textile", "Pod", "MediaWiki"
EXTENSIONS = {
    "md": MARKDOWN, "markdown": MARKDOWN, "mdown": MARKDOWN, "mkd": MARKDOWN, "mkdn": MARKDOWN, "mdx": MARKDOWN,
    "qmd": MARKDOWN, "rmd": MARKDOWN, "rst": RST, "rest": RST, "org": ORG, "adoc": ASCIIDOC, "asciidoc": ASCIIDOC,
    "rdoc": RDOC, "textile": TEXTILE, "pod": POD, "mediawiki": WIKI, "creole": WIKI,
    "txt": PLAIN, "": PLAIN,
}  # fmt: skip # many short items
MAX_LINES = 50_000
MAX_LINE = 5_000


class Heading(NamedTuple):
    """A heading: its text without markup, its depth (1 is the title) and its line."""

    text: str
    level: int
    line: int


class Link(NamedTuple):
    """A link or bare address: where it leads, its words ('' for a bare one), its line, whether it shows an image."""

    target: str
    text: str
    line: int
    image: bool = False


class Section(NamedTuple):
    """The text from one heading up to the next one (the first has no heading)."""

    heading: Heading | None
    text: str
    line: int


class Page(NamedTuple):
    """A text taken apart. ``code`` are the lines of code blocks, ``prose`` the words that are left for a person."""

    markup: str
    headings: tuple[Heading, ...] = ()
    links: tuple[Link, ...] = ()
    sections: tuple[Section, ...] = ()
    code: tuple[str, ...] = ()
    prose: str = ""

    @property
    def words(self) -> int:
        """Number of words of prose."""
        return len(self.prose.split())


def markup_of(path: str) -> str:
    """The markup that a file name tells; '' when it is no text document."""
    name = path.rpartition("/")[2].lower()
    stem, dot, extension = name.rpartition(".")
    return EXTENSIONS.get(extension if dot and stem else "", "")


def parse(text: str, markup: str) -> Page:
    """Take a text apart. Never fails: what is not understood is prose."""
    lines = [line[:MAX_LINE] for line in text.splitlines()[:MAX_LINES]]
    lines = _without_comments(lines) if markup == MARKDOWN else lines
    code = _code_lines(lines, markup)
    open_lines = ["" if n in code else line for n, line in enumerate(lines)]
    headings = tuple(_HEADINGS[markup](open_lines)) if markup in _HEADINGS else tuple(_underlined(open_lines, "=-~"))
    return Page(
        markup=markup,
        headings=headings,
        links=tuple(_links(open_lines)),
        sections=tuple(_sections(headings, open_lines)),
        code=tuple(lines[n].strip() for n in sorted(code) if lines[n].strip()),
        prose="\n".join(_prose(open_lines, {h.line for h in headings})),
    )


_TAG_OR_EMOJI = late(r"<[^<>]{0,300}>|:[a-z0-9_+-]{1,40}:(?:`|(?=\s|$))")
_IMAGE_HERE = late(r"!\[[^\]]{0,300}\]\([^()]{0,500}\)")
_BRACKETS = late(r"\[([^\]]{0,300})\](?:\([^()]{0,500}\)|\[[^\]]{0,200}\])?")
_ATTRIBUTES = late(r"\{[#.][^{}]{0,100}\}")
_EMPHASIS = late(r"[*`~|]|__|[^\w\s.,:;&/'()?!+#-]")


def plain(text: str) -> str:
    """A heading or phrase without emphasis, images, anchors and emoji."""
    # Most texts hold no markup: that is quicker to see than to search for.
    if "<" in text or ":" in text:
        text = _TAG_OR_EMOJI.sub(" ", text)
    if "[" in text:
        text = _BRACKETS.sub(r"\1", _IMAGE_HERE.sub(" ", text))
    if "{" in text:
        text = _ATTRIBUTES.sub(" ", text)
    return " ".join(_EMPHASIS.sub(" ", text).split()).strip(" .:#-_")


def _without_comments(lines: list[str]) -> list[str]:
    """Blank HTML comments: a heading inside one is not shown to anybody."""
    out, inside = [], False
    for line in lines:
        kept = ""
        while line:
            mark = "-->" if inside else "<!--"
            before, found, line = line.partition(mark)
            kept += "" if inside else before
            if found:
                inside = not inside
        out.append(kept)
    return out


def _code_lines(lines: list[str], markup: str) -> set[int]:
    if markup == ORG:
        return set(_fenced(lines, ready(r"(?i)\s*#\+begin_(?:src|example)"), ready(r"(?i)\s*#\+end_")))
    if markup == ASCIIDOC:
        return set(_fenced(lines, ready(r"-{4,}\s*$"), ready(r"-{4,}\s*$")))
    if markup == RST:
        return set(_rst_literals(lines))
    if markup in (RDOC, POD):
        return set(_set_in(lines))
    return set(_markdown_fences(lines))


def _fenced(lines: list[str], start: re.Pattern[str], end: re.Pattern[str]) -> Iterator[int]:
    inside = False
    for n, line in enumerate(lines):
        if not inside and start.match(line):
            inside = True
            yield n
        elif inside:
            yield n
            inside = not end.match(line)


def _set_in(lines: list[str]) -> Iterator[int]:
    """Lines that are set in by however little, after an empty one; those that go on with an item are not."""
    inside, empty = False, True
    for n, line in enumerate(lines):
        indented = line.startswith((" ", "\t")) and bool(line.strip())
        inside = indented and (inside or (empty and not _ITEM.match(line)))
        empty = not line.strip()
        if inside:
            yield n


_FENCE = late(r"\s*(?:>\s*)?(`{3,}|~{3,})")
_ITEM = late(r"\s*(?:[-*+]|\d+[.)])\s")


def _markdown_fences(lines: list[str]) -> Iterator[int]:
    fence = ""
    for n, line in enumerate(lines):
        mark = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence:
            yield n
            if mark and mark[1][0] == fence[0] and len(mark[1]) >= len(fence) and not line.strip().strip("`~"):
                fence = ""
        elif mark:
            fence = mark[1]
            yield n
        elif _is_indented(line) and (n == 0 or not lines[n - 1].strip()):
            yield n


def _is_indented(line: str) -> bool:
    """Whether a line can begin a block of code by its indent (an item of a nested list cannot)."""
    return line.startswith(("    ", "\t")) and bool(line.strip()) and not _ITEM.match(line)


def _rst_literals(lines: list[str]) -> Iterator[int]:
    """Bodies of ``::`` blocks and of code directives; other directives are read as text."""
    indent = -1
    for n, line in enumerate(lines):
        depth = len(line) - len(line.lstrip())
        if indent >= 0:
            if not line.strip():
                continue
            if depth > indent:
                yield n
                continue
            indent = -1
        directive = _RST_DIRECTIVE.match(line) if "::" in line else None
        if directive:
            if directive[1] in _RST_CODE:
                indent = depth
        elif line.rstrip().endswith("::") and not line.lstrip().startswith(".."):
            indent = depth


_RST_DIRECTIVE = late(r"\s*\.\. ([\w-]+)::")
_RST_CODE = {"code", "code-block", "sourcecode", "highlight", "parsed-literal", "prompt", "literalinclude"}


def _markdown(lines: list[str]) -> Iterator[Heading]:
    found = [*_atx(lines, "#"), *_underlined(lines, "=-"), *_html(lines)]
    return iter(sorted(found, key=lambda h: h.line))


def _atx(lines: list[str], mark: str) -> Iterator[Heading]:
    """``# Title`` (also ``#Title``, which some renderers accept) and the same with another mark."""
    pattern = ready(rf" {{0,3}}({re.escape(mark)}{{1,6}})(?!{re.escape(mark)})\s*(\S.*?)?\s*{re.escape(mark)}*\s*$")
    for n, line in enumerate(lines):
        found = pattern.match(line) if mark in line else None
        if found and (text := plain(found[2] or "")):
            yield Heading(text, len(found[1]), n + 1)


_HTML_HEADING = late(r"(?is)<h([1-6])\b[^<>]{0,200}>(.{0,600}?)</h\1>")


def _html(lines: list[str]) -> Iterator[Heading]:
    """``<h2 align="center">Title</h2>``, on one line or over a few."""
    text = "\n".join(lines)
    for found in _HTML_HEADING.finditer(text):
        if title := plain(found[2]):
            yield Heading(title, int(found[1]), text.count("\n", 0, found.start()) + 1)


def _underlined(lines: list[str], marks: str) -> Iterator[Heading]:
    """Setext and reStructuredText titles: a line of one mark below the text; levels in order of appearance."""
    order: list[str] = []
    for n in range(1, len(lines)):
        rule, title = lines[n].rstrip(), lines[n - 1]
        mark = rule[:1]
        if len(rule) < 2 or mark not in marks or rule.strip(mark) or not title.strip():
            continue
        text = plain(title)
        if not text or set(title.strip()) <= set(_RST_MARKS) or (n > 1 and marks == "=-" and _is_text(lines[n - 2])):
            continue
        if marks != "=-" and len(rule) + 2 < len(title.strip()):
            continue
        if mark not in order:
            order.append(mark)
        level = "=-".index(mark) + 1 if marks == "=-" else order.index(mark) + 1
        yield Heading(text, level, n)


def _is_text(line: str) -> bool:
    """Whether a line above makes the pair a table or a list item rather than a title."""
    return "|" in line or line.lstrip().startswith(("- ", "* "))


_RST_MARKS = "=-~^\"'`#*+.:_<>!$%&(),/;?@[]{}|\\"


def _rst(lines: list[str]) -> Iterator[Heading]:
    return _underlined(lines, _RST_MARKS)


def _org(lines: list[str]) -> Iterator[Heading]:
    for n, line in enumerate(lines):
        title = re.match(r"(?i)#\+title:\s*(\S.*)", line)
        star = re.match(r"(\*{1,6})\s+(\S.*)", line)
        if title:
            yield Heading(plain(title[1]), 1, n + 1)
        elif star:
            yield Heading(plain(star[2]), len(star[1]), n + 1)


def _asciidoc(lines: list[str]) -> Iterator[Heading]:
    return iter(sorted([*_atx(lines, "="), *_atx(lines, "#")], key=lambda h: h.line))


def _worded(pattern: str) -> Callable[[list[str]], Iterator[Heading]]:
    """A reader of headings that a word begins: its level and its text are the groups of ``pattern``."""

    def headings(lines: list[str]) -> Iterator[Heading]:
        for n, line in enumerate(lines):
            found = ready(pattern).match(line)
            if found and (text := plain(found[2])):
                yield Heading(text, int(found[1]), n + 1)

    return headings


_HEADINGS: Mapping[str, Callable[[list[str]], Iterator[Heading]]] = {
    MARKDOWN: _markdown,
    RST: _rst,
    ORG: _org,
    ASCIIDOC: _asciidoc,
    RDOC: _asciidoc,
    TEXTILE: _worded(r"h([1-6])\S{0,40}\.\s+(\S.*)"),
    POD: _worded(r"=head([1-6])\s+(\S.*)"),
    WIKI: _asciidoc,
}

_IMAGE = late(r"!\[([^\[\]]{0,300})\](?:\(([^()\s]{1,500})[^()]{0,200}\)|\[[^\[\]]{0,200}\])")
_INLINE = late(r"(?<!!)\[([^\[\]]{1,300})\]\(\s*<?([^()<>\s]{1,500})>?[^()]{0,200}\)")
_DEFINED = late(r"\s{0,3}\[([^\[\]]{1,200})\]:\s*<?(\S{1,500}?)>?(?:\s|$)")
_RST_LINK = late(r"`([^`<>]{0,300}?)\s*<([^<>`\s]{1,500})>`_{0,2}")
_RST_ROLE = late(r":(?:doc|ref):`([^`<>]{0,200}?)\s*(?:<([^<>`]{1,300})>)?`")
_RST_TARGET = late(r"\s*\.\. _([^:]{1,200}):\s+(\S{1,500})")
_RST_IMAGE = late(r"\s*(?:\.\. (?:\|[^|]{1,100}\| )?image::|:(?:target|alt):)\s*(\S{0,500})")
_ORG_LINK = late(r"\[\[([^\[\]]{1,500})\](?:\[([^\[\]]{1,300})\])?\]")
_HREF = late(r"""(?i)<a\b[^<>]{0,300}?href\s*=\s*["']?([^"'<>\s]{1,500})["']?[^<>]{0,200}>([^<>]{0,300})""")
_BARE = late(r"https?://[^\s<>\"'`\])}|]{1,500}")


def _links(lines: list[str]) -> Iterator[Link]:
    for n, line in enumerate(lines, 1):
        if "://" not in line and "]" not in line and "`" not in line and "href" not in line:
            continue
        image = "![" in line
        badge = bool(_RST_IMAGE.match(line) or (image and _IMAGE.search(line)))
        bare = _IMAGE.sub(lambda m: m[1] or " ", line) if image else line
        seen = set()
        for pattern, words, target, sign in _LINK_FORMS:
            for found in pattern.finditer(bare) if sign in bare else ():
                where = (found[target] or found[words] or "").strip()
                seen.add(where.rstrip(".,;:"))
                yield Link(where, plain(found[words] or ""), n, image=badge and not plain(found[words] or ""))
        for found in _BARE.finditer(bare) if "://" in bare else ():
            where = found[0].rstrip(".,;:")
            if not any(where in known for known in seen):
                yield Link(where, "", n, image=badge)


# Which groups hold the words and the target, and what every match holds.
_LINK_FORMS = (
    (_INLINE, 1, 2, "]("),
    (_DEFINED, 1, 2, "]:"),
    (_RST_LINK, 1, 2, "`"),
    (_RST_ROLE, 1, 2, ":`"),
    (_RST_TARGET, 1, 2, ".. _"),
    (_ORG_LINK, 2, 1, "[["),
    (_HREF, 2, 1, "<"),
)


def _sections(headings: tuple[Heading, ...], lines: list[str]) -> Iterator[Section]:
    starts: list[tuple[Heading | None, int]] = [(None, 0), *((h, h.line) for h in headings)]
    for i, (heading, start) in enumerate(starts):
        end = starts[i + 1][1] - 1 if i + 1 < len(starts) else len(lines)
        yield Section(heading=heading, text="\n".join(lines[start:end]), line=start + 1)


_NOT_PROSE = late(
    r"^\s*(?:\.\. |:[\w-]+:|[-=~^*_#+|\s]{3,}$|\[[^\[\]]{1,200}\]:\s|<[^<>]{0,500}>\s*$|\|.*\|\s*$|#\+)", re.ASCII
)


_EMPTY_LINK = late(r"\[\s*\](?:\([^()]{0,500}\)|\[[^\]]{0,200}\])")
_TAG = late(r"<[^<>]{0,500}>")
_WORD = late(r"\w[\w'-]*")


def _prose(lines: list[str], headings: set[int]) -> Iterator[str]:
    for n, line in enumerate(lines, 1):
        if n in headings or not line.strip() or _NOT_PROSE.match(line):
            continue
        text = _EMPTY_LINK.sub(" ", _IMAGE.sub(" ", line)) if "[" in line else line
        text = plain(_TAG.sub(" ", text) if "<" in text else text)
        words = _WORD.findall(_BARE.sub(" ", text) if "://" in text else text)
        if words:
            yield " ".join(words)
