"""The documents of a project: its README, the files for contributors, the changelog, all documentation sources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from assaymark.api import Entry, Tree, fact
from assaymark.patterns import late, ready
from assaymark.records import NamedTuple
from assaymark.subject.licences import resolve
from assaymark.subject.markup import EXTENSIONS, MARKDOWN, PLAIN, Page, markup_of, parse
from assaymark.subject.topics import covered

LIMIT = 500_000  # bytes of one document that are read
HOMES = ("", ".github", ".gitlab", "docs", "doc", "docs/source", "docs/src", "doc/source")
_HOMES = frozenset(HOMES)
FOLDERS = {
    "docs",
    "doc",
    "documentation",
    "manual",
    "manuals",
    "guide",
    "guides",
    "handbook",
    "vignettes",
    "website",
    "wiki",
    "book",
}
_FOREIGN = {
    "third_party",
    "third-party",
    "thirdparty",
    "external",
    "externals",
    "extern",
    "vendor",
    "vendored",
    "node_modules",
    "submodules",
    "_static",
    "_templates",
    "site-packages",
    "tests",
    "test",
}
_BINARY = {"pdf", "doc", "docx", "odt", "rtf", "ppt", "pptx", "odp", "pages"}
_EDITABLE = {"doc", "docx", "odt", "rtf", "ppt", "pptx", "odp", "pages"}
_NOT_DOCUMENTS = late(
    r"(?i)(?:(?:cmakelists|requirements[\w.-]*|robots|constraints|environment|spelling[\w-]*|wordlist"
    r"|dependencies|version)\.txt"
    r"|(?:licen[cs]es?|copying|unlicense|notice|copyright|authors|contributors|claude|agents"
    r"|pull_request_template|issue_template)\b.*)$"
)
_RULES = late(r"(?i)(?:code[-_ ]of[-_ ]conduct|security|governance|support|maintainers)\b")
COMMUNITY = late(
    r"(?i)(?:readme|contributing|code[-_ ]of[-_ ]conduct|security|support|governance|changelog|changes"
    r"|history|news|authors|maintainers"
    r"|licen[cs]e|notice|copying|contributors|pull_request_template|issue_template|roadmap|releas\w+"
    r"|install|claude|agents)\b"
)


class Readme(NamedTuple):
    """The README that people see first; ``others`` are more of them. ``topics`` maps what it covers to a line."""

    path: str
    size: int
    page: Page
    topics: dict[str, int]
    binary: bool = False

    @property
    def present(self) -> bool:
        """Whether there is one at all; without it the path is ''."""
        return bool(self.path)

    @property
    def root(self) -> bool:
        """Whether it lies in the root."""
        return "/" not in self.path


class Guide(NamedTuple):
    """A document for contributors, with its text (comments blanked)."""

    path: str
    text: str
    page: Page


class Changelog(NamedTuple):
    """A list of changes: the versions that it has an entry for (as written), with the line of each."""

    path: str
    versions: dict[str, int]


class DocFile(NamedTuple):
    """One documentation source; ``markup`` is '' for a binary format."""

    path: str
    markup: str
    size: int

    @property
    def community(self) -> bool:
        """Whether its name is one that forges give a meaning, whatever the rest is written in."""
        return COMMUNITY.match(self.path.rpartition("/")[2]) is not None


class Documents(NamedTuple):
    """All documents. ``fragments`` are pieces of the next changelog entry (towncrier, scriv, news folders)."""

    contributing: tuple[Guide, ...]
    conduct: tuple[Guide, ...]
    security: tuple[Guide, ...]
    changelogs: tuple[Changelog, ...]
    fragments: tuple[str, ...]
    pages: tuple[DocFile, ...]
    binaries: tuple[DocFile, ...]

    @property
    def told(self) -> tuple[DocFile, ...]:
        """The sources that tell about the software itself: not its rules of conduct and the like."""
        return tuple(p for p in self.pages if not _RULES.match(p.path.rpartition("/")[2]))

    @property
    def manual(self) -> tuple[DocFile, ...]:
        """The sources beyond the README and its like."""
        return tuple(p for p in self.pages if not p.community)

    def markups(self) -> Counter[str]:
        """How many sources of the manual are written in which markup."""
        return Counter(p.markup for p in self.manual if p.markup != PLAIN)


@fact
def readme(tree: Tree) -> Readme:
    """The README of the root, else of .github or docs."""
    near = _near(tree)
    for home in HOMES[:5]:
        found = _best(_named(tree, [n for n in near if n[0] == home], r"readme(?:\.[\w-]+)?"))
        if found is not None:
            entry, path = found
            raw = tree.read(entry.path, LIMIT)
            text = tree.text(entry.path, LIMIT)
            page = parse(text, markup_of(path) or MARKDOWN)
            return Readme(
                path=path,
                size=entry.size,
                page=page,
                topics=covered(page),
                binary=b"\0" in raw[:8000] or text[:2000].count("\ufffd") > 20,
            )
    return Readme(path="", size=0, page=parse("", MARKDOWN), topics={})


@fact
def documents(tree: Tree) -> Documents:
    """Everything that documents the project, by kind."""
    pages: list[DocFile] = []
    binaries: list[DocFile] = []
    for entry in tree:
        if entry.is_symlink or entry.is_submodule:
            continue
        doc = _documentation(entry)
        if doc is not None:
            (pages if doc.markup else binaries).append(doc)
    near = _near(tree)
    how = r"(?:contributing|contribute|hacking|contribution[-_]guide\w*)(?:\.\w+)?"
    return Documents(
        contributing=_guides(tree, near, how, pages, "contribut"),
        conduct=_guides(tree, near, r"code[-_ ]?of[-_ ]?conduct(?:\.\w+)?|conduct\.\w+", pages, "conduct"),
        security=_guides(tree, near, r"security(?:\.\w+)?", pages, ""),
        changelogs=tuple(_changelog(tree, e, p) for e, p in _changelogs(tree, near, pages)),
        fragments=tuple(e.path for e in tree if _is_fragment(e.path))[:200],
        pages=tuple(pages),
        binaries=tuple(binaries),
    )


def _near(tree: Tree) -> list[tuple[str, Entry]]:
    """Entries in the folders where forges look, with their folder in lower case."""
    out = []
    for entry in tree:
        folder = entry.path.rpartition("/")[0].lower()
        if folder in _HOMES:
            out.append((folder, entry))
    return out


def _named(tree: Tree, near: list[tuple[str, Entry]], pattern: str) -> list[tuple[Entry, str]]:
    """Regular files (also at the end of links within the tree) of a name, with the path under which they were found."""
    name = ready(pattern, re.IGNORECASE)
    out = []
    for _, entry in near:
        if name.fullmatch(entry.name):
            target = resolve(tree, entry) if entry.is_symlink else entry
            if target is not None and not target.is_submodule:
                out.append((target, entry.path))
    return out


_BEST = (".md", ".rst", ".markdown", ".rdoc", ".txt", ".org", ".adoc", "")


def _best(found: list[tuple[Entry, str]]) -> tuple[Entry, str] | None:
    """The one that forges show: Markdown before the others, a translation (README.zh.md) never first."""

    def rank(item: tuple[Entry, str]) -> tuple[int, str]:
        ending = item[1].rpartition("/")[2][len("readme") :].lower()
        return (_BEST.index(ending) if ending in _BEST else len(_BEST), item[1])

    usable = [f for f in found if markup_of(f[1]) or "." not in f[1].rpartition("/")[2]]
    return min(usable, key=rank) if usable else None


def _guides(
    tree: Tree, near: list[tuple[str, Entry]], pattern: str, pages: list[DocFile], within: str
) -> tuple[Guide, ...]:
    """The documents of a name where forges look, else those whose name has a word among the documentation."""
    found = _named(tree, near, pattern)
    if not found and within:
        found = _among(tree, pages, rf"[\w-]*{within}[\w-]*\.\w+")
    return tuple(_guide(tree, entry, path) for entry, path in _outermost(found)[:5])


def _among(tree: Tree, pages: list[DocFile], pattern: str) -> list[tuple[Entry, str]]:
    """Documentation sources of a name, in whatever folder."""
    name = ready(pattern, re.IGNORECASE)
    entries = (tree.get(p.path) for p in pages if name.fullmatch(p.path.rpartition("/")[2]))
    return [(e, e.path) for e in entries if e is not None]


def _outermost(found: list[tuple[Entry, str]]) -> list[tuple[Entry, str]]:
    return sorted(found, key=lambda f: (f[1].count("/"), f[1]))


_COMMENT = late(r"<!--(?:[^-]++|(?>-(?!->)))*+-->")


def _guide(tree: Tree, entry: Entry, path: str) -> Guide:
    return guide_of(path, tree.text(entry.path, LIMIT))


def guide_of(path: str, text: str) -> Guide:
    """A document for contributors from its text."""
    text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text[:LIMIT])
    return Guide(path=path, text=text, page=parse(text, markup_of(path) or MARKDOWN))


_CHANGELOG = (
    r"(?:change[-_ ]?logs?|changes|history|news|release[-_ ]?notes?|releases|whats[-_ ]?new)(?:\.(?:md|rst|txt"
    r"|markdown|adoc|org|qmd|rdoc|textile|pod|mediawiki))?"
)


def _changelogs(tree: Tree, near: list[tuple[str, Entry]], pages: list[DocFile]) -> list[tuple[Entry, str]]:
    return _outermost(_named(tree, near, _CHANGELOG) or _among(tree, pages, _CHANGELOG))[:3]


_ENTRY = late(
    r"""(?xi) ^ \s{0,3} (?:\#{1,4}|={1,4}|\*{1,3}|-|v|version|release|changes\s+in)? \s*
    (?:\W{0,3}|[\w.-]{1,30}\s+(?:version\s+)?) [\[(`*v"_]{0,4} (?:version|release|v)?[\s.]{0,2}
    (\d{1,8}(?:\.\d{1,8}){1,4}(?:[-.]?(?:a|b|c|rc|alpha|beta|dev|post|pre)[-.]?\d*)?) (?![\w.]*/)"""
)
# Written so that the dot is looked for first: a changelog has ten thousand lines.
_NUMBERS = late(r"\.(?<=\d\.)\d")
# Headings that name the software in several words (``Apache Commons CLI 1.11.0 Release Notes``), or the day first; and
# those with numbers that dashes part (``# v01-02``).
_TITLE = late(
    r"(?i)#{0,4}\s*(?:(?!\d+\.\d)[\w.,:'()&/-]{1,40}\s+){2,5}?(?<!from )(?<!since )(?<!before )(?<!after )"
    r"[\[(`*v]{0,2}(\d{1,8}(?:\.\d{1,8}){1,4}(?:[-.]?(?:a|b|c|rc|alpha|beta|dev)[-.]?\d*)?)(?![\w.]*/)"
)
_DASHED = late(r"#{1,3}\s+v(\d{1,8}(?:-\d{1,8}){1,3})\b")
_UNDERLINE = late(r"(?:=|-|~){4,}\s*")


def _changelog(tree: Tree, entry: Entry, path: str) -> Changelog:
    versions: dict[str, int] = {}
    lines = tree.text(entry.path, LIMIT).splitlines()
    for n, line in enumerate(lines, 1):
        found = None
        if _NUMBERS.search(line, 0, 200):
            found = _ENTRY.match(line[:200])
            if not found and (line.startswith("#") or (n < len(lines) and _UNDERLINE.fullmatch(lines[n]))):
                found = _TITLE.match(line[:200])
        elif line.startswith("#"):
            found = _DASHED.match(line[:200])
        if found:
            versions.setdefault(found[1], n)
    return Changelog(path=path, versions=versions)


def changelog_of(tree: Tree, package: str) -> Changelog | None:
    """The changelog beside one package of a repository that holds several, by the folder's name."""
    name = ready(_CHANGELOG, re.IGNORECASE)
    folder = package.rpartition("/")[2].lower()
    for entry in tree if folder else ():
        parts = entry.path.lower().split("/")
        if len(parts) > 1 and parts[-2] == folder and name.fullmatch(entry.name) and not entry.is_symlink:
            return _changelog(tree, entry, entry.path)
    return None


def _is_fragment(path: str) -> bool:
    parts = path.rsplit("/", 2)
    text = parts[-1].endswith((".md", ".rst", ".yml", ".yaml", ".txt"))
    return text and len(parts) > 1 and parts[-2].lower() in _FRAGMENTS


_FRAGMENTS = {
    "changes",
    "news",
    "newsfragments",
    "newsfragment",
    "changelog.d",
    ".changeset",
    "changelog",
    "changelogs",
    "towncrier",
}


def _documentation(entry: Entry) -> DocFile | None:
    name = entry.name
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in _BINARY and extension not in EXTENSIONS:
        return None
    parts = entry.path.split("/")
    folders = [p.lower() for p in parts[:-1]]
    if _FOREIGN & set(folders) or any(f.startswith(".") for f in folders):
        return None
    inside = bool(FOLDERS & set(folders[:3])) or folders[:2] == ["site", "content"]
    if extension in _BINARY:
        return DocFile(path=entry.path, markup="", size=entry.size) if inside or not folders else None
    markup = markup_of(entry.path)
    if not markup or _NOT_DOCUMENTS.match(name) or not (inside or not folders):
        return None
    if markup == PLAIN and (
        (not inside and not COMMUNITY.match(name)) or (extension == "" and not COMMUNITY.match(name))
    ):
        return None
    return DocFile(path=entry.path, markup=markup, size=entry.size)


def editable(doc: DocFile) -> bool:
    """Whether a binary document is one that people edit (a word processor's), not only print."""
    return doc.path.rpartition(".")[2].lower() in _EDITABLE


def entries_with(versions: Iterable[str], wanted: str) -> Iterator[str]:
    """Entries of a changelog that stand for a version, however it is written (1.2 is 1.2.0)."""
    from assaymark.subject.releases import parse_version

    target = parse_version(wanted)
    for written in versions:
        version = parse_version(written)
        if target is not None and version is not None and version.key == target.key:
            yield written
