"""What is asked of an image on a node with GPUs: that they are seen, fit what it brings, and add up together.

The image says it of itself, by a probe of ours or a command of its author. What could not be found out is unknown.
"""

from __future__ import annotations

import re

from assaymark.api import Evidence, Grade, check, failed, not_applicable, passed, unknown
from assaymark_hpc.asked import Manifest
from assaymark_hpc.judged import said, trial_of, undecided
from assaymark_hpc.trials import NO_DEVICE, Trial, Trials

_GPU = re.compile(rb"^ASSAYMARK_GPU ([^\n]{1,2000})$", re.MULTILINE)
_TOGETHER = re.compile(rb"^ASSAYMARK_NCCL ([^\n]{1,2000})$", re.MULTILINE)
_PAIR = re.compile(r"([a-z_]{1,20})=(\S{1,100})")
_REMEDY = "let the engine bring the driver into the container, and build for one that the site has"


def told(trial: Trial | None) -> dict[str, str]:
    """What the probe of GPUs said: count, right, kind, driver, installed, runtime, memory, name."""
    return _pairs(_GPU, trial.stdout) if trial is not None else {}


def record(trials: Trials) -> dict[str, str]:
    """What the record of a run should say of GPUs: which, and the driver that is installed on the node."""
    found = told(trials.made.get("gpu"))
    named = {"gpu": found.get("name"), "gpu_driver": found.get("installed"), "gpu_runtime": found.get("runtime")}
    return {key: text for key, text in named.items() if text and text not in ("unknown", "none")}


def _pairs(pattern: re.Pattern[bytes], text: bytes) -> dict[str, str]:
    found = pattern.search(text)
    return dict(_PAIR.findall(found[1].decode("utf-8", "replace"))) if found else {}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


_NOWHERE = unknown(
    "the node has no GPU: the image was not tried on one", remedy="try it where there is one: --site NAME"
)


def _no_device(trials: Trials) -> bool:
    """Whether the node itself, without any image, shows no GPU."""
    seen = trials.made.get("own-devices")
    return seen is not None and seen.code == NO_DEVICE


@check("image.gpu")
def gpu(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """The GPUs that were asked for are seen inside, and each computes rightly."""
    asked = smoke_manifest.gpu
    if asked is None:
        return not_applicable("the manifest asks for no GPU ([gpu])")
    trial = trial_of(trials, "gpu", "")
    if trial.code is None:
        return undecided(trial)
    found = told(trial)
    count, right = _number(found.get("count", "")), _number(found.get("right", ""))
    if (trial.code != 0 or count <= 0) and _no_device(trials):
        return _NOWHERE
    if trial.code != 0 or count < 0 or right < 0:
        return failed(f"the GPUs could not be used (exit status {trial.code}){said(trial)}", remedy=_REMEDY)
    if count != asked.count:
        return failed(f"{asked.count} GPUs were asked for, {count} are seen", remedy=_REMEDY)
    if right != count:
        return failed(f"only {right} of {count} GPUs computed rightly", remedy="report it to the site")
    return passed(f"{count} GPUs are seen and compute rightly", grade=Grade.SELF_REPORTED)


@check("image.gpu_runtime")
def runtime(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """The CUDA or ROCm that the image brings is one that the driver of the node can serve."""
    if smoke_manifest.gpu is None:
        return not_applicable("the manifest asks for no GPU ([gpu])")
    trial = trial_of(trials, "gpu", "")
    if trial.code is None:
        return undecided(trial)
    found = told(trial)
    brings, serves = _version(found.get("runtime", "")), _version(found.get("driver", ""))
    if found.get("runtime") == "none":
        return not_applicable("the image brings no runtime library of its own")
    if brings is None or serves is None:
        return unknown(
            f"the versions of runtime and driver were not told{said(trial)}",
            remedy="print runtime=12.4 and driver=12.6 in the line ASSAYMARK_GPU, or let our probe do it (python3)",
        )
    named = f"runtime {found['runtime']}, driver {found['driver']}"
    if found.get("kind") == "amd" and found.get("right") == found.get("count") != "0":
        # HIP, which computed, is the image's own.
        return passed(f"the driver serves what the image brings ({named})", grade=Grade.SELF_REPORTED)
    if found.get("kind") == "amd":
        return unknown(f"no GPU computed rightly by the ROCm of the image ({named})", remedy=_REMEDY)
    # From CUDA 11 on every runtime of a major version runs with every driver of it, or of a later one.
    if brings[0] <= serves[0] and (brings[0] >= 11 or brings <= serves):
        return passed(f"the driver serves what the image brings ({named})", grade=Grade.SELF_REPORTED)
    return failed(
        f"the driver is too old for what the image brings ({named})",
        remedy="build with an older CUDA, or add the package cuda-compat (data-centre GPUs only)",
        grade=Grade.SELF_REPORTED,
    )


def _version(text: str) -> tuple[int, int] | None:
    found = re.fullmatch(r"(\d{1,4})\.(\d{1,6})(?:\.\S*)?", text)
    return (int(found[1]), int(found[2])) if found else None


@check("image.gpu_together")
def together(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """NCCL or RCCL adds up over all GPUs."""
    asked = smoke_manifest.gpu
    if asked is None or not asked.together:
        return not_applicable("the manifest asks for no sum over GPUs ([gpu] together = true)")
    trial = trial_of(trials, "own-together", "")
    if trial.code is None:
        return undecided(trial)
    found = _pairs(_TOGETHER, trial.stdout)
    count, right = _number(found.get("count", "")), _number(found.get("right", ""))
    if (trial.code != 0 or count <= 0) and _no_device(trials):
        return _NOWHERE
    if trial.code != 0 or count < 0:
        remedy = "install NCCL (RCCL) for the CUDA (ROCm) of the image; NCCL_DEBUG=INFO says more"
        return failed(f"no sum over GPUs was made (exit status {trial.code}){said(trial)}", remedy=remedy)
    if count != asked.count or right != count:
        return failed(
            f"{right} of {count} GPUs have the right sum, {asked.count} were asked for",
            remedy="NCCL_DEBUG=INFO tells which way it took; report it to the site",
            grade=Grade.SELF_REPORTED,
        )
    return passed(f"{count} GPUs added up rightly", grade=Grade.SELF_REPORTED)


CHECKS = (gpu, runtime, together)
