"""``assaymark release``: plan, check, build, publish and verify a release; nothing is published that was not judged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from assaymark.cli._common import out, say, split, talk, write
from assaymark.cli._release import EXISTING, FORMATS, mark, read
from assaymark.cli._release_publish import publish
from assaymark.cli._release_sign import sign
from assaymark.cli._release_verify import verify
from assaymark.cli._verdict import progress_shown, write_all
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.assessment import Judged
    from assaymark.release.build import Wanted
    from assaymark.release.check import Item
    from assaymark.release.source import Source

F = TypeVar("F", bound=Callable[..., Any])


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
    """Release what was judged: plan, check, build, sign, publish, verify.

    plan, check and verify change nothing. build executes the project's build back end; sign and publish execute nothing
    of it.
    """


command.add_command(publish)
command.add_command(sign)
command.add_command(verify)


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
        click.option(
            "--checked",
            type=EXISTING,
            metavar="DIR",
            help="Write every answer (answers.json) and all reports on the commit here, whatever comes out.",
        ),
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
        out(_document(source, items))
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
@click.option("--image-manifest", metavar="FILE", help="Build the image that this describes: `pipeline image build`.")
@click.option("--dry-run", is_flag=True, help="Check, and say what would be built.")
def build(
    path: Path,
    output: Path,
    image_manifest: str | None,
    dry_run: bool,
    **given: Any,
) -> None:
    """Check the commit, then build all that is published into one folder: nothing is built that fails the check.

    Sdist and wheel, built twice and the same bytes; SBOM as CycloneDX and SPDX; provenance, RO-Crate, badge,
    assessment, notes and checksums. Executes the project's build back end, in an environment without tokens.
    """
    from dataclasses import replace

    from assaymark.cli._release_image import candidate
    from assaymark.release import build as building
    from assaymark.release.source import open_source

    source = open_source(path)
    with _environment(source, given):
        items, judged, report = _asked(source, given)
        for item in items:
            if item.says != "yes":
                say(_items([item]))
        _decided(items)
        wanted = _wanted(judged, report, given)
        if dry_run:
            planned = [f"the image of {image_manifest}, tried, as a candidate"] if image_manifest else []
            out("\n".join([*planned, *building.outline(source, wanted)]))
            return
        building.refuse(source, output, wanted)
        with candidate(source, image_manifest) as made:
            if made:
                wanted = replace(wanted, images=(*wanted.images, made.image), attached=made.sboms)
            release = building.build(source, output, wanted, os.environ)
    for file in release.files:
        say(f"{file.sha256[:12]}  {file.name}")
    out(f"{release.name} {release.version}: {len(release.files)} files in {output}")


def _wanted(judged: Judged, report: bytes, given: dict[str, Any]) -> Wanted:
    """What is to be built, as the options say."""
    from assaymark.release.build import Wanted
    from assaymark.release.images import parse

    return Wanted(
        assessment=judged.assessment,
        report=report,
        gate=given["gate"],
        folders=split(given["package"]),
        isolated=not given["no_isolation"],
        stamp=given["stamp"],
        lock=given["lock"],
        wheelhouse=given["wheelhouse"],
        images=tuple(str(parse(name)) for name in split(given["image"])),
        licences=tuple(_pairs(given["licence"]).items()),
        environment=list(given["environment"]) or None,
    )


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
    judged, report = _judged(source, given)
    items = [*checked(source, wanted), gate_kept(judged, given["gate"], source.commit)]
    if given["checked"] is not None:
        from assaymark.github.answers import FILE

        write_all(judged.assessment, given["checked"])
        write(given["checked"], FILE, _document(source, items))
    return items, judged, report


def _document(source: Source, items: Sequence[Item]) -> str:
    return json.dumps({"commit": source.commit, "items": [item._asdict() for item in items]}, indent=2)


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
    report = read(given["report"])
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


def _items(items: Sequence[Item]) -> str:
    lines = []
    for item in items:
        lines.append(f"{mark(item.says)} {item.about:<14} {item.text}")
        lines += [f"{'':<17}{item.remedy}"] if item.remedy and item.says != "yes" else []
    return "\n".join(lines)
