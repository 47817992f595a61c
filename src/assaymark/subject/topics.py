"""What a README talks about: recognised by headings, words, commands and links, whichever comes first."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.patterns import late, ready
from assaymark.records import NamedTuple
from assaymark.subject.markup import Page

DESCRIPTION, GETTING_STARTED, LINKS = "description", "getting-started", "links"
TESTING, VERSIONING, AUTHORS, ACKNOWLEDGMENTS = "testing", "versioning", "authors", "acknowledgments"
MIN_WORDS = 20  # of prose, below which nobody learns what the software is


class Topic(NamedTuple):
    """One thing a README should tell; ``advice`` is the sentence that asks for it.

    It is covered by a heading that ``heading`` matches, else by a line (prose or code) that ``line`` matches, else by a
    link whose words or address ``link`` matches.
    """

    id: str
    advice: str
    heading: str
    line: str
    link: str


TOPICS: tuple[Topic, ...] = (
    Topic(
        id=GETTING_STARTED,
        advice="say how to get started: a heading 'Installation' or 'Getting started' with the commands",
        heading=r"install|getting[ -]started|get(?:ting)? it|how do i (?:get|use)|quick|set ?up|usage|using\b"
        r"|use\b|how to|build"
        r"|deploy|\brun\b|running|launch|require|prerequisite|depend|download|compil|example|tutorial"
        r"|first steps|environment"
        r"|development server|demo|walkthrough|cloning",
        line=r"\b(?:pip3?|conda|mamba|uv(?: pip)?|pipx|poetry|npm|yarn|pnpm|apt(?:-get)?|dnf|yum|brew|gem"
        r"|opam|spack|cabal|guix|nix)"
        r" (?:install|add|i|tool install)\b|\b(?:cargo|go) (?:install|get|add)\b|\bdocker(?: compose)? "
        r"(?:run|pull|up|build)"
        r"|docker-compose up|\b(?:git clone|helm install|install\.packages|remotes::install"
        r"|devtools::install|pak::pak|Pkg\.add"
        r"|\] ?add |using Pkg|nextflow run|snakemake |cmake |make install|\./configure|mvn |gradle"
        r"|singularity|apptainer"
        r"|ansible-galaxy|bundle install|uses: )",
        link=r"install|getting[-_ ]?started|quick[-_ ]?start|tutorial|user[-_ ]?(?:guide|manual)"
        r"|documentation|\bdocs?\b"
        r"|readthedocs|manual|/wiki|\bguides?\b",
    ),
    Topic(
        id=TESTING,
        advice="say how to run the tests: a heading 'Testing' with the command",
        heading=r"\btest",
        line=r"\b(?:pytest|tox|nox|ctest|unittest|make (?:check|test)|npm (?:run )?test|yarn test|go test|cargo test"
        r"|mvn (?:test|verify)|gradlew? test|Pkg\.test|devtools::(?:test|check)|R CMD check|fpm test)\b"
        r"|\b(?:run(?:ning)?|execute) (?:all |the |unit |our |its |a )*(?:test|tests|test suite)\b",
        link=r"testing|run[-_ ]tests",
    ),
    Topic(
        id=VERSIONING,
        advice="say how versions are numbered and where changes are listed: a heading 'Versioning', a link to "
        "the changelog",
        heading=r"version|release|change ?log|changes|history|what'?s new|news|road ?map|is now available",
        line=r"\bsem(?:antic )?ver|semantic version|calver|calendar version|change ?log|release notes"
        r"|latest (?:stable )?(?:release|version)",
        link=r"changelog|changes\b|history\.(?:md|rst)|news\.md|/releases|/tags|release[-_ ]notes|whats[-_]new"
        r"|img\.shields\.io/(?:pypi/v|github/v|npm/v|conda)|badge\.fury|pypi\.org/project|crates\.io|anaconda\.org"
        r"|zenodo\.org|npmjs\.com",
    ),
    Topic(
        id=AUTHORS,
        advice="name the people behind it: a heading 'Authors' or 'Contact', or a link to AUTHORS or CITATION.cff",
        heading=r"author|contributor|credit|maintain|team|contact|cit(?:e|ing|ation)|who we|people|institution"
        r"|communit|support",
        line=r"\b(?:(?:developed|maintained|written|created|authored|designed) (?:and \w+ )?(?:by|at)|authors?\b"
        r"|maintainers?\b|core team|please cite|©|\(c\) \d{4}|copyright)",
        link=r"authors|contributors|citation\.cff|/people|mailto:|/graphs/contributors|doi\.org|zenodo",
    ),
    Topic(
        id=ACKNOWLEDGMENTS,
        advice="thank those who pay for or contribute to it: a heading 'Acknowledgments'",
        heading=r"ac?knowled|funding|funded|thanks|credits?\b|sponsor|supported by|partner|achievements|donat|numfocus",
        line=r"\bac?knowledg|\bfund(?:ed|ing)\b|grant agreement|thanks to|thank you|supported by|sponsor(?:ed|s)?\b",
        link=r"sponsor|acknowledg|donat|numfocus",
    ),
)
ALL = (DESCRIPTION, GETTING_STARTED, TESTING, LINKS, VERSIONING, AUTHORS, ACKNOWLEDGMENTS)
ADVICE = {
    DESCRIPTION: f"describe in at least {MIN_WORDS} words what the software does and for whom",
    LINKS: "link to the documentation (or to the place where more can be read)",
    **{t.id: t.advice for t in TOPICS},
}

_PLACEHOLDER = late(r"(?i)(?:lorem ipsum|todo|tbd|coming soon|work in progress|readme)\b")


def covered(page: Page) -> dict[str, int]:
    """Topics that a page covers, each with the line that shows it."""
    return dict(_covered(page))


def _covered(page: Page) -> Iterator[tuple[str, int]]:
    if page.words >= MIN_WORDS and not _PLACEHOLDER.match(page.prose[:100]):
        yield DESCRIPTION, 1
    readable = [link for link in page.links if not link.image and link.target and not _is_badge(link.target)]
    if readable:
        yield LINKS, readable[0].line
    elif line := _pointer(page):
        yield LINKS, line
    for topic in TOPICS:
        line = _line(page, topic)
        if line:
            yield topic.id, line


def _line(page: Page, topic: Topic) -> int:
    heading = ready(topic.heading, re.IGNORECASE)
    for i, found in enumerate(page.headings):
        if not (i == 0 and found.level == 1 and _is_title(page)) and heading.search(found.text):
            return found.line
    line = ready(topic.line, re.IGNORECASE)
    for section in page.sections:
        if found_line := line.search(section.text):
            return section.line + section.text.count("\n", 0, found_line.start())
    if any(line.search(code) for code in page.code):
        return 1
    link = ready(topic.link, re.IGNORECASE)
    return next((a.line for a in page.links if link.search(a.text) or link.search(a.target)), 0)


_SENTENCE = late(r"(?m)^[A-Za-z][\w ,.'-]{5,}")


def _is_title(page: Page) -> bool:
    """Whether the first heading names the project ("Fortran Quick Sort") because no text stands before it."""
    return _SENTENCE.search(page.sections[0].text) is None


_MORE = late(r"(?i)documentation|further|more (?:info|detail)|resources|see also")


def _pointer(page: Page) -> int:
    """The line that names a document or announces where more is told, without being a link."""
    for section in page.sections:
        if section.heading and _MORE.search(section.heading.text):
            return section.heading.line
        if found := re.search(r"(?i)\b(?:docs?/[\w./-]+|[\w-]+\.(?:md|rst|pdf|html|adoc))\b", section.text):
            return section.line + section.text.count("\n", 0, found.start())
    return 0


_BADGE = late(r"(?i)(?:shields\.io|badge|\.svg(?:\?|$)|\.png$|\.gif$|\.jpe?g$)")


def _is_badge(target: str) -> bool:
    return _BADGE.search(target) is not None
