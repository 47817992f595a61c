"""The Python packages in an image, and the interpreters that can import them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from assaymark.api import Image, MemberKind

_PLACE = r"((?:.*/)?lib(?:64)?/python(3(?:\.\d+t?)?)/(?:site|dist)-packages)/"
_PACKAGE = re.compile(_PLACE + r"([^/]+)\.(?:dist-info/METADATA|egg-info(?:/PKG-INFO)?)")
_MODULE = re.compile(_PLACE + r"((?:.*/)?[^/.]+)\.(cpython-(3)(\d+t?)-([\w-]+)|abi3)\.so")
_INTERPRETER = re.compile(r"(?:.*/)?(?:python|libpython)(3\.\d+t?)(?:m?\.so[\w.]*)?")
# The first word of a platform as Python writes it, and the processor as OCI does.
_PROCESSORS = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "powerpc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "i386": "386",
}


@dataclass(slots=True)
class Packages:
    """What is installed in one folder: ``version`` is that in its path, without a minor one for Debian's own."""

    folder: str
    version: str
    names: list[str] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)

    def wrong(self, image: Image) -> Iterator[tuple[str, str]]:
        """The folder or the modules that no interpreter can import, and why."""
        there = interpreters(image)
        usable = {self.version} if "." in self.version else there
        if not usable & there:
            others = f"the image has Python {', '.join(sorted(there))}" if there else "the image has no Python"
            yield self.folder, f"holds packages for Python {self.version}, and {others}"
            return
        by_name: dict[str, dict[str, str]] = {}
        for path in self.modules:
            if found := _MODULE.fullmatch(path):
                by_name.setdefault(found[3], {})[path] = found[4]
        for name, variants in by_name.items():
            if self._alternative(image, name):
                continue
            told = [_unusable(tag, usable, image.architecture) for tag in variants.values()]
            if None not in told:
                yield next(iter(variants)), told[0] or ""

    def _alternative(self, image: Image, name: str) -> bool:
        return any(f"{self.folder}/{name}{suffix}" in image.members for suffix in (".so", ".py"))


def _unusable(tag: str, usable: set[str], architecture: str) -> str | None:
    """Why no interpreter of these versions takes a module with this tag; None when one does."""
    if tag == "abi3":
        return None
    _, number, platform = tag.split("-", 2)
    version = f"{number[0]}.{number[1:]}"
    if version not in usable:
        return f"is made for Python {version}, not for {', '.join(sorted(usable))}"
    processor, _, system = platform.partition("-")
    if not system.startswith("linux"):
        return f"is made for {platform}, not for Linux"
    known = _PROCESSORS.get(processor)
    if known and architecture and known != architecture:
        return f"is made for {processor}, not for {architecture}"
    return None


def packages(image: Image) -> list[Packages]:
    """What is installed, by folder; a folder without a package that says its name is left out."""
    found: dict[str, Packages] = {}
    modules: dict[str, list[str]] = {}
    for path, member in image.members.items():
        if "-packages/" not in path or member.kind is not MemberKind.FILE:
            continue
        if told := _PACKAGE.fullmatch(path):
            found.setdefault(told[1], Packages(told[1], told[2])).names.append(told[3])
        elif told := _MODULE.fullmatch(path):
            modules.setdefault(told[1], []).append(path)
    for folder, paths in modules.items():
        if folder in found:
            found[folder].modules += sorted(paths)
    return [found[folder] for folder in sorted(found)]


def interpreters(image: Image) -> set[str]:
    """The versions of Python in an image."""
    return {m[1] for path, member in image.members.items() if member.kind is MemberKind.FILE and (m := _match(path))}


def _match(path: str) -> re.Match[str] | None:
    return _INTERPRETER.fullmatch(path) if "python3." in path.rpartition("/")[2] else None
