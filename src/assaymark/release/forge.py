"""A release on GitHub: a draft, every file, then the release. Whatever was cut off goes on; done twice it is the same.

Before anything is added it is looked for, so no failure leaves a second release or a second file. Nobody sees a
release that lacks a file: only a draft in which every file was found with its digest becomes one. A file of a
published release is never replaced.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assaymark.errors import GateNotMet, InputError
from assaymark.forge.client import Client, ForgeProblem, Trouble
from assaymark.records import NamedTuple
from assaymark.release.folder import BUNDLE, MANIFEST, NOTES, SEALED, SUMS, File, Release, digest

Json = dict[str, Any]
Say = Callable[[str], None]
_TRIES = 3
_LISTED = 1_000


class Done(NamedTuple):
    """What was done, or in a dry run would be: in words, in order. ``address`` is where people find it."""

    steps: tuple[str, ...]
    address: str


def publish(client: Client, place: Path, release: Release, say: Say, *, dry: bool = False) -> Done:
    """Bring the release on the forge to what the folder holds.

    Raises ForgeProblem when the forge does not take it; run again, it goes on. Raises InputError when the tag is not
    there or at another commit, GateNotMet when what is published already is something else.
    """
    steps: list[str] = []

    def tell(text: str) -> None:
        steps.append(text)
        say(text)

    _tag(client, release)
    found = _found(client, release)
    if found is None:
        tell(f"draft {release.tag}")
        if dry:
            for file in _files(place, release):
                tell(f"upload {file.name}")
            tell(f"publish {release.tag}")
            return Done(tuple(steps), "")
        found = _created(client, place, release)
    draft = found["draft"] is True
    body = _body(place)
    if draft and (found.get("body") or "") != body:
        tell("write the notes")
        if not dry:
            found = client.patch(f"/releases/{found['id']}", {"body": body})
    for file in _files(place, release):
        _put(client, found, place, file, tell, dry=dry)
    if draft:
        tell(f"publish {release.tag}")
        if not dry:
            found = _final(client, found, place, release)
    return Done(tuple(steps), str(found.get("html_url") or ""))


def _tag(client: Client, release: Release) -> None:
    """The tag on the forge must be at the commit that was judged and built."""
    try:
        target = client.table(f"/git/ref/tags/{release.tag}")["object"]
        for _ in range(5):
            if target["type"] != "tag":
                break
            target = client.table(f"/git/tags/{target['sha']}")["object"]
        sha = str(target["sha"])
    except ForgeProblem as problem:
        if problem.trouble is not Trouble.ABSENT:
            raise
        hint = f"git tag -a {release.tag} {release.commit} -m {release.tag} && git push origin {release.tag}"
        raise InputError(f"{client.name} has no tag {release.tag}", hint=hint) from problem
    except (LookupError, TypeError) as problem:
        raise ForgeProblem(Trouble.UNREACHABLE, "GitHub's answer has an unexpected form") from problem
    if sha != release.commit:
        text = f"{release.tag} is at {sha[:12]} there, but {release.commit[:12]} was built"
        raise InputError(text, hint="build the commit that is tagged; a published tag is never moved")


def _found(client: Client, release: Release) -> Json | None:
    """The release of the tag: the published one, else the oldest draft."""
    same = [r for r in client.pages("/releases", most=_LISTED) if r.get("tag_name") == release.tag]
    same.sort(key=lambda r: (r.get("draft") is True, r["id"]))
    return same[0] if same else None


def _created(client: Client, place: Path, release: Release) -> Json:
    """A draft, made once: after an answer that says nothing, it is looked for before it is asked for again."""
    body: Json = {
        "tag_name": release.tag,
        "target_commitish": release.commit,
        "name": release.tag,
        "body": _body(place),
        "draft": True,
        "prerelease": release.prerelease,
    }
    for attempt in range(_TRIES):
        try:
            return client.post("/releases", body)
        except ForgeProblem as problem:
            if not problem.uncertain:
                raise
            there = _found(client, release)
            if there is not None:
                return there
            if attempt == _TRIES - 1:
                raise
            client.pause(2**attempt)
    raise AssertionError("a loop that always returns or raises")


def _put(client: Client, found: Json, place: Path, file: File, tell: Say, *, dry: bool) -> None:
    """See to it that the release has the file, whole and once."""
    for attempt in range(_TRIES):
        there = _asset(client, found, file.name)
        if there is not None and _same(client, there, file):
            return
        if there is not None:
            if not found["draft"] and there.get("state") == "uploaded":
                text = f"{file.name} is published already with another content"
                raise GateNotMet(text, hint="raise the version: what was published stays as it is")
            tell(f"take away what is left of {file.name}")
            if not dry:
                client.delete(f"/releases/assets/{there['id']}")
        if attempt == 0:
            tell(f"upload {file.name}")
        if dry:
            return
        try:
            client.upload(_address(found), file.name, place / file.name)
        except ForgeProblem as problem:
            taken = problem.trouble is Trouble.INVALID and "already_exists" in problem.text
            if not (problem.uncertain or taken) or attempt == _TRIES - 1:
                raise
            client.pause(2**attempt)
        else:
            return


def _final(client: Client, found: Json, place: Path, release: Release) -> Json:
    """Make the draft the release, once every file was seen in it."""
    assets = {a["name"]: a for a in _assets(client, found)}
    for file in _files(place, release):
        if file.name not in assets or not _same(client, assets[file.name], file):
            raise ForgeProblem(Trouble.UNREACHABLE, f"{file.name} did not arrive as it was sent", uncertain=True)
    return client.patch(f"/releases/{found['id']}", {"draft": False, "prerelease": release.prerelease})


def _files(place: Path, release: Release) -> Iterator[File]:
    """Everything that is published: what is listed, the list, the sums, and the signature where there is one."""
    yield from release.files
    for name in (BUNDLE, SEALED, MANIFEST, SUMS):
        path = place / name
        if path.is_file():
            yield File(name, "list", digest(path), path.stat().st_size)


def _assets(client: Client, found: Json) -> Iterator[Json]:
    return client.pages(f"/releases/{found['id']}/assets", most=_LISTED)


def _asset(client: Client, found: Json, name: str) -> Json | None:
    return next((a for a in _assets(client, found) if a.get("name") == name), None)


def _same(client: Client, asset: Json, file: File) -> bool:
    """Whether an asset is the file. GitHub tells the digest of newer ones; older ones are read."""
    if asset.get("state") != "uploaded" or asset.get("size") != file.size:
        return False
    told = asset.get("digest")
    if isinstance(told, str) and told.startswith("sha256:"):
        return told == f"sha256:{file.sha256}"
    return hashlib.sha256(client.asset(asset["id"], file.size)).hexdigest() == file.sha256


def _address(found: Json) -> str:
    return str(found["upload_url"]).partition("{")[0]


def _body(place: Path) -> str:
    try:
        return (place / NOTES).read_text(encoding="utf-8")[:120_000]
    except (OSError, UnicodeDecodeError) as problem:
        raise InputError(f"the notes cannot be read: {problem}", where=str(place / NOTES)) from problem
