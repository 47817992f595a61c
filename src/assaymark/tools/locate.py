"""Where a program is: beside assaymark, on PATH, in the project's environment (with consent), or provisioned.

Nothing inside the judged checkout is ever started, unless the user trusts the repository or runs its tests; the one
exception is the environment that assaymark itself runs from.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from assaymark import proc


@dataclass(frozen=True, slots=True)
class Located:
    """A program, and whose it is: ``assaymark``, ``path``, ``project`` or ``provisioned``."""

    path: Path
    origin: str

    @property
    def stamp(self) -> str:
        """Changes when the program is replaced."""
        status = self.path.stat()
        return f"{self.path}:{status.st_mtime_ns}:{status.st_size}"

    def search_path(self, root: Path | None) -> str:
        """PATH for the program: its own folder first, for the helpers that it calls."""
        places = (str(self.path.parent), *search_path(root, trusted=self.origin == "project"))
        return os.pathsep.join(dict.fromkeys(places))


def locate(
    program: str, root: Path | None, *, trusted: bool = False, at_home: bool = False, own: Path | None = None
) -> Located | None:
    """The program that would be started, or None.

    ``root`` is the judged checkout; ``trusted`` allows its environment, which is then asked first; ``at_home`` asks
    for nothing else where the project has one; ``own`` is the folder of assaymark's own programs.
    """
    if os.sep in program or program in ("", ".", ".."):
        return None
    for origin, folders in _places(root, trusted, at_home, own):
        for folder in folders:
            found = shutil.which(program, path=folder)
            if found and (trusted or origin == "assaymark" or _outside(found, root)):
                return Located(Path(found), origin)
    return None


def _places(root: Path | None, trusted: bool, at_home: bool, own: Path | None) -> Iterator[tuple[str, Iterable[str]]]:
    home = project_folders(root) if trusted else ()
    yield "project", home
    if not (at_home and home):
        yield "assaymark", (str(own or Path(sys.executable).parent),)
        yield "path", search_path(root, trusted=trusted)


def search_path(root: Path | None, *, trusted: bool = False) -> tuple[str, ...]:
    """PATH without the folders of the judged checkout."""
    return _search_path(None if trusted else root, os.environ.get("PATH"))


@lru_cache(maxsize=8)
def _search_path(without: Path | None, path: str | None) -> tuple[str, ...]:
    # Asked for every tool that is looked for, and each folder has to be resolved.
    return proc.search_path(without)


def project_folders(root: Path | None) -> tuple[str, ...]:
    """Where the project's own environment has its programs, and the active one."""
    active = os.environ.get("VIRTUAL_ENV") or os.environ.get("CONDA_PREFIX")
    folders = [Path(active, "bin")] if active else []
    if root is not None:
        folders += [root / ".venv" / "bin", root / "venv" / "bin", root / "node_modules" / ".bin"]
    return tuple(str(folder) for folder in folders if folder.is_dir())


def _outside(found: str, root: Path | None) -> bool:
    # A link on PATH may lead into the checkout.
    return root is None or not Path(found).resolve().is_relative_to(root.resolve())
