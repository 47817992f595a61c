"""An unpacked image -> one file that engines on clusters mount: squashfs, or SIF around it.

By ``mksquashfs`` and ``siftool``, kept under the digest of the image. The same image gives the same squashfs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from assaymark import proc
from assaymark.errors import InputError

SECONDS = 3600.0
FORMS = ("squashfs", "sif")
# How SIF numbers processors. What is started on another one than it was made for is refused with that number.
PROCESSORS = (
    "386",
    "amd64",
    "arm",
    "arm64",
    "ppc64",
    "ppc64le",
    "mips",
    "mipsle",
    "mips64",
    "mips64le",
    "s390x",
    "riscv64",
)


def converted(root: Path, form: str, cache: Path, name: str, architecture: str = "") -> Path:
    """The file; ``root`` is the unpacked image, ``name`` its digest without colons; only SIF takes an architecture.

    Raises InputError when a program is missing, there is no room, or SIF does not know the processor.
    """
    place = cache / f"{name}.{form}"
    if place.is_file():
        return place
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        if form == "squashfs":
            # Nobody owns it, no time is in it: two of one image are the same, byte for byte.
            same = ["-all-root", "-mkfs-time", "0", "-all-time", "0", "-comp", "gzip", "-no-xattrs"]
            _run(["mksquashfs", str(root), str(fresh), "-noappend", "-no-progress", "-quiet", *same], "squashfs-tools")
        elif form == "sif":
            number = _number(architecture)
            inside = converted(root, "squashfs", cache, name)
            _run(["siftool", "new", str(fresh)], "siftool")
            part = ["--datatype", "4", "--partfs", "1", "--parttype", "2", "--partarch", number, "--groupid", "1"]
            _run(["siftool", "add", *part, str(fresh), str(inside)], "siftool")
        else:
            raise InputError(f"no image is made into {form!r}", hint=f"one of: {', '.join(FORMS)}")
        fresh.rename(place)
    except OSError as problem:
        raise InputError(f"the image cannot be kept: {problem.strerror or problem}", where=str(cache)) from problem
    finally:
        fresh.unlink(missing_ok=True)
    return place


def _number(architecture: str) -> str:
    if architecture not in PROCESSORS:
        told = f"the processor {architecture[:40]!r} that it was made for" if architecture else "an image without one"
        raise InputError(f"SIF does not know {told}", hint="build it with --platform, or take squashfs")
    return str(PROCESSORS.index(architecture) + 1)


def _run(argv: Sequence[str], package: str) -> None:
    # Images are larger than anything else that a program of ours writes.
    done = proc.run(argv, cwd="/", timeout=SECONDS, memory=None, largest=None)
    if done.returncode is None:
        raise InputError(f"{argv[0]} is not installed", hint=f"the package {package}")
    if not done.finished or done.returncode != 0:
        text = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        why = text[-1][:300] if text else "it ended without a reason"
        raise InputError(f"{argv[0]} failed: {why}", where=argv[1])
