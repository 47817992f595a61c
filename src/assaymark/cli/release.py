"""``assaymark release``: plan, check, build, publish and verify a release; nothing is published that was not judged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from assaymark.cli._common import out, say, split, talk, wants_colour
from assaymark.cli._verdict import progress_shown
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.assessment import Judged
    from assaymark.release.check import Item
    from assaymark.release.folder import Release
    from assaymark.release.source import Source
    from assaymark.verify import Link

F = TypeVar("F", bound=Callable[..., Any])
PLACES = ("images", "github", "zenodo")
UNDONE = " (dry run: nothing was done)"
LIMIT = 200_000_000
COLOURS = {"yes": "green", "no": "red", "unknown": "yellow"}
MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}
FORMATS = click.Choice(["text", "json"])
EXISTING = click.Path(path_type=Path)


@click.group(
    epilog="""\b
Examples:
  assaymark release plan                       which version is next, and what is to be done
  assaymark release check --gate silver        may this commit be released?
  assaymark release build --output release     everything that is published, in one folder
  assaymark release publish release --dry-run  what would be published
"""
)
def command() -> None:
    """Release what was judged: plan, check, build, publish, verify.

    plan, check and verify change nothing. build executes the project's build back end; publish executes nothing of it.
    """


@command.command(epilog="\b\nExample:\n  assaymark release plan --format json")
@click.argument("path", default=".", type=EXISTING)
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
def plan(path: Path, form: str) -> None:
    """Say which version comes next, what it rests on, and what would happen. PATH is a checkout."""
    from dataclasses import asdict

    from assaymark.release.plan import plan as planned
    from assaymark.release.source import open_source

    found = planned(open_source(path))
    if form == "json":
        out(json.dumps(asdict(found), indent=2))
        return
    head = f"{found.name}: {found.last or 'no release yet'} -> {found.next or 'nothing to release'}"
    lines = [head, *(f"  because {reason}" for reason in found.reasons)]
    for title, rows in (("By hand, before the tag:", found.todo), ("Then:", found.then)):
        lines += ["", title, *(f"  {row}" for row in rows)] if rows else []
    out("\n".join(lines))


def _looking(function: F) -> F:
    """Options of what looks at a commit before it is released."""
    for option in (
        click.option(
            "--environment",
            multiple=True,
            type=click.Path(),
            metavar="DIR",
            help="site-packages with the dependencies (default: where assaymark is installed).",
        ),
        click.option(
            "--fetch", is_flag=True, help="Fetch the locked wheels to read their licences; nothing of them is run."
        ),
        click.option(
            "--program", multiple=True, metavar="NAMES", help="Dependencies that are run as programs, not imported."
        ),
        click.option("--licence", multiple=True, metavar="NAME=SPDX", help="The licence of one that names none."),
        click.option("--lock", metavar="FILE", help="The lock of the dependencies (default: the first usual one)."),
        click.option("--report", type=EXISTING, metavar="FILE", help="assessment.json of it: do not judge anew."),
        click.option("--no-tools", is_flag=True, help="Judge without external programs."),
        click.option("--profile", help="assaymark, sqaaas-v3, sqaaas-v2, or a TOML file."),
        click.option("--gate", default="silver", show_default=True, metavar="G", help="A level, or ids by commas."),
        click.option("--tag", default="", metavar="TAG", help="The tag that is to be released."),
    ):
        function = option(function)
    return function


@command.command(epilog="\b\nExample:\n  assaymark release check --tag v1.2.0 --gate silver")
@click.argument("path", default=".", type=EXISTING)
@_looking
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
def check(path: Path, form: str, **given: Any) -> None:
    """Ask of a commit, before its tag, everything that a release needs: all files agree, and the gate is met.

    Version, tag, CITATION.cff, CodeMeta, changelog, lock, documentation and badge; licences of the dependencies;
    nothing uncommitted. Exit status: 0 all hold, 1 something does not, 3 something could not be found out.
    """
    from assaymark.release.source import open_source

    source = open_source(path)
    with _environment(source, given):
        items, _, _ = _asked(source, given)
    if form == "json":
        out(json.dumps({"commit": source.commit, "items": [item._asdict() for item in items]}, indent=2))
    else:
        out(_items(items))
    _decided(items)


@command.command(epilog="\b\nExample:\n  assaymark release build --output release --wheelhouse")
@click.argument("path", default=".", type=EXISTING)
@click.option("--output", type=EXISTING, default="release", show_default=True, metavar="DIR", help="A new folder.")
@_looking
@click.option("--package", multiple=True, metavar="DIRS", help="What to build (default: root and workspace members).")
@click.option("--no-isolation", is_flag=True, help="Build with the back ends that are installed here.")
@click.option("--stamp", metavar="FILE", help="A file of the package that is to tell tag and commit, as JSON.")
@click.option("--wheelhouse", is_flag=True, help="Add an archive of all wheels, for sites without the Internet.")
@click.option("--image", multiple=True, metavar="NAME@DIGEST", help="An image that was built and tested for it.")
@click.option("--dry-run", is_flag=True, help="Check, and say what would be built.")
def build(
    path: Path,
    output: Path,
    package: tuple[str, ...],
    no_isolation: bool,
    stamp: str | None,
    wheelhouse: bool,
    image: tuple[str, ...],
    dry_run: bool,
    **given: Any,
) -> None:
    """Check the commit, then build all that is published into one folder: nothing is built that fails the check.

    Sdist and wheel, built twice and the same bytes; SBOM as CycloneDX and SPDX; provenance, RO-Crate, badge,
    assessment, notes and checksums. Executes the project's build back end, in an environment without tokens.
    """
    from assaymark.release import build as building
    from assaymark.release.images import parse
    from assaymark.release.source import open_source

    source = open_source(path)
    with _environment(source, given):
        items, judged, report = _asked(source, given)
        for item in items:
            if item.says != "yes":
                say(_items([item]))
        _decided(items)
        wanted = building.Wanted(
            assessment=judged.assessment,
            report=report,
            gate=given["gate"],
            folders=split(package),
            isolated=not no_isolation,
            stamp=stamp,
            lock=given["lock"],
            wheelhouse=wheelhouse,
            images=tuple(str(parse(name)) for name in split(image)),
            licences=tuple(_pairs(given["licence"]).items()),
            environment=list(given["environment"]) or None,
        )
        if dry_run:
            out("\n".join(building.outline(source, wanted)))
            return
        release = building.build(source, output, wanted, os.environ)
    for file in release.files:
        say(f"{file.sha256[:12]}  {file.name}")
    out(f"{release.name} {release.version}: {len(release.files)} files in {output}")


@command.command(epilog="\b\nExample:\n  assaymark release publish release --to images,github --dry-run")
@click.argument("folder", type=EXISTING)
@click.option("--repository", metavar="OWNER/NAME", help="On GitHub (default: the repository that was built).")
@click.option("--to", "places", multiple=True, metavar="NAMES", help="images, github, zenodo (default: github).")
@click.option("--image-tag", multiple=True, metavar="TAGS", help="For the images (default: the version, and latest).")
@click.option("--image-to", metavar="NAME", help="Another repository of images for them.")
@click.option("--zenodo", type=click.Choice(["sandbox", "production"]), default="sandbox", show_default=True)
@click.option("--zenodo-address", metavar="URL", help="Another service with the API of Zenodo.")
@click.option("--earlier", type=int, metavar="NUMBER", help="The deposit of which this is the next version.")
@click.option("--final", is_flag=True, help="Make the deposit final: only after a person has looked at the draft.")
@click.option("--dry-run", is_flag=True, help="Look at everything, change nothing, say what would be done.")
def publish(
    folder: Path,
    repository: str | None,
    places: tuple[str, ...],
    image_tag: tuple[str, ...],
    image_to: str | None,
    zenodo: str,
    zenodo_address: str | None,
    earlier: int | None,
    final: bool,
    dry_run: bool,
) -> None:
    """Take the FOLDER of a build to where people find it. Run again it goes on where it was; done, it changes nothing.

    GitHub: GITHUB_TOKEN with contents: write. Zenodo: ZENODO_SANDBOX_TOKEN or ZENODO_TOKEN; without --final there is
    only a draft. Registries: the login of Docker, or REGISTRY_USERNAME and REGISTRY_PASSWORD. Packages go to the index
    from your own workflow, see `assaymark init --release`.
    """
    from assaymark.release import folder as folders

    release = folders.read(folder)
    wrong = folders.differing(folder, release.files)
    if wrong:
        raise GateNotMet("; ".join(wrong[:10]), hint="build it anew: what was changed is not what was judged")
    chosen = split(places) or ("github",)
    if unknown := [name for name in chosen if name not in PLACES]:
        raise InputError(f"--to {unknown[0]!r} is not known", hint=f"one of {', '.join(PLACES)}")
    if final and "zenodo" not in chosen:
        raise InputError("--final is about a deposit", hint="add --to zenodo")
    name = repository or release.repository
    if "images" in chosen:
        _images(release, split(image_tag), image_to, dry_run)
    if "github" in chosen:
        _github(folder, release, name, dry_run)
    if "zenodo" in chosen:
        _zenodo(folder, release, name, (zenodo, zenodo_address, earlier, final), dry_run)


@command.command(epilog="\b\nExample:\n  assaymark release verify tide-1.2.0.tar.gz --tag v1.2.0 --github lab/tide")
@click.argument("what")
@click.option("--tag", default="", metavar="TAG", help="The release that it should be of.")
@click.option("--github", metavar="OWNER/NAME", help="Fetch the release from there.")
@click.option("--release", "place", type=EXISTING, metavar="DIR", help="The files of the release (default: beside it).")
@click.option("--repository", type=EXISTING, metavar="PATH", help="Your clone, to compare commit and tag with.")
@click.option("--workflow", default="", metavar="URL", help="Who signs (default: ours, or its release.yml).")
@click.option("--signer-commit", multiple=True, metavar="SHA", help="A commit of that workflow that you believe.")
@click.option("--trusted-root", type=EXISTING, metavar="FILE", help="Default: that of the public Sigstore.")
@click.option("--format", "form", type=FORMATS, default="text", show_default=True)
def verify(
    what: str,
    tag: str,
    github: str | None,
    place: Path | None,
    repository: Path | None,
    workflow: str,
    signer_commit: tuple[str, ...],
    trusted_root: Path | None,
    form: str,
) -> None:
    """Hold a released file, image or tag against checksums, provenance, signature, assessment and commit.

    WHAT is a file, the folder of a release, an image (registry/name:tag or @sha256:...), or a tag with --github.
    Exit status: 0 every link holds, 1 one is broken, 2 wrong input, 3 not everything could be found out.
    """
    from tempfile import TemporaryDirectory

    from assaymark.release import verify as verifying

    with TemporaryDirectory(prefix="assaymark-verify-") as scratch:
        here, name, image, meant = _meant(what, tag, github, place, Path(scratch))
        known = verifying.Known(
            tag=meant, clone=repository, workflow=workflow, commits=split(signer_commit), root=trusted_root
        )
        links = verifying.chain(here, name, known, image=image)
    out(json.dumps(_document(links), indent=2) if form == "json" else _links(links))
    broken = [link.name for link in links if link.says == "no"]
    if broken:
        raise GateNotMet(f"the chain is broken: {', '.join(broken)}")
    if unknown := [link.name for link in links if link.says == "unknown"]:
        raise Undetermined(f"nothing is wrong, but not everything could be found out: {', '.join(unknown)}")


@contextmanager
def _environment(source: Source, given: dict[str, Any]) -> Iterator[None]:
    """With ``--fetch`` the locked wheels lie in a folder of their own, to be asked for their licences."""
    from tempfile import TemporaryDirectory

    from assaymark.release import dependencies, wheelhouse

    found = dependencies.locked(source, given["lock"]) if given["fetch"] else None
    if found is None:
        yield
        return
    with TemporaryDirectory(prefix="assaymark-wheels-") as place:
        given["environment"] = (wheelhouse.laid_out(dependencies.needed_here(found[1]), Path(place)),)
        yield


def _asked(source: Source, given: dict[str, Any]) -> tuple[list[Item], Judged, bytes]:
    """Every answer about a commit, with the assessment that the last rests on, and its bytes."""
    from assaymark.release.check import Wanted, checked, gate_kept

    wanted = Wanted(
        tag=given["tag"],
        lock=given["lock"],
        programs=split(given["program"]),
        licences=_pairs(given["licence"]),
        environment=list(given["environment"]) or None,
    )
    items = checked(source, wanted)
    judged, report = _judged(source, given)
    return [*items, gate_kept(judged, given["gate"], source.commit)], judged, report


def _judged(source: Source, given: dict[str, Any]) -> tuple[Judged, bytes]:
    """The verdict on the commit: read where it is given, else made now."""
    from dataclasses import replace

    from assaymark import catalogue
    from assaymark.assessment import Request, judge
    from assaymark.reports.json import from_json, render

    request = Request(
        path=str(source.root), profile=given["profile"], config=talk().config, tools=not given["no_tools"]
    )
    if given["report"] is None:
        with progress_shown() as progress:
            judged = judge(request, progress)
        return judged, render(judged.assessment).encode("utf-8", "backslashreplace")
    report = _read(given["report"])
    assessment = from_json(report.decode("utf-8", "replace"), where=str(given["report"]))
    quick = judge(replace(request, tools=False, select=("QC.Lic01",)))
    profile = catalogue.profile(given["profile"]) if given["profile"] else quick.profile
    if profile.digest != assessment.profile_digest:
        raise InputError("was judged by another profile than this commit asks for", where=str(given["report"]))
    return replace(quick, assessment=assessment, profile=profile), report


def _pairs(given: Sequence[str]) -> dict[str, str]:
    """``NAME=SPDX`` as a mapping. Raises InputError."""
    found = {}
    for text in split(tuple(given)):
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InputError(f"--licence {text!r} names no licence", hint="write it as NAME=MIT")
        found[name] = value
    return found


def _decided(items: Sequence[Item]) -> None:
    if wrong := [item.about for item in items if item.says == "no"]:
        raise GateNotMet(f"not to be released: {', '.join(dict.fromkeys(wrong))}")
    if unknown := [item.about for item in items if item.says == "unknown"]:
        raise Undetermined(f"nothing is wrong, but not everything could be found out: {', '.join(unknown)}")


def _images(release: Release, tags: tuple[str, ...], to: str | None, dry: bool) -> None:
    from assaymark.release import images

    if not release.images:
        raise InputError("the release has no image", hint="name it when building: --image NAME@sha256:...")
    wanted = tags or images.tags_for(release.version, prerelease=release.prerelease)
    named, target = [images.parse(name) for name in release.images], images.parse(to) if to else None
    images.refuse_collisions(named, target)
    with _web():
        for image in named:
            images.promote(image, wanted, say, to=target, dry=dry)
    out(f"images: {', '.join(wanted)}{UNDONE if dry else ''}")


def _github(folder: Path, release: Release, name: str, dry: bool) -> None:
    from assaymark.cli._forge import asking
    from assaymark.forge.client import connect
    from assaymark.release.forge import publish as published

    client = connect(name, os.environ, timeout=120, deadline=3_600.0, requests=20_000)
    with asking(client.name):
        done = published(client, folder, release, say, dry=dry)
    state = " (nothing to do)" if not done.steps else UNDONE if dry else ""
    out(f"github: {done.address or release.tag}{state}")


def _zenodo(
    folder: Path, release: Release, name: str, how: tuple[str, str | None, int | None, bool], dry: bool
) -> None:
    from assaymark.cli._forge import asking
    from assaymark.forge.client import connect
    from assaymark.release import zenodo
    from assaymark.release.doi import propose

    site, address, earlier, final = how
    api = zenodo.connect(site, os.environ, address)
    metadata = _metadata(folder, release)
    with _web():
        done = zenodo.deposit(api, folder, release, metadata, say, earlier=earlier, final=final, dry=dry)
    state = f"{'final' if done.final else 'draft, look at it'}: {done.address}" if done.address else "no deposit yet"
    more = " (as it was)" if not done.steps else UNDONE if dry else ""
    out(f"zenodo ({site}): {done.doi or 'no DOI yet'}, {state}{more}")
    if done.final and not dry:
        client = connect(name, os.environ)
        with asking(client.name):
            pull = propose(client, release, done.doi)
        out(
            f"pull request: {pull}" if pull else "CITATION.cff and codemeta.json name the DOI already, or are not there"
        )


def _metadata(folder: Path, release: Release) -> dict[str, Any]:
    """What Zenodo is told: out of the metadata that the build put into the folder."""
    from assaymark.release.folder import METADATA
    from assaymark.release.zenodo import metadata_of

    path = folder / METADATA
    declared = json.loads(_read(path)) if path.is_file() else {}
    notes = f"Judged {release.level} by assaymark at commit {release.commit}." if release.level != "none" else ""
    return metadata_of(declared, release, notes)


@contextmanager
def _web() -> Iterator[None]:
    """Turns a WebProblem into an error: wrong input where it is refused, undetermined where nobody answers."""
    from assaymark.release.web import WebProblem

    try:
        yield
    except WebProblem as problem:
        hint = "run it again: it goes on where it was" if problem.uncertain else None
        raise (Undetermined if problem.uncertain else InputError)(problem.text, hint=hint) from problem


def _meant(what: str, tag: str, github: str | None, place: Path | None, scratch: Path) -> tuple[Path, str, str, str]:
    """Folder of the release, the file or the image that is asked about ('' for none), and the tag that is meant."""
    path = Path(what)
    if path.is_dir():
        return path, "", "", tag
    if not path.exists() and "/" not in what and not tag:
        tag = what
    here = place or (path.parent if path.exists() else scratch)
    if github:
        if not tag:
            raise InputError("which release is meant?", hint="--tag TAG")
        _fetch(github, tag, scratch)
        here = scratch
    if path.exists():
        return _beside(path, here, scratch), path.name, "", tag
    if what == tag:
        if not github and place is None:
            raise InputError(f"where is the release {tag}?", hint="--github OWNER/NAME or --release DIR")
        return here, "", "", tag
    if here == scratch and not github:
        raise InputError(f"{what} is no file here, and no release is named", hint="--github OWNER/NAME --tag TAG")
    return here, "", _by_digest(what), tag


def _fetch(github: str, tag: str, scratch: Path) -> None:
    from assaymark.cli._forge import asking
    from assaymark.forge.client import connect
    from assaymark.release.verify import fetched

    client = connect(github, os.environ, timeout=120, deadline=3_600.0)
    with asking(client.name):
        fetched(client, tag, scratch)


def _beside(path: Path, here: Path, scratch: Path) -> Path:
    """The folder of the release with the file that is asked about in it, which may not be the one of the release."""
    if path.resolve().parent == here.resolve():
        return here
    import shutil

    if here != scratch:
        shutil.copytree(here, scratch, dirs_exist_ok=True)
    shutil.copyfile(path, scratch / path.name)
    return scratch


def _by_digest(what: str) -> str:
    """An image by its digest; for a tag the registry is asked which that is now."""
    from assaymark.release.images import named_by_digest

    with _web():
        return named_by_digest(what)


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LIMIT:
            raise InputError(f"is larger than {LIMIT // 1_000_000} MB", where=str(path))
        return path.read_bytes()
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror or problem}", where=str(path)) from problem


def _items(items: Sequence[Item]) -> str:
    lines = []
    for item in items:
        lines.append(f"{_mark(item.says)} {item.about:<14} {item.text}")
        lines += [f"{'':<17}{item.remedy}"] if item.remedy and item.says != "yes" else []
    return "\n".join(lines)


def _links(links: Sequence[Link]) -> str:
    lines = []
    for link in links:
        lines.append(f"{_mark(link.says)} {link.name}")
        lines += [f"    {MARKS[a.says]} {a.about:<12} {a.text}" for a in link.answers]
    return "\n".join(lines)


def _mark(says: str) -> str:
    return click.style(MARKS[says], fg=COLOURS[says], bold=True) if wants_colour() else MARKS[says]


def _document(links: Sequence[Link]) -> dict[str, object]:
    return {
        "links": [
            {"name": link.name, "says": link.says, "answers": [a._asdict() for a in link.answers]} for link in links
        ]
    }
