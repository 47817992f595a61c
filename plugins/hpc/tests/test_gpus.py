"""GPUs and rates: what the probes say is judged, and the probes run on stand-ins for the libraries of drivers."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from assaymark.api import Evidence, Outcome, State, Status
from assaymark.testing import evidence_of
from assaymark_hpc import gpus, rates
from assaymark_hpc.asked import Bandwidth, Gpu, Manifest
from assaymark_hpc.probes import gpu as probe
from assaymark_hpc.probes import rates as rate_probe
from assaymark_hpc.probes import together
from assaymark_hpc.trials import NO_DEVICE, Trial, Trials

SAID = b"ASSAYMARK_GPU count=1 right=1 kind=nvidia driver=12.6 installed=560.35.03 runtime=12.4 memory=3100.5 name=X\n"
ASKED = Manifest(
    image="i.tar",
    gpu=Gpu(count=1, together=True),
    start_within=5.0,
    bandwidth=Bandwidth(memory=5.0, files=0.1, gpu=1000.0),
)
CHECKS = (*gpus.CHECKS, *rates.CHECKS)
TO_DEVICE = together.HOST_TO_DEVICE


def ended(name: str, stdout: bytes = b"", code: int = 0, took: float = 1.0) -> Trial:
    return Trial(name=name, status=Status(state=State.EXITED, code=code, took=took), stdout=stdout)


GOOD = Trials(
    runner="slurm",
    made={
        "gpu": ended("gpu", SAID),
        "own-together": ended("own-together", b"ASSAYMARK_NCCL count=1 right=1 version=22105\n"),
        "own-rates": ended("own-rates", b"ASSAYMARK_RATES memory=12.500 files=1.200\n"),
        "read-only": ended("read-only"),
    },
)


def judged(trials: Trials, asked: Manifest = ASKED) -> dict[str, Evidence]:
    return {c.id: evidence_of(c, trials=trials, smoke_manifest=asked) for c in CHECKS}


def with_trial(trial: Trial) -> Trials:
    return replace(GOOD, made={**GOOD.made, trial.name: trial})


def said(old: bytes, new: bytes) -> Trial:
    assert old in SAID
    return ended("gpu", SAID.replace(old, new))


def test_a_good_node_passes() -> None:
    assert {id: e.message for id, e in judged(GOOD).items() if e.outcome is not Outcome.PASSED} == {}


TWINS = {
    "a GPU too few": ("image.gpu", said(b"count=1 right=1", b"count=0 right=0"), "0 are seen"),
    "a GPU that computes wrongly": ("image.gpu", said(b"right=1", b"right=0"), "only 0 of 1"),
    "a newer runtime": ("image.gpu_runtime", said(b"runtime=12.4", b"runtime=13.0"), "too old"),
    "an old runtime with an older driver": (
        "image.gpu_runtime",
        said(b"driver=12.6 installed=560.35.03 runtime=12.4", b"driver=10.0 runtime=10.2"),
        "too old",
    ),
    "a wrong sum": (
        "image.gpu_together", ended("own-together", b"ASSAYMARK_NCCL count=1 right=0 version=1\n"), "0 of 1"
    ),
    "no library for a sum": ("image.gpu_together", ended("own-together", b"", 1), "no sum"),
    "a late answer": ("image.first_answer", ended("read-only", took=9.0), "longer than 5 s"),
    "slow memory": ("image.bandwidth", ended("own-rates", b"ASSAYMARK_RATES memory=1 files=1\n"), "memory: less than"),
    "slow files": ("image.bandwidth", ended("own-rates", b"ASSAYMARK_RATES memory=9 files=0\n"), "files: less than"),
    "a slow GPU": ("image.bandwidth", said(b"memory=3100.5", b"memory=90.0"), "gpu: less than 1000"),
}  # fmt: skip # a table of cases


@pytest.mark.parametrize("name", TWINS)
def test_a_broken_twin_fails_at_the_right_one(name: str) -> None:
    id, trial, says = TWINS[name]
    found = judged(with_trial(trial))
    assert {each for each, e in found.items() if e.outcome is Outcome.FAILED} == {id}
    assert says in found[id].message
    assert found[id].remedy


@pytest.mark.gpu
def test_a_real_gpu_adds_rightly() -> None:
    done = subprocess.run([sys.executable, probe.__file__], capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    found = judged(with_trial(ended("gpu", done.stdout)))
    assert found["image.gpu"].outcome is Outcome.PASSED, found["image.gpu"].message
    assert found["image.gpu_runtime"].outcome is not Outcome.FAILED, found["image.gpu_runtime"].message


def test_every_check_has_a_twin() -> None:
    assert {id for id, _, _ in TWINS.values()} == {c.id for c in CHECKS}


@pytest.mark.parametrize("text", [b"", b"count=1 right=1", b"ASSAYMARK_GPU count=x right=1", b"ASSAYMARK_GPU right=1"])
def test_gpus_that_are_none(text: bytes) -> None:
    assert judged(with_trial(ended("gpu", text)))["image.gpu"].outcome is Outcome.FAILED


def test_what_nobody_asked_for_is_not_judged() -> None:
    found = judged(Trials(runner="x"), Manifest(image="i"))
    assert {e.outcome for e in found.values()} == {Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize(
    ("old", "new", "outcome"),
    [
        (b"runtime=12.4", b"runtime=none", Outcome.NOT_APPLICABLE),
        (b"runtime=12.4", b"runtime=unknown", Outcome.UNKNOWN),
        (b"driver=12.6", b"driver=unknown", Outcome.UNKNOWN),
        (b"kind=nvidia driver=12.6", b"kind=amd driver=6.1", Outcome.PASSED),
        (b"count=1 right=1 kind=nvidia", b"count=1 right=0 kind=amd", Outcome.UNKNOWN),
        # Of one major version, a newer runtime runs with an older driver.
        (b"runtime=12.4", b"runtime=12.9", Outcome.PASSED),
        (b"runtime=12.4", b"runtime=11.8", Outcome.PASSED),
    ],
)
def test_runtimes_and_drivers(old: bytes, new: bytes, outcome: Outcome) -> None:
    assert judged(with_trial(said(old, new)))["image.gpu_runtime"].outcome is outcome


def test_what_was_not_measured_is_unknown() -> None:
    for trial in (ended("own-rates", b"rubbish"), ended("own-rates", b"", 1), said(b" memory=3100.5", b"")):
        assert judged(with_trial(trial))["image.bandwidth"].outcome is Outcome.UNKNOWN
    lost = Status(state=State.NODE_LOST, reason="the node")
    for id, name in (("image.gpu", "gpu"), ("image.gpu_together", "own-together"), ("image.bandwidth", "own-rates")):
        assert judged(with_trial(Trial(name=name, status=lost)))[id].outcome is Outcome.UNKNOWN


def test_a_node_without_a_gpu_is_not_blamed_on_the_image() -> None:
    made = {"gpu": ended("gpu", code=1), "own-together": ended("own-together", code=1)}
    there = replace(GOOD, made={**GOOD.made, **made, "own-devices": ended("own-devices")})
    found = {id: judged(there)[id].outcome for id in ("image.gpu", "image.gpu_together")}
    assert set(found.values()) == {Outcome.FAILED}
    away = replace(there, made={**there.made, "own-devices": ended("own-devices", code=NO_DEVICE)})
    for id in ("image.gpu", "image.gpu_runtime", "image.gpu_together"):
        assert judged(away)[id].outcome is Outcome.UNKNOWN
    assert "the node has no GPU" in judged(away)["image.gpu"].message


def test_the_driver_is_in_the_record() -> None:
    assert gpus.record(GOOD) == {"gpu": "X", "gpu_driver": "560.35.03", "gpu_runtime": "12.4"}
    assert gpus.record(Trials(runner="x")) == {}


class Device:
    """A stand-in for a driver's library: functions by name that write where they are pointed to, and return 0."""

    def __init__(self, count: int, version: int, *, adds: bool = True, fails: str = "") -> None:
        self.count, self.version, self.adds, self.fails = count, version, adds, fails
        self.memory: dict[int, list[int]] = {}
        self.next = 1

    def __getattr__(self, name: str) -> Callable[..., int]:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *words: self._called(name, words)

    def _called(self, name: str, words: tuple[Any, ...]) -> int:
        if name == self.fails:
            return 3
        if name.endswith("GetErrorString") and len(words) == 2:
            words[1]._obj.value = b"said no"
        elif name.endswith("DeviceGetCount") or name in ("hipGetDeviceCount", "cudaGetDeviceCount"):
            words[0]._obj.value = self.count
        elif name.endswith(("DriverGetVersion", "RuntimeGetVersion")):
            words[0]._obj.value = self.version
        elif name.endswith("DeviceGetName"):
            words[0].value = b"A GPU"
        elif name.endswith(("MemAlloc_v2", "hipMalloc", "cudaMalloc")):
            words[0]._obj.value, self.next = self.next, self.next + 1
        elif name.endswith(("MemcpyHtoD_v2", "MemcpyHtoD")) or (
            name == "cudaMemcpy" and words[3] == together.HOST_TO_DEVICE
        ):
            self.memory[words[0].value] = list(words[1])
        elif name == "cudaMemcpy":
            for n, value in enumerate(self.memory[words[1].value]):
                words[0][n] = value
        elif name.endswith("LaunchKernel"):
            if self.adds:
                self.memory = {key: [v + n for n, v in enumerate(data)] for key, data in self.memory.items()}
        elif name.endswith(("MemcpyDtoH_v2", "MemcpyDtoH")):
            for n, value in enumerate(self.memory[words[1].value]):
                words[0][n] = value
        return 0


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **there: Any) -> dict[str, str]:
    """Runs the probe where these libraries are to be had."""

    def load(name: str, mode: int = 0) -> Any:
        for stem, library in there.items():
            if name.rpartition("/")[2].startswith(f"lib{stem}.so"):
                return library
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    monkeypatch.setattr(probe, "CUDA_RUNTIMES", ())
    probe.main()
    return gpus.told(ended("gpu", capsys.readouterr().out.encode()))


class Versions:
    """A stand-in for CUDA's runtime and for NVML."""

    def cudaRuntimeGetVersion(self, where: Any) -> int:
        where._obj.value = 12_040
        return 0

    def nvmlInit_v2(self) -> int:
        return 0

    def nvmlSystemGetDriverVersion(self, text: Any, size: int) -> int:
        text.value = b"560.35.03"
        return 0


def test_the_probe_of_nvidia(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    there = {"cuda": Device(2, 12_060), "cudart": Versions(), "nvidia-ml": Versions()}
    found = run(monkeypatch, capsys, **there)
    assert (found["count"], found["right"], found["kind"]) == ("2", "2", "nvidia")
    assert (found["driver"], found["installed"], found["runtime"]) == ("12.6", "560.35.03", "12.4")
    assert found["name"] == "A_GPU"
    assert float(found["memory"]) > 0


def test_a_gpu_that_does_not_add_is_seen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    found = run(monkeypatch, capsys, cuda=Device(1, 12_060, adds=False))
    assert (found["count"], found["right"], found["runtime"]) == ("1", "0", "none")


def test_the_probe_of_amd(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    device = Device(1, 60_140_091)
    found = run(monkeypatch, capsys, amdhip64=device, hiprtc=Device(0, 0))
    assert (found["count"], found["right"], found["kind"]) == ("1", "1", "amd")
    assert (found["driver"], found["runtime"]) == ("6.1", "6.1")


def test_what_the_driver_refuses_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"cuCtxCreate_v2: said no \(3\)"):
        run(monkeypatch, capsys, cuda=Device(1, 12_060, fails="cuCtxCreate_v2"))
    with pytest.raises(SystemExit, match="neither"):
        run(monkeypatch, capsys)
    with pytest.raises(SystemExit, match="neither NCCL"):
        together.main()


@pytest.mark.parametrize(("count", "right"), [(1, 1), (2, 0)])
def test_the_probe_of_sums(
    count: int, right: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A library that adds nothing up is right for one GPU only."""
    there = {"libcudart.so.12": Device(count, 12_040), "libnccl.so.2": Device(count, 22_105)}

    def load(name: str, mode: int = 0) -> Any:
        if name in there:
            return there[name]
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", load)
    together.main()
    assert f"ASSAYMARK_NCCL count={count} right={right} " in capsys.readouterr().out


def test_the_probe_of_rates_measures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(rate_probe, "SIZE", 2**22)
    monkeypatch.setattr(rate_probe, "BLOCK", 2**20)
    assert rate_probe.memory() > 0
    assert rate_probe.files() > 0
    assert list(tmp_path.iterdir()) == []
