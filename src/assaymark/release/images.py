"""Images promoted by digest: a tag is put on the very manifest that was tested; nothing is built or packed anew.

A manifest is handed on as the bytes that it is, since its digest is that of its bytes. A tag is never moved to another
image, but for ``latest``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from assaymark.errors import GateNotMet, InputError
from assaymark.release.oci import DIGEST, KINDS, LISTS, Manifest, Name, Registry
from assaymark.release.web import WebProblem

Say = Callable[[str], None]
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_PATH = re.compile(r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*")
_DEPTH = 3


def parse(text: str) -> Name:
    """``host/path``, ``host/path:tag`` or ``host/path@sha256:...``. Raises InputError; a host must be named."""
    whole, _, digest = text.partition("@")
    host, slash, rest = whole.partition("/")
    path, _, tag = rest.partition(":")
    named = "." in host or ":" in host or host == "localhost"
    good = _PATH.fullmatch(path) and (not tag or _TAG.fullmatch(tag)) and (not digest or DIGEST.fullmatch(digest))
    if not (slash and named and good):
        raise InputError(f"{text!r} is no image", hint="write it as registry.example.org/lab/tool@sha256:...")
    return Name(host, path, digest or tag)


def tags_for(version: str, *, prerelease: bool) -> tuple[str, ...]:
    """The tags of a release: its version, and for a final one also ``latest``."""
    tag = version.replace("+", "-")
    return (tag,) if prerelease else (tag, "latest")


def promote(
    image: Name,
    tags: tuple[str, ...],
    say: Say,
    *,
    to: Name | None = None,
    moving: tuple[str, ...] = ("latest",),
    dry: bool = False,
    environment: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Put tags on the image, in ``to`` instead of where it is; what is so already stays. Gives those that it put.

    Raises WebProblem when the registry does not take it, GateNotMet when a tag that is not ``moving`` names another.
    """
    if not DIGEST.fullmatch(image.reference):
        raise InputError(f"{image} is not named by its digest", hint="a tag may have moved since the image was tested")
    known = os.environ if environment is None else environment
    source = Registry(image, known)
    target = Registry(to, known) if to else source
    whole = source.manifest(image.reference)
    # All are looked at before the first is touched: either every tag moves, or none.
    there = {tag: target.digest_of(tag) for tag in tags}
    for tag, digest in there.items():
        if digest not in (None, image.reference) and tag not in moving:
            raise GateNotMet(f"{target.name}:{tag} is another image, {digest}", hint="raise the version")
    missing = tuple(tag for tag in tags if there[tag] != image.reference)
    for tag in missing:
        say(f"tag {target.name}:{tag} as {image.reference[:19]}")
        if dry:
            continue
        if target is not source:
            _carry(source, target, whole, say, _DEPTH)
        target.put_manifest(whole, tag)
        if target.digest_of(tag) != image.reference:
            raise WebProblem(f"{target.name}:{tag} is not what was put there")
    return missing


def refuse_collisions(images: Sequence[Name], to: Name | None) -> None:
    """Raises InputError when two images of a release would get the same tags in one repository."""
    places = [(to.host, to.path) if to else (image.host, image.path) for image in images]
    if twice := next((place for place in places if places.count(place) > 1), None):
        text = f"{places.count(twice)} images of the release would get the same tags in {'/'.join(twice)}"
        raise InputError(text, hint="keep each image in a repository of its own")


def named_by_digest(text: str) -> str:
    """An image by its digest; for a tag the registry is asked. Raises InputError, WebProblem."""
    name = parse(text)
    if not DIGEST.fullmatch(name.reference):
        name = name._replace(reference=Registry(name, os.environ).manifest(name.reference or "latest").digest)
    return str(name)


def _carry(source: Registry, target: Registry, whole: Manifest, say: Say, depth: int) -> None:
    """Everything that a manifest names, in the other repository: what is there already is not sent."""
    document = _document(whole)
    if whole.kind in LISTS:
        if depth == 0:
            raise WebProblem("the image's indexes refer to one another without end")
        for entry in document.get("manifests", ()):
            part = source.manifest(_digest(entry))
            _carry(source, target, part, say, depth - 1)
            target.put_manifest(part, part.digest)
        return
    for entry in (document.get("config"), *document.get("layers", ())):
        digest = _digest(entry)
        if not target.has_blob(digest) and not target.mount(digest, source.name):
            say(f"send {digest[:19]}")
            target.put_blob(digest, source.blob(digest))


def _document(whole: Manifest) -> dict[str, Any]:
    try:
        value = json.loads(whole.content)
    except (ValueError, RecursionError) as problem:
        raise WebProblem("a manifest is not JSON") from problem
    if not isinstance(value, dict) or whole.kind not in KINDS:
        raise WebProblem(f"the registry gives {whole.kind or 'something'} instead of an image")
    return value


def _digest(entry: Any) -> str:
    found = entry.get("digest") if isinstance(entry, dict) else None
    if not isinstance(found, str) or not DIGEST.fullmatch(found):
        raise WebProblem("a manifest names something without a digest")
    return found
