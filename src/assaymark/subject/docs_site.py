"""Where the documentation is published: the generator, what publishes it, its address, and whether that answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from assaymark.api import Entry, Options, Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.web import host_of, is_allowed

if TYPE_CHECKING:
    from assaymark.model import Subject
    from assaymark.subject.documents import Readme
    from assaymark.subject.metadata import Metadata

LIMIT = 200_000  # bytes of a workflow or a documentation script that are read
TIMEOUT = 10  # seconds for one request

_GENERATORS: tuple[tuple[str, str], ...] = (
    (r"(?:docs?/(?:[\w-]+/)?)?mkdocs\.ya?ml|zensical\.toml", "MkDocs"),
    (r"(?:docs?|documentation|manual|guide)/(?:.+/)?conf\.py", "Sphinx"),
    (r"doxyfile(?:\.in)?|doxygen\.conf|(?:.+/)?doxyfile[\w.-]*", "Doxygen"),
    (r"(?:.+/)?book\.toml", "mdBook"),
    (r"(?:.+/)?docusaurus\.config\.[cm]?[jt]s", "Docusaurus"),
    (r"(?:.+/)?antora(?:-playbook)?\.ya?ml", "Antora"),
    (r"(?:docs?/|website/)?_quarto\.ya?ml", "Quarto"),
    (r"(?:docs?/)?_?pkgdown\.ya?ml|_pkgdown\.ya?ml", "pkgdown"),
    (r"docs?/make\.jl", "Documenter"),
    (r"(?:.+/)?(?:_toc|myst)\.ya?ml", "Jupyter Book"),
    (r"(?:docs?/)?_config\.ya?ml", "Jekyll"),
    (r"(?:.+/)?(?:\.vitepress/config\.[cm]?[jt]s|hugo\.(?:toml|ya?ml)|astro\.config\.[cm]?[jt]s)", "a site generator"),
    (r"(?:.+/)?(?:ford\.md|api-doc-ford-file\.md)", "FORD"),
    (r"typedoc\.json", "TypeDoc"),
)
_SITES = late("|".join(f"(?P<g{i}>{p})" for i, (p, _) in enumerate(_GENERATORS)), re.IGNORECASE)

_DEPLOY = late(
    r"""(?xi) actions/deploy-pages | peaceiris/actions-gh-pages | github-pages-deploy-action | ghaction-github-pages
    | sphinx-notes/pages | mkdocs\s+gh-deploy | \bmike\s+deploy | ghp-import | quarto-actions/publish | quarto\s+publish
    | julia-docdeploy | deploydocs\s*\( | deploy_(?:site_to_branch|to_branch|site_github) | \bgh-pages\s+-d
    | doctr\s+deploy | netlify\s+deploy | actions-netlify | cloudflare/(?:pages|wrangler)-action | publish_dir:
    | docusaurus\s+deploy | mkdocs-deploy-gh-pages
    | (?:push|branch:?|ref:?)\b.{0,60}\bgh-pages\b | documentation-deploy-action | firebase-hosting-deploy
    | docs?[\w.-]*\b.{0,40}\b(?:rsync|scp|s3\s+sync)\b | \b(?:rsync|scp|s3\s+sync)\b.{0,200}\bdocs?\b"""
)
# Those of them that publish nothing but documentation.
_DOCS_ONLY = late(r"(?i)docs?\b|docum|docdeploy|mike\s|sphinx|quarto|doctr\b|docusaurus|deploy_(?:site|to)")
# Each alternative has one of these: nearly all lines have none, which is quicker to see.
_DEPLOY_WORDS = ("deploy", "pages", "publish", "doc", "ghp-import", "netlify", "cloudflare")
# The address under which a generator's configuration says that its pages are published.
_ADDRESS = late(r"""(?m)^\s{0,4}(?:site_url|url|html_baseurl|site-url)\s*[:=]\s*['"]?(https?://[^\s'"#,]+)""")
_DOCS_HOSTS = late(
    r"(?i)^https?://(?:[\w-]+\.)?(?:docs?|documentation|manuals?|guides?)(?:[-\d][\w-]*)?\.|\.readthedocs\.(?:io|org)"
    r"|readthedocs\.org/projects"
    r"|\.github\.io\b|\.gitlab\.io\b|\.gitbook\.io\b|//docs\.rs/|//pkg\.go\.dev/|juliahub\.com/docs"
    r"|rdrr\.io|javadoc\.io|hexdocs\.pm|metacpan\.org"
    r"|/docs?(?:/|$)|/documentation(?:/|$)|/manual(?:/|$)|/wiki(?:/|$)"
)
_RENDERERS = late(
    r"(?i)//(?:docs\.rs|pkg\.go\.dev|[\w.]*juliahub\.com/docs|rdrr\.io|(?:www\.)?javadoc\.io|hexdocs\.pm"
    r"|metacpan\.org(?!/requires))\b"
)
_DOCS_LABEL = late(r"(?i)\bdoc(?:s|umentation)?\b|manual|user[ -]?guide|handbook|softwarehelp")
_DOCS_WORDS = late(
    r"(?i)\b(?:java)?docs?\b|documentation|\bmanual\b|user[ -]?guide|handbook|\bapi reference\b|read the docs"
)
_NOT_A_SITE = late(
    r"(?i)//(?:github|gitlab)\.com/(?![^/]+/[^/]+/wiki)|shields\.io|badge|/blob/|/actions/|//(?:pypi|zenodo"
    r"|doi)\.org|\.(?:pdf|svg|png|zip)$|sphinx-doc\.org|docs\.github\.com|docs\.python\.org|docs\.docker\.com"
    r"|//(?:hub\.docker|quay|ghcr)\.\w+/|kubernetes\.io/docs|docs\.pytest\.org"
)


class Place(NamedTuple):
    """Something in a file: a site's configuration, or the step that publishes it."""

    path: str
    line: int | None
    what: str
    step: bool = False  # of CI, which may publish anything


class DocsUrl(NamedTuple):
    """A declared address of the documentation and where it is declared."""

    url: str
    path: str
    line: int | None = None

    @property
    def renders_itself(self) -> bool:
        """Whether the host builds the pages of every published release by itself (docs.rs and its like)."""
        return _RENDERERS.search(self.url) is not None


class DocsSite(NamedTuple):
    """What the files tell about the documentation site."""

    generators: tuple[Place, ...]
    publishers: tuple[Place, ...]
    urls: tuple[DocsUrl, ...]


class Probe(NamedTuple):
    """What an address answered: status (0: no answer), the address in the end, and the day on which it was asked.

    ``asked`` is False when the user did not allow the host.
    """

    url: str
    asked: bool
    status: int = 0
    html: bool = False
    problem: str = ""
    seen: str = ""


@fact
def docs_site(
    tree: Tree, metadata: Metadata, readme: Readme, settings: Mapping[str, Any], subject: Subject
) -> DocsSite:
    """Generator, publication and address of the documentation."""
    generators: list[Place] = []
    publishers: list[Place] = []
    for entry in tree:
        if entry.is_symlink or entry.is_submodule:
            continue
        if (found := _SITES.fullmatch(entry.path)) and found.lastgroup and _is_own(entry.path):
            generators.append(Place(entry.path, None, _GENERATORS[int(found.lastgroup[1:])][1]))
        publishers += _publishers(tree, entry)
    return DocsSite(
        generators=tuple(generators[:20]),
        publishers=tuple(publishers[:20]),
        urls=tuple(_urls(metadata, readme, settings, subject, tuple(_addresses(tree, generators)))),
    )


@fact
def docs_probe(docs_site: DocsSite, options: Options) -> Probe:
    """Ask the first declared address, if the user allowed its host."""
    if not docs_site.urls:
        return Probe(url="", asked=False)
    url = next((u.url for u in docs_site.urls if is_allowed(u.url, options.allow_hosts)), "")
    if not url:
        return Probe(url=docs_site.urls[0].url, asked=False)
    return ask(url, options.allow_hosts)


def ask(url: str, hosts: tuple[str, ...]) -> Probe:
    """One bounded request; a redirect is followed only to an allowed host."""
    from datetime import UTC, datetime

    from assaymark import web

    seen = datetime.now(UTC).date().isoformat()
    try:
        answer = web.ask_web(
            url, headers={"Accept": "text/html"}, most=4096, whole=False, quiet=TIMEOUT, follow=web.only_to(hosts)
        )
    except web.Silent as problem:
        return Probe(url=url, asked=True, problem=problem.text, seen=seen)
    html = answer.media in ("text/html", "application/xhtml+xml") and bool(answer.body.strip())
    return Probe(url=url, asked=True, status=answer.status, html=html and answer.status < 400, seen=seen)


_NOT_OWN = late(
    r"(?i)(?:^|/)(?:third_?party|extern(?:al)?s?|vendor|node_modules|tests?|examples?|submodules|templates?|\{\{)"
)
_READ_THE_DOCS = frozenset(
    (".readthedocs.yaml", ".readthedocs.yml", "readthedocs.yml", "readthedocs.yaml", "docs/.readthedocs.yaml")
)
_NETLIFY = frozenset(("netlify.toml", "docs/netlify.toml", "website/netlify.toml"))
_WORKFLOW = late(
    r"\.github/workflows/[^/]+\.ya?ml|docs?/make\.jl|\.travis\.yml|\.gitlab-ci\.yml|\.circleci/config\.yml"
    r"|jenkinsfile|azure-pipelines\.yml"
)


def _is_own(path: str) -> bool:
    return path.count("/") <= 3 and not _NOT_OWN.search(path)


def _publishers(tree: Tree, entry: Entry) -> Iterator[Place]:
    path = entry.path
    name = path.lower()
    if name in _READ_THE_DOCS:
        yield Place(path, 1, "Read the Docs")
    elif name in _NETLIFY:
        yield Place(path, 1, "Netlify")
    elif _WORKFLOW.fullmatch(name):
        yield from _publishing_steps(path, tree.text(path, LIMIT))


def _publishing_steps(path: str, text: str) -> Iterator[Place]:
    for n, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#"):
            continue
        if path.lower() == ".gitlab-ci.yml" and re.match(r"pages\s*:", line):
            yield Place(path, n, "GitLab Pages", step=True)
            return
        low = line.lower()
        if any(word in low for word in _DEPLOY_WORDS) and (found := _DEPLOY.search(line[:500])):
            yield Place(path, n, " ".join(found[0].split())[:60], step=not _DOCS_ONLY.search(found[0]))
            return


def _addresses(tree: Tree, generators: list[Place]) -> Iterator[DocsUrl]:
    """Addresses that the configuration of a site states."""
    for place in generators[:5]:
        text = tree.text(place.path, LIMIT)
        for found in islice(_ADDRESS.finditer(text), 3):
            yield DocsUrl(found[1], place.path, text.count("\n", 0, found.start(1)) + 1)


def _urls(
    metadata: Metadata,
    readme: Readme,
    settings: Mapping[str, Any],
    subject: Subject,
    stated: tuple[DocsUrl, ...],
) -> Iterator[DocsUrl]:
    """Best first: what the project declares, what its README calls documentation, addresses that look like it."""
    seen: set[str] = set()
    for candidate in _candidates(metadata, readme, settings, subject, stated):
        key = candidate.url.rstrip("/#").lower()
        if host_of(candidate.url) and key not in seen:
            seen.add(key)
            yield candidate
        if len(seen) >= 5:
            return


def _candidates(
    metadata: Metadata,
    readme: Readme,
    settings: Mapping[str, Any],
    subject: Subject,
    stated: tuple[DocsUrl, ...],
) -> Iterator[DocsUrl]:
    docs = settings.get("docs")
    if isinstance(docs, Mapping) and isinstance(docs.get("url"), str):
        yield DocsUrl(docs["url"], "configuration")
    for label, url, path in metadata.urls:
        if _DOCS_LABEL.search(label) and not _NOT_A_SITE.search(url):
            yield DocsUrl(url, path)
    yield from (u for u in stated if not _NOT_A_SITE.search(u.url))
    names = _names(metadata, subject)
    own = [link for link in readme.page.links if link.target.startswith("http") and not _NOT_A_SITE.search(link.target)]
    for link in own:
        if _DOCS_WORDS.search(link.text) and (_about(link.target, names) or _pages_of(link.target, subject)):
            yield DocsUrl(link.target, readme.path, link.line)
    for link in own:
        if _about(host_of(link.target), names) and _under_documentation(readme, link.line):
            yield DocsUrl(link.target, readme.path, link.line)
    # A chapter of that name, and nothing else in it: where it leads is the documentation, whoever keeps it.
    chapter = [link for link in own if _chapter(readme, link.line)]
    if len(chapter) == 1:
        yield DocsUrl(chapter[0].target, readme.path, chapter[0].line)
    for _, url, path in metadata.urls:
        if _DOCS_HOSTS.search(url) and not _NOT_A_SITE.search(url):
            yield DocsUrl(url, path)
    for link in own:
        if _DOCS_HOSTS.search(link.target) and _about(link.target, names):
            yield DocsUrl(link.target, readme.path, link.line)


def _under_documentation(readme: Readme, line: int) -> bool:
    """Whether the heading above a line of the README is about documentation."""
    above = [h for h in readme.page.headings if h.line <= line]
    return bool(above) and _DOCS_WORDS.search(above[-1].text) is not None


_ENDING = late(r"(?i)\.(?:jl|py|js|rs|git)$")
_NEITHER_LETTER_NOR_DIGIT = late(r"[^a-z0-9]")


def _chapter(readme: Readme, line: int) -> bool:
    """Whether the heading above a line says `Documentation` and no more."""
    above = [h for h in readme.page.headings if h.line <= line]
    return bool(above) and above[-1].text.lower() in ("documentation", "docs", "user guide", "manual")


def _names(metadata: Metadata, subject: Subject) -> set[str]:
    """What the project calls itself, without what is no letter or digit."""
    names = {d.name.rpartition("/")[2] for d in metadata.declared if d.name}
    if subject.repository:
        names.add(subject.repository.rpartition("/")[2])
    bare = (_ENDING.sub("", n).lower() for n in names)
    return {flat for n in bare if len(flat := _NEITHER_LETTER_NOR_DIGIT.sub("", n)) >= 3}


def _about(url: str, names: set[str]) -> bool:
    """Whether an address names this project (a README also links the documentation of others).

    A name after ``?`` or ``#`` is a mere place on a page of others.
    """
    flat = _NEITHER_LETTER_NOR_DIGIT.sub("", url.lower().partition("#")[0].partition("?")[0])
    return any(name in flat for name in names)


def _pages_of(url: str, subject: Subject) -> bool:
    """Whether it lies on the Pages of the repository's owner."""
    owner = (subject.repository or "").split("/")[-2:-1]
    return bool(owner) and host_of(url).startswith(f"{owner[0].lower()}.git")
