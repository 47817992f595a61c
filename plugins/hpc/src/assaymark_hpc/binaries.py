"""The headers of a compiled program or library -> `assaymark.api.Binary`. Nothing of it is loaded or run.

By pyelftools, which trusts what it reads: how much it may read of one file is bounded, and whatever goes wrong makes
the file one that could not be read.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, cast

from assaymark.api import Binary

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

# Of one file, all that is looked at: the tables of a library with a hundred thousand symbols take less.
READ = 8 * 2**20
_MOST = 2_000
# As OCI names processors; 32-bit programs run on their 64-bit brothers.
_MACHINES = {
    "EM_X86_64": "amd64",
    "EM_386": "386",
    "EM_AARCH64": "arm64",
    "EM_ARM": "arm",
    "EM_PPC64": "ppc64",
    "EM_S390": "s390x",
    "EM_RISCV": "riscv64",
    "EM_LOONGARCH": "loong64",
}
_LINUX = 0


class _Bounded(io.RawIOBase):
    """A file of which only so much is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.left = file, READ

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def read(self, size: int = -1) -> bytes:
        self.left -= max(size, 16)
        if size < 0 or self.left < 0:
            raise ValueError("its headers are larger than those of any program")
        return self.file.read(size)


def look(file: IO[bytes]) -> Binary:
    """What its headers say. Raises ValueError when they are damaged."""
    import struct

    from elftools.common.exceptions import ELFError
    from elftools.construct import ConstructError
    from elftools.elf.elffile import ELFFile

    try:
        return _told(ELFFile(cast("IO[bytes]", _Bounded(file))))
    except (ELFError, ArithmeticError, AssertionError, AttributeError, LookupError, OSError, TypeError) as problem:
        raise ValueError(f"its headers are damaged: {problem}") from problem
    except (ConstructError, RecursionError, MemoryError, struct.error, NotImplementedError) as problem:
        raise ValueError(f"its headers are damaged: {problem}") from problem


def _told(elf: ELFFile) -> Binary:
    loader, kernel = "", None
    tags: dict[str, list[str]] = {"DT_NEEDED": [], "DT_SONAME": []}
    segment: Any
    for segment in islice(elf.iter_segments(), _MOST):
        kind = segment.header.p_type
        if kind == "PT_INTERP":
            loader = segment.get_interp_name()
        elif kind == "PT_NOTE":
            kernel = kernel or _oldest(segment.iter_notes())
        elif kind == "PT_DYNAMIC":
            for tag in islice(segment.iter_tags(), _MOST):
                if tag.entry.d_tag in tags:
                    tags[tag.entry.d_tag].append(_text(getattr(tag, "needed", None) or getattr(tag, "soname", "")))
    return Binary(
        machine=_machine(elf),
        loader=_text(loader),
        name=(tags["DT_SONAME"] or [""])[0],
        needs=tuple(tags["DT_NEEDED"]),
        wants=tuple(_wanted(elf)),
        gives=frozenset(_given(elf)),
        kernel=kernel,
    )


def _machine(elf: ELFFile) -> str:
    name = _MACHINES.get(elf.header.e_machine, "")
    return f"{name}le" if name == "ppc64" and elf.little_endian else name


def _oldest(notes: Iterable[Any]) -> tuple[int, int, int] | None:
    """The oldest kernel of Linux that a program says it runs on."""
    for note in islice(notes, 100):
        if note["n_name"] == "GNU" and note["n_type"] == "NT_GNU_ABI_TAG":
            told = note["n_desc"]
            if told["abi_os"] in (_LINUX, "ELF_NOTE_OS_LINUX"):
                return int(told["abi_major"]), int(told["abi_minor"]), int(told["abi_tiny"])
    return None


def _wanted(elf: ELFFile) -> Iterable[tuple[str, str]]:
    section: Any = elf.get_section_by_name(".gnu.version_r")
    if section is None or not hasattr(section, "iter_versions"):
        return
    for library, versions in islice(section.iter_versions(), _MOST):
        for version in islice(versions, _MOST):
            if not version.entry.vna_flags & _WEAK:
                yield _text(library.name), _text(version.name)


def _given(elf: ELFFile) -> Iterable[str]:
    section: Any = elf.get_section_by_name(".gnu.version_d")
    if section is None or not hasattr(section, "iter_versions"):
        return
    for _, names in islice(section.iter_versions(), _MOST):
        first = next(iter(names), None)
        if first is not None:
            yield _text(first.name)


_WEAK = 2


def _text(name: Any) -> str:
    return str(name)[:300]
