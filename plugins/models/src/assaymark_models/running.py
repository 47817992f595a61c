"""Running a model: an ONNX file in this process, an entry point or an image as a job of a runner.

Only ``assaymark model`` hands out an `Execution`; without one nothing is run.
"""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

from assaymark.api import (
    Confinement,
    FactUnavailable,
    InputError,
    Job,
    Resources,
    State,
    runner_of,
    wait_for,
    watching_jobs,
)
from assaymark_models.manifest import Manifest
from assaymark_models.places import place_of

if TYPE_CHECKING:
    from assaymark.api import Runner, Status

HARNESS = "assaymark_harness.py"
ASKED, SAID, USED = "inputs.csv", "predictions.csv", "resources.json"
ISOLATION = "isolation.txt"  # written before the model runs
Used = dict[str, float | str]  # what running took, and where it was
LARGEST_FILE, LARGEST_ANSWER = 500_000_000, 50_000_000
_TAIL = 400
# Nothing can be written but the job's own folder, and there is no network; where bubblewrap does not work it is a
# process of its own with limits, and the record says so.
_ALONE = """
alone() {
  bwrap --ro-bind / / --dev /dev --proc /proc --bind "$PWD" "$PWD" --chdir "$PWD" \
    --unshare-all --die-with-parent --new-session -- "$@"
}
if alone true 2> /dev/null; then echo bubblewrap > isolation.txt; alone "$@"; else exec "$@"; fi
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Where a model may be run; ``again`` is the runner of the second run, the same one unless given."""

    runner: str | None = None
    engine: str | None = None
    again: str | None = None
    resources: Resources = field(default_factory=Resources)


class Predictor(Protocol):
    """A model that answers. ``used`` are seconds, memory and the like of the first answer: facts of the run."""

    used: Used

    def predict(self, table: Any, *, again: bool = False) -> Any:
        """What the model says for each row of a table of its inputs. Raises FactUnavailable."""


@dataclass(slots=True)
class AsJob:
    """An entry point or an image, run by a runner with copies of the files that the manifest names."""

    manifest: Manifest
    execution: Execution
    used: Used = field(default_factory=dict)

    def predict(self, table: Any, *, again: bool = False) -> Any:
        """One job. The first one also tells what it used."""
        runner = self._runner(again=again)
        job = self._job(table, here=runner.name == "local")
        status, said, outputs = _finished(runner, job)
        if status.state is not State.EXITED or status.code != 0:
            ended = f"exit status {status.code}" if status.state is State.EXITED else f"{status.state} {status.reason}"
            raise FactUnavailable(
                f"the model could not be run ({ended.strip()}): {said or 'it said nothing'}",
                remedy="try it by hand; --time and --memory set the limits",
            )
        if not self.used:
            alone = ISOLATION in outputs or runner.name != "local"
            self.used |= _numbers(outputs.get(USED, b"{}")) | ({"run-seconds": status.took} if status.took else {})
            self.used |= {"runner": runner.name, "isolation": "sandbox" if alone else "process"}
        return _table(outputs.get(SAID), table.num_rows)

    def _runner(self, *, again: bool) -> Runner:
        default = "container" if self.manifest.get("model", "image") else "local"
        name = (self.execution.again if again else None) or self.execution.runner or default
        try:
            runner = runner_of(name, self.execution.engine if name not in ("local", "sandbox") else None)
            problem = runner.problem()
        except InputError as wrong:
            raise FactUnavailable(f"the model cannot be run: {' '.join(str(wrong).split())}") from wrong
        if problem:
            raise FactUnavailable(f"the model cannot be run: {problem}", remedy="assaymark runner check")
        return runner

    def _job(self, table: Any, *, here: bool) -> Job:
        model = self.manifest.data["model"]
        files = {name: self._content(name) for name in model.get("files", ())}
        environment = {"ASSAYMARK_SEED": str(self.manifest.get("statistics", "seed", 0))}
        job = Job(
            id=f"model-{secrets.token_hex(6)}",
            command=(),
            outputs=(SAID, USED, ISOLATION),
            resources=self.execution.resources,
        )
        if "image" in model:
            if "command" not in model:
                raise FactUnavailable("what is run in the image is not said", remedy="add command to [model]")
            return replace(
                job,
                command=tuple(model["command"]),
                image=str(place_of(self.manifest, model["image"])),
                inputs={**files, ASKED: _csv(table)},
                environment=environment,
                confinement=Confinement(read_only=True, network=False, user=Confinement.ORDINARY),
            )
        file = str(model["entry"]).rpartition(":")[0]
        own = {file: self._content(file), HARNESS: Path(__file__).with_name("harness.py").read_bytes()}
        environment |= {
            "ASSAYMARK_ENTRY": str(model["entry"]),
            "ASSAYMARK_COLUMN": str(self.manifest.get("predictions", "column", "prediction")),
        }
        python = [sys.executable, "-I", HARNESS] if here else ["python3", HARNESS]
        command = ("/bin/sh", "-c", _ALONE, "sh", *python) if here else tuple(python)
        return replace(job, command=command, inputs={**files, **own, ASKED: _csv(table)}, environment=environment)

    def _content(self, name: str) -> bytes:
        if ".." in PurePosixPath(name).parts or name in (ASKED, HARNESS, ISOLATION):
            raise FactUnavailable(f"{name} cannot be given to the model", remedy="keep its files beside the manifest")
        place = place_of(self.manifest, name)
        if place.stat().st_size > LARGEST_FILE:
            raise FactUnavailable(f"{name} is larger than {LARGEST_FILE:,} bytes")
        return place.read_bytes()


def _finished(runner: Runner, job: Job) -> tuple[Status, str, Mapping[str, bytes]]:
    import shutil

    try:
        handle = runner.submit(job)
    except InputError as problem:
        raise FactUnavailable(f"the model cannot be run: {' '.join(str(problem).split())}") from problem
    try:
        with watching_jobs(runner, judging=True) as heard:
            status = wait_for(runner, (handle,), heard)[handle.id][0]
        log = runner.logs(handle, 0, 4_000)
        outputs = dict(runner.collect(handle))
    except BaseException:
        runner.cancel(handle)
        raise
    finally:
        shutil.rmtree(handle.folder, ignore_errors=True)
    return status, _why((log.stderr or log.stdout).decode("utf-8", "replace")), outputs


def _why(said: str) -> str:
    """The end of what a program said; of a traceback of Python what was raised, and where in the files of the model."""
    import re

    frames = re.findall(r'^  File "([^"]+)", line (\d+)', said, re.MULTILINE)
    if not frames or "Traceback (most recent call last)" not in said:
        return " ".join(said.split())[-_TAIL:]
    own = [f"{PurePosixPath(file).name}, line {line}" for file, line in frames if not file.endswith(HARNESS)]
    raised = said.rstrip().rpartition("\n")[2].strip()[:_TAIL]
    return f"{raised} ({own[-1]})" if own else raised


def _csv(table: Any) -> bytes:
    import io

    from pyarrow import csv

    sink = io.BytesIO()
    csv.write_csv(table, sink)
    return sink.getvalue()


def _table(data: bytes | None, rows: int) -> Any:
    import io

    import pyarrow as pa
    from pyarrow import csv

    if data is None:
        raise FactUnavailable(f"the model wrote no {SAID}", remedy=f"write {SAID} into the folder where it starts")
    try:
        table = csv.read_csv(io.BytesIO(data))
    except pa.ArrowException as problem:
        raise FactUnavailable(f"{SAID} of the model is no table: {' '.join(str(problem).split())[:200]}") from problem
    if table.num_rows != rows:
        raise FactUnavailable(f"the model gave {table.num_rows:,} rows for {rows:,}", remedy="predict every row once")
    return table


def _numbers(data: bytes) -> dict[str, float]:
    import json

    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(k)[:100]: float(v)
        for k, v in list(found.items())[:50]
        if isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e300
    }


def predictor_of(manifest: Manifest, execution: Execution | None) -> Predictor:
    """What runs the model of a manifest.

    Raises FactUnavailable when there is nothing that can be run, or running was not asked for.
    """
    model = manifest.data.get("model", {})
    if execution is None:
        raise FactUnavailable("the model is not run here", remedy=f"assaymark model {manifest.name}")
    if not model.get("inputs") and ({"entry", "image"} & set(model) or str(model.get("file", "")).endswith(".onnx")):
        raise FactUnavailable("which columns go into the model is not said", remedy="add inputs to [model]")
    if {"entry", "image"} & set(model):
        return AsJob(manifest, execution)
    from assaymark_models.inference import Onnx

    return Onnx(manifest, execution.resources.time)
