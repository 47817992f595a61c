"""QC.Doc06.5 to .7: there is documentation for those who develop, operate and use the software.

The policy table `docs` may name it: `developer`, `admin` and `user` hold a path (or several) in the repository, or
`false` where there is no such audience (nobody deploys a library).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Evidence, Finding, Location, Tree, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.drawn import drawn
from assaymark.subject.markup import parse

if TYPE_CHECKING:
    from assaymark.subject.docs_site import DocsSite
    from assaymark.subject.documents import Documents, Readme

_READS = ("**/*.md", "**/*.rst", "**/*.adoc", "**/*.org", "**")
_LEAST = 200  # bytes of a page that says something

_DEVELOPER = late(
    r"(?i)\b(?:develop\w*|dev|architect\w*|internals?|design|hacking|contribut\w*|building|from source"
    r"|test(?:s|ing)?|api"
    r"|(?:code|project) structure)\b"
)
_INSTALL = late(
    r"(?i)\b(?:(?:un)?install\w*|deploy\w*|set ?up|requirements?|prerequisites?|docker|kubernetes|helm|singularity"
    r"|from source|compil\w*|build(?:ing)?)\b"
)
# Of the words above those that other things have as well ("memory requirements").
_VAGUE = late(r"(?i)\b(?:requirements?|prerequisites?|set ?up)\b")
_OPERATE = late(
    r"(?i)\b(?:config\w*|deploy\w*|operat(?:e|ing|ions?)|admin\w*|environment (?:variables|details)|docker"
    r"|kubernetes|helm"
    r"|security|troubleshoot\w*|faq|frequently asked|ports?|log(?:s|ging)|backup|monitor\w*|upgrad\w*|production)\b"
)
_USER = late(
    r"(?i)\b(?:usage|users?|tutorials?|getting started|quick ?start|examples?|how ?to|guides?|api"
    r"|references?|commands?|cli"
    r"|manual|features|first|use cases?|using|notebooks?|introduction)\b"
)
_FOR_DEVELOPERS = late(r"(?i)(?:^|/)(?:develop\w*|contribut\w*|internals?|hacking)(?:/|$)")
_REFERENCE = late(r"(?i)(?:^|/)(?:api[\w-]*|generated)(?:[/.]|$)")
_MOST_PAGES = 100  # of which the headings are read
_PAGE_LIMIT = 200_000
_INSTALL_FILE = late(r"(?i)(?:^|/)install(?:ation|ing)?(?:\.\w+)?$")
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
    place = (
        (f"{made.path} ({made.what})" if made else "")
        or _found(_DEVELOPER, documents, readme)
        or _long_guide(documents)
    )
    if place:
        return passed(f"for developers: {place}")
    if answer := _elsewhere("developers", docs_site):
        return answer
    return failed(
        "nothing is written for developers",
        remedy=_remedy("developer", "how to build, test and find one's way in the code"),
    )


@check("doc.admin", reads=_READS)
def admin(
    documents: Documents, readme: Readme, docs_site: DocsSite, settings: Mapping[str, Any], tree: Tree
) -> Evidence:
    """Those who deploy the software find how to install, configure and operate it."""
    if answer := _declared("admin", settings, tree):
        return answer
    install = _found(_INSTALL, documents, readme) or _told_of(_INSTALL, documents, tree)
    operate = _found(_OPERATE, documents, readme) or _told_of(_OPERATE, documents, tree)
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
    place = _found(_USER, documents, readme)
    if place:
        return passed(f"for users: {place}")
    if page := drawn(documents, tree):
        return passed(f"for users: {page} (drawn from the code)")
    if answer := _elsewhere("users", docs_site):
        return answer
    return failed(
        "nothing is written for users", remedy=_remedy("user", "how to use it, with an example, and the reference")
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


def _found(pattern: re.Pattern[str], documents: Documents, readme: Readme) -> str:
    """A page whose path, or a heading of the README that, speaks of it; '' when there is none."""
    written = (p for p in documents.told if not p.community or _INSTALL_FILE.search(p.path))
    pages = [p.path for p in written if p.size >= _LEAST and pattern.search(_words(p.path))]
    best = min(pages, key=lambda path: _rank(pattern, path), default="")
    if best and not _rank(pattern, best)[0]:
        return best
    for heading in readme.page.headings[1:] if len(readme.page.headings) > 1 else readme.page.headings:
        if pattern.search(heading.text):
            return f"{readme.path}:{heading.line} ({heading.text})"
    return best


def _told_of(pattern: re.Pattern[str], documents: Documents, tree: Tree) -> str:
    """A heading of a page below a folder that speaks of it; '' when there is none."""
    pages = [p for p in documents.told if "/" in p.path and not _FOR_DEVELOPERS.search(p.path)]
    for page in pages[:_MOST_PAGES]:
        for heading in parse(tree.text(page.path, _PAGE_LIMIT), page.markup).headings:
            if pattern.search(heading.text):
                return f"{page.path}:{heading.line} ({heading.text})"
    return ""


def _words(path: str) -> str:
    """The words of a path without the folder of all documentation and the extension; none for a file of the root."""
    inner = path if _INSTALL_FILE.fullmatch(path) else path.partition("/")[2]
    return re.sub(r"[_/.-]", " ", inner.rpartition(".")[0] or inner)


def _rank(pattern: re.Pattern[str], path: str) -> tuple[bool, bool, bool, bool, int]:
    """Pages in folders for others come last; then the reference; those named after the topic come first."""
    folders, _, name = path.rpartition("/")
    named = pattern.search(_words(f"x/{name}"))
    if pattern is _DEVELOPER:
        return False, not _FOR_DEVELOPERS.search(folders), not named, False, path.count("/")
    aside = _FOR_DEVELOPERS.search(folders) or _REFERENCE.search(folders)
    vague = pattern is _INSTALL and not _INSTALL.search(_VAGUE.sub("", _words(path)))
    return bool(aside), bool(_REFERENCE.search(path)), vague, not named, path.count("/")


def _long_guide(documents: Documents) -> str:
    return next((g.path for g in documents.contributing if g.page.words >= 100), "")


def _remedy(audience: str, what: str) -> str:
    return f"Write a page on {what}, or name it in the policy: docs.{audience} = '<path>'."
