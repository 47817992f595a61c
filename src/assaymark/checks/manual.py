"""QC.Doc01 to QC.Doc04: documentation is kept, written, published and updated like code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assaymark.api import Evidence, Finding, Location, Severity, Tree, check, failed, not_applicable, passed, unknown
from assaymark.subject.documents import changelog_of, editable, entries_with
from assaymark.subject.drawn import drawn
from assaymark.subject.releases import SEMVER

if TYPE_CHECKING:
    from assaymark.subject.docs_site import DocsSite, Probe
    from assaymark.subject.documents import Changelog, DocFile, Documents, Readme
    from assaymark.subject.release_changes import ReleaseChanges
    from assaymark.subject.releases import Release

_READS = ("**/*.md", "**/*.rst", "**/*.adoc", "**/*.org", "**/*.txt", "**/*.pdf", "**/*.docx", "**/*.odt", "**")
_SUBSTANCE = 400  # bytes of text below which a repository has no documentation to speak of
_DOMINANT = 0.8  # share of the pages that one markup must have
_BESIDE_CODE = frozenset(("doc", "docs", ".github", ".ci", "ci"))
_WRITE = "Write the documentation as Markdown or reStructuredText beside the code (README.md, docs/)."


@check("doc.sources", reads=_READS)
def sources(documents: Documents, docs_site: DocsSite) -> Evidence:
    """The sources of the documentation are text files in the repository, changed and reviewed like code."""
    size = sum(p.size for p in documents.told)
    if size < _SUBSTANCE:
        what = (
            "only in formats that version control cannot compare"
            if documents.binaries
            else f"next to none ({size} bytes)"
        )
        return failed(f"the documentation is {what}", findings=_binaries(documents), remedy=_WRITE)
    notes = []
    if docs_site.generators and not docs_site.publishers:
        place = docs_site.generators[0]
        notes.append(
            _note("doc.not-built", f"{place.what} is configured, but nothing that we read builds it", place.path)
        )
    return passed(f"{_count(documents.told)} kept as text beside the code", findings=notes)


@check("doc.with-code", reads=_READS)
def with_code(documents: Documents, docs_site: DocsSite, readme: Readme) -> Evidence:
    """The documentation lives in the repository of the code, beyond a few lines."""
    if documents.manual:
        folders = sorted({p.path.rpartition("/")[0] or "the root" for p in documents.manual})
        return passed(
            f"{_count(documents.manual)} in {', '.join(folders[:3])}{' and more' if len(folders) > 3 else ''}"
        )
    if readme.present and readme.size >= _SUBSTANCE:
        return passed(f"{readme.path} is the documentation")
    if docs_site.urls:
        return not_applicable(f"the documentation lives elsewhere: {docs_site.urls[0].url}")
    return failed("there is no documentation in the repository", remedy=_WRITE)


@check("doc.plain-text", reads=_READS)
def plain_text(documents: Documents) -> Evidence:
    """Documentation is written in a plain-text markup, not in a word processor.

    Printed papers (PDF) beside the sources do no harm; documents that only an office program can change do.
    """
    office = [b for b in documents.binaries if editable(b)]
    written = tuple(p for p in documents.told if p.size > 0)
    if not written:
        return failed(
            "no documentation is written in a plain-text markup", findings=_binaries(documents), remedy=_WRITE
        )
    manual = documents.manual
    if documents.binaries and not manual:
        return failed(
            f"the manual is in binary documents only: {', '.join(b.path for b in documents.binaries[:3])}",
            findings=_binaries(documents),
            remedy=(
                "Convert them to Markdown or reStructuredText (pandoc does most of the work) and keep these in "
                "the repository."
            ),
        )
    if len(office) > len(manual):
        return failed(
            f"{len(office)} documents can only be changed with an office program, {len(manual)} are text",
            findings=_binaries(documents),
            remedy="Convert them to Markdown or reStructuredText.",
        )
    notes = [_note("doc.office-document", "can only be changed with an office program", b.path) for b in office]
    return passed(f"{_count(written)} written in plain-text markup", findings=notes)


@check("doc.one-markup", reads=_READS)
def one_markup(documents: Documents) -> Evidence:
    """One markup is used throughout the manual (README, CHANGELOG and their like apart, which forges expect)."""
    counts = documents.markups()
    total = sum(counts.values())
    if not total:
        if documents.told:
            return passed("the documentation is its README and the files that forges expect")
        return failed("there is no documentation in a plain-text markup", remedy=_WRITE)
    markup, most = counts.most_common(1)[0]
    told = ", ".join(f"{n} {name}" for name, n in counts.most_common())
    if most / total >= _DOMINANT or total - most <= 1:
        return passed(f"{most} of {total} pages are {markup}", metrics={"share": round(most / total, 2)})
    others = [p for p in documents.manual if p.markup != markup]
    return failed(
        f"the manual mixes markups: {told}",
        findings=[_note("doc.other-markup", f"is {p.markup}, most are {markup}", p.path) for p in others[:20]],
        remedy=f"Write all pages in {markup}, or convert the others over time.",
        metrics={"share": round(most / total, 2)},
    )


@check("doc.online", reads=())
def online(docs_site: DocsSite, docs_probe: Probe) -> Evidence:
    """The declared address of the documentation answers with a page.

    Asked only when the user allows the host (`--allow-host`); without leave it stays unknown.
    """
    if not docs_site.urls:
        if docs_site.publishers or docs_site.generators:
            place = (docs_site.publishers or docs_site.generators)[0]
            return unknown(
                f"{place.path} configures {place.what}, but no address of the documentation is declared",
                remedy=(
                    "Declare it: project.urls.Documentation, a link 'Documentation' in the README, or docs.url "
                    "in the policy."
                ),
            )
        return failed(
            "there is no documentation site: neither an address nor a generator is found",
            remedy="Publish docs/ with Read the Docs or GitHub Pages and declare the address in the package metadata.",
        )
    if not docs_probe.asked:
        from assaymark.web import host_of

        return unknown(
            f"{docs_probe.url} was not asked",
            remedy=f"Allow the request: --allow-host {host_of(docs_probe.url)}.",
        )
    if 200 <= docs_probe.status < 300 and docs_probe.html:
        return passed(
            f"{docs_probe.url} answers with a page", metrics={"seen": docs_probe.seen, "status": docs_probe.status}
        )
    if docs_probe.problem or docs_probe.status >= 500 or docs_probe.status in (401, 403, 429):
        reason = docs_probe.problem or f"status {docs_probe.status}"
        return unknown(f"{docs_probe.url} could not be read: {reason}", remedy="Try again later, or check the address.")
    return failed(
        f"{docs_probe.url} answers with status {docs_probe.status}{'' if docs_probe.html else ' and no page'}",
        remedy="Mend the site or the declared address.",
        metrics={"seen": docs_probe.seen, "status": docs_probe.status},
    )


@check("doc.rendered", reads=("**",))
def rendered(docs_site: DocsSite) -> Evidence:
    """The documentation site is rendered by a service or a workflow, not by hand."""
    if docs_site.publishers:
        place = docs_site.publishers[0]
        if place.step and not docs_site.generators and not docs_site.urls:
            return unknown(
                f"{place.path}:{place.line} publishes pages ({place.what}), which nothing calls documentation",
                remedy="Declare the address of the documentation (a link 'Documentation' in the README), or attest it.",
            )
        line = f":{place.line}" if place.line and place.line > 1 else ""
        return passed(f"{place.path}{line} publishes the documentation ({place.what})")
    by_host = next((u for u in docs_site.urls if u.renders_itself), None)
    if by_host is not None:
        return passed(f"{by_host.url} renders every published release")
    if docs_site.urls:
        return unknown(
            f"nothing in the repository shows how {docs_site.urls[0].url} is rendered",
            remedy="Add .readthedocs.yaml or a Pages workflow, or attest how it is published.",
        )
    if docs_site.generators:
        place = docs_site.generators[0]
        return failed(
            f"{place.path} configures {place.what}, but nothing publishes what it makes",
            findings=[_note("doc.not-published", f"{place.what} is configured, nothing publishes it", place.path)],
            remedy="Add .readthedocs.yaml, or a workflow that builds the site and deploys it to Pages.",
        )
    return failed(
        "no documentation site is configured",
        remedy="Configure MkDocs or Sphinx in docs/ and publish it with Read the Docs or a Pages workflow.",
    )


@check("doc.updated", reads=())
def updated(documents: Documents, release_changes: ReleaseChanges, tree: Tree, docs_site: DocsSite) -> Evidence:
    """Since the release before the newest one, the documentation changed, and the changelog tells the newest release.

    Evidence that documentation keeps step; that every single change is covered is a matter for reviews. A first release
    needs an entry in the changelog; before it there is nothing that users could have been told.
    """
    latest, previous = release_changes.latest, release_changes.previous
    if previous is None and release_changes.blind:
        return unknown(
            f"fewer than two releases are seen, and there may be more: {release_changes.blind}",
            remedy="Fetch the whole history with its tags (actions/checkout: fetch-depth: 0), and tag each release.",
        )
    if latest is None:
        return _before_any_release(documents)
    own = changelog_of(tree, latest.series)
    logs = (*documents.changelogs, *([own] if own else []))
    log = next((c for c in logs if any(entries_with(c.versions, latest.version.text))), None)
    if previous is None:
        return _first_release(latest.tag, log.path if log else "")
    paths = [*(c.path for c in logs), *(p.path for p in documents.told)]
    touched = next((p for p in paths if p in release_changes.paths), "")
    if log and touched:
        return passed(f"{log.path} has an entry for {latest.tag}, and {touched} changed since {previous.tag}")
    if touched or documents.fragments:
        return unknown(
            f"{touched or documents.fragments[0]} changed since {previous.tag}, but no changelog in the repository"
            f" has an entry for {latest.tag}",
            remedy=_entry_wanted(logs, latest),
        )
    if not any(_is_code(p) for p in release_changes.paths):
        return not_applicable(f"no program code changed since {previous.tag}, so there is nothing to document")
    by_host = next((u.url for u in docs_site.urls if u.renders_itself), "")
    if page := drawn(documents, tree) or by_host:
        return unknown(
            f"no page changed since {previous.tag}; {page} is drawn from the code, which did, and no changelog in the"
            f" repository has an entry for {latest.tag}",
            remedy=_entry_wanted(logs, latest),
        )
    if _is_patch(previous, latest):
        return unknown(
            f"no documentation changed since {previous.tag}; {latest.tag} is a patch by its number, which may change"
            " nothing that users are told of",
            remedy=f"Add an entry for {latest.tag} to the changelog: what was mended.",
        )
    return failed(
        f"no documentation changed since {previous.tag}, although {latest.tag} was released",
        remedy="Update README, manual and CHANGELOG with the changes that users notice.",
    )


def _entry_wanted(logs: Sequence[Changelog], latest: Release) -> str:
    where = logs[0].path if logs else "a CHANGELOG.md"
    return f"Add an entry for {latest.version.text} to {where}, and one for each release to come."


def _is_patch(previous: Release, latest: Release) -> bool:
    """Whether only the third number of a semantic version went up."""
    before, now = ((*r.version.key[1], 0, 0)[:2] for r in (previous, latest))
    return before == now and SEMVER in previous.version.schemes & latest.version.schemes


def _before_any_release(documents: Documents) -> Evidence:
    told = next((c for c in documents.changelogs if c.versions), None)
    if told is None:
        return not_applicable("nothing has been released, so no release could lack its documentation")
    return unknown(
        f"{told.path} tells of {next(iter(told.versions))}, but no release is tagged",
        remedy="Tag each release, and fetch the tags (git fetch --tags).",
    )


def _first_release(tag: str, log: str) -> Evidence:
    if log:
        return passed(f"{log} has an entry for {tag}, the only release so far")
    return failed(
        f"no changelog has an entry for {tag}, the only release so far",
        remedy=f"Add a CHANGELOG.md with an entry for {tag} and for each release to come.",
    )


def _is_code(path: str) -> bool:
    """Whether a path is program code that users run, by its name: not what builds, tests or documents it."""
    from assaymark.subject.languages import CODE, by_name
    from assaymark.subject.testing_names import in_tests

    folder = path.partition("/")[0].lower()
    return by_name(path.rpartition("/")[2]) in CODE and not in_tests(path) and folder not in _BESIDE_CODE


def _count(files: tuple[DocFile, ...]) -> str:
    return f"{len(files)} document" if len(files) == 1 else f"{len(files)} documents"


def _binaries(documents: Documents) -> list[Finding]:
    return [
        Finding(rule="doc.binary", message="version control cannot compare this format", location=Location(path=b.path))
        for b in documents.binaries[:20]
    ]


def _note(rule: str, message: str, path: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.NOTE, location=Location(path=path))
