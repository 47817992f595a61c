"""``assaymark badge``: draw, sign, check, publish and embed what tells the level outside assaymark."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assaymark.cli import _badge_signed as _signed
from assaymark.cli._badge_publish import publish
from assaymark.cli._common import out, say, write
from assaymark.cli._signing import bytes_of
from assaymark.content import content_of
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.badges.model import Badge
    from assaymark.model import Assessment

KINDS = ("level", "criterion", "coverage", "validator", "model", "container", "fair")
FORMATS = ("svg", "endpoint", "png")


@click.group(epilog="\b\nExample:\n  assaymark badge render assaymark-report --output badge.svg")
def command() -> None:
    """Draw, sign, check, publish and embed badges."""


for verb in (_signed.issue, _signed.verify, _signed.did, _signed.revoke, publish):
    command.add_command(verb)


@command.command(
    epilog="""\b
Examples:
  assaymark badge render out/assessment.json                 the level, as SVG, on standard output
  assaymark badge render out --kind criterion --criterion QC.Doc --output doc.svg
  assaymark badge render out --format endpoint               for a shields endpoint badge
  assaymark badge render out --repository .                  grey when the checkout moved on
  assaymark badge render --not-assessed --output badge.svg   before the first assessment
  assaymark badge render badge.svg --repository .            a signed badge again, grey when its time is over
"""
)
@click.argument("file", required=False, type=click.Path())
@click.option("--kind", type=click.Choice(KINDS), default="level", show_default=True, help="What it tells about.")
@click.option("--criterion", metavar="ID", help="Criterion or sub-criterion, with --kind criterion.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="svg", show_default=True)
@click.option("--label", metavar="TEXT", help="Text of the left part.")
@click.option("--not-assessed", is_flag=True, help="A badge without an assessment.")
@click.option("--head", metavar="COMMIT", help="Where the branch is: another commit makes the badge grey.")
@click.option("--repository", type=click.Path(), metavar="DIR", help="The same, asked of this checkout.")
@click.option("--max-age", type=click.IntRange(1), metavar="DAYS", help="Days until it turns grey (default: 90).")
@click.option("--as-of", metavar="DATE", help="The day on which it is looked at (default: today).")
@click.option("--scale", type=click.FloatRange(0.5, 8), default=2.0, show_default=True, help="Size of a PNG.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write it here.")
def render(
    file: str | None,
    kind: str,
    criterion: str | None,
    form: str,
    label: str | None,
    not_assessed: bool,
    head: str | None,
    repository: str | None,
    max_age: int | None,
    as_of: str | None,
    scale: float,
    output: Path | None,
) -> None:
    """Draw a badge from an assessment.

    FILE is assessment.json, the folder it lies in, the answer of 'validate --format json' (--kind validator), or - for
    standard input; or a signed badge, which keeps its credential.
    """
    from dataclasses import replace

    from assaymark.badges import assessed
    from assaymark.badges.model import Kind

    if file is not None and file.endswith((".svg", ".jwt")):
        _draw_again(file, form, _head(head, repository), _signed.moment(as_of), output)
        return
    chosen = Kind.CRITERION if criterion else Kind(kind)
    if chosen is Kind.CRITERION and not criterion:
        raise InputError("--kind criterion needs --criterion ID")
    if not_assessed:
        badge = assessed.not_assessed(chosen, criterion or "")
    elif file is None:
        raise InputError("name the assessment to draw", hint="assaymark badge render out/assessment.json")
    elif chosen is Kind.VALIDATOR:
        badge = _validated(file)
    else:
        a = _assessment(file)
        badge = assessed.badge(chosen, a, criterion or "")
        days = assessed.LIFETIME if max_age is None else max_age
        badge = assessed.current(badge, a, _day(as_of), head=_head(head, repository), days=days)
    _put(replace(badge, label=label) if label else badge, form, scale, output)


def _draw_again(file: str, form: str, head: str | None, now: datetime, output: Path | None) -> None:
    """A signed badge as it is to be shown now; whether it may be believed is for ``verify`` to say."""
    from assaymark.badges import award, bake, credential, endpoint, jose, svg

    try:
        token = bake.extract(bytes_of(Path(file))).token
        given = credential.award_of(jose.parts(token).claims)
    except (bake.NotBaked, jose.Unsigned, credential.NotOurs) as problem:
        raise InputError(str(problem), where=file) from problem
    if form == "png":
        raise InputError("a signed PNG cannot be drawn again: its picture is what was signed", where=file)
    badge = award.current(given, now, head)
    text = endpoint.render(badge) if form == "endpoint" else svg.render(badge, token)
    if output is None:
        out(text)
    else:
        _written(output, text.encode("utf-8"))


def _put(badge: Badge, form: str, scale: float, output: Path | None) -> None:
    if form == "png":
        _put_bytes(_png(badge, scale), output)
        return
    from assaymark.badges import endpoint, svg

    text = endpoint.render(badge) if form == "endpoint" else svg.render(badge)
    if output is None:
        out(text)
    else:
        _written(output, text.encode("utf-8"))


def _png(badge: Badge, scale: float) -> bytes:
    from assaymark.badges import png, svg

    return png.draw(svg.render(badge), scale)


def _put_bytes(picture: bytes, output: Path | None) -> None:
    if output is not None:
        _written(output, picture)
    elif sys.stdout.isatty():
        raise InputError("a PNG is not for a terminal", hint="name a file: --output badge.png")
    else:
        sys.stdout.buffer.write(picture)
        sys.stdout.buffer.flush()


def _written(path: Path, content: bytes) -> None:
    write(path.parent, path.name, content)
    say(f"wrote {path}")


def _text(file: str) -> tuple[str, str]:
    """The text of a file that the user names, or of standard input, and what to call it."""
    from assaymark.reports.json import MAX_SIZE

    path = Path(file)
    if file != "-" and path.is_dir():
        path = path / "assessment.json"
    where = "standard input" if file == "-" else str(path)
    try:
        if file != "-" and path.stat().st_size > MAX_SIZE:
            raise InputError(f"it is larger than {MAX_SIZE // 1_000_000} MB", where=where)
        content = sys.stdin.buffer.read(MAX_SIZE + 1) if file == "-" else path.read_bytes()
        return content.decode("utf-8"), where
    except OSError as problem:
        raise InputError(f"cannot be read: {problem.strerror or problem}", where=where) from problem
    except UnicodeDecodeError as problem:
        raise InputError("is not text in UTF-8", where=where) from problem


def _assessment(file: str) -> Assessment:
    from assaymark.reports.json import from_json

    text, where = _text(file)
    return from_json(text, where=where)


def _validated(file: str) -> Badge:
    import json

    from assaymark.badges.assessed import validated

    text, where = _text(file)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise InputError("is not JSON", where=where) from problem
    return validated(document if isinstance(document, dict) else {})


def _head(head: str | None, repository: str | None) -> str | None:
    if head is not None:
        if not re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", head):
            raise InputError(f"--head {head!r} is not a commit", hint="give all of it: git rev-parse HEAD")
        return head
    if repository is None:
        return None
    from assaymark.subject.checkout import open_subject

    commit = open_subject(repository).subject.commit
    if commit is None:
        raise InputError("there is no commit", where=repository)
    return commit


def _day(text: str | None) -> date:
    if text is None:
        return datetime.now(UTC).date()
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as problem:
        raise InputError(f"--as-of {text!r} is not a date", hint="write it as 2026-11-30") from problem


@command.command(
    epilog="""\b
Examples:
  assaymark badge embed README.md --diff                      show what would change
  assaymark badge embed README.md                             the badge on the branch 'badges' of this repository
  assaymark badge embed packages/a/README.md --prefix packages/a   that of one of several projects
  assaymark badge embed README.rst --image URL --link URL     another picture, leading elsewhere
"""
)
@click.argument("readme", type=click.Path(path_type=Path))
@click.option("--image", metavar="URL", help="The picture (default: badge.svg on the badge branch of this repository).")
@click.option("--link", metavar="URL", help="Where it leads (default: the report beside the picture).")
@click.option("--dark", metavar="URL", help="Another picture for dark pages, in Markdown and HTML.")
@click.option(
    "--alt", metavar="TEXT", help="What is read aloud; never a result, which the line could not keep current."
)
@click.option("--branch", default="badges", show_default=True, help="The badge branch.")
@click.option("--prefix", default="", metavar="PATH", help="The folder on the branch, for one of several projects.")
@click.option("--markup", type=click.Choice(["markdown", "html", "rst", "org"]), help="Default: by the file's ending.")
@click.option("--diff", is_flag=True, help="Print the change and write nothing.")
def embed(
    readme: Path,
    image: str | None,
    link: str | None,
    dark: str | None,
    alt: str | None,
    branch: str,
    prefix: str,
    markup: str | None,
    diff: bool,
) -> None:
    """Put the badge into a README, or refresh it: only what stands between its marks is written.

    Prints the change. Publish the badge first: a README that shows a missing picture is cached for hours.
    """
    from assaymark.badges.embed import Line, Markup, markup_of, put

    kind = Markup(markup) if markup else markup_of(readme.name)
    if image is None or link is None:
        shown, leads = _published(readme, branch, prefix.strip("/"))
        image, link = image or shown, link or leads
    line = Line(image, link, dark=dark or "")
    line = line._replace(alt=alt) if alt else line
    before = _readme(readme)
    after = put(before, line, kind)
    if after == before:
        say(f"{readme} is as it should be")
        return
    out("".join(_changes(before, after, readme.name)))
    if not diff:
        write(readme.parent, readme.name, after.encode("utf-8"))
        say(f"wrote {readme}")


def _published(readme: Path, branch: str, prefix: str) -> tuple[str, str]:
    """Picture and report on the badge branch of the repository that the README lies in."""
    from assaymark.subject.checkout import open_subject

    repository = open_subject(str(readme.parent)).subject.repository or ""
    host, _, name = repository.partition("/")
    if host != "github.com":
        raise InputError(
            "the address of the badge is not known: the repository has no remote on GitHub",
            where=str(readme),
            hint="give it: --image URL --link URL",
        )
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,100}", branch) or ".." in branch:
        raise InputError(f"--branch {branch!r} is not the name of a branch")
    if not re.fullmatch(r"[A-Za-z0-9_+=@./-]{0,300}", prefix):
        raise InputError(f"--prefix {prefix!r} is not the path of a folder on the branch")
    place = f"{branch}/{prefix}" if prefix else branch
    return f"https://raw.githubusercontent.com/{name}/{place}/badge.svg", f"https://github.com/{name}/tree/{place}"


def _readme(path: Path) -> str:
    if path.is_symlink():
        raise InputError("is a link; name the file that it leads to", where=str(path))
    try:
        return content_of(path, 5_000_000).decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError("is not text in UTF-8", where=str(path)) from problem


def _changes(before: str, after: str, name: str) -> Iterator[str]:
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(True), after.splitlines(True), f"a/{name}", f"b/{name}")
    for line in lines:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
