"""What is asked of the ranks of an MPI program: that they find one another, and that more of them are faster."""

from __future__ import annotations

import re

from assaymark.api import Evidence, Grade, Image, check, failed, not_applicable, passed
from assaymark_hpc.asked import Manifest
from assaymark_hpc.judged import said, trial_of, undecided
from assaymark_hpc.manifest import SCALED
from assaymark_hpc.pmi import advice, mismatch
from assaymark_hpc.trials import Trials


@check("image.mpi")
def mpi(trials: Trials, smoke_manifest: Manifest, image: Image) -> Evidence:
    """The ranks of an MPI program find one another: as many as were asked for, in one world, with the right sum."""
    asked = smoke_manifest.mpi
    if asked is None:
        return not_applicable("the manifest asks for no MPI ([mpi])")
    trial = trial_of(trials, "mpi", "")
    if trial.code is None:
        return undecided(trial)
    listed = trials.made.get("own-pmi")
    reason = mismatch(image, smoke_manifest, listed.stdout if listed else b"")
    why, remedy = f" ({reason})" if reason else "", advice(image, smoke_manifest)
    if trial.code != 0:
        return failed(f"{asked.tasks} ranks ended with {trial.code}{said(trial)}{why}", remedy=remedy)
    wrong = wrong_ranks(trial.stdout, asked.tasks)
    if wrong:
        return failed(f"{wrong}{why}", remedy=remedy, grade=Grade.SELF_REPORTED)
    return passed(f"{asked.tasks} ranks found one another and added up rightly", grade=Grade.SELF_REPORTED)


_RANK = re.compile(rb"^ASSAYMARK_MPI rank=(\d{1,6}) size=(\d{1,6}) sum=(\d{1,12})(?: |$)", re.MULTILINE)


def wrong_ranks(text: bytes, tasks: int) -> str | None:
    """What is wrong with the ranks that a program printed; None when all are there, once, in one world."""
    found = [tuple(map(int, each)) for each in _RANK.findall(text)]
    if not found:
        return "no rank said who it is"
    sizes = {size for _, size, _ in found}
    if sizes != {tasks}:
        worlds = ", ".join(map(str, sorted(sizes)))
        return f"{tasks} ranks were asked for, and each sees a world of {worlds}: they did not find one another"
    if sorted(rank for rank, _, _ in found) != list(range(tasks)):
        return f"not every rank from 0 to {tasks - 1} is there once"
    if {total for _, _, total in found} != {tasks * (tasks - 1) // 2}:
        return "the sum over all ranks is wrong"
    return None


@check("image.scaling")
def scaling(trials: Trials, smoke_manifest: Manifest, image: Image) -> Evidence:
    """More ranks need less time: at least the stated share of the ideal speed-up."""
    asked = smoke_manifest.mpi
    if asked is None or not asked.scaling:
        return not_applicable("the manifest asks for no scaling ([mpi] scaling = [1, 2, 4])")
    took = {}
    for tasks in asked.scaling:
        trial = trial_of(trials, f"{SCALED}{tasks}", "")
        if trial.code is None or trial.status is None or not trial.status.took:
            return undecided(trial)
        if trial.code != 0:
            return failed(f"{tasks} ranks ended with {trial.code}{said(trial)}", remedy=advice(image, smoke_manifest))
        took[tasks] = trial.status.took
    first = asked.scaling[0]
    for tasks in asked.scaling[1:]:
        share = took[first] * first / (took[tasks] * tasks)
        if share < asked.efficiency:
            return failed(
                f"{tasks} ranks reach less than {asked.efficiency:.0%} of the ideal speed-up over {first}",
                remedy="look at how the work is divided, and at the network that the image uses",
            )
    return passed(f"up to {asked.scaling[-1]} ranks reach {asked.efficiency:.0%} of the ideal speed-up or more")


CHECKS = (mpi, scaling)
