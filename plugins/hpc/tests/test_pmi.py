"""Whether an MPI library and a launcher speak to each other: what certainly fits, what certainly not, and the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assaymark.api import Binary, Image, Member, MemberKind, Outcome, State, Status
from assaymark.testing import evidence_of
from assaymark_hpc import pmi, ranks
from assaymark_hpc.asked import Manifest, Mpi
from assaymark_hpc.trials import Trial, Trials

LISTED = b"MPI plugin types are...\n\tnone\n\tpmi2\n\tpmix\nspecific pmix plugin versions available: pmix_v4\n"


def library(name: str, *needs: str) -> Binary:
    return Binary(machine="amd64", name=name, needs=needs)


MPICH = {"usr/lib/libmpich.so.12.2.2": library("libmpich.so.12", "libucp.so.0")}
WITH_PMIX = {"usr/lib/libmpi.so.12": library("libmpi.so.12", "libpmix.so.2")}
WITH_SLURMS = {"usr/lib/libmpi.so.12": library("libmpi.so.12", "libpmi2.so.0")}
INTEL = {"opt/intel/oneapi/mpi/latest/lib/libmpi.so.12": library("libmpi.so.12")}
OPEN_MPI = {
    "usr/lib/libmpi.so.40.30.4": library("libmpi.so.40", "libopen-pal.so.40"),
    "usr/lib/libopen-pal.so.40": library("libopen-pal.so.40", "libpmix.so.2"),
}
OLD_OPEN_MPI = {"usr/lib/libmpi.so.12": library("libmpi.so.12", "libopen-pal.so.13")}
FOR_PMI2 = {**OPEN_MPI, "usr/lib/openmpi/lib/openmpi/mca_pmix_s2.so": library("mca_pmix_s2.so", "libpmi2.so.0")}


def image(binaries: dict[str, Binary], *files: str) -> Image:
    members = {path: Member(path, MemberKind.FILE, 0o755, 0, 0, 100, 0) for path in (*binaries, *files)}
    told = {"path": "i.tar", "digest": "sha256:" + "0" * 64, "format": "oci", "architecture": "", "system": "linux"}
    return Image(**told, binaries=binaries, members=members)


def asked(*launcher: str, command: tuple[str, ...] = (), brought: tuple[str, ...] = ()) -> Manifest:
    return Manifest(image="i.tar", mpi=Mpi(launcher=launcher, command=command), brought=brought)


@pytest.mark.parametrize(
    ("binaries", "kind", "outcome"),
    [
        (MPICH, "pmi2", Outcome.PASSED),
        (MPICH, "pmix", Outcome.FAILED),
        (MPICH, "pmix_v4", Outcome.FAILED),
        (MPICH, "none", Outcome.FAILED),
        (WITH_PMIX, "pmix", Outcome.PASSED),
        (WITH_PMIX, "pmi2", Outcome.UNKNOWN),
        (WITH_SLURMS, "pmi2", Outcome.PASSED),
        (WITH_SLURMS, "pmix", Outcome.FAILED),
        (WITH_SLURMS, "none", Outcome.UNKNOWN),
        (INTEL, "pmi2", Outcome.UNKNOWN),
        (OPEN_MPI, "pmix", Outcome.PASSED),
        (OPEN_MPI, "pmix_v5", Outcome.PASSED),
        (OPEN_MPI, "pmi2", Outcome.FAILED),
        (OPEN_MPI, "none", Outcome.FAILED),
        (FOR_PMI2, "pmi2", Outcome.PASSED),
        (OLD_OPEN_MPI, "pmix", Outcome.FAILED),
        (MPICH, "cray_shasta", Outcome.UNKNOWN),
        ({**MPICH, **OPEN_MPI}, "pmi2", Outcome.UNKNOWN),
        ({}, "pmi2", Outcome.UNKNOWN),
    ],
)
def test_libraries_and_launchers(binaries: dict[str, Binary], kind: str, outcome: Outcome) -> None:
    found = evidence_of(pmi.pmi, image=image(binaries), smoke_manifest=asked("srun", f"--mpi={kind}"))
    assert found.outcome is outcome, found.message
    assert found.remedy or outcome is Outcome.PASSED


def test_what_the_program_asks_for_decides() -> None:
    both = {**MPICH, **OPEN_MPI, "bin/ranks": Binary(machine="amd64", loader="/l", needs=("libmpi.so.40",))}
    told = asked("srun", "--mpi", "pmi2", command=("/bin/ranks",))
    assert evidence_of(pmi.pmi, image=image(both), smoke_manifest=told).outcome is Outcome.FAILED
    brought = replace(told, brought=("libmpi.so.40",))
    assert evidence_of(pmi.pmi, image=image(both), smoke_manifest=brought).outcome is Outcome.NOT_APPLICABLE


def test_a_library_that_may_be_loaded_by_its_name_leaves_it_open() -> None:
    told = asked("srun", "--mpi=pmix")
    assert evidence_of(pmi.pmi, image=image(MPICH, "usr/lib/libpmix.so.2"), smoke_manifest=told).outcome is (
        Outcome.UNKNOWN
    )
    brought = replace(told, brought=("libpmix.so.2",))
    assert evidence_of(pmi.pmi, image=image(MPICH), smoke_manifest=brought).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("launcher", [("srun",), ("mpirun", "--mpi=pmix")])
def test_a_launcher_that_does_not_say_it_is_unknown(launcher: tuple[str, ...]) -> None:
    assert evidence_of(pmi.pmi, image=image(MPICH), smoke_manifest=asked(*launcher)).outcome is Outcome.UNKNOWN


def test_without_ranks_there_is_nothing_to_speak_of() -> None:
    found = evidence_of(pmi.pmi, image=image(MPICH), smoke_manifest=Manifest(image="i.tar"))
    assert found.outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("binaries", "kind", "listed", "says"),
    [
        (MPICH, "pmix", LISTED, "--mpi=pmix offers PMIx, and the image has libmpich.so.12 (MPICH), which speaks PMI-1"),
        (OPEN_MPI, "pmix_v5", LISTED, None),
        (OPEN_MPI, "pmix", LISTED.replace(b"\tpmix\n", b""), "srun has no pmix here, only none, pmi2"),
        (
            OPEN_MPI,
            "pmix",
            b"srun: MPI types are...\nsrun: none\nsrun: pmi2\n",
            "srun has no pmix here, only none, pmi2",
        ),
        (MPICH, "pmix", b"rubbish", "--mpi=pmix offers PMIx"),
        (MPICH, "pmi2", LISTED, None),
    ],
)
def test_why_ranks_did_not_find_one_another(
    binaries: dict[str, Binary], kind: str, listed: bytes, says: str | None
) -> None:
    alone = b"ASSAYMARK_MPI rank=0 size=1 sum=0\n" * 2
    ended = Status(state=State.EXITED, code=0, took=1.0)
    made = {name: Trial(name=name, status=ended, stdout=text) for name, text in (("mpi", alone), ("own-pmi", listed))}
    told = asked("srun", f"--mpi={kind}")
    found = evidence_of(ranks.mpi, trials=Trials(runner="slurm", made=made), smoke_manifest=told, image=image(binaries))
    assert found.outcome is Outcome.FAILED
    assert "a world of 1" in found.message
    assert ("(" in found.message) == (says is not None)
    assert (says or "") in found.message
    assert f"--mpi={'pmi2' if binaries is MPICH else 'pmix'}" in (found.remedy or "")
