"""``assaymark verify``: the whole chain from the badge to the commit, offline."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, split, wants_colour
from assaymark.cli._signing import identity_of
from assaymark.content import content_of
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.badges.verify import Known as OwnKeys
    from assaymark.verify import Link, Own

LIMIT = 128_000_000
RELEASE = "release.json"
COLOURS = {"yes": "green", "no": "red", "unknown": "yellow"}
MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}
EPILOG = """\b
Examples:
  assaymark verify report --repository . --issuer did:web:example.github.io:project
  assaymark verify report --format json
\b
Exit status: 0 every link holds, 1 one is broken, 2 wrong input, 3 not everything could be found out.
"""


@click.command(epilog=EPILOG)
@click.argument("place", type=click.Path(path_type=Path))
@click.option("--repository", metavar="PATH", help="Your clone of the judged repository.")
@click.option("--issuer", multiple=True, metavar="DID", help="Whom you trust to sign badges and statements.")
@click.option("--identity", multiple=True, type=click.Path(path_type=Path), help="The did.json of a did:web issuer.")
@click.option("--status-list", type=click.Path(path_type=Path), help="The issuer's list of revocations.")
@click.option("--signer", multiple=True, metavar="URI", help="A workflow that you trust (default: assaymark's own).")
@click.option("--signer-commit", multiple=True, metavar="SHA", help="A commit of it (default: the known releases).")
@click.option("--ref", multiple=True, metavar="REF", help="A branch that counts as current (default: main, master).")
@click.option(
    "--trusted-root", type=click.Path(path_type=Path), metavar="FILE", help="Default: that of the public Sigstore."
)
@click.option("--as-of", metavar="DATE", help="The moment by which validity is judged (default: now).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    place: Path,
    repository: str | None,
    issuer: tuple[str, ...],
    identity: tuple[Path, ...],
    status_list: Path | None,
    signer: tuple[str, ...],
    signer_commit: tuple[str, ...],
    ref: tuple[str, ...],
    trusted_root: Path | None,
    as_of: str | None,
    form: str,
) -> None:
    """Check badge, report, provenance and subject against one another, and say which link is broken.

    PLACE is the folder that assess --output wrote, or a file in it; a Sigstore bundle in it (badge.sigstore.json) is
    checked too. In the folder of a release the links of the release are checked as well, on to where it was published.
    Nothing is fetched.
    """
    from assaymark.badges.keyless import BRANCHES, Rules
    from assaymark.badges.verify import Known
    from assaymark.verify import REPORT, chain

    folder = place if place.is_dir() else place.parent
    if not place.exists():
        raise InputError("there is nothing at this path", where=str(place))
    files = _files(folder)
    own = _own(repository, files.get(REPORT))
    known = Known(
        now=_moment(as_of),
        issuers=issuer,
        repository=_named(repository),
        commit=own.subject.commit if own else None,
        identities=dict(map(identity_of, identity)),
        status_list=content_of(status_list, LIMIT) if status_list else None,
        rules=Rules(split(signer), split(signer_commit), split(ref) or BRANCHES),
        trusted_root=trusted_root,
    )
    links = (*chain(files, known, own), *_of_the_release(folder, files, repository, known))
    out(json.dumps(_document(links), indent=2) if form == "json" else _text(links))
    _end(links)


def _files(folder: Path) -> dict[str, bytes]:
    """What lies in the folder, by name; of a release without its packages, which are looked at by their digests."""
    there = {p.name: p for p in sorted(folder.iterdir()) if p.is_file() and not p.is_symlink()}
    if RELEASE in there:
        there = {name: p for name, p in there.items() if p.suffix not in (".gz", ".whl", ".tar", ".zip")}
    return {name: content_of(p, LIMIT) for name, p in there.items()}


def _of_the_release(
    folder: Path, files: Mapping[str, bytes], repository: str | None, brought: OwnKeys
) -> Iterator[Link]:
    """The links of ``release verify``, for a folder that is that of a release."""
    if RELEASE not in files:
        return
    from assaymark.release.verify import Known, chain

    known = Known(clone=Path(repository) if repository else None, root=brought.trusted_root, own=brought)
    for link in chain(folder, "", known):
        yield link._replace(name="release" if link.name == "release" else f"release: {link.name}")


def _own(repository: str | None, report: bytes | None) -> Own | None:
    """The judged commit as it lies in the verifier's own clone."""
    if repository is None or report is None:
        return None
    from assaymark.config import from_tree
    from assaymark.subject.checkout import open_subject
    from assaymark.verify import Own

    try:
        commit = json.loads(report)["subject"]["commit"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    if not isinstance(commit, str):
        return None
    opened = open_subject(repository, commit)
    try:
        return Own(opened.subject, from_tree(opened.tree))
    except InputError:
        return Own(opened.subject, None)


def _named(repository: str | None) -> str | None:
    if repository is None:
        return None
    from assaymark.subject.checkout import open_subject

    return open_subject(repository).subject.repository


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(hour=23, minute=59, second=59, tzinfo=UTC)
    except ValueError as problem:
        raise InputError(f"--as-of {text!r} is not a date", hint="write it as 2026-11-30") from problem


def _text(links: Sequence[Link]) -> str:
    lines = []
    for link in links:
        head = f"{MARKS[link.says]} {link.name}"
        lines.append(click.style(head, fg=COLOURS[link.says], bold=True) if wants_colour() else head)
        lines += [f"    {MARKS[a.says]} {a.about:<12} {a.text}" for a in link.answers]
    return "\n".join(lines)


def _document(links: Sequence[Link]) -> dict[str, object]:
    return {
        "links": [
            {"name": link.name, "says": link.says, "answers": [a._asdict() for a in link.answers]} for link in links
        ]
    }


def _end(links: Sequence[Link]) -> None:
    broken = [link.name for link in links if link.says == "no"]
    if broken:
        raise GateNotMet(f"the chain is broken: {', '.join(broken)}")
    open_ = [link.name for link in links if link.says == "unknown"]
    if open_:
        raise Undetermined(f"nothing is wrong, but not everything could be found out: {', '.join(open_)}")
