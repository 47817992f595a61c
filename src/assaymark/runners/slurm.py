"""``slurm``: a batch job by ``sbatch``; ``squeue``, ``scontrol`` and ``sacct`` explain what has no verdict.

Nothing is read but fields that we ask for, nothing is cancelled but by number. That the controller cannot be reached
means nothing for the job. Through a login node the commands, and the folder of a job, travel by SSH.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assaymark import proc
from assaymark.errors import InputError
from assaymark.job import Handle, Job, Resources, State
from assaymark.runners import folder as folders
from assaymark.runners.engines.probe import environment, first_line
from assaymark.runners.far import Far
from assaymark.runners.shared import Seen, Unsure

SECONDS = 60.0
# Slurm's own limit comes minutes late and only guards against a reporter that hangs.
MARGIN = 120
_TOO_LONG = 200
# What stands for %a in the name of the output of a job that is no array.
_NO_TASK = 4294967294
# Kinds of file systems that one machine keeps to itself.
_ALONE = ("tmpfs", "ramfs", "overlayfs")
_MEMORY = re.compile(r"exceeded (?:step|job)? ?memory limit|oom[-_]kill|out.of.memory", re.IGNORECASE)
_ANSWER = re.compile(r"(\d+)(?:;[\w.-]+)?")
_WAITING = ("PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT")
_WORKING = ("RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT")
_ENDED = {
    "COMPLETED": State.EXITED,
    "CANCELLED": State.CANCELLED,
    "REVOKED": State.CANCELLED,
    "TIMEOUT": State.TIMED_OUT,
    "DEADLINE": State.TIMED_OUT,
    "PREEMPTED": State.PREEMPTED,
    "OUT_OF_MEMORY": State.OUT_OF_MEMORY,
    "NODE_FAIL": State.NODE_LOST,
    "BOOT_FAIL": State.NODE_LOST,
    "FAILED": State.NO_VERDICT,
}


@dataclass(frozen=True, slots=True)
class Slurm:
    """The back end; a job's name is the number that ``sbatch`` gave.

    ``far`` is the login node and the folder there for jobs; None where Slurm is at hand and sees our folder.
    ``modules`` are loaded on the node before anything else.
    """

    far: Far | None = None
    modules: tuple[str, ...] = ()
    name: str = "slurm"
    takes_images: bool = False
    starts_ranks: bool = True
    limits_memory: bool = True

    def problem(self) -> str | None:
        """The controller must answer."""
        done = self._asked("scontrol", "ping")
        if done.returncode is None:
            where = "the login node cannot be asked" if self.far else "Slurm is not installed here"
            return f"{where}: {first_line(done)}"
        up = done.returncode == 0 and b"UP" in done.stdout
        return None if up else f"the controller of Slurm does not answer: {first_line(done)}"

    def blind(self, root: Path) -> str | None:
        """A folder in memory, or in a container's own layers, is seen by no other node."""
        place = Path(self.far.work) if self.far else next(p for p in (root, *root.parents) if p.exists())
        kind = self._said("stat", "-f", "-c", "%T", str(place))
        others = {*self._said("sinfo", "-h", "-N", "-o", "%n").split()} - {*self._said("uname", "-n").split(".")[:1]}
        if kind not in _ALONE or not others:
            return None
        return f"{place} is a {kind} of this machine: {_few(sorted(others))} cannot see it (ASSAYMARK_WORK, or 'work')"

    def _said(self, *argv: str) -> str:
        done = self._asked(*argv)
        return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else ""

    def place(self, folder: Path, job: Job) -> Mapping[str, str]:
        """The login node and the folder there."""
        return self.far.place(folder, job) if self.far else {}

    def stage(self, file: Path) -> Path:
        """Copied to the login node, once."""
        return self.far.staged_file(file, "carried") if self.far else file

    def launch(self, handle: Handle, job: Job) -> str:
        """Submit the reporter. InputError with Slurm's own words when it is refused."""
        folder = _folder(handle)
        if self.far:
            self.far.push(handle)
        script = "#!/bin/sh\nunset SLURM_EXPORT_ENV\n" + "".join(_MODULE.format(m) for m in self.modules)
        script += f'exec /bin/sh "{_quoted(folder)}/{folders.REPORTER}" '
        script += f'"{_quoted(folder)}" "${{SLURM_ARRAY_TASK_ID:-0}}"\n'
        done = self._asked("sbatch", *_options(folder, job), input=script.encode())
        found = _ANSWER.fullmatch(done.stdout.decode("ascii", "replace").strip())
        if done.returncode != 0 or not found:
            # Slurm may have taken it all the same: it would be one without a controller.
            taken = self._named(folder)
            if taken:
                return taken
            raise InputError(f"sbatch refused the job: {first_line(done)}", where=job.id)
        return found[1]

    def find(self, handle: Handle) -> str | None:
        """The job by its name, which is ours alone."""
        return self._named(_folder(handle))

    def _named(self, folder: Path) -> str | None:
        done = self._asked("squeue", "-h", "-t", "all", "-n", _job_name(folder), "-o", "%F")
        if done.returncode is None and self.far:
            raise Unsure(f"whether Slurm took the job cannot be asked: {first_line(done)}", where=str(folder))
        numbers = [int(n) for n in done.stdout.decode("ascii", "replace").split() if n.isdecimal()]
        return str(max(numbers)) if done.returncode == 0 and numbers else None

    def seen(self, handle: Handle, wanted: frozenset[int]) -> Mapping[int, Seen]:
        """By ``squeue``; what that has forgotten, by ``scontrol`` and the accounting."""
        number = handle.reference or ""
        if not number.isdecimal():
            return {}
        done = self._asked("squeue", "-h", "-r", "-t", "all", "-j", number, "-o", "%i|%T|%r")
        if done.returncode != 0 and not _unknown(done):
            return {i: Seen(None, f"Slurm cannot be asked now: {first_line(done)}") for i in wanted}
        found = _rows(done.stdout) if done.returncode == 0 else {}
        missing = wanted - set(found)
        if missing:
            found |= self._accounted(number, missing)
        return {i: self._explained(handle, i, seen) for i, seen in found.items() if i in wanted}

    def _explained(self, handle: Handle, index: int, seen: Seen) -> Seen:
        """Without cgroups Slurm calls a job that took too much memory FAILED, and says why only in its output."""
        if seen.state is not State.NO_VERDICT:
            return seen
        task = index if handle.array > 1 else _NO_TASK
        done = self._asked("tail", "-c", "4000", f"{_folder(handle)}/slurm-{handle.reference}_{task}.out")
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        told = next((line for line in lines if _MEMORY.search(line)), None)
        if told is not None:
            return Seen(State.OUT_OF_MEMORY, f"Slurm: {told[:_TOO_LONG]}")
        record = self._said("scontrol", "show", "job", "-o", _name(handle, index))
        # Slurm's own, for an output that could not be opened: the job did not even begin.
        if "ExitCode=0:53" not in record:
            return seen
        node = next((w for w in record.split() if w.startswith("NodeList=")), "").partition("=")[2] or "the node"
        return Seen(seen.state, f"{node} does not see {_folder(handle)}, or cannot write there: is that folder shared?")

    def stop(self, handle: Handle) -> None:
        """``scancel`` by number, and a few seconds for the reporters to write their verdicts."""
        number = handle.reference or ""
        if not number.isdecimal():
            return
        done = self._asked("scancel", number)
        if done.returncode != 0 and not _unknown(done):
            raise InputError(f"scancel: {first_line(done)}", where=handle.id)
        end = time.monotonic() + SECONDS / 2
        everything = frozenset(range(handle.array))
        while time.monotonic() < end:
            states = self.seen(handle, everything).values()
            if all(s.state is not None and s.state.over for s in states):
                return
            time.sleep(0.2)

    def bring(self, handle: Handle, wanted: frozenset[int]) -> None:
        """Verdicts from the login node."""
        if self.far:
            self.far.bring(handle, wanted)

    def bring_logs(self, handle: Handle, index: int, limit: int) -> None:
        """The ends of both streams from the login node."""
        if self.far:
            self.far.bring_logs(handle, index, limit)

    def bring_outputs(self, handle: Handle, index: int) -> None:
        """Outputs from the login node."""
        if self.far:
            self.far.bring_outputs(handle, index)

    def forget(self, handle: Handle) -> None:
        """Remove the folder at the login node."""
        if self.far:
            self.far.forget(handle)

    def _asked(self, program: str, *words: str, input: bytes | None = None) -> proc.Completed:
        if self.far:
            return self.far.login.asked([program, *words], input=input, timeout=SECONDS, limit=100_000_000)
        return proc.run(
            [program, *words], cwd="/", env=environment(), timeout=SECONDS, memory=None, input=input, limit=100_000_000
        )

    def _accounted(self, number: str, missing: Iterable[int]) -> dict[int, Seen]:
        """From ``sacct``, where accounting is kept; nothing otherwise."""
        done = self._asked("sacct", "-n", "-P", "-X", "-j", number, "-o", "JobID,State,ExitCode")
        if done.returncode != 0:
            # Where nobody can be asked nothing is said of the job.
            lost = f"Slurm cannot be asked now: {first_line(done)}"
            return {i: Seen(None, lost) for i in missing} if done.returncode is None and self.far else {}
        rows: Sequence[str] = done.stdout.decode("utf-8", "replace").splitlines()
        found = {}
        for row in rows:
            parts = row.split("|")
            index = _index(parts[0])
            if len(parts) == 3 and index in set(missing) and index is not None:
                found[index] = _meaning(parts[1], f"exit {parts[2]}")
        return found


# Without it the node has not what the job was promised: it ends without a verdict, and its own output says why.
_MODULE = 'command -v module > /dev/null 2>&1 || . /etc/profile\nmodule load "{}" || exit 125\n'


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _name(handle: Handle, index: int) -> str:
    return f"{handle.reference}_{index}" if handle.array > 1 else str(handle.reference)


def _folder(handle: Handle) -> Path:
    """Where the nodes see the job."""
    return Path(handle.place.get("folder") or handle.folder)


def _options(folder: Path, job: Job) -> list[str]:
    asked = job.resources
    words = ["--parsable", f"--job-name={_job_name(folder)}", f"--chdir={folder}", f"--output={folder}/slurm-%A_%a.out"]
    # Our own environment is clean already. With NONE, or a list of names, the node would start a login shell for each
    # job to learn the user's, which takes a second or more.
    words += ["--export=ALL", "--no-requeue", "--open-mode=append", f"--time={_minutes(asked)}"]
    words += [f"--nodes={asked.nodes}", f"--ntasks={asked.tasks}", f"--cpus-per-task={asked.cpus}"]
    if job.array > 1:
        words.append(f"--array=0-{job.array - 1}")
    if asked.memory:
        words.append(f"--mem={asked.memory}")
    if asked.gpus:
        words.append(f"--gpus={asked.gpus}")
    if asked.partition:
        words.append(f"--partition={asked.partition}")
    if asked.account:
        words.append(f"--account={asked.account}")
    return [*words, *asked.flags]


def _minutes(asked: Resources) -> int:
    return max(1, math.ceil((asked.time + MARGIN) / 60))


def _job_name(folder: Path) -> str:
    return f"assaymark-{folders.name_of(folder)}"


def _quoted(folder: Path) -> str:
    text = str(folder)
    if re.search(r'["$`\\\n%]', text):
        raise InputError("Slurm cannot take a folder with such characters in its name", where=text)
    return text


def _unknown(done: proc.Completed) -> bool:
    return b"Invalid job id" in done.stderr


def _rows(text: bytes) -> dict[int, Seen]:
    found: dict[int, Seen] = {}
    for line in text.decode("utf-8", "replace").splitlines():
        parts = line.split("|", 2)  # the reason comes last: it may hold anything
        if len(parts) == 3 and (index := _index(parts[0])) is not None:
            found[index] = _meaning(parts[1], parts[2])
    return found


def _index(name: str) -> int | None:
    """``13`` is copy 0 of a single job, ``13_4`` is copy 4."""
    number, _, task = name.strip().partition("_")
    if not number.isdecimal() or (task and not task.isdecimal()):
        return None
    return int(task) if task else 0


def _meaning(word: str, reason: str) -> Seen:
    """A state that we do not know says nothing, least of all that the job is over."""
    name = word.strip().split(" ")[0].rstrip("+")
    why = "" if reason.strip() in ("None", "") else f" ({reason.strip()[:_TOO_LONG]})"
    if name in _WAITING:
        return Seen(State.QUEUED, f"Slurm: {name}{why}")
    if name in _WORKING:
        return Seen(State.RUNNING, f"Slurm: {name}{why}")
    if name in _ENDED:
        hint = ""
        if _ENDED[name] in (State.NO_VERDICT, State.EXITED):
            hint = "; it wrote no verdict: does the node see the same folder, and has it room?"
        return Seen(_ENDED[name], f"Slurm: {name}{why}{hint}")
    return Seen(None, f"Slurm says {name[:50]!r}")
