"""QC.Doc06.5 to .7: there is documentation for those who develop, operate and use the software.

The policy table `docs` may name it: `developer`, `admin` and `user` hold a path (or several) in the repository, or
`false` where there is no such audience (nobody deploys a library).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Evidence, Finding, Location, Tree, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.audience_words import (
    DEVELOPER,
    FOR_DEVELOPERS,
    INSTALL,
    INSTALL_FILE,
    INTERFACE,
    NOT_FOR_USERS,
    OPERATE,
    REFERENCE,
    ROOT_FILE,
    USER,
    VAGUE,
    Words,
)
from assaymark.subject.drawn import drawn, is_drawn
from assaymark.subject.licences import resolve
from assaymark.subject.markup import Heading, markup_of, parse
from assaymark.subject.substance import Passage, below, passage, shows_code, tells

if TYPE_CHECKING:
    from assaymark.subject.docs_site import DocsSite
    from assaymark.subject.documents import Documents, Readme

_READS = ("**/*.md", "**/*.rst", "**/*.adoc", "**/*.org", "**")
_LEAST = 200  # bytes of a page that says something

_MOST_PAGES = 100  # of which the headings are read
_MOST_READ = 20  # pages of which the text is read for one audience
_SHOWN = 10
_PAGE_LIMIT = 200_000
_API_GENERATORS = {"Doxygen", "FORD", "Documenter", "pkgdown", "TypeDoc"}
_SERVICE = late(
    r"(?i)(?:dockerfile|containerfile|procfile|(?:docker-)?compose[\w.-]*\.ya?ml"
    r"|(?!\.)(?:[\w-]+/){0,3}chart\.yaml|(?!\.)(?:[\w-]+/){0,2}[\w.-]+\.service)"
)


@check("doc.developer", reads=_READS)
def developer(
    documents: Documents, readme: Readme, docs_site: DocsSite, settings: Mapping[str, Any], tree: Tree
) -> Evidence:
    """Developers find how the code is built, structured and tested."""
    if answer := _declared("developer", settings, tree):
        return answer
    made = next((g for g in docs_site.generators if g.what in _API_GENERATORS), None)
    seen = _found(DEVELOPER, documents, readme, tree)
    place = (f"{made.path} ({made.what})" if made else "") or seen.place or _long_guide(documents)
    if place:
        return passed(f"for developers: {place}")
    if answer := _elsewhere("developers", docs_site):
        return answer
    return failed(
        f"nothing is written for developers{seen.thinly}",
        findings=seen.thin,
        remedy=_remedy("developer", "how to build, test and find one's way in the code"),
    )


@check("doc.admin", reads=_READS)
def admin(
    documents: Documents, readme: Readme, docs_site: DocsSite, settings: Mapping[str, Any], tree: Tree
) -> Evidence:
    """Those who deploy the software find how to install, configure and operate it."""
    if answer := _declared("admin", settings, tree):
        return answer
    install = _found(INSTALL, documents, readme, tree).place or _told_of(INSTALL, documents, tree)
    operate = _found(OPERATE, documents, readme, tree).place or _told_of(OPERATE, documents, tree)
    if install and operate:
        return passed(f"to install: {install}; to configure and operate: {operate}")
    if answer := _elsewhere("administrators", docs_site):
        return answer
    service = next((e.path for e in tree if _SERVICE.fullmatch(e.path)), "")
    lacking = "configuring and operating" if install else "installing"
    if service:
        return failed(
            f"nothing is written on {lacking} it although {service} says that it is deployed",
            remedy=_remedy("admin", "installation, configuration and operation"),
        )
    return unknown(
        f"nothing is written on {lacking} it; whether anybody operates it is not known",
        remedy="Declare docs.admin = false in the policy when it is a library, or name the page.",
    )


@check("doc.user", reads=_READS)
def user(
    documents: Documents, readme: Readme, docs_site: DocsSite, settings: Mapping[str, Any], tree: Tree
) -> Evidence:
    """Users find how to use the public interface: examples, commands, reference."""
    if answer := _declared("user", settings, tree):
        return answer
    seen = _found(USER, documents, readme, tree)
    if place := seen.place or _example(readme, tree):
        return passed(f"for users: {place}")
    if page := drawn(documents, tree):
        return passed(f"for users: {page} (drawn from the code)")
    if described := next((e for e in tree.glob(*INTERFACE) if e.size >= _LEAST), None):
        return passed(f"for users: {described.path} (describes the interface)")
    if answer := _elsewhere("users", docs_site):
        return answer
    return failed(
        f"nothing is written for users{seen.thinly}",
        findings=seen.thin,
        remedy=_remedy("user", "how to use it, with an example, and the reference"),
    )


def _declared(audience: str, settings: Mapping[str, Any], tree: Tree) -> Evidence | None:
    """The answer from the policy; None when it does not speak of the audience."""
    docs = settings.get("docs")
    value = docs.get(audience) if isinstance(docs, Mapping) else None
    if value is None:
        return None
    if value is False:
        return not_applicable(
            f"the policy says that there is no documentation for this audience (docs.{audience} = false)"
        )
    paths = [value] if isinstance(value, str) else [p for p in value if isinstance(p, str)]
    missing = [p for p in paths if _size(tree, p) < _LEAST]
    if not missing and paths:
        return passed(f"declared in the policy: {', '.join(paths)}")
    return failed(
        f"docs.{audience} names {', '.join(missing) or 'nothing'}, where next to nothing is written",
        findings=[_missing(p) for p in missing],
        remedy=f"Write it, or correct docs.{audience} in the policy.",
    )


def _missing(path: str) -> Finding:
    message = "declared, but missing or empty"
    return Finding(rule="doc.declared-missing", message=message, location=Location(path=path))


def _size(tree: Tree, path: str) -> int:
    """Bytes of a file, or of all files below a folder."""
    path = path.strip("/")
    return sum(e.size for e in tree if e.path == path or e.path.startswith(f"{path}/"))


def _elsewhere(audience: str, docs_site: DocsSite) -> Evidence | None:
    """Unknown when the documentation lies at an address whose sources are not in this repository."""
    if not docs_site.urls or docs_site.generators:
        return None
    address = docs_site.urls[0]
    where = f"{address.path}:{address.line}" if address.line else address.path
    return unknown(
        f"nothing is written for {audience} here, and {address.url} ({where}) was not read",
        remedy="Name the page in the policy (docs.user, docs.developer, docs.admin), or attest where it is.",
    )


class _Seen(NamedTuple):
    """Where something is told, '' when nowhere; ``thin`` are places that are called so and tell nothing."""

    place: str = ""
    thin: tuple[Finding, ...] = ()

    @property
    def thinly(self) -> str:
        """The first of these, to be said in the message."""
        where = self.thin[0].location if self.thin else None
        return f": {where.path}{f':{where.line}' if where.line else ''} only announces it" if where else ""


def _found(words: Words, documents: Documents, readme: Readme, tree: Tree) -> _Seen:
    """A page whose path, or a heading of the README that, speaks of it, and that says something one can act on."""
    thin: list[Finding] = []
    aside = ""
    for path in _pages(words, documents):
        page = passage(tree.text(path, _PAGE_LIMIT), markup_of(path), path)
        if not (tells(page, tree, setting_up=True) or is_drawn(page.text)):
            thin.append(_thin(path, None, path))
        elif _rank(words, path)[0]:
            aside = aside or path
        else:
            return _Seen(path)
    whole = _whole(readme, tree)
    for heading in _titles(words, readme):
        if tells(below(whole, heading), tree, setting_up=words.setting_up):
            return _Seen(f"{readme.path}:{heading.line} ({heading.text})")
        thin.append(_thin(readme.path, heading.line, heading.text))
    return _Seen(aside, tuple(thin[:_SHOWN]))


def _pages(words: Words, documents: Documents) -> list[str]:
    """The pages whose path speaks of it, the fittest first."""
    written = (p for p in documents.told if not p.community or INSTALL_FILE.search(p.path))
    paths = [p.path for p in written if p.size >= _LEAST and words.paths.search(_words(p.path))]
    return sorted(paths, key=lambda path: _rank(words, path))[:_MOST_READ]


def _titles(words: Words, readme: Readme) -> Iterator[Heading]:
    """The headings that speak of it; not the title of the whole, unless there is no other."""
    for heading in readme.page.headings[1:] if len(readme.page.headings) > 1 else readme.page.headings:
        if words.headings.search(words.never.sub(" ", heading.text)):
            yield heading


def _whole(readme: Readme, tree: Tree) -> Passage:
    entry = tree.get(readme.path)
    target = resolve(tree, entry) if entry is not None and entry.is_symlink else entry
    text = tree.text(target.path, _PAGE_LIMIT) if target is not None else ""
    return passage(text, readme.page.markup, readme.path)


def _example(readme: Readme, tree: Tree) -> str:
    """Code at the beginning of the README, before any other heading, that shows the use of the software."""
    whole, title = _whole(readme, tree), next(iter(readme.page.headings), None)
    if title and (DEVELOPER.headings.search(title.text) or INSTALL.headings.search(title.text)):
        return ""
    start = below(whole, title, deep=False) if title else whole
    return f"{readme.path}:{title.line if title else 1} (an example)" if shows_code(start) else ""


def _thin(path: str, line: int | None, what: str) -> Finding:
    message = f"{what!r} is announced, and nothing follows that a reader could act on"
    return Finding(rule="doc.announced-only", message=message, location=Location(path=path, line=line))


def _told_of(words: Words, documents: Documents, tree: Tree) -> str:
    """A heading of a page below a folder that speaks of it; '' when there is none."""
    pages = [p for p in documents.told if "/" in p.path and not FOR_DEVELOPERS.search(p.path)]
    for page in pages[:_MOST_PAGES]:
        for heading in parse(tree.text(page.path, _PAGE_LIMIT), page.markup).headings:
            if words.headings.search(heading.text):
                return f"{page.path}:{heading.line} ({heading.text})"
    return ""


_JOINTS = late(r"[_/.-]")


def _words(path: str) -> str:
    """The words of a path without the folder of all documentation and the extension.

    None for a file of the root, unless its name is one by which projects call such a page.
    """
    inner = path if INSTALL_FILE.fullmatch(path) or ROOT_FILE.fullmatch(path) else path.partition("/")[2]
    return _JOINTS.sub(" ", inner.rpartition(".")[0] or inner)


def _rank(words: Words, path: str) -> tuple[bool, bool, bool, bool, int]:
    """Pages in folders for others come last; then the reference; those named after the topic come first."""
    folders, _, name = path.rpartition("/")
    named = words.paths.search(_words(f"x/{name}"))
    if words is DEVELOPER:
        return False, not FOR_DEVELOPERS.search(folders), not named, False, path.count("/")
    aside = bool(FOR_DEVELOPERS.search(folders) or REFERENCE.search(folders))
    aside |= words is USER and NOT_FOR_USERS.search(_words(path)) is not None
    vague = words is INSTALL and not words.paths.search(VAGUE.sub("", _words(path)))
    return aside, bool(REFERENCE.search(path)), vague, not named, path.count("/")


def _long_guide(documents: Documents) -> str:
    return next((g.path for g in documents.contributing if g.page.words >= 100), "")


def _remedy(audience: str, what: str) -> str:
    return f"Write a page on {what}, or name it in the policy: docs.{audience} = '<path>'."
