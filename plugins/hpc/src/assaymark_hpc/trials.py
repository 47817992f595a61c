"""Trying an image: first the site itself, then the image, each as a job that reports on itself.

A site that does not pass its own probe says nothing about an image: then no trial is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.resources import files

from assaymark.api import Confinement, Handle, Image, InputError, Job, Resources, Runner, State, Status, wait_for
from assaymark_hpc.asked import Gpu, Manifest, Mpi
from assaymark_hpc.manifest import AGAIN, PROBES, SCALED
from assaymark_hpc.pmi import LAUNCHER, kind

PROBE_CODE, SHELL_CODE = 3, 7
ARBITRARY = 1_234_567
SHELL = "/bin/sh"
# The words of an engine that takes no other user than the one who calls it.
CALLER_ONLY = "runs as the caller only"
GIVEN, COPIED = "given.txt", "copied.txt"
# The same between the home of the user and the working folder, which lies in the scratch of most sites.
AT_HOME, FROM_HOME, FROM_SCRATCH = "home/given.txt", "from-home.txt", "home/from-scratch.txt"
_BETWEEN = 'cat "$HOME/given.txt" > from-home.txt && cat given.txt > "$HOME/from-scratch.txt"'
NOWHERE = "/assaymark/no-such-program"
_PROBE_SECONDS = 30.0
_TAIL = 4_000
_LONGEST = 400
# What every engine sets itself, or must not come from the image.
_NOT_TAKEN = ("HOME", "USER", "HOSTNAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """How one job ended. ``status`` is None when it was not submitted: ``problem`` says why, ``hint`` what to do."""

    name: str
    status: Status | None = None
    problem: str = ""
    hint: str = ""
    stdout: bytes = b""
    stderr: bytes = b""
    outputs: Mapping[str, bytes] = field(default_factory=dict)
    handle: Handle | None = None

    @property
    def code(self) -> int | None:
        """The command's exit status, if it ended by itself."""
        return self.status.code if self.status and self.status.state is State.EXITED else None

    @property
    def why(self) -> str:
        """Why there is no exit status."""
        if self.problem:
            return self.problem
        if self.status is None:
            return "it was not tried"
        return f"{self.status.state}: {self.status.reason}" if self.status.reason else str(self.status.state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """All that was tried. ``broken`` says why the site cannot be trusted with anything; then there is nothing else."""

    runner: str
    broken: str | None = None
    made: Mapping[str, Trial] = field(default_factory=dict)
    shell: bool = False
    facts: Mapping[str, str] = field(default_factory=dict)

    def places(self) -> dict[str, str]:
        """Where it was tried: runner and engine, nodes, and the numbers of batch jobs."""
        told = [trial.status.host for trial in self.made.values() if trial.status is not None]
        nodes = sorted({host["node"] for host in told if host.get("node")})
        jobs = sorted({host["scheduler_job"] for host in told if host.get("scheduler_job")}, key=lambda n: (len(n), n))
        found = {"nodes": ", ".join(nodes), "jobs": ", ".join(jobs)}
        return {**self.facts, **{name: text[:_LONGEST] for name, text in found.items() if text}}


Heard = Callable[[Handle, tuple[Status, ...]], None]


@dataclass(frozen=True, slots=True)
class Session:
    """Jobs of one run at one site; ids begin with ``run``, so that the same run finds its jobs again."""

    runner: Runner
    run: str
    resources: Resources
    heard: Heard | None = None

    def tried(self, jobs: Iterable[Job]) -> dict[str, Trial]:
        """Submit all, wait for all. When it is interrupted, nothing is left running."""
        handles: dict[str, Handle] = {}
        found: dict[str, Trial] = {}
        try:
            for job in jobs:
                try:
                    handles[job.id] = self.runner.submit(replace(job, id=f"{self.run}-{job.id}"))
                except InputError as problem:
                    told = f"{problem.where}: {problem.message}" if problem.where else problem.message
                    found[job.id] = Trial(name=job.id, problem=" ".join(told.split()), hint=problem.hint or "")
            done = wait_for(self.runner, tuple(handles.values()), self.heard)
        except BaseException:
            for handle in handles.values():
                with suppress(InputError):  # one that cannot be asked to end now keeps none of the others running
                    self.runner.cancel(handle)
            raise
        return found | {name: self._trial(name, handle, done[handle.id][0]) for name, handle in handles.items()}

    def _trial(self, name: str, handle: Handle, status: Status) -> Trial:
        log = self.runner.logs(handle, 0, _TAIL)
        outputs = self.runner.collect(handle)
        return Trial(name=name, status=status, stdout=log.stdout, stderr=log.stderr, outputs=outputs, handle=handle)


def attempt(session: Session, image: Image, path: str, asked: Manifest) -> Trials:
    """Probe the site, then try the image."""
    made = session.tried(_probes(session.resources))
    broken = _broken(made)
    if broken:
        return Trials(runner=session.runner.name, broken=broken, made=made, facts=session.runner.facts())
    shell = image.find(SHELL) is not None
    made |= session.tried(_jobs(image, path, asked, session.resources, shell=shell))
    start = made.get("start")
    if start is not None and start.status is None and "read-only" in start.problem:
        # This engine has nothing but a read-only root: then that is how it starts there.
        made["start"] = replace(made["read-only"], name="start")
    return Trials(runner=session.runner.name, made=made, shell=shell, facts=session.runner.facts())


def _probes(resources: Resources) -> list[Job]:
    quick = replace(resources, time=_PROBE_SECONDS)
    return [
        Job(id="probe-ok", command=(SHELL, "-c", "exit 0"), resources=quick),
        Job(id="probe-fails", command=(SHELL, "-c", f"exit {PROBE_CODE}"), resources=quick),
        Job(id="probe-late", command=(SHELL, "-c", "sleep 30"), resources=replace(resources, time=1)),
    ]


def _broken(made: Mapping[str, Trial]) -> str | None:
    """Why the way to the site and back cannot be trusted: each probe must end as it was made to."""
    ok, fails, late = (made[name] for name in PROBES)
    if ok.code != 0:
        return f"a job that does nothing did not succeed ({ok.why if ok.code is None else f'exit status {ok.code}'})"
    if fails.code != PROBE_CODE:
        return f"a job made to fail was not seen to fail ({fails.why if fails.code is None else f'exit {fails.code}'})"
    if late.status is None or late.status.state is not State.TIMED_OUT:
        return f"a job made to hang was not ended in time ({late.why})"
    return None


def _jobs(image: Image, path: str, asked: Manifest, resources: Resources, *, shell: bool) -> list[Job]:
    start = asked.start or ((SHELL, "-c", "exit 0") if shell else ())
    environment = {k: v for k, v in image.environment.items() if k not in _NOT_TAKEN and k.isidentifier()}
    strict = Confinement(read_only=True, network=True, user=Confinement.ORDINARY)

    def job(id: str, command: Sequence[str], how: Confinement = strict) -> Job:
        words = tuple(command)
        made_for = image.architecture or None
        return Job(
            id=id,
            command=words,
            image=path,
            architecture=made_for,
            environment=environment,
            confinement=how,
            resources=resources,
        )

    jobs = [job("lacking", (NOWHERE,))]
    if start:
        jobs += [
            job("start", start, replace(strict, read_only=False)),
            job("read-only", start),
            job("any-user", start, replace(strict, user=ARBITRARY)),
            job("offline", start, replace(strict, network=False)),
        ]
    if asked.long and shell:
        jobs.append(job("ends", (SHELL, "-c", _ENDS, "ends", *asked.long)))
    if asked.mpi:
        jobs += _ranks(job, asked.mpi, resources)
    if asked.gpu:
        jobs += _gpus(job, asked.gpu, resources)
    if asked.bandwidth and (asked.bandwidth.memory is not None or asked.bandwidth.files is not None):
        jobs.append(replace(job("own-rates", ("python3", RATE_PROBE)), inputs={RATE_PROBE: _probe("rates.py")}))
    if shell:
        copy = replace(
            job("files", (SHELL, "-c", f"cat {GIVEN} > {COPIED}")), inputs={GIVEN: _content(image)}, outputs=(COPIED,)
        )
        between = replace(
            job("own-home", (SHELL, "-c", _BETWEEN)),
            inputs={AT_HOME: _content(image)[::-1], GIVEN: _content(image)},
            outputs=(FROM_HOME, FROM_SCRATCH),
            home=True,
        )
        jobs += [copy, between, job("fails", (SHELL, "-c", f"exit {SHELL_CODE}"))]
    for test in asked.tests:
        limited = replace(resources, time=min(test.time, resources.time))
        one = replace(job(test.name, test.command), resources=limited, outputs=(test.output,) if test.output else ())
        jobs += [one, replace(one, id=f"{AGAIN}{test.name}")] if test.output else [one]
    return jobs


# Ends with 0 if the command ended when it was asked to, 8 if it did before, 9 if it had to be killed.
_ENDS = (
    '"$@" & p=$!; sleep 2; kill -0 $p 2> /dev/null || exit 8; kill -TERM $p; '
    "n=0; while kill -0 $p 2> /dev/null; do n=$((n + 1)); [ $n -le 10 ] || { kill -KILL $p; exit 9; }; sleep 1; done; "
    "exit 0"
)
NO_DEVICE = 9
_DEVICES = f"for d in /dev/nvidiactl /dev/kfd /dev/dxg; do [ ! -e $d ] || exit 0; done; exit {NO_DEVICE}"
MPI_PROBE, GPU_PROBE = "assaymark_mpi.py", "assaymark_gpu.py"
TOGETHER_PROBE, RATE_PROBE = "assaymark_together.py", "assaymark_rates.py"


def _probe(name: str) -> bytes:
    return (files("assaymark_hpc") / "probes" / name).read_bytes()


def _ranks(make: Callable[..., Job], asked: Mpi, resources: Resources) -> list[Job]:
    """The ranks that were asked for; and, where it was asked how it scales, other numbers of them."""
    command = asked.command or ("python3", MPI_PROBE)
    inputs = {} if asked.command else {MPI_PROBE: _probe("mpi.py")}
    one = replace(make("mpi", command), launcher=asked.launcher or LAUNCHER, inputs=inputs)
    jobs = [replace(one, resources=replace(resources, tasks=asked.tasks))]
    if kind(one.launcher) is not None:
        # It says what it offers, and starts nothing.
        listing = (one.launcher[0], "--mpi=list")
        jobs.append(Job(id="own-pmi", command=("true",), launcher=listing, resources=resources))
    return jobs + [replace(one, id=f"{SCALED}{n}", resources=replace(resources, tasks=n)) for n in asked.scaling]


def _gpus(make: Callable[..., Job], asked: Gpu, resources: Resources) -> list[Job]:
    """All GPUs by themselves; and, if it was asked for, one sum over them."""
    command = asked.command or ("python3", GPU_PROBE)
    inputs = {} if asked.command else {GPU_PROBE: _probe("gpu.py")}
    with_gpus = replace(resources, gpus=asked.count)
    jobs = [replace(make("gpu", command), inputs=inputs, resources=with_gpus)]
    # A node without one says nothing about the image.
    jobs.append(Job(id="own-devices", command=(SHELL, "-c", _DEVICES), resources=with_gpus))
    if asked.together:
        one = make("own-together", ("python3", TOGETHER_PROBE))
        jobs.append(replace(one, inputs={TOGETHER_PROBE: _probe("together.py")}, resources=with_gpus))
    return jobs


def _content(image: Image) -> bytes:
    return f"{image.digest}\n".encode() * 100


def copied_whole(trial: Trial, image: Image) -> bool:
    """Whether the file that was given came back as it was."""
    return trial.outputs.get(COPIED) == _content(image)


def carried(trial: Trial, image: Image) -> bool:
    """Whether what lay in the home came into the working folder, and the other way round."""
    content = _content(image)
    return (trial.outputs.get(FROM_HOME), trial.outputs.get(FROM_SCRATCH)) == (content[::-1], content)
