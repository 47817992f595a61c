"""A unit of work that runs somewhere else, and what is known about it: values only.

A job is one command with all that it needs, or an array of them that differ in their index. The verdict on it is a file
that the job writes itself, outside what its command can reach; a job without that file is never taken for a success.
Times are in seconds, memory is in MiB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

NOTHING: Mapping[str, str] = MappingProxyType({})
# What an assessment reads of the CI run that it is part of, wherever it is made: on a pull request the policy comes
# from the base. None of it is secret.
_RUN = (
    "GITHUB_ACTIONS", "GITHUB_API_URL", "GITHUB_EVENT_NAME", "GITHUB_JOB", "GITHUB_REF", "GITHUB_REPOSITORY",
    "GITHUB_RUN_ATTEMPT", "GITHUB_RUN_ID", "GITHUB_SERVER_URL", "GITHUB_SHA", "GITHUB_WORKFLOW_REF",
    "GITHUB_WORKFLOW_SHA", "RUNNER_ENVIRONMENT",
)  # fmt: skip # many short items


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a job asks for.

    ``time`` is how long it may run, ``queue`` how long it may wait before: two deadlines, since a full site is no fault
    of the job. ``memory`` is for each copy; None leaves it to the site. ``flags`` are further options of the scheduler.
    """

    nodes: int = 1
    tasks: int = 1
    cpus: int = 1
    gpus: int = 0
    memory: int | None = None
    time: float = 600.0
    queue: float = 3600.0
    partition: str | None = None
    account: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confinement:
    """What is taken away from a command in an image. None of it is a wish: what a site cannot do, it refuses.

    ``user`` is the number of another user (one that no account has, say), or None for the one who calls. As `ORDINARY`
    any will do who is not root: an engine that knows none but the caller takes him, if he is an ordinary user.
    """

    ORDINARY: ClassVar[int] = 65_532
    read_only: bool = True
    network: bool = True
    user: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One command, run ``array`` times (the index is in ``ASSAYMARK_INDEX``).

    ``image`` is the path of an image (OCI layout, archive, unpacked folder), None for a command of the host;
    ``architecture`` chooses where it holds several (amd64, arm64 …). ``inputs`` are put into the folder where the
    command starts; ``outputs`` are the paths there that are brought back. With a ``launcher`` (``srun --mpi=pmi2``) the
    command is started once for each of ``resources.tasks``, as ranks of one program. With ``home`` the folder `home` in
    there is mounted a second time, as sites mount that of a user, and ``HOME`` names the mount; of an image only.
    """

    id: str
    command: tuple[str, ...]
    image: str | None = None
    architecture: str | None = None
    inputs: Mapping[str, bytes] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    resources: Resources = Resources()
    confinement: Confinement = Confinement()
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    array: int = 1
    launcher: tuple[str, ...] = ()
    home: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """All that a controller needs to find a job again; plain JSON (`to_json`).

    ``reference`` is what the site calls it; None when the controller ended between asking and hearing the answer.
    ``place`` tells how to reach a site that is elsewhere (its address, the folder there); it holds no secret.
    """

    runner: str
    id: str
    folder: str
    array: int = 1
    reference: str | None = None
    submitted: float = 0.0
    time: float = 600.0
    queue: float = 3600.0
    labels: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    place: Mapping[str, str] = field(default_factory=lambda: NOTHING)

    def to_json(self) -> dict[str, Any]:
        """As an object of JSON."""
        names = ("runner", "id", "folder", "array", "reference", "submitted", "time", "queue")
        return {name: getattr(self, name) for name in names} | {
            "labels": dict(self.labels),
            "place": dict(self.place),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Handle:
        """The handle. ValueError when it is none."""
        try:
            return Handle(
                runner=str(data["runner"]),
                id=str(data["id"]),
                folder=str(data["folder"]),
                array=int(data["array"]),
                reference=None if data["reference"] is None else str(data["reference"]),
                submitted=float(data["submitted"]),
                time=float(data["time"]),
                queue=float(data["queue"]),
                labels={str(k): str(v) for k, v in dict(data["labels"]).items()},
                place={str(k): str(v) for k, v in dict(data.get("place", {})).items()},
            )
        except (KeyError, TypeError, ValueError, OverflowError) as problem:
            raise ValueError(f"this is no handle of a job: {problem}") from problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place where jobs run, as `sites.toml` describes it.

    ``login``, ``port`` and ``ssh_config`` reach a login node, ``url`` a service; ``token_file`` is read anew for
    every request, ``context`` is one of the user's kubeconfig. ``format`` is what an engine is given: the unpacked
    folder, or one file (``squashfs``, ``sif``). ``network`` is what the nodes can reach: at a site with ``none``
    every trial is one without a network. ``binds`` are ``host:inside`` pairs, ``launcher`` starts the ranks of an
    MPI program, ``images`` is what a site of pods calls the image at hand, with ``{digest}`` or ``{hex}`` in it,
    ``probe`` an image that works there; ``pace`` are the seconds between two questions about a job. ``python`` starts
    Python on the nodes, where ``python3`` is another than is needed.
    """

    name: str
    runner: str
    engine: str | None = None
    format: str = "folder"
    login: str | None = None
    port: int | None = None
    ssh_config: str | None = None
    work: str | None = None
    partition: str | None = None
    account: str | None = None
    flags: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    network: str = "open"
    launcher: tuple[str, ...] = ()
    gpus: int = 0
    url: str | None = None
    token_file: str | None = None
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    context: str | None = None
    namespace: str = "default"
    node: str | None = None
    tolerations: tuple[str, ...] = ()
    annotations: Mapping[str, str] = field(default_factory=lambda: NOTHING)
    images: str | None = None
    probe: str | None = None
    pace: int = 10
    python: str | None = None

    def asks(self, asked: Resources) -> Resources:
        """What the site says where nothing was asked for; its own options come before those that were given."""
        return replace(
            asked,
            partition=asked.partition or self.partition,
            account=asked.account or self.account,
            flags=(*self.flags, *asked.flags),
        )


class State(StrEnum):
    """Where a job stands. Only ``exited`` says anything about the command."""

    QUEUED = "queued"
    RUNNING = "running"
    EXITED = "exited"
    TIMED_OUT = "timed-out"
    WAITED_OUT = "waited-too-long"
    CANCELLED = "cancelled"
    PREEMPTED = "preempted"
    OUT_OF_MEMORY = "out-of-memory"
    NODE_LOST = "node-lost"
    NO_VERDICT = "no-verdict"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (State.QUEUED, State.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One copy of a job. ``code`` is the command's own exit status, known only when it exited.

    ``host`` are facts about the place, as the job saw them; ``waited`` and ``took`` are seconds before and at work.
    """

    state: State
    index: int = 0
    code: int | None = None
    reason: str = ""
    waited: float | None = None
    took: float | None = None
    host: Mapping[str, str] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The last bytes of what a command wrote."""

    stdout: bytes = b""
    stderr: bytes = b""


class Runner(Protocol):
    """A place where jobs run. All runners keep one contract, which one suite of tests states."""

    @property
    def name(self) -> str:
        """As on the command line."""

    @property
    def root(self) -> Path:
        """The folder that keeps its jobs."""

    def facts(self) -> Mapping[str, str]:
        """What a record of a run should tell: runner, container engine and its version."""

    def problem(self) -> str | None:
        """Why jobs cannot run here; None when a probe ran."""

    def submit(self, job: Job) -> Handle:
        """Start it. The same id again gives the handle of the first time and starts nothing."""

    def status(self, handle: Handle) -> tuple[Status, ...]:
        """Where each copy stands, by index."""

    def news(self, handle: Handle) -> bool:
        """Whether a verdict is there, without asking the site: cheap enough for many times a second."""

    def logs(self, handle: Handle, index: int = 0, limit: int = 65_536) -> Log:
        """The end of what one copy wrote; also while it runs."""

    def cancel(self, handle: Handle) -> None:
        """End it and all that it started; nothing happens to what is over."""

    def collect(self, handle: Handle, index: int = 0) -> Mapping[str, bytes]:
        """The outputs that were asked for and are there."""

    def forget(self, handle: Handle) -> None:
        """Remove what is kept of a job that is over, here and at the site."""


def told_of_run(environment: Mapping[str, str]) -> dict[str, str]:
    """What a job may know of the CI run that it is part of, out of the environment of that."""
    return {name: environment[name] for name in _RUN if environment.get(name)}


def finished(found: Sequence[Status]) -> bool:
    """Whether nothing more will happen to any copy."""
    return all(status.state.over for status in found)
