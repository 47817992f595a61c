"""Whether what stands under a heading, or on a page, is something that a reader could act on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.markup import Heading, Link, Page, parse

TELLING_WORDS = 30  # of prose, which explain something
_LEAST = 200  # bytes of a page that a link leads to
_ROWS = 4  # of a table, its head included
_ROW = late(r"(?m)^\s*\|.*\|\s*$")
_SPAN = late(r"(?<!`)`{1,2}([^`\n]{3,200})`{1,2}(?!`)|<code>([^<]{3,200})</code>")
_FENCE = late(r"^(?:`{3,}|~{3,}|-{4,}|\.\. |#\+|:\w+:)")
_PROMPT = late(r"^(?:[$>%#]|>>>|In \[\d*\]:|PS>|C:\\>|julia>|pkg>)\s+")
_NO_CODE = late(
    r"^[\w./-]+/$|"
    r"[├└│─]|^@\w+\{|^(?:author|title|year|journal|volume|number|pages|doi|url|publisher|month)\s*=|^[{}()\]\[,;]*$"
)
# What only puts the software in place.
_SETTING_UP = late(
    r"(?i)^(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+(?:pip|venv|virtualenv|build)\b|(?:uv\s+)?pip[\d.]*\s|uv\s+(?:add|sync|venv)"
    r"|pipx\s+(?:install|ensure)|poetry\s+(?:install|add|shell)|pdm\s+(?:install|add)|(?:conda|mamba|micromamba)\s+\w+"
    r"|(?:apt|apt-get|brew|yum|dnf|apk|snap|choco|winget|scoop|port|pacman|zypper|module|spack|guix|nix\S*)\s"
    r"|(?:npm|yarn|pnpm|bun)\s+(?:install|add|i|ci)\b|npm\s*$|yarn\s*$|cargo\s+(?:install|add|build)|go\s+(?:get|install|mod|build)"
    r"|gem\s+install|bundle\s+install|composer\s+\w+|luarocks\s|opam\s|cabal\s|stack\s|cpanm?\s"
    r"|git\s|cd\s|mkdir\s|rm\s|cp\s|mv\s|tar\s|unzip\s|wget\s|curl\s.*(?:\.sh|\.tar|\.zip|-O|install)|chmod\s|ls\b|source\s|\.\s|export\s"
    r"|set\s|echo\s|virtualenv\s|(?:\S*/)?activate|\./(?:configure|install|setup|build|bootstrap|autogen)\S*|autoreconf|cmake\b|meson\b"
    r"|g?make\b|ninja\b|\./?gradlew?\s+(?:build|assemble)|mvnw?\s|\S*/?mvnw?\s|(?:docker|podman)\s+(?:build|pull|login)|(?:apptainer|singularity)\s+(?:pull|build)"
    r"|install\.packages|(?:\w+::)?install_\w+|\w+::pkg_install|pak::|remotes::|devtools::|BiocManager|using\s+Pkg|Pkg\.|import\s+Pkg|\]?\s?(?:add|dev)\s+\S+$"
    r"|\S*python[\d.]*\s+setup\.py|easy_install|<dependency>|</?\w*(?:groupId|artifactId|version|dependency)\S*>|implementation\s|\[dependencies\]|dependencies\b)"
)
_LEADS = late(
    r"(?i)\bdocs?\b|documentation|manual|handbook|guides?\b|tutorials?|readthedocs|rtfd\.io|github\.io|gitlab\.io|/wiki\b"
    r"|examples?\b|notebooks?\b|\.ipynb|reference|\bapi\b|usage|how[-_ ]?to|getting[-_ ]?started"
    r"|quick[-_ ]?start|contribut|develop"
)
_DEFINED = late(r"(?m)^ {0,3}\[([^\[\]\n]{1,200})\]:[ \t]*<?(\S{1,500}?)>?(?:\s|$)")
_RST_DEFINED = late(r"(?m)^\.\. _(`?[^:\n]{1,200}?`?):[ \t]+(\S{1,500})")
_PICTURE = late(r"(?i)(?:shields\.io|badge|\.(?:svg|png|gif|jpe?g)(?:\?|$))")


class Passage(NamedTuple):
    """A text, or a part of one: as it is written and taken apart. ``home`` is the path of the file it stands in."""

    text: str
    page: Page
    home: str


def passage(text: str, markup: str, home: str) -> Passage:
    """A whole text."""
    return Passage(text, parse(text, markup), home)


def below(whole: Passage, heading: Heading, *, deep: bool = True) -> Passage:
    """What stands between a heading and the next one: with those below it, or (not ``deep``) up to any."""
    ends = (h.line - 1 for h in whole.page.headings if h.line > heading.line and not (deep and h.level > heading.level))
    part = "\n".join(whole.text.splitlines()[heading.line : next(ends, None)])
    part = _RST_DEFINED.sub("", _DEFINED.sub("\n", part))
    return passage("\n".join((part, "", *_addresses(whole, part.lower()))), whole.page.markup, whole.home)


def _addresses(whole: Passage, named: str) -> Iterator[str]:
    """The links of a part (in small letters) whose address stands by itself, most often at the end of the page."""
    for name, target in _DEFINED.findall(whole.text):
        if f"[{name.lower()}]" in named:
            yield f"[{name}]({target})"
    for name, target in _RST_DEFINED.findall(whole.text):
        if name.strip("`").lower() in named:
            yield f"`{name.strip('`')} <{target}>`_"


def tells(part: Passage, tree: Tree, *, setting_up: bool) -> bool:
    """Whether it says something to act on: code, a table of terms, a link to more, or an explanation.

    ``setting_up``: commands that only install and build count too.
    """
    code = setting_up and any(not _FENCE.match(line) for line in part.page.code)
    if code or shows_use(part) or part.page.words >= TELLING_WORDS or len(_ROW.findall(part.text)) >= _ROWS:
        return True
    return any(_leads(link, part.home, tree) for link in part.page.links)


_CALL = late(r"\w[ (]")


def shows_use(part: Passage) -> bool:
    """Whether there is code, be it within a sentence, beyond what only puts the software in place."""
    inline = (span[1] or span[2] for span in _SPAN.finditer(part.text))
    return shows_code(part) or any(_is_use(text.strip()) for text in inline if _CALL.search(text))


def shows_code(part: Passage) -> bool:
    """The same for code on lines of its own."""
    return any(_is_use(line) for line in part.page.code)


def _is_use(line: str) -> bool:
    bare = _PROMPT.sub("", line)
    if not bare or _FENCE.match(line) or bare.startswith(("#", "//", "--", "/*")):
        return False
    return not _NO_CODE.search(bare) and not _SETTING_UP.match(bare)


def _leads(link: Link, home: str, tree: Tree) -> bool:
    """Whether a link leads to a page of documentation: elsewhere, or one of the repository that says something."""
    if link.image or link.target.startswith(("#", "mailto:")) or _PICTURE.search(link.target):
        return False
    if re.match(r"(?i)https?://", link.target):
        return _LEADS.search(f"{link.text} {link.target}") is not None
    path = posixpath.normpath(posixpath.join(posixpath.dirname(home), link.target.partition("#")[0].lstrip("/")))
    entry = tree.get(path)
    if entry is not None:
        return entry.size >= _LEAST
    return path not in (".", "") and any(e.path.startswith(f"{path}/") for e in tree)
