"""The parts of ``assaymark badge`` that need a key: issue, verify, did, revoke."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, say, split, wants_colour, write
from assaymark.cli._signing import bytes_of, https, identity_of, key_options, signer_of, status_of
from assaymark.errors import GateNotMet, InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.badges.award import Award
    from assaymark.badges.keys import Key
    from assaymark.badges.verify import Verdict
    from assaymark.model import Assessment

# Files of a report that a badge rests on, where they are there.
EVIDENCE = ("assessment.json", "provenance.json", "report.html")
VOUCHED = {
    "workflow": "vouched for by a workflow: who owns the repository could not have made it up",
    "own key": "vouched for by whoever has the key, no more: nothing shows that it was not made up",
    "nobody": "vouched for by nobody",
}
MARKS = {"yes": ("✓", "green"), "no": ("✗", "red"), "unknown": ("?", "yellow")}


@click.command(
    epilog="""\b
Examples:
  openssl genpkey -algorithm ed25519 -out key.pem
  assaymark badge issue report --key key.pem
  assaymark badge issue report --issuer did:web:example.github.io:project --evidence-url https://…/badges
\b
The key is read from a file or from ASSAYMARK_SIGNING_KEY, never from the command line.
"""
)
@click.argument("folder", type=click.Path(path_type=Path))
@key_options
@click.option("--issuer-name", metavar="TEXT", help="How the issuer is called (default: its identity).")
@click.option("--days", type=click.IntRange(1, 3650), default=90, show_default=True, help="How long it is in force.")
@click.option("--evidence-url", default="", metavar="URL", help="Where the files of the report are published.")
@click.option("--status-list", metavar="URL", help="The list in which a revocation would be looked up.")
@click.option("--status-index", type=click.IntRange(0, 16_000_000), metavar="N", help="The place in that list.")
@click.option("--once", is_flag=True, help="With a key made for this badge and thrown away: for a job that attests it.")
@click.option("--png", is_flag=True, help="Write badge.png too, bound to the same credential.")
@click.option("--output", type=click.Path(path_type=Path), metavar="DIR", help="Default: FOLDER.")
def issue(
    folder: Path,
    key: Path | None,
    issuer: str | None,
    issuer_name: str | None,
    days: int,
    evidence_url: str,
    status_list: str | None,
    status_index: int | None,
    once: bool,
    png: bool,
    output: Path | None,
) -> None:
    """Sign a badge: an Open Badges 3.0 credential for the level, baked into badge.svg.

    FOLDER is what 'assess --output' wrote. A badge signed with a key of your own says that you vouch for it; it does
    not say that nobody could have made it up.
    """
    from assaymark.badges import award as awards
    from assaymark.badges import svg

    signer, identity = _once(key, issuer) if once else signer_of(key, issuer)
    a = _assessment(folder / "assessment.json")
    follows = awards.follows(a)
    if follows is False:
        raise InputError("the level does not follow from the results", where=str(folder / "assessment.json"))
    if once and follows is None:
        # A workflow vouches for it, and what it is called by: whose rules they are must not be left to its caller.
        raise InputError(
            f"the profile {a.profile!r} does not ship with assaymark",
            where=str(folder / "assessment.json"),
            hint="a workflow signs levels of assaymark, sqaaas-v3 and sqaaas-v2; sign others with a key of your own",
        )
    given = awards.award(
        a,
        _files(folder),
        issuer=identity,
        issuer_name=issuer_name or identity,
        now=datetime.now(UTC),
        lifetime=timedelta(days=days),
        base=https(evidence_url, "--evidence-url"),
        status=status_of(status_list, status_index),
    )
    picture = _picture(given) if png else b""
    if png:
        given = awards.with_picture(given, picture, evidence_url)
    token = _signed(given, signer)
    target = output or folder
    say(f"wrote {write(target, 'credential.jwt', token + chr(10))}")
    say(f"wrote {write(target, 'badge.svg', svg.render(awards.badge_of(given), token))}")
    if png:
        from assaymark.badges.bake import into_png

        say(f"wrote {write(target, 'badge.png', into_png(picture, token))}")
    say(f"{a.level} for {given.repository} at {given.commit[:12]}, until {given.valid_until:%Y-%m-%d}, by {identity}")


@click.command(
    epilog="""\b
Examples:
  assaymark badge verify badge.svg --repository . --issuer did:key:z6Mk… --evidence report
  assaymark badge verify badge.svg --bundle badge.sigstore.json --signer-commit SHA --repository . --evidence report
  assaymark badge verify https://host/badge.svg --allow-host host --issuer did:web:host --repository .
\b
Exit status: 0 all answers are yes, 1 one is no, 2 wrong input, 3 none is no, but one is unknown.
"""
)
@click.argument("file")
@click.option("--issuer", multiple=True, metavar="DID", help="An issuer that you trust.")
@click.option("--repository", metavar="DIR|NAME", help="Where it is shown: a checkout, or host/owner/name.")
@click.option("--commit", metavar="SHA", help="The commit it should be for (default: that of the checkout).")
@click.option("--evidence", type=click.Path(path_type=Path), metavar="DIR", help="The published files of the report.")
@click.option(
    "--identity", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help="did.json of a did:web issuer."
)
@click.option(
    "--status-list", type=click.Path(path_type=Path), metavar="FILE", help="The issuer's list of revocations."
)
@click.option(
    "--bundle", type=click.Path(path_type=Path), metavar="FILE", help="What a job signed over credential.jwt."
)
@click.option("--signer", multiple=True, metavar="URI", help="A workflow that you trust (default: assaymark's own).")
@click.option("--signer-commit", multiple=True, metavar="SHA", help="A commit of it (default: the known releases).")
@click.option("--ref", multiple=True, metavar="REF", help="A branch that counts as current (default: main, master).")
@click.option(
    "--trusted-root", type=click.Path(path_type=Path), metavar="FILE", help="Default: that of the public Sigstore."
)
@click.option("--allow-host", multiple=True, metavar="HOST", help="Ask this host for what is not at hand.")
@click.option("--as-of", metavar="DATE", help="The day on which it is looked at (default: now).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def verify(
    file: str,
    issuer: tuple[str, ...],
    repository: str | None,
    commit: str | None,
    evidence: Path | None,
    identity: tuple[Path, ...],
    status_list: Path | None,
    bundle: Path | None,
    signer: tuple[str, ...],
    signer_commit: tuple[str, ...],
    ref: tuple[str, ...],
    trusted_root: Path | None,
    allow_host: tuple[str, ...],
    as_of: str | None,
    form: str,
) -> None:
    """Check a signed badge: who issued it, for which commit, under which profile, is it in force and untouched.

    FILE is an SVG, a PNG, a bare credential, or an https address (with --allow-host). Without --allow-host nothing is
    asked of the network, and what cannot be known is 'unknown'.
    """
    from assaymark.badges import keys
    from assaymark.badges.keyless import BRANCHES, Rules
    from assaymark.badges.verify import Known
    from assaymark.badges.verify import verify as look

    keys.needs_sign()
    hosts = split(allow_host)
    picture = _asked(file, hosts) if "://" in file else bytes_of(Path(file))
    shown, head = _place(repository)
    known = Known(
        now=moment(as_of),
        issuers=split(issuer),
        repository=shown,
        commit=commit or head,
        read=_read,
        evidence=_files(evidence) if evidence else {},
        identities=dict(identity_of(path) for path in identity),
        status_list=bytes_of(status_list) if status_list else None,
        fetch=(lambda url: _fetch(url, hosts)) if hosts else None,
        bundle=bytes_of(bundle) if bundle else None,
        rules=Rules(split(signer), split(signer_commit), split(ref) or BRANCHES),
        trusted_root=trusted_root,
    )
    verdict = look(picture, known)
    out(_json(verdict) if form == "json" else _text(verdict))
    _end(verdict)


@click.command(
    epilog="""\b
Examples:
  assaymark badge did --key key.pem                                           the identity of a key
  assaymark badge did --key key.pem --issuer did:web:example.github.io:project > did.json
"""
)
@key_options
def did(key: Path | None, issuer: str | None) -> None:
    """Print who a key is: its did:key, or the document that the web site of a did:web has to publish."""
    from assaymark.badges import did as dids

    signer, identity = signer_of(key, issuer)
    if issuer is None:
        out(identity)
        return
    if dids.is_web(identity):
        say(f"publish it as {dids.web_address(identity)}")
    out(json.dumps(dids.document(identity, signer), indent=2))


@click.command(
    epilog="""\b
Examples:
  assaymark badge revoke status.jwt --url https://host/status.jwt --key key.pem             an empty list
  assaymark badge revoke status.jwt --url https://host/status.jwt --key key.pem --index 7   revoke the badge at place 7
"""
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--url", required=True, metavar="URL", help="Where the list is published.")
@click.option(
    "--index", multiple=True, type=click.IntRange(0, 131_071), metavar="N", help="A place to mark as revoked."
)
@click.option(
    "--days", type=click.IntRange(1, 366), default=30, show_default=True, help="How long the list is current."
)
@key_options
def revoke(file: Path, url: str, index: tuple[int, ...], days: int, key: Path | None, issuer: str | None) -> None:
    """Write or renew the list in which a revocation is looked up, and mark badges in it; a mark is never taken back."""
    from assaymark.badges import did as dids
    from assaymark.badges import jose, status

    signer, identity = signer_of(key, issuer)
    now = datetime.now(UTC).replace(microsecond=0)
    places = set(index)
    if file.exists():
        places |= _marked(bytes_of(file), signer, identity, url, str(file))
    listed = status.StatusList(identity, https(url, "--url"), now, now + timedelta(days=days), status.packed(places))
    token = jose.sign(status.claims(listed), signer, dids.method(identity, signer))
    say(f"wrote {write(file.parent, file.name, token + chr(10))}: {len(places)} revoked")


def _marked(content: bytes, signer: Key, identity: str, url: str, where: str) -> set[int]:
    """The places that a list of ours has marked already. Raises InputError when it is not one of ours."""
    from assaymark.badges import jose, status

    try:
        found = status.list_of(jose.verified(content.decode("ascii").strip(), lambda issuer, kid: signer))
    except (status.BadList, jose.Unsigned, UnicodeDecodeError) as problem:
        raise InputError(f"is not a list that this key signed: {problem}", where=where) from problem
    if (found.issuer, found.address) != (identity, url):
        raise InputError(f"is the list of {found.issuer} at {found.address}", where=where)
    return {n for n in range(len(found.bits) * 8) if found.revoked(n)}


def _once(path: Path | None, issuer: str | None) -> tuple[Key, str]:
    """A key that nobody ever sees, and its identity."""
    from assaymark.badges.keys import fresh

    if path is not None or issuer is not None:
        raise InputError("--once makes a key of its own: leave out --key and --issuer")
    key = fresh()
    return key, key.did


def _signed(given: Award, signer: Key) -> str:
    from assaymark.badges import credential, jose
    from assaymark.badges import did as dids

    claims = credential.claims(given)
    credential.award_of(claims)  # what we could not read again is not signed
    return jose.sign(claims, signer, dids.method(given.issuer, signer))


def _picture(given: Award) -> bytes:
    from assaymark.badges import png, svg
    from assaymark.badges.award import badge_of

    return png.draw(svg.render(badge_of(given)))


def _files(folder: Path) -> dict[str, bytes]:
    return {name: bytes_of(folder / name) for name in EVIDENCE if (folder / name).is_file()}


def _assessment(path: Path) -> Assessment:
    return _read(bytes_of(path), str(path))


def _read(content: bytes, where: str = "assessment.json") -> Assessment:
    from assaymark.reports.json import from_json

    try:
        return from_json(content.decode("utf-8"), where=where)
    except UnicodeDecodeError as problem:
        raise InputError("is not text in UTF-8", where=where) from problem


def _asked(url: str, hosts: tuple[str, ...]) -> bytes:
    from assaymark.badges.fetch import NotFetched

    try:
        return _fetch(url, hosts)
    except NotFetched as problem:
        raise InputError(str(problem), where=url) from problem


def _fetch(url: str, hosts: tuple[str, ...]) -> bytes:
    from assaymark.badges.fetch import fetch

    return fetch(url, hosts)


def _place(repository: str | None) -> tuple[str | None, str | None]:
    """The repository in which the badge is shown, and its commit where a checkout tells it."""
    if repository is None:
        return None, None
    if not Path(repository).is_dir():
        if repository.count("/") < 2 or "://" in repository:
            raise InputError(f"--repository {repository!r} is neither a folder nor host/owner/name")
        return repository, None
    from assaymark.subject.checkout import open_subject

    subject = open_subject(repository).subject
    return subject.repository, subject.commit


def moment(text: str | None) -> datetime:
    """Now, or the end of a day. Raises InputError."""
    if text is None:
        return datetime.now(UTC)
    try:
        day = datetime.strptime(text, "%Y-%m-%d")
    except ValueError as problem:
        raise InputError(f"--as-of {text!r} is not a date", hint="write it as 2026-11-30") from problem
    return day.replace(hour=23, minute=59, second=59, tzinfo=UTC)


def _text(verdict: Verdict) -> str:
    lines = []
    for answer in verdict.answers:
        mark, colour = MARKS[answer.says]
        word = f"{mark} {answer.about:<12} {answer.says:<8}"
        lines.append(f"{click.style(word, fg=colour) if wants_colour() else word} {answer.text}")
    return "\n".join([*lines, VOUCHED[verdict.vouched]])


def _json(verdict: Verdict) -> str:
    document: Mapping[str, Any] = {
        "says": verdict.says,
        "vouched": verdict.vouched,
        "answers": [answer._asdict() for answer in verdict.answers],
        "award": _facts(verdict.award),
    }
    return json.dumps(document, indent=2)


def _facts(award: Award | None) -> Mapping[str, Any] | None:
    if award is None:
        return None
    return {
        "issuer": award.issuer,
        "repository": award.repository,
        "commit": award.commit,
        "level": award.level,
        "profile": award.profile,
        "profile_version": award.profile_version,
        "profile_digest": award.profile_digest,
        "as_of": award.as_of.isoformat(),
        "valid_from": award.valid_from.isoformat(),
        "valid_until": award.valid_until.isoformat(),
        "evidence": {r.name: {"address": r.id, "sha256": r.sha256} for r in award.resources},
    }


def _end(verdict: Verdict) -> None:
    from assaymark.badges.verify import Says

    if verdict.says is Says.NO:
        wrong = ", ".join(a.about for a in verdict.answers if a.says is Says.NO)
        raise GateNotMet(f"this badge does not hold: {wrong}")
    if verdict.says is Says.UNKNOWN:
        raise Undetermined(
            "not everything about this badge could be found out: "
            + ", ".join(a.about for a in verdict.answers if a.says is Says.UNKNOWN)
        )
