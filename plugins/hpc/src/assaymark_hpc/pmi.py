"""Whether the MPI library of an image and the launcher of a site speak to each other. At rest; only what is certain.

Ranks learn of one another by a protocol of their launcher (PMI). ``srun`` offers one kind for each ``--mpi``; a library
has its own, or needs the site's (libpmi, libpmi2, libpmix). Where nothing fits, each rank is a world of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assaymark.api import Evidence, Image, check, failed, not_applicable, passed, unknown
from assaymark_hpc.asked import Manifest, Mpi
from assaymark_hpc.linked import Links

LAUNCHER = ("srun", "--mpi=pmi2")
MPICH, OPEN_MPI = "MPICH", "Open MPI"
# All that share MPICH's binary interface (Intel MPI, MVAPICH, Cray) have this number; Open MPI before 2 had it too.
_NAMES = re.compile(r"lib(?:mpi|mpich|mpi_cray|mpi_gnu_\d+)\.so\.(12|20|40)")
_OF_OPEN_MPI = re.compile(r"libopen-(?:rte|pal)\.so")
_PMI = re.compile(r"(?:^|/)lib(pmi|pmi2|pmix)\.so(?:\.\d+)*$")
_KIND = re.compile(r"--mpi(?:=(.*))?")
# Intel's is told where PMI is by a variable (I_MPI_PMI_LIBRARY).
_INTEL = re.compile(r"(?:^|/)(?:intel|oneapi|impi)(?:/|$)")
# What a launcher offers, in words; of each, the libraries of its site that speak it.
_OFFERS = {
    "none": ("nothing but what Slurm's own libpmi finds", ("pmi", "pmi2")),
    "pmi2": ("PMI-1 and PMI-2", ("pmi", "pmi2")),
    "pmix": ("PMIx", ("pmix",)),
}
_DEPTH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """An MPI library: the name that programs ask for, whose binary interface it has, and the libraries of a launcher
    (pmi, pmi2, pmix) that it asks for. ``own`` is what it speaks by itself, as far as that is certain."""

    name: str
    family: str
    own: str
    asks: frozenset[str]


def kind(launcher: Sequence[str]) -> str | None:
    """What ``srun --mpi`` was asked for, without the version; None where it was not said."""
    words = list(launcher)
    if not words or words[0].rpartition("/")[2] != "srun":
        return None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if found := _KIND.fullmatch(word):
            return re.sub(r"_v\d+$", "", found[1] or following)
    return None


def library(image: Image, asked: Mpi, brought: Sequence[str]) -> Library | str:
    """The MPI library that the ranks will use; else why it cannot be said."""
    links = Links(image, brought)
    program = links.program(asked.command[0]) if asked.command else None
    needs = _closure(links, [program]) if program else frozenset()
    names = {name for name in needs if _NAMES.fullmatch(name)}
    if names and names <= set(brought):
        return f"the site brings {', '.join(sorted(names))}"
    if not names:
        names = {name for name, places in links.named.items() if _NAMES.fullmatch(name) and any(places)}
    found = {each.family: each for name in sorted(names) if (each := _library(links, name))}
    if not found:
        return "no MPI library that can be read was found in it"
    if len(found) > 1:
        return f"it has several MPI libraries ({', '.join(sorted(names))})"
    return next(iter(found.values()))


def _library(links: Links, name: str) -> Library | None:
    places = [place for place in links.named.get(name, []) if place]
    match = _NAMES.fullmatch(name)
    if not places or match is None:
        return None
    needs = _closure(links, places)
    family = OPEN_MPI if match[1] != "12" or any(map(_OF_OPEN_MPI.match, needs)) else MPICH
    # Open MPI loads what speaks to a launcher when it starts (mca_pmix_s2.so).
    if family == OPEN_MPI:
        needs |= {n for path, b in links.image.binaries.items() if "/mca_" in f"/{path}" for n in b.needs}
    asks = frozenset(found[1] for n in needs if (found := _PMI.search(n)))
    if family == OPEN_MPI:
        own = "" if match[1] == "12" else "pmix"
    else:
        own = "" if asks or any(map(_INTEL.search, places)) else "pmi2"
    return Library(name=name, family=family, own=own, asks=asks)


def _closure(links: Links, paths: Sequence[str]) -> frozenset[str]:
    """The names of all libraries that these files need, and those again."""
    seen: set[str] = set()
    pending = list(paths)
    for _ in range(_DEPTH):
        names = {name for path in pending for name in links.image.binaries[path].needs} - seen
        seen |= names
        pending = [place for name in names for place in links.named.get(name, []) if place]
    return frozenset(seen)


def speak(image: Image, found: Library, how: str, brought: Sequence[str]) -> bool | None:
    """Whether library and launcher certainly speak to each other (True), certainly not (False), or who knows."""
    theirs = set(_OFFERS[how][1])
    if found.own == how or (how != "none" and found.asks & theirs):
        return True
    # A library of the launcher may be loaded by its name, from the image or from the site.
    about = {match[1] for path in (*image.members, *brought) if (match := _PMI.search(path))} | found.asks
    return None if about & theirs or (how == "pmi2" and found.family == MPICH) else False


@check("image.pmi")
def pmi(image: Image, smoke_manifest: Manifest) -> Evidence:
    """The MPI library in it speaks what the launcher of the site offers."""
    asked = smoke_manifest.mpi
    if asked is None:
        return not_applicable("the manifest asks for no MPI ([mpi])")
    launcher = asked.launcher or LAUNCHER
    how, words = kind(launcher), " ".join(launcher)
    if how not in _OFFERS:
        return unknown(
            f"what {words!r} offers to an MPI library is not known here",
            remedy='say it, if it is srun: launcher = ["srun", "--mpi=pmix"]; else only the trial can tell (IMG.Run09)',
        )
    found = library(image, asked, smoke_manifest.brought)
    if isinstance(found, str):
        if found.startswith("the site brings"):
            return not_applicable(f"{found}: it is not the image's")
        return unknown(found, remedy="only the trial can tell (IMG.Run09)")
    told = f"{words!r} offers {_OFFERS[how][0]}, and the image has {described(found)}"
    good = speak(image, found, how, smoke_manifest.brought)
    if good:
        return passed(told)
    if good is None:
        return unknown(f"{told}: whether they fit is not certain", remedy="only the trial can tell (IMG.Run09)")
    return failed(told, remedy=advice(image, smoke_manifest))


def advice(image: Image, asked: Manifest) -> str:
    """What to do when they do not speak to each other: the kind of PMI that fits the library, as far as it is known."""
    found = library(image, asked.mpi, asked.brought) if asked.mpi else ""
    fits = "pmi2" if isinstance(found, Library) and found.family == MPICH else "pmix"
    known = "" if isinstance(found, Library) else ", or another that the library speaks"
    return (
        f'launcher = ["srun", "--mpi={fits}"]{known}, if the site has it (srun --mpi=list); or build the MPI library '
        "with the PMI of the site"
    )


def described(found: Library) -> str:
    """The library in words."""
    speaks = [_OFFERS[found.own][0]] if found.own else []
    speaks += [f"what lib{name} speaks" for name in sorted(found.asks - {found.own})]
    return f"{found.name} ({found.family})" + (f", which speaks {' and '.join(speaks)}" if speaks else "")


_LISTED = re.compile(rb"^(?:srun:)?\s+(\w+)$", re.MULTILINE)


def mismatch(image: Image, asked: Manifest, listed: bytes) -> str | None:
    """Why ranks did not find one another, as far as it is certain; ``listed`` is what ``srun --mpi=list`` printed."""
    if asked.mpi is None or (how := kind(asked.mpi.launcher or LAUNCHER)) is None:
        return None
    has = [word.decode() for word in _LISTED.findall(listed)]
    if has and how not in has and not any(word.startswith(f"{how}_v") for word in has):
        return f"srun has no {how} here, only {', '.join(has)}"
    found = library(image, asked.mpi, asked.brought) if how in _OFFERS else ""
    if isinstance(found, str) or speak(image, found, how, asked.brought) is not False:
        return None
    return f"--mpi={how} offers {_OFFERS[how][0]}, and the image has {described(found)}"


CHECKS = (pmi,)
