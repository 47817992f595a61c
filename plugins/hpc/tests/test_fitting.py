"""What is compiled in an image fits together and the site: for each check an image that passes, and broken twins."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assaymark.api import Binary, Evidence, Image, Member, MemberKind, Outcome
from assaymark.testing import evidence_of
from assaymark_hpc import fitting
from assaymark_hpc.asked import Manifest, Needs, UserTest
from assaymark_hpc.linked import Links

LOADER = "/lib64/ld-linux-x86-64.so.2"
GLIBC = frozenset({"libc.so.6", "GLIBC_2.2.5", "GLIBC_2.31", "GLIBC_PRIVATE"})
SITE = "usr/lib/python3.11/site-packages"


def program(*needs: str, machine: str = "amd64", wants: tuple[tuple[str, str], ...] = ()) -> Binary:
    return Binary(machine=machine, loader=LOADER, needs=("libc.so.6", *needs), wants=wants)


def library(name: str, *needs: str, machine: str = "amd64", gives: frozenset[str] = frozenset()) -> Binary:
    return Binary(machine=machine, name=name, needs=needs, gives=gives)


C_LIBRARY = replace(library("libc.so.6", gives=GLIBC), kernel=(3, 2, 0))
BINARIES = {
    "usr/bin/tool": program("libtool.so.1", "libcuda.so.1", wants=(("libc.so.6", "GLIBC_2.31"),)),
    "usr/bin/python3.11": program(),
    "usr/lib/libtool.so.1.2": library("libtool.so.1", "libc.so.6", "libring.so"),
    "usr/lib/libring.so": library("libring.so", "libtool.so.1"),
    "usr/lib/libc.so.6": C_LIBRARY,
    "lib64/ld-linux-x86-64.so.2": library("ld-linux-x86-64.so.2"),
    f"{SITE}/one/fast.cpython-311-x86_64-linux-gnu.so": library("", "libone-1.so"),
    f"{SITE}/one.libs/libone-1.so": library("libone-1.so", "libc.so.6"),
    f"{SITE}/one/stable.abi3.so": library("", "libc.so.6"),
}
FILES = (f"{SITE}/one-1.0.dist-info/METADATA", "usr/local/cuda/lib64/libcudart.so.12.4.127")
ASKED = Manifest(image="i.tar", site=Needs(kernel=(4, 18), glibc=(2, 28), driver=(550, 54)))


def image(**changed: Binary | None) -> Image:
    """The good one, with other binaries; None removes one."""
    binaries = {path: b for path, b in {**BINARIES, **changed}.items() if b is not None}
    return made(binaries, FILES)


def made(binaries: dict[str, Binary], files: tuple[str, ...]) -> Image:
    members = {path: Member(path, MemberKind.FILE, 0o755, 0, 0, 100, 0) for path in (*binaries, *files)}
    members["usr/bin/python3"] = Member("usr/bin/python3", MemberKind.LINK, 0o777, 0, 0, 0, 0, "python3.11")
    members["bin"] = Member("bin", MemberKind.LINK, 0o777, 0, 0, 0, 0, "usr/bin")
    return Image(
        path="i.tar",
        digest="sha256:" + "0" * 64,
        format="oci",
        architecture="amd64",
        system="linux",
        command=("/bin/tool",),
        binaries=binaries,
        members=members,
    )


def moved(old: str, new: str) -> Image:
    binaries = {path.replace(old, new): b for path, b in BINARIES.items()}
    return made(binaries, tuple(path.replace(old, new) for path in FILES))


def all_of(image: Image, asked: Manifest = ASKED) -> dict[str, Evidence]:
    return {c.id: evidence_of(c, image=image, smoke_manifest=asked) for c in fitting.CHECKS}


FAST = f"{SITE}/one/fast.cpython-311-x86_64-linux-gnu.so"
TWINS: dict[str, tuple[str, Image, str]] = {
    "no library": ("image.programs", image(**{"usr/bin/tool": program("libgone.so.2")}), "needs libgone.so.2, which"),
    "no library of a library": (
        "image.programs", image(**{"usr/lib/libtool.so.1.2": library("libtool.so.1", "libgone.so.2")}),
        "needs libtool.so.1, which needs libgone.so.2",
    ),
    "no loader": (
        "image.programs", image(**{"lib64/ld-linux-x86-64.so.2": None}), "is started by /lib64/ld-linux-x86-64.so.2"
    ),
    "an older C library": (
        "image.programs", image(**{"usr/bin/tool": program(wants=(("libc.so.6", "GLIBC_2.38"),))}), "GLIBC_2.38"
    ),
    "another processor": ("image.programs", image(**{"usr/bin/tool": program(machine="arm64")}), "made for arm64"),
    "a module without its library": ("image.modules", image(**{FAST: library("", "libGL.so.1")}), "libGL.so.1"),
    "another Python": ("image.python", moved("usr/bin/python3.11", "usr/bin/python3.12"), "has Python 3.12"),
    "no Python": ("image.python", moved("usr/bin/python3.11", "usr/bin/perl"), "no Python"),
    "a module of another Python": ("image.python", moved("cpython-311", "cpython-312"), "made for Python 3.12"),
    "a module for another processor": ("image.python", moved("x86_64-linux-gnu", "aarch64-linux-gnu"), "aarch64"),
    "a module for another system": ("image.python", moved("x86_64-linux-gnu", "darwin"), "not for Linux"),
    "a newer kernel": (
        "image.kernel", image(**{"usr/lib/libc.so.6": replace(C_LIBRARY, kernel=(5, 19, 0))}), "needs Linux 5.19.0"
    ),
    "too old for the site": (
        "image.kernel",
        image(**{
            "usr/lib/libc.so.6": replace(C_LIBRARY, gives=frozenset({"libc.so.6", "GLIBC_2.17"})),
            "usr/bin/tool": program("libtool.so.1"),
        }),
        "libraries of the site need 2.28",
    ),
    "a newer CUDA": ("image.driver", moved("libcudart.so.12.4.127", "libcudart.so.13.0.48"), "needs driver 580.65.6"),
}  # fmt: skip # a table of cases


def test_a_good_image_passes() -> None:
    found = all_of(image())
    assert {id: e.message for id, e in found.items() if e.outcome is not Outcome.PASSED} == {}


@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_fails_at_the_right_one(name: str) -> None:
    id, twin, says = TWINS[name]
    found = all_of(twin)
    assert {each for each, e in found.items() if e.outcome is Outcome.FAILED} == {id}
    assert says in found[id].message
    assert found[id].remedy


def test_every_check_has_a_twin() -> None:
    assert {id for id, _, _ in TWINS.values()} == {c.id for c in fitting.CHECKS}


def test_what_holds_nothing_compiled_has_nothing_to_judge() -> None:
    found = all_of(replace(image(), binaries={}, members={}), Manifest(image="i.tar"))
    assert {e.outcome for e in found.values()} == {Outcome.NOT_APPLICABLE}


def test_what_the_site_brings_is_not_missed() -> None:
    twin = image(**{"usr/bin/tool": program("libsite.so.1"), FAST: library("", "libtbb.so.12")})
    asked = replace(ASKED, brought=("libsite.so.1", "libtbb.so.12"))
    assert {e.outcome for e in all_of(twin, asked).values()} == {Outcome.PASSED}


def test_the_commands_of_a_manifest_are_programs_too() -> None:
    twin = image(**{"opt/x/bin/other": program("libgone.so.2")})
    assert all_of(twin)["image.programs"].outcome is Outcome.PASSED
    asked = replace(ASKED, tests=(UserTest(name="t", command=("/opt/x/bin/other",)),))
    assert all_of(twin, asked)["image.programs"].outcome is Outcome.FAILED


def test_a_library_that_could_not_be_read_may_have_it_all() -> None:
    wanting = program("libbig.so.1", wants=(("libbig.so.1", "BIG_9"),))
    twin = replace(image(**{"usr/bin/tool": wanting}), unread=("opt/libbig.so.1",))
    assert all_of(twin)["image.programs"].outcome is Outcome.PASSED


def test_of_two_libraries_of_one_name_one_that_has_all_is_enough() -> None:
    old = library("libz.so.1", gives=frozenset({"libz.so.1", "ZLIB_1.2"}))
    new = replace(old, gives=frozenset({"libz.so.1", "ZLIB_1.3"}))
    wanting = program("libz.so.1", wants=(("libz.so.1", "ZLIB_1.3"),))
    both = image(**{"usr/bin/tool": wanting, "usr/lib/libz.so.1": old, "opt/libz.so.1": new})
    assert all_of(both)["image.programs"].outcome is Outcome.PASSED
    one = image(**{"usr/bin/tool": wanting, "usr/lib/libz.so.1": old})
    assert "ZLIB_1.3 of libz.so.1" in all_of(one)["image.programs"].message


def test_a_32_bit_program_runs_on_its_brother() -> None:
    found = Links(image(**{"usr/bin/tool": program(machine="386")})).lacks("usr/bin/tool")
    assert found is None


@pytest.mark.parametrize("beside", ["fast.py", "fast.so", "fast.cpython-311-x86_64-linux-gnu.so"])
def test_a_module_for_several_pythons_is_fine(beside: str) -> None:
    twin = moved("cpython-311", "cpython-312")
    path = f"{SITE}/one/{beside}"
    members = {**twin.members, path: Member(path, MemberKind.FILE, 0o644, 0, 0, 9, 0)}
    assert all_of(replace(twin, members=members))["image.python"].outcome is Outcome.PASSED


def test_packages_of_debian_know_no_minor_version() -> None:
    here = moved("lib/python3.11/site-packages", "lib/python3/dist-packages")
    assert all_of(here)["image.python"].outcome is Outcome.PASSED
    elsewhere = {
        path.replace("lib/python3.11/site-packages", "lib/python3/dist-packages").replace("-311-", "-39-"): b
        for path, b in BINARIES.items()
    }
    files = (FILES[0].replace("lib/python3.11/site-packages", "lib/python3/dist-packages"),)
    assert "made for Python 3.9" in all_of(made(elsewhere, files))["image.python"].message


@pytest.mark.parametrize(
    ("path", "driver", "outcome", "says"),
    [
        ("libcudart.so.12", (525, 60, 13), Outcome.PASSED, "CUDA 12 works"),
        ("libcudart.so.11.8.89", (450, 80, 2), Outcome.PASSED, "CUDA 11.8"),
        ("nvidia_cuda_runtime_cu12-12.6.77.dist-info/METADATA", (520, 61), Outcome.FAILED, "CUDA 12.6"),
        ("libcudart.so.10.2.89", (550, 54), Outcome.UNKNOWN, "not known here"),
        ("libcudart.so.14.0.1", (999, 0), Outcome.UNKNOWN, "not known here"),
        ("libcudart.so.12.4.1", None, Outcome.NOT_APPLICABLE, "names no driver"),
    ],
)
def test_cuda_and_drivers(path: str, driver: tuple[int, ...] | None, outcome: Outcome, says: str) -> None:
    twin = made(BINARIES, (f"opt/{path}",))
    found = all_of(twin, replace(ASKED, site=Needs(driver=driver)))["image.driver"]
    assert (found.outcome, says in found.message) == (outcome, True)


def test_with_its_compatibility_package_a_newer_cuda_may_run() -> None:
    twin = made(BINARIES, ("opt/libcudart.so.13.0.1", "usr/local/cuda-13.0/compat/libcuda.so.1"))
    assert all_of(twin)["image.driver"].outcome is Outcome.UNKNOWN


def test_another_c_library_is_not_judged_for_libraries_of_the_site() -> None:
    musl = {"usr/bin/busybox": Binary(machine="amd64", loader="/lib/ld-musl-x86_64.so.1")}
    found = all_of(replace(made(musl, ()), command=("/bin/busybox",)))
    assert found["image.kernel"].outcome is Outcome.UNKNOWN
    assert found["image.programs"].outcome is Outcome.FAILED
