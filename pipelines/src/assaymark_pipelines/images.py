"""References of container images: read, pinned, and fetched through a mirror where there is one."""

from __future__ import annotations

import re
from typing import NamedTuple

from assaymark.api import InputError

# Python with Git and a C library that wheels are made for; the digest is that of the index of all platforms.
BASE = "docker.io/library/python:3.13-bookworm@sha256:227b6570d6ee07061ae6ca2eb04dedfb6d2b34045835f343065b9869e4d427ea"
# Syft, which writes CycloneDX and SPDX.
SBOM = "ghcr.io/anchore/syft@sha256:500e2d872ac019436926e8322b4fc1f39441d94d21f6f4046c6ff29b30e8cb02"

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_PATH = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")


class Reference(NamedTuple):
    """``host/path:tag@digest``; tag and digest may be empty."""

    host: str
    path: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.host}/{self.path}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def repository(self) -> str:
        """Without tag and digest."""
        return f"{self.host}/{self.path}"


def reference(text: str) -> Reference:
    """Read a reference; a name without a host is Docker Hub's. Raises InputError when it is none."""
    rest, _, digest = text.partition("@")
    host, slash, path = rest.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        host, path = "docker.io", rest
    path, _, tag = path.partition(":")
    if host == "docker.io" and "/" not in path:
        path = f"library/{path}"
    wrong = not _HOST.fullmatch(host) or not _PATH.fullmatch(path) or (tag and not _TAG.fullmatch(tag))
    if wrong or ("@" in text and not _DIGEST.fullmatch(digest)):
        raise InputError(f"{text!r} is no reference of an image", hint="write it as registry/path:tag@sha256:...")
    return Reference(host, path, tag, digest)


def pinned(text: str, *, allowed: bool = False) -> Reference:
    """A reference with a digest. Raises InputError when it has none, unless that is ``allowed``."""
    found = reference(text)
    if not found.digest and not allowed:
        raise InputError(
            f"{text} is not pinned by a digest: what it means may change",
            hint=f"docker buildx imagetools inspect {text} shows it; or allow it with --unpinned",
        )
    return found


def mirrored(found: Reference, mirror: str) -> str:
    """Where to fetch it: below ``mirror`` (host, or host/prefix), which takes the place of its registry."""
    if not mirror:
        return str(found)
    host, _, prefix = mirror.rstrip("/").partition("/")
    return str(reference(str(found._replace(host=host, path=f"{prefix}/{found.path}" if prefix else found.path))))
