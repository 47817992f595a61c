"""A container image as values: what its configuration says and which files it ends up with. Nothing is read here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from assaymark.records import NamedTuple

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
class Binary:
    """A compiled program or library (ELF), as its headers tell.

    ``machine`` is the processor in the words of OCI images (empty for one that those do not know). ``loader`` is what
    starts a program, empty for a library. ``needs`` are names of libraries, ``wants`` pairs of one of those and a
    version of its symbols, ``gives`` the versions that it has itself. ``kernel`` is the oldest that it runs on.
    """

    machine: str
    loader: str = ""
    name: str = ""
    needs: tuple[str, ...] = ()
    wants: tuple[tuple[str, str], ...] = ()
    gives: frozenset[str] = frozenset()
    kernel: tuple[int, int, int] | None = None


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
    replaces or removes. ``texts`` are small files that say how the others are used (users, the loader's folders).
    ``binaries`` are the programs and libraries, ``unread`` those of them that could not be read; both are empty where
    nobody asked for them. Not ``configured`` is what keeps no configuration: an unpacked folder, a squashfs.
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
    texts: Mapping[str, bytes] = field(default_factory=dict)
    binaries: Mapping[str, Binary] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    configured: bool = True
    notes: Mapping[str, str] = field(default_factory=lambda: NOTHING)

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
