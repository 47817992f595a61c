"""Whether what is compiled in an image works there and at the site: libraries, Python, kernel, driver. At rest."""

from __future__ import annotations

import re
from collections.abc import Iterable

from assaymark.api import Evidence, Finding, Image, Location, Severity, check, failed, not_applicable, passed, unknown
from assaymark_hpc.asked import Manifest
from assaymark_hpc.linked import Links
from assaymark_hpc.pythons import packages

_MOST = 50
# What nearly everything else in an image is started with.
_INTERPRETERS = ("/bin/sh", "/bin/bash", "python3", "python", "perl", "Rscript", "julia")
# The kernel of the oldest distribution that still gets updates where clusters run one (RHEL 8).
OLDEST_KERNEL = (4, 18, 0)
# CUDA's promise of compatibility: what is built with any release of a major version runs with these drivers.
LEAST_DRIVER = {11: (450, 80, 2), 12: (525, 60, 13), 13: (580, 65, 6)}
_GLIBC = re.compile(r"GLIBC_(\d+)\.(\d+)(?:\.(\d+))?")
_CUDART = re.compile(
    r"(?:^|/)libcudart\.so\.(\d+)\.(\d+)[\d.]*$|(?:^|/)nvidia_cuda_runtime(?:_cu\d+)?-(\d+)\.(\d+)[^/]*/"
)
_CUDA_ONLY = re.compile(r"(?:^|/)libcudart\.so\.(\d+)$")


@check("image.programs")
def programs(image: Image, smoke_manifest: Manifest) -> Evidence:
    """What it is started with, and the commands named for it, find their loader and all their libraries."""
    links = Links(image, smoke_manifest.brought)
    words = [*image.entrypoint[:1], *image.command[:1], *_INTERPRETERS, *(c[0] for c in _commands(smoke_manifest) if c)]
    found = dict.fromkeys(path for word in words if (path := links.program(word)) is not None)
    if not found:
        return not_applicable("nothing that is compiled is started by name")
    wrong = {path: told for path in found if (told := links.lacks(path)) is not None}
    if wrong:
        return _lacking(wrong, "image.program")
    return passed(f"{len(found)} programs that it is started with find all that they need")


def _commands(asked: Manifest) -> Iterable[tuple[str, ...]]:
    yield asked.start
    yield asked.long
    yield from (test.command for test in asked.tests)
    yield from (each.command for each in (asked.mpi, asked.gpu) if each is not None)


@check("image.modules")
def modules(image: Image, smoke_manifest: Manifest) -> Evidence:
    """The compiled modules of Python packages find all their libraries."""
    links = Links(image, smoke_manifest.brought)
    found = [path for each in packages(image) for path in each.modules if path in image.binaries]
    if not found:
        return not_applicable("no Python package in it has a compiled module")
    wrong = {path: told for path in found if (told := links.lacks(path)) is not None}
    if wrong:
        return _lacking(wrong, "image.module")
    return passed(f"{len(found)} compiled modules of Python packages find all that they need")


def _lacking(wrong: dict[str, str], rule: str) -> Evidence:
    first, told = next(iter(wrong.items()))
    return failed(
        f"/{first} {told}" + (f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""),
        findings=[_finding(rule, f"/{path} {why}", path) for path, why in list(wrong.items())[:_MOST]],
        remedy="install the package that has it in the last stage of the build; what the site brings, or is not "
        'needed, is named in the manifest: brought = ["libtbb.so.12"]',
    )


@check("image.python")
def python(image: Image) -> Evidence:
    """Python packages lie beside the interpreter that they were installed for, and its processor."""
    found = packages(image)
    if not found:
        return not_applicable("no Python packages are installed in it")
    wrong = {place: told for each in found for place, told in each.wrong(image)}
    if not wrong:
        count = sum(len(each.names) for each in found)
        return passed(f"{count} Python packages lie beside the interpreter that they were installed for")
    first, told = next(iter(wrong.items()))
    return failed(
        f"/{first} {told}" + (f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""),
        findings=[_finding("image.python", f"/{path} {why}", path) for path, why in list(wrong.items())[:_MOST]],
        remedy="copy packages only between stages of the same Python and platform, or install them in the last one",
    )


@check("image.kernel")
def kernel(image: Image, smoke_manifest: Manifest) -> Evidence:
    """Its C library runs on the kernel of the site, and is new enough for libraries that the site brings."""
    asked = smoke_manifest.site
    needed = max((binary.kernel for binary in image.binaries.values() if binary.kernel), default=None)
    least = asked.kernel or OLDEST_KERNEL
    if needed is None and asked.glibc is None:
        return not_applicable("nothing in it says which kernel it needs")
    if needed is not None and needed > least:
        return failed(
            f"its C library needs Linux {_dotted(needed)}, and the site has {_dotted(least)}",
            remedy="build on an older distribution; or name the kernel of the site in the manifest: [site] kernel",
        )
    if asked.glibc is not None:
        given = glibc(image)
        if given is None:
            return unknown(
                "it has no GNU C library with versions: whether libraries of the site work in it cannot be said",
                remedy="build on a distribution with the GNU C library",
            )
        if given < asked.glibc:
            return failed(
                f"its C library is {_dotted(given)}, and libraries of the site need {_dotted(asked.glibc)}",
                remedy="build on a newer distribution",
            )
    told = f"Linux {_dotted(needed)}" if needed else "no kernel in particular"
    return passed(f"its C library needs {told}")


def glibc(image: Image) -> tuple[int, ...] | None:
    """The version of the GNU C library in an image."""
    given = [v for path, b in image.binaries.items() if path.endswith("/libc.so.6") for v in b.gives]
    found = [tuple(int(n) for n in match.groups() if n) for v in given if (match := _GLIBC.fullmatch(v))]
    return max(found, default=None)


@check("image.driver")
def driver(image: Image, smoke_manifest: Manifest) -> Evidence:
    """The CUDA in it works with the driver that the site has."""
    runtime = cuda(image)
    has = smoke_manifest.site.driver
    if runtime is None:
        return not_applicable("no CUDA runtime was found in it")
    named = _dotted(runtime)
    if has is None:
        return not_applicable(f"it has CUDA {named}; the manifest names no driver ([site] driver)")
    if runtime[0] not in LEAST_DRIVER:
        return unknown(f"which driver CUDA {named} needs is not known here", remedy="try it there: [gpu] in a manifest")
    least = LEAST_DRIVER[runtime[0]]
    if has >= least:
        return passed(f"CUDA {named} works with driver {_dotted(least)} or later, and the site has {_dotted(has)}")
    if any("/compat/libcuda.so" in f"/{path}" for path in image.members):
        return unknown(
            f"CUDA {named} needs driver {_dotted(least)}, the site has {_dotted(has)}; its compatibility package helps "
            "on data-centre GPUs only",
            remedy="try it there: [gpu] in a manifest",
        )
    return failed(
        f"CUDA {named} needs driver {_dotted(least)} or later, and the site has {_dotted(has)}",
        remedy="build with an older CUDA, or add the package cuda-compat (data-centre GPUs only)",
    )


def cuda(image: Image) -> tuple[int, ...] | None:
    """The newest CUDA runtime among its files; with the major version only where no file tells more."""
    exact = [tuple(int(n) for n in m.groups() if n) for path in image.members if (m := _CUDART.search(path))]
    rough = [(int(m[1]),) for path in image.members if (m := _CUDA_ONLY.search(path))]
    return max(exact, default=None) or max(rough, default=None)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _finding(rule: str, message: str, path: str) -> Finding:
    return Finding(rule=rule, message=message, severity=Severity.ERROR, location=Location(path=path))


CHECKS = (programs, modules, python, kernel, driver)
