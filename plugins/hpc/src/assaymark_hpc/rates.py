"""How fast it is, by probes of ours: the first answer, memory, files, and the memory of GPUs. Bounds are the user's."""

from __future__ import annotations

import re

from assaymark.api import Evidence, Grade, check, failed, not_applicable, passed, unknown
from assaymark_hpc.asked import Manifest
from assaymark_hpc.gpus import told
from assaymark_hpc.judged import said, trial_of, undecided
from assaymark_hpc.trials import Trials

_RATES = re.compile(rb"^ASSAYMARK_RATES memory=([\d.]{1,20}) files=([\d.]{1,20})$", re.MULTILINE)


@check("image.first_answer")
def first_answer(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """What shows that it starts is over within the stated time, from the moment the job begins."""
    most = smoke_manifest.start_within
    if most is None:
        return not_applicable("the manifest states no time for the start (start_within)")
    trial = trial_of(trials, "read-only", "no command was named")
    if trial.code is None or trial.status is None or trial.status.took is None:
        return undecided(trial)
    if trial.status.took <= most:
        return passed(f"it answered within {most:g} s")
    return failed(
        f"it took longer than {most:g} s to answer",
        remedy='make the image smaller, or one file (format = "squashfs"): many small files are slow on shared disks',
    )


@check("image.bandwidth")
def bandwidth(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """Memory, files of the working folder and GPUs are as fast as stated, at the least."""
    asked = smoke_manifest.bandwidth
    if asked is None:
        return not_applicable("the manifest states no bandwidth ([bandwidth])")
    found: dict[str, float | None] = {"memory": None, "files": None, "gpu": None}
    if asked.memory is not None or asked.files is not None:
        trial = trial_of(trials, "own-rates", "")
        if trial.code is None:
            return undecided(trial)
        if (match := _RATES.search(trial.stdout)) is not None:
            found |= {"memory": _real(match[1]), "files": _real(match[2])}
        else:
            return unknown(f"nothing was measured{said(trial)}", remedy="the probe needs python3 in the image")
    if asked.gpu is not None:
        found["gpu"] = _real(told(trials.made.get("gpu")).get("memory", "").encode())
    least = {"memory": asked.memory, "files": asked.files, "gpu": asked.gpu}
    for name, bound in least.items():
        value = found[name]
        if bound is not None and value is None:
            return unknown(
                f"the bandwidth of {name} was not measured", remedy="a GPU is tried where [gpu] asks for one"
            )
        if bound is not None and value is not None and value < bound:
            return failed(
                f"{name}: less than {bound:g} GB/s",
                remedy="compare with a run outside the container, on an idle node",
                grade=Grade.SELF_REPORTED,
            )
    measured = [name for name, bound in least.items() if bound is not None]
    return passed(f"{' and '.join(measured)} are as fast as stated", grade=Grade.SELF_REPORTED)


def _real(text: bytes) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


CHECKS = (first_answer, bandwidth)
