"""The contract of a runner over the folder of a job; a back end adds only where it starts.

Where controller and job see the same folder that is all. Where they do not, the back end brings what a job wrote into
the folder on this side before anybody looks.

The order of belief: the job's own verdict, then what the site says of the job, then nothing. What the site says
explains why there is no verdict; it never replaces one.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from assaymark.errors import InputError
from assaymark.job import Handle, Job, Log, State, Status, finished
from assaymark.records import NamedTuple
from assaymark.runners import folder as folders
from assaymark.runners.engines import Engine, Wrapped

SETTLE = 5.0
_STEP = 0.1
LOST = "lost"


class Seen(NamedTuple):
    """What the site says of one copy; ``state`` is None when it cannot be asked now."""

    state: State | None
    reason: str = ""


class Unsure(InputError):
    """Whether the site started a job cannot be known now: it must not be started again, but looked for later."""


class Back(Protocol):
    """Where a prepared folder is started."""

    @property
    def name(self) -> str:
        """The runner's name."""

    @property
    def takes_images(self) -> bool:
        """Whether the site runs images by itself, without an engine of ours."""

    @property
    def limits_memory(self) -> bool:
        """Whether the site holds a job to its memory, so that the reporter need not."""

    @property
    def starts_ranks(self) -> bool:
        """Whether a job can start ranks of one program, by a launcher of the site."""

    def problem(self) -> str | None:
        """Why nothing can be started here."""

    def blind(self, root: Path) -> str | None:
        """Why jobs cannot see the folder that holds them, as far as that can be told before one is started."""

    def place(self, folder: Path, job: Job) -> Mapping[str, str]:
        """What a handle must say so that the job is found again; empty when the job's folder is all that it takes."""

    def stage(self, file: Path) -> Path:
        """A file of this machine where the jobs see it, under the same name; copied once. Raises InputError."""

    def launch(self, handle: Handle, job: Job) -> str:
        """Start the reporter for every copy and give the site's name for the job.

        Raises InputError when it is refused, `Unsure` when the answer did not arrive.
        """

    def find(self, handle: Handle) -> str | None:
        """The name of a job that a controller started and did not live to write down."""

    def seen(self, handle: Handle, wanted: frozenset[int]) -> Mapping[int, Seen]:
        """What the site says of these copies; one that it does not know is left out."""

    def stop(self, handle: Handle) -> None:
        """End the job at the site."""

    def bring(self, handle: Handle, wanted: frozenset[int]) -> None:
        """Put the verdicts of these copies into the folder here, if there are any; silent when the site is away."""

    def bring_logs(self, handle: Handle, index: int, limit: int) -> None:
        """The same for the ends of what one copy wrote."""

    def bring_outputs(self, handle: Handle, index: int) -> None:
        """The same for the outputs that were asked for."""

    def forget(self, handle: Handle) -> None:
        """Remove what the site keeps of a job that is over."""


class OneFolder:
    """The part of a back end that has nothing to bring: controller and job see one folder."""

    takes_images = False
    starts_ranks = False
    limits_memory = False

    def blind(self, root: Path) -> str | None:
        """They run where it lies."""
        return None

    def place(self, folder: Path, job: Job) -> Mapping[str, str]:
        """The folder is all that it takes."""
        return {}

    def stage(self, file: Path) -> Path:
        """It is there."""
        return file

    def bring(self, handle: Handle, wanted: frozenset[int]) -> None:
        """It is there."""

    def bring_logs(self, handle: Handle, index: int, limit: int) -> None:
        """They are there."""

    def bring_outputs(self, handle: Handle, index: int) -> None:
        """They are there."""

    def forget(self, handle: Handle) -> None:
        """Nothing is kept elsewhere."""


@dataclass(frozen=True, slots=True)
class SharedFolder:
    """A runner: a back end, the engine for images (None: there is none here), and the folder that holds its jobs."""

    back: Back
    root: Path
    engine: Engine | None = None
    settle: float = SETTLE
    site: str = ""

    @property
    def name(self) -> str:
        """As on the command line."""
        return self.back.name

    def facts(self) -> Mapping[str, str]:
        """Runner, site and engine."""
        found = {"runner": self.name} | ({"site": self.site} if self.site else {})
        if self.engine is None:
            return found
        return found | {"engine": f"{self.engine.name} {self.engine.version() or ''}".strip()}

    def problem(self) -> str | None:
        """Why jobs cannot run here."""
        return self.back.problem() or (self.engine.problem() if self.engine else None) or self.back.blind(self.root)

    def stage(self, file: Path) -> Path:
        """A large file that many jobs read, where they see it. Raises InputError when it cannot be brought there."""
        return self.back.stage(file)

    def submit(self, job: Job) -> Handle:
        """Start it once, however often and by however many controllers it is asked."""
        if not folders.ID.fullmatch(job.id):
            raise InputError(f"{job.id!r} is no id of a job", hint="lower-case letters, digits and '-', at most 100")
        folder = self.root.absolute() / job.id
        wrapped = self._wrapped(job)
        with _locked(folder):
            known = folders.load(folder)
            if known:
                return self._again(known, job)
            folders.prepare(folder, job, wrapped, memory=not (wrapped.limits_memory or self.back.limits_memory))
            handle = Handle(
                runner=self.name,
                id=job.id,
                folder=str(folder),
                array=job.array,
                submitted=round(time.time(), 3),
                time=job.resources.time,
                queue=job.resources.queue,
                labels=job.labels,
                place=self.back.place(folder, job),
            )
            folders.save(handle)
            return self._launched(handle, job)

    def _launched(self, handle: Handle, job: Job) -> Handle:
        """Started, and its name written down. When that is interrupted nobody else knows what runs: it is ended."""
        try:
            return folders.save(replace(handle, reference=self.back.launch(handle, job)))
        except Unsure:
            # It may run. The handle without a name stays, so that whoever asks next looks for it.
            return handle
        except InputError:
            # Nothing was started: the same job may be tried again.
            Path(handle.folder, "handle.json").unlink(missing_ok=True)
            raise
        except BaseException:
            with contextlib.suppress(InputError):  # where it cannot be ended it stays known
                self.cancel(handle)
            raise

    def _wrapped(self, job: Job) -> Wrapped:
        if job.launcher and not self.back.starts_ranks:
            hint = "try it at a site with a batch system"
            raise InputError(f"the runner {self.name!r} starts no ranks of an MPI program", hint=hint)
        if self.engine is not None:
            return self.engine.wrap(job)
        if job.image is None or self.back.takes_images:
            return Wrapped(job.command)
        raise InputError(
            f"the runner {self.name!r} has no container engine", hint="choose one: --engine, or --runner container"
        )

    def _again(self, known: Handle, job: Job) -> Handle:
        """The job is there already; its name is looked for if the first controller did not live to write it down."""
        if known.array != job.array or known.runner != self.name:
            raise InputError(f"there is another job called {job.id!r}", where=known.folder)
        if known.reference is not None:
            return known
        found = self._found(known)
        return known if found.reference is None else folders.save(found)

    def _found(self, known: Handle) -> Handle:
        """The handle with the name that the site gave; as it is when the site cannot be asked."""
        try:
            return replace(known, reference=self.back.find(known) or LOST)
        except Unsure:
            return known

    def status(self, handle: Handle) -> tuple[Status, ...]:
        """Where each copy stands."""
        if handle.reference is None:
            handle = self._found(handle)
        told = {i: folders.verdict(handle, i) for i in range(handle.array)}
        if open_ones := frozenset(i for i, v in told.items() if v is None):
            self.back.bring(handle, open_ones)
            told |= {i: folders.verdict(handle, i) for i in open_ones}
        doubtful = frozenset(i for i, v in told.items() if v is None or _by_a_signal(v))
        seen = self._seen(handle, doubtful) if doubtful else {}
        over = {i for i in doubtful if told[i] is None and _over(seen.get(i))}
        if over:
            told |= self._awaited(handle, over)
            if any(told[i] is None for i in over):
                self.back.stop(handle)
        return tuple(self._one(handle, i, told[i], seen.get(i)) for i in range(handle.array))

    def _seen(self, handle: Handle, wanted: frozenset[int]) -> Mapping[int, Seen]:
        if handle.reference is None:
            return {i: Seen(None, "whether it was started cannot be asked now") for i in wanted}
        return {} if handle.reference == LOST else self.back.seen(handle, wanted)

    def news(self, handle: Handle) -> bool:
        """Whether the last copy has its verdict."""
        return folders.copy(handle.folder, handle.array - 1).joinpath("result.json").exists()

    def _awaited(self, handle: Handle, over: set[int]) -> dict[int, folders.Verdict | None]:
        """The verdicts of copies that are said to be over: a shared file system may show them seconds later."""
        end = time.monotonic() + self.settle
        while True:
            self.back.bring(handle, frozenset(over))
            found = {i: folders.verdict(handle, i) for i in over}
            if None not in found.values() or time.monotonic() >= end:
                return found
            time.sleep(_STEP)

    def _one(self, handle: Handle, index: int, told: folders.Verdict | None, seen: Seen | None) -> Status:
        if told is None:
            return self._unjudged(handle, index, seen)
        waited = _waited(handle, told.began)
        base = Status(state=State.EXITED, index=index, waited=waited, took=told.took, host=told.host)
        if _by_a_signal(told) and seen and seen.state in (State.QUEUED, State.RUNNING):
            return replace(base, state=State.RUNNING, reason="it ended; the site has not yet said why")
        if told.state == "exited" and not (seen and seen.state in _ENDED_BY_THE_SITE):
            return replace(base, code=told.code)
        if told.state == "out-of-memory":
            return replace(base, state=State.OUT_OF_MEMORY, reason="it took more memory than it was given")
        if told.state == "refused":
            return replace(base, state=State.NO_VERDICT, reason=_refused(handle, index))
        if told.state == "timed-out":
            return replace(base, state=State.TIMED_OUT, reason=f"its time of {handle.time:g} s was over")
        if seen and seen.state in _ENDED_BY_THE_SITE:
            return replace(base, state=seen.state, reason=seen.reason)
        return replace(base, state=State.CANCELLED, reason="it was ended from outside")

    def _unjudged(self, handle: Handle, index: int, seen: Seen | None) -> Status:
        began = folders.started(handle.folder, index)
        waited = None if began is None else _waited(handle, began)
        base = Status(state=State.QUEUED, index=index, waited=waited, host=folders.host(handle, index))
        if folders.is_cancelled(handle) and (seen is None or seen.state is State.NO_VERDICT):
            return replace(base, state=State.CANCELLED, reason="it was ended before it wrote a verdict")
        if seen is None:
            why = folders.why(handle.folder, index) or "the site no longer knows it, and it wrote no verdict"
            return replace(base, state=State.NO_VERDICT, reason=why)
        if seen.state is None:
            return replace(base, state=State.QUEUED if began is None else State.RUNNING, reason=seen.reason)
        if seen.state.over:
            state = State.NO_VERDICT if seen.state is State.EXITED else seen.state
            why = folders.why(handle.folder, index)
            return replace(base, state=state, reason=why or seen.reason or "it ended and wrote no verdict")
        return replace(base, state=State.QUEUED if began is None else State.RUNNING, reason=seen.reason)

    def logs(self, handle: Handle, index: int = 0, limit: int = 65_536) -> Log:
        """The ends of both streams."""
        self.back.bring_logs(handle, index, limit)
        return folders.logs(handle.folder, index, limit)

    def cancel(self, handle: Handle) -> None:
        """End it, and whatever a container engine runs for it."""
        if handle.reference is None:
            handle = self._found(handle)
        going = not finished(self.status(handle))
        self.back.stop(handle)
        if going:
            folders.mark_cancelled(handle)

    def collect(self, handle: Handle, index: int = 0) -> Mapping[str, bytes]:
        """What was asked for and is there, as files that are no links."""
        self.back.bring_outputs(handle, index)
        return folders.outputs(handle.folder, index, folders.asked_outputs(handle.folder))

    def forget(self, handle: Handle) -> None:
        """Here and at the site. InputError when the site cannot be reached: then the handle stays."""
        import shutil

        self.back.forget(handle)
        shutil.rmtree(handle.folder, ignore_errors=True)


_ENDED_BY_THE_SITE = frozenset(s for s in State if s.over) - {State.NO_VERDICT, State.EXITED}


def _by_a_signal(told: folders.Verdict) -> bool:
    """Whether a site that ends all processes of a job at once may have been behind it: then it is asked."""
    return told.state == "terminated" or (told.state == "exited" and told.code > 128)


def _waited(handle: Handle, began: float) -> float | None:
    """Seconds in the queue; None where the clock of the node is another than ours. Whole seconds: `date` knows no more.

    No verdict hangs on it: the reporter measures the time of a command without any clock that can be set.
    """
    if not handle.submitted - 1 <= began <= time.time() + 1:
        return None
    return max(0.0, round(began - handle.submitted, 1))


def _refused(handle: Handle, index: int) -> str:
    text = folders.logs(handle.folder, index, 2000).stderr.decode("utf-8", "replace").strip()
    return f"the container engine did not start it: {text.splitlines()[0][:300] if text else 'it gave no reason'}"


def _over(seen: Seen | None) -> bool:
    return seen is None or (seen.state is not None and seen.state.over)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One controller at a time; the lock of one that was killed is free."""
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except OSError as problem:
        raise InputError(f"the job cannot be written: {problem.strerror or problem}", where=str(folder)) from problem
