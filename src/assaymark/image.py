"""A container image as values: what its configuration says and which files it ends up with. Nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

NOTHING: Mapping[str, str] = MappingProxyType({})


class MemberKind(StrEnum):
    """What a member of an image is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    DEVICE = "device"


class Member(NamedTuple):
    """A file as a container sees it. ``path`` has no leading slash, ``layer`` counts from 0, ``target`` is a link's."""

    path: str
    kind: MemberKind
    mode: int
    uid: int
    gid: int
    size: int
    layer: int
    target: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer: the digest of its bytes as stored, how large those are, and how large its files are."""

    digest: str
    stored: int
    unpacked: int
    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image at rest.

    ``digest`` is that of the manifest, or of the configuration where the archive has no manifest (``docker save``).
    ``heads`` are the first bytes of files that may hold a secret. ``wasted`` counts bytes of files that a later layer
    replaces or removes. ``base`` is the digest of the image it was built on, when it says so.
    """

    path: str
    digest: str
    format: str
    architecture: str
    system: str
    user: str = ""
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    created: str = ""
    history: tuple[str, ...] = ()
    layers: tuple[Layer, ...] = ()
    members: Mapping[str, Member] = field(default_factory=dict)
    heads: Mapping[str, bytes] = field(default_factory=dict)
    wasted: int = 0
    referrers: tuple[str, ...] = ()

    @property
    def stored(self) -> int:
        """Bytes to transfer."""
        return sum(layer.stored for layer in self.layers)

    @property
    def unpacked(self) -> int:
        """Bytes of files of all layers."""
        return sum(layer.unpacked for layer in self.layers)

    def find(self, path: str, hops: int = 40) -> Member | None:
        """The member at an absolute path as a container sees it: links are followed inside the image only."""
        pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        done: list[str] = []
        found: Member | None = None
        while pending:
            part = pending.pop()
            if part == "..":
                done = done[:-1]
                continue
            found = self.members.get("/".join([*done, part]))
            if found is not None and found.kind is MemberKind.LINK:
                hops -= 1
                if hops < 0:
                    return None
                if found.target.startswith("/"):
                    done = []
                pending += [p for p in reversed(found.target.split("/")) if p not in ("", ".")]
                continue
            if found is None and pending:
                # A layer need not list the folders above its files.
                done.append(part)
                continue
            done.append(part)
        return found


def described(image: Image) -> dict[str, Any]:
    """The image in a few words, for a report."""
    return {"digest": image.digest, "format": image.format, "architecture": image.architecture, "stored": image.stored}
