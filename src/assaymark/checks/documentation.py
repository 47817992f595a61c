"""QC.Doc06: the README and the rules for contributors say what they are there to say."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Evidence, Finding, Location, Severity, Tree, check, failed, passed, unknown
from assaymark.patterns import late
from assaymark.subject.markup import MARKDOWN
from assaymark.subject.topics import ADVICE, ALL, DESCRIPTION, GETTING_STARTED, LINKS

if TYPE_CHECKING:
    from assaymark.subject.defaults import Defaults
    from assaymark.subject.documents import Documents, Guide, Readme
    from assaymark.subject.markup import Link, Page

MANDATORY = (DESCRIPTION, GETTING_STARTED, LINKS)
_README = ("README*", "docs/README*", ".github/README*")

_FEW_WORDS = 40  # below which a page says nothing by itself
_WORKFLOW = late(
    r"(?i)\b(?:pull[ -]requests?|merge requests?|\bPRs?\b|issues?|fork(?:ing)?|branch(?:es)?|patch(?:es)?"
    r"|commits?|tests?|bugs?|report"
    r"|review(?:s|ed)?|contribut\w+|style)\b"
)
_GUIDE_LINK = late(r"(?i)contribut|develop|hacking|guide|/dev\b|how[-_ ]to[-_ ]help|wiki|manual|handbook")
_CONDUCT_LINK = late(r"(?i)conduct|covenant|ethics")
_EMAIL = late(r"[\w.+-]+(?:@|\s?(?:\[at\]|\(at\)|<at>|\bAT\b)\s?)[\w-]+(?:\.|\s?(?:\[dot\]|\(dot\))\s?)[\w.-]+")
_CONTACT = late(
    r"(?i)\b(?:contact\w*|report(?:ed|ing|s)?|e-?mail\w*|reach(?:ed|ing)? out|write to|writing to|notify"
    r"|approach|get in touch|enforce\w*|inform)\b"
    r".{0,200}?\b(?:maintainers?|team|committee|moderators?|stewards?|administrators?|authors?|owners?"
    r"|leaders?|lead|council|board"
    r"|developers?|organi[sz]ers?|advocates?|staff|working group|ombuds\w*)\b",
    re.DOTALL,
)
_PLACEHOLDER = late(
    r"\[\s*(?:INSERT|YOUR|ADD|ENTER|PROJECT)\b[^\]\n]{0,60}(?:CONTACT|E-?MAIL|METHOD|ADDRESS)[^\]\n]{0,60}\]",
    re.IGNORECASE,
)
_COVENANT = late(
    r"(?i)contributor-covenant\.org|creativecommons\.org|mozilla\.org|github\.com/(?:mozilla"
    r"|ContributorCovenant)|geekfeminism|shields\.io"
)


@check("doc.readme", reads=_README)
def readme_content(readme: Readme, settings: Mapping[str, Any], tree: Tree) -> Evidence:
    """The README describes the software, says how to get started and points to where more can be read.

    The standard also asks for testing, versioning, authors and acknowledgments: what is missing of these is noted,
    because many good projects keep them elsewhere. The policy `readme-topics` lists the topics that may not be missing.
    """
    if not readme.present:
        return failed(
            "there is no README",
            remedy="Add a README.md to the root: what the software is, how to get started, where to read more.",
        )
    if readme.binary:
        return failed(
            f"{readme.path} is not a text that people can read", remedy="Write the README in Markdown (README.md)."
        )
    required = _required(settings)
    missing = [t for t in ALL if t not in readme.topics]
    lacking = [t for t in missing if t in required]
    findings = [
        *(_advice(readme.path, t, Severity.WARNING if t in required else Severity.NOTE) for t in missing),
        *_broken_links(readme, tree),
    ]
    seen = {"topics": len(ALL) - len(missing), "words": readme.page.words}
    if lacking:
        return failed(
            f"{readme.path} lacks: {', '.join(lacking)}",
            findings=findings,
            remedy=f"In {readme.path}: {'; '.join(ADVICE[t] for t in lacking)}.",
            metrics=seen,
        )
    rest = f", not {', '.join(missing)}" if missing else ""
    place = "" if readme.root else " (not in the root)"
    covered = ", ".join(t for t in ALL if t in readme.topics)
    return passed(f"{readme.path}{place} covers {covered}{rest}", findings=findings, metrics=seen)


def _required(settings: Mapping[str, Any]) -> tuple[str, ...]:
    topics = settings.get("readme-topics", MANDATORY)
    return tuple(t for t in topics if t in ALL) if isinstance(topics, list | tuple) else MANDATORY


def _advice(path: str, topic: str, severity: Severity) -> Finding:
    message, place = f"missing topic: {ADVICE[topic]}", Location(path=path, line=1)
    return Finding(rule=f"doc.readme-{topic}", message=message, severity=severity, location=place)


def _broken_links(readme: Readme, tree: Tree) -> Iterator[Finding]:
    """Links to files that are not there."""
    targets = [(link, t) for link in readme.page.links if (t := _relative(readme, link))]
    if not targets:
        return
    paths = {e.path for e in tree}
    folders = {p[:i] for p in paths for i, c in enumerate(p) if c == "/"}
    for link, target in targets:
        if target not in paths and target not in folders:
            yield Finding(
                rule="doc.readme-broken-link",
                message=f"links {link.target}, which is not in the repository",
                location=Location(path=readme.path, line=link.line),
            )


_PLAIN_PATH = late(r"[\w./~+ -]+")


def _relative(readme: Readme, link: Link) -> str:
    """The path in the repository that a Markdown link names; '' when it leads elsewhere."""
    target = link.target.split("#")[0].split("?")[0]
    plain = _PLAIN_PATH.fullmatch(target)
    if readme.page.markup != MARKDOWN or not plain or link.image or ("/" not in target and "." not in target):
        return ""
    if target.startswith("/"):
        return posixpath.normpath(target.lstrip("/"))
    path = posixpath.normpath(posixpath.join(posixpath.dirname(readme.path), target))
    return "" if path.startswith("..") or path == "." else path


@check("doc.contributing", reads=("**/*contribut*", "HACKING*", "README*", ".github/**"))
def contributing(documents: Documents, readme: Readme, defaults: Defaults) -> Evidence:
    """A CONTRIBUTING file says how to take part, or links the guide that does.

    With ``--forge``, the one of the owner's ``.github`` repository holds where there is none here.
    """
    shortcomings = []
    for guide in documents.contributing:
        why = _contributing_gap(guide)
        if not why:
            return passed(f"{guide.path} says how to contribute ({guide.page.words} words)")
        shortcomings.append(_finding("doc.contributing-thin", why, guide.path))
    if (link := _guide_linked(readme)) is not None:
        return passed(
            f"{readme.path}:{link.line} links the guide for contributors, {link.target}", findings=shortcomings
        )
    if shortcomings:
        guide = documents.contributing[0]
        return failed(
            f"{guide.path} {_contributing_gap(guide)}",
            findings=shortcomings,
            remedy=(
                f"Say in {guide.path} how to report a bug, set up, test and propose a change, or link the "
                f"guide that says so."
            ),
        )
    if (shared := defaults.contributing) is not None:
        if why := _contributing_gap(shared):
            return failed(f"{shared.path} {why}", remedy=f"Mend {shared.path}, or add a CONTRIBUTING.md here.")
        return passed(f"{shared.path} says how to contribute ({shared.page.words} words)")
    if defaults.problem:
        return unknown(f"there is no CONTRIBUTING file here, and {defaults.problem}")
    section = next((h for h in readme.page.headings if _ON_CONTRIBUTING.search(h.text)), None)
    place = f"; {readme.path}:{section.line} has a section on it" if section else ""
    return failed(
        f"there is no CONTRIBUTING file{place}",
        remedy=(
            f"Move the section '{section.text}' of {readme.path} to CONTRIBUTING.md, where forges offer it to "
            f"contributors.{defaults.hint}"
        )
        if section
        else f"Add a CONTRIBUTING.md: how to report a bug, set up, test and propose a change.{defaults.hint}",
    )


# A list of contributors is none.
_ON_CONTRIBUTING = late(r"(?i)\b(?:contribut(?:e|ing|ions?)|(?:for|guide\S*) contributors|contributors?'? guide)")
_INCLUDES = late(r"(?im)^\s*(?:\.\. include::|#include|\{!|```\{include\}|:::\{include\})")


def _contributing_gap(guide: Guide) -> str:
    """What keeps a page from being a guide; '' when nothing does."""
    if any(_GUIDE_LINK.search(f"{a.target} {a.text}") and _leads_away(a, guide) for a in guide.page.links):
        return ""
    if _INCLUDES.search(guide.text):
        return ""
    words = guide.page.words + sum(len(c.split()) for c in guide.page.code)
    if words < _FEW_WORDS:
        return f"has only {words} words"
    if len({w.lower() for w in _WORKFLOW.findall(guide.text)}) < 2:
        return "does not say how a change is proposed (issues, pull requests, tests)"
    return ""


_SCHEME = late(r"^https?://")


def _leads_away(link: Link, guide: Guide) -> bool:
    """Whether a link names a page (a bare host or the file itself is no guide)."""
    if link.target.startswith("#"):
        return False
    bare = _SCHEME.sub("", link.target).rstrip("/")
    if bare != link.target.rstrip("/"):
        return "/" in bare or _GUIDE_LINK.search(bare) is not None
    return ("/" in bare or "." in bare) and not guide.path.endswith(bare)


def _guide_linked(readme: Readme) -> Link | None:
    """A link in the README to a page on contributing outside the repository."""
    return next(
        (
            link
            for link in readme.page.links
            if re.match(r"https?://[^/]+/.", link.target)
            and re.search(r"(?i)contribut", f"{link.text} {link.target}")
            and not re.search(
                r"(?i)/graphs/contributors|contributors?-|badge|contrib\.rocks|contributor-covenant|shields\.io"
                r"|all-contributors",
                link.target,
            )
            and not re.search(r"(?i)\bcontributors\b", link.text)
        ),
        None,
    )


@check("doc.conduct", reads=("**/*conduct*", "README*", "CONTRIBUTING*", ".github/**"))
def code_of_conduct(documents: Documents, readme: Readme, defaults: Defaults) -> Evidence:
    """A code of conduct says what is expected and whom to turn to, or names (by a link) the one that holds.

    With ``--forge``, the one of the owner's ``.github`` repository holds where there is none here.
    """
    findings: list[Finding] = []
    for guide in documents.conduct:
        gap, line = _conduct_gap(guide)
        if not gap:
            return passed(f"{guide.path} says what is expected and whom to turn to", findings=findings)
        findings.append(_finding("doc.conduct-gap", gap, guide.path, line))
    pages = [(readme.path, readme.page), *((g.path, g.page) for g in documents.contributing)]
    if not findings and (place := _conduct_linked(pages)):
        return passed(f"{place[0]}:{place[1].line} names the code of conduct, {place[1].target}")
    if findings:
        first = findings[0]
        return failed(
            f"{documents.conduct[0].path} {first.message}",
            findings=findings,
            remedy=(
                "Say what is expected and whom to write to (an address that is read), for example with the "
                "Contributor Covenant."
            ),
        )
    if (shared := defaults.conduct) is not None:
        gap, _ = _conduct_gap(shared)
        if gap:
            return failed(f"{shared.path} {gap}", remedy=f"Mend {shared.path}, or add a CODE_OF_CONDUCT.md here.")
        return passed(f"{shared.path} says what is expected and whom to turn to")
    if defaults.problem:
        return unknown(f"there is no code of conduct here, and {defaults.problem}")
    return failed(
        "there is no code of conduct",
        remedy="Add a CODE_OF_CONDUCT.md (for example the Contributor Covenant) and fill in whom to write to."
        f"{defaults.hint}",
    )


_INCLUDED = late(r"(?im)^\s*(?:\.\. include::|\{!|```\{include\})")


def _conduct_gap(guide: Guide) -> tuple[str, int | None]:
    """What a code of conduct lacks, and where; ('', None) when nothing."""
    if blank := _PLACEHOLDER.search(guide.text):
        return "still has a placeholder where the contact should be", guide.text.count("\n", 0, blank.start()) + 1
    named = any(_CONDUCT_LINK.search(a.target) and _leads_away(a, guide) for a in guide.page.links)
    if _INCLUDED.search(guide.text):
        return "", None
    if guide.page.words < _FEW_WORDS:
        return ("", None) if named and guide.page.words else (f"has only {guide.page.words} words", None)
    if named or _EMAIL.search(guide.text) or _CONTACT.search(guide.page.prose) or _reporting_link(guide.page):
        return "", None
    return "does not say whom to turn to", None


def _reporting_link(page: Page) -> bool:
    """A link other than to the origin of the text, beside words about reporting."""
    return any(
        not _COVENANT.search(a.target)
        and re.search(r"(?i)contact|report|enforce|mailto:|/people|/team|@", f"{a.text} {a.target}")
        for a in page.links
    )


def _conduct_linked(pages: list[tuple[str, Page]]) -> tuple[str, Link] | None:
    for path, page in pages:
        for link in page.links:
            about = _CONDUCT_LINK.search(link.text) or _CONDUCT_LINK.search(link.target)
            if about and re.match(r"https?://[^/]+/?.", link.target) and "shields.io" not in link.target:
                return path, link
    return None


def _finding(rule: str, message: str, path: str, line: int | None = None) -> Finding:
    return Finding(rule=rule, message=message, location=Location(path=path, line=line))
