"""An image at rest -> `assaymark.image.Image`: its configuration and the files that a container would see."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assaymark.image import Image, Layer, Member, MemberKind
from assaymark.images.layers import FILES, HIDDEN, OPAQUE, UNPACKED, layer, normal
from assaymark.images.source import Blob, Manifest, Source, manifest, opened

HEAD = 4_096
HEADS = 2_000
# Names of files that keys and passwords are kept in; what they hold decides.
SECRET = re.compile(
    r"(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|\.netrc|\.npmrc|\.pypirc|\.git-credentials|\.pgpass|\.htpasswd|\.env"
    r"|\.env\.[\w.-]+|\.docker/config\.json|\.dockercfg|\.aws/credentials|\.kube/config|credentials(?:\.json)?"
    r"|[^/]+\.(?:pem|key|p12|pfx|kdbx|keytab))$",
    re.IGNORECASE,
)


def read(path: str | Path, architecture: str | None = None) -> Image:
    """The image at a path: an OCI layout (folder or archive), or what ``docker save`` wrote.

    ``architecture`` chooses among several. Raises InputError when it is none, damaged, or other than its digests.
    """
    where = Path(path)
    with opened(where) as source:
        found = manifest(source, architecture)
        scan = _Scan(source)
        for number, blob in enumerate(found.layers):
            scan.add(number, blob)
        return _image(str(path), found, scan, source)


class _Scan:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.members: dict[str, Member] = {}
        self.below: dict[str, set[str]] = {}
        self.heads: dict[str, bytes] = {}
        self.layers: list[Layer] = []
        self.wasted = 0
        self.left = UNPACKED

    def add(self, number: int, blob: Blob) -> None:
        unpacked = count = 0
        hidden: list[str] = []
        with layer(self.source, blob, self.left) as members:
            before = set(self.members) if number else set()
            for info in members:
                path = normal(info.name)
                if path is None:
                    continue
                name = path.rpartition("/")[2]
                if name.startswith(HIDDEN):
                    folder = path.rpartition("/")[0]
                    target = folder if name == OPAQUE else f"{folder}/{name.removeprefix(HIDDEN)}".lstrip("/")
                    hidden.append(target)
                    self._remove(target, before, itself=name != OPAQUE)
                    continue
                count += 1
                unpacked += info.size if info.isreg() else 0
                if info.isreg() and SECRET.search(path) and len(self.heads) < HEADS:
                    content = members.content(info)
                    self.heads[f"{number}:{path}"] = content.read(HEAD) if content else b""
                self._put(path, _member(path, info, number, self.members))
                before.discard(path)
        self.left -= unpacked
        digest = blob.digest or blob.diff_id or ""
        self.layers.append(Layer(digest=digest, stored=self.source.size(blob.name), unpacked=unpacked, files=count))

    def _put(self, path: str, member: Member) -> None:
        old = self.members.get(path)
        if old is not None and old.kind is MemberKind.FILE:
            self.wasted += old.size
        if old is not None and old.kind is MemberKind.FOLDER and member.kind is not MemberKind.FOLDER:
            self._remove(path, None, itself=False)
        self.members[path] = member
        if len(self.members) > FILES:
            raise self.source.refused(f"the image has more than {FILES:,} files")
        self.below.setdefault(path.rpartition("/")[0], set()).add(path)

    def _remove(self, path: str, only: set[str] | None, *, itself: bool) -> None:
        """Take away what lies below a path, and the path; ``only`` what earlier layers brought."""
        pending = [path] if itself else list(self.below.get(path, ()))
        while pending:
            each = pending.pop()
            pending += self.below.get(each, ())
            if only is not None and each not in only:
                continue
            gone = self.members.pop(each, None)
            self.below.get(each.rpartition("/")[0], set()).discard(each)
            if gone is not None and gone.kind is MemberKind.FILE:
                self.wasted += gone.size


def _member(path: str, info: tarfile.TarInfo, number: int, known: Mapping[str, Member]) -> Member:
    kind, size, target = MemberKind.DEVICE, 0, ""
    if info.isreg():
        kind, size = MemberKind.FILE, info.size
    elif info.isdir():
        kind = MemberKind.FOLDER
    elif info.issym():
        kind, target = MemberKind.LINK, info.linkname
    elif info.islnk():
        twin = known.get(normal(info.linkname) or "")
        if twin is not None:
            return twin._replace(path=path, size=0, layer=number)
        kind = MemberKind.FILE
    return Member(path, kind, info.mode & 0o7777, info.uid, info.gid, size, number, target)


def _image(path: str, found: Manifest, scan: _Scan, source: Source) -> Image:
    config: Any = found.config.get("config") or {}
    if not isinstance(config, dict):
        raise source.refused("the configuration is malformed")
    return Image(
        path=path,
        digest=found.digest,
        format=found.format,
        architecture=_text(found.config.get("architecture")),
        system=_text(found.config.get("os")),
        user=_text(config.get("User")),
        entrypoint=_words(config.get("Entrypoint")),
        command=_words(config.get("Cmd")),
        environment=_environment(config.get("Env")),
        labels=_pairs(config.get("Labels")) | dict(found.annotations),
        created=_text(found.config.get("created")),
        history=_history(found.config.get("history")),
        layers=tuple(scan.layers),
        members=scan.members,
        heads=scan.heads,
        wasted=scan.wasted,
        referrers=found.referrers,
    )


def _text(value: Any) -> str:
    return value[:1000] if isinstance(value, str) else ""


def _words(value: Any) -> tuple[str, ...]:
    return tuple(w for w in value if isinstance(w, str)) if isinstance(value, list) else ()


def _pairs(value: Any) -> dict[str, str]:
    return {str(k): _text(v) for k, v in list(value.items())[:1000]} if isinstance(value, dict) else {}


def _environment(value: Any) -> dict[str, str]:
    pairs = (word.partition("=") for word in _words(value))
    return {name: content for name, _, content in pairs if name}


def _history(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(_text(step.get("created_by")) for step in value[:1000] if isinstance(step, dict))
