"""What compiled programs need of an image: a loader, libraries, and versions of their symbols. Values only.

What lies anywhere in the image is taken for found, since a script may set where the loader looks: only what is nowhere
is said to be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from assaymark.api import Binary, Image, MemberKind

_DEPTH = 100
# Engines bring the driver of the site into the container, at whatever version it has.
_DRIVER = re.compile(r"lib(?:cuda|cudadebugger|nvcuvid|nvoptix|nvidia-[\w-]+|EGL_nvidia|GLX_nvidia)\.so(?:\.\d+)*")
_LIBRARY = re.compile(r"\.so(?:\.[\w.]+)?$")
# What runs on a processor, besides what is made for it.
_ALSO = {"amd64": {"386"}, "arm64": {"arm"}}
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Links:
    """The compiled files of an image, and what is missing for each. ``brought`` are libraries that the site brings."""

    def __init__(self, image: Image, brought: Sequence[str] = ()) -> None:
        self.image = image
        self.brought = frozenset(brought)
        self.known: dict[str, str | None] = {}

    @cached_property
    def named(self) -> dict[str, list[str]]:
        """Where libraries lie, by each name that they are asked for; "" for one that could not be read."""
        found: dict[str, list[str]] = {}
        for path, binary in self.image.binaries.items():
            for name in {path.rpartition("/")[2], binary.name} - {""}:
                found.setdefault(name, []).append(path)
        for path in self.image.unread:
            found.setdefault(path.rpartition("/")[2], []).append("")
        for path, member in self.image.members.items():
            if member.kind is MemberKind.LINK and _LIBRARY.search(path):
                target = self.image.find("/" + path)
                if target is not None and target.path in self.image.binaries:
                    found.setdefault(path.rpartition("/")[2], []).append(target.path)
        return found

    def program(self, word: str) -> str | None:
        """The path of the program that a command starts, if it is a compiled one that was read."""
        places = [word] if "/" in word else [f"{place}/{word}" for place in search_path(self.image)]
        for place in places:
            found = self.image.find(place) if place.startswith("/") else None
            if found is not None and found.kind is MemberKind.FILE:
                return found.path if found.path in self.image.binaries else None
        return None

    def lacks(self, path: str) -> str | None:
        """What a program or library needs and nobody gives; None when all is there."""
        return self._lacks(path, _DEPTH)

    def _lacks(self, path: str, depth: int) -> str | None:
        if path not in self.known:
            self.known[path] = None  # what needs one another in a circle
            self.known[path] = next(self._missing(path, self.image.binaries[path], depth), None)
        return self.known[path]

    def _missing(self, path: str, binary: Binary, depth: int) -> Iterator[str]:
        if not self._fits(binary):
            yield f"is made for {binary.machine or 'another processor'}, not for {self.image.architecture}"
        if binary.loader and "/" in binary.loader and self.image.find(binary.loader) is None:
            yield f"is started by {binary.loader}, which is not in the image"
        for name in binary.needs:
            if name in self.brought or _DRIVER.fullmatch(name):
                continue
            places = self.named.get(name)
            if places is None:
                yield f"needs {name}, which is not in the image"
            elif depth > 0 and "" not in places:
                deeper = [self._lacks(place, depth - 1) for place in places]
                if None not in deeper:
                    yield f"needs {name}, which {deeper[0]}"
        for name, version in binary.wants:
            if self._never(name, version):
                yield f"needs {version} of {name}, which is older"

    def _fits(self, binary: Binary) -> bool:
        made_for = self.image.architecture
        return not made_for or binary.machine == made_for or binary.machine in _ALSO.get(made_for, ())

    def _never(self, name: str, version: str) -> bool:
        """Whether all libraries of this name have versions, and none has this one."""
        places = self.named.get(name, [])
        if not places or "" in places or name in self.brought or _DRIVER.fullmatch(name):
            return False
        given = [self.image.binaries[place].gives for place in places]
        return all(given) and not any(version in each for each in given)


def search_path(image: Image) -> list[str]:
    """The folders where a command without a path is looked for."""
    return [place for place in image.environment.get("PATH", _PATH).split(":")[:100] if place.startswith("/")]
