"""``assaymark badge publish``: what a README shows and later runs compare with, onto the badge branch."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, say
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.model import Assessment

MOST = 100  # projects of a repository
# What is published, and under which name: the summary is what GitHub shows for the branch.
PUBLISHED = {
    "badge.svg": "badge.svg",
    "badge.png": "badge.png",
    "badge.json": "badge.json",
    "badge.sigstore.json": "badge.sigstore.json",
    "credential.jwt": "credential.jwt",
    "assessment.json": "assessment.json",
    "provenance.json": "provenance.json",
    "report.html": "report.html",
    "summary.md": "README.md",
}


@click.command(
    epilog="""\b
Examples:
  assaymark badge publish report                      onto the branch 'badges' of the repository that was assessed
  assaymark badge publish reports                     reports/* are those of several projects: each to its own path
  assaymark badge publish report --prefix packages/a  to another path
"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--repository", metavar="OWNER/NAME", help="Default: the repository that was assessed.")
@click.option("--branch", default="badges", show_default=True, help="The badge branch; made when it is not there.")
@click.option(
    "--prefix", metavar="PATH", help="The folder on the branch (default: the path that was judged; . for the root)."
)
def publish(folder: Path, repository: str | None, branch: str, prefix: str | None) -> None:
    """Put badge, assessment, reports and one line of history onto the badge branch on GitHub.

    FOLDER is what 'assess --output' wrote, or holds one such folder for each project of a repository. The token comes
    from GITHUB_TOKEN or GH_TOKEN.
    """
    from assaymark.github.parts import place_of

    found = reports(folder)
    if prefix is not None and len(found) > 1:
        raise InputError(f"--prefix goes with one report, and there are {len(found)}", where=str(folder))
    wanted = [(_files(place), a, _name(a, repository)) for place, a in found]
    for files, a, name in wanted:
        _put(files, a, name, branch, _cleaned(place_of(a.subject) if prefix is None else prefix))


def reports(folder: Path) -> list[tuple[Path, Assessment]]:
    """The assessment in a folder, or in each of its folders, with the folder it lies in. Raises InputError."""
    from assaymark.cli._forge import decoded
    from assaymark.cli._signing import bytes_of
    from assaymark.github.publish import ASSESSMENT
    from assaymark.reports.json import from_json

    if (folder / ASSESSMENT).is_file() or not folder.is_dir():
        places = [folder]
    else:
        places = sorted(p.parent for p in folder.glob(f"*/{ASSESSMENT}") if p.is_file() and not p.parent.is_symlink())
    if not places:
        raise InputError(f"there is no {ASSESSMENT}", where=str(folder), hint="write it: assaymark assess --output DIR")
    if len(places) > MOST:
        raise InputError(f"there are more than {MOST} reports", where=str(folder))
    files = [place / ASSESSMENT for place in places]
    return [(f.parent, from_json(decoded(bytes_of(f), str(f)), where=str(f))) for f in files]


def _cleaned(prefix: str) -> str:
    """The folder on the branch with its slash; empty for the root."""
    return "".join(f"{name}/" for name in prefix.split("/") if name not in ("", "."))


def _name(a: Assessment, given: str | None) -> str:
    host, _, own = (a.subject.repository or "").partition("/")
    name = given or (own if host == "github.com" else "")
    if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", name):
        raise InputError("the repository to publish to is not known", hint="name it: --repository OWNER/NAME")
    return name


def _files(folder: Path) -> dict[str, bytes]:
    """What is published of a folder of reports, by its name there."""
    from assaymark.cli._signing import bytes_of

    there = {name: folder / here for here, name in PUBLISHED.items() if (folder / here).is_file()}
    files = {name: content for name, path in there.items() if (content := bytes_of(path))}
    if "badge.svg" not in files:
        raise InputError("there is no badge.svg", where=str(folder), hint="write it: assaymark assess --output DIR")
    return files


def _put(files: dict[str, bytes], a: Assessment, name: str, branch: str, at: str) -> None:
    from assaymark.cli._forge import asking
    from assaymark.github.publish import HISTORY, history_line
    from assaymark.github.publish import publish as put

    placed = {at + there: content for there, content in files.items()}
    with asking(name):
        done = put(placed, repository=name, branch=branch, history={at + HISTORY: history_line(a)})
    said = f"as {done.commit[:12]}" if done.commit else "already: nothing changed"
    say(f"published {len(files)} files on {done.branch}{f' at {at}' if at else ''} of {name} {said}")
    out(done.addresses.get(f"{at}badge.svg", ""))
