"""Jobs as pods: the part that interLink and Kubernetes share.

A pod has no folder that we see. The reporter runs inside it and prints what it found between two lines with a mark;
it ends with the command's status. Both are needed: a verdict is only what the reporter printed *and* the site saw the
container end with. What a pod printed is put into the folder of the job on this side, where every runner looks.
"""

from __future__ import annotations

import json
import math
import re
import shlex
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from assaymark.errors import InputError
from assaymark.job import Handle, Job, Site, State
from assaymark.runners import folder as folders
from assaymark.runners.engines import HOME, HOME_FOLDER
from assaymark.runners.shared import OneFolder, Seen, Unsure

# The longest argument that Linux takes is 128 KiB.
SCRIPT = 120_000
CONTAINER = "main"
TOLERATION = "virtual-node.interlink/no-schedule"
# So many answers in a row without our pod, and it is gone; a single one means nothing.
GONE_AFTER = 6
# In the folder of a job whose pods were removed.
LAST = "deleted.json"
_PLAIN = re.compile(rb"[A-Za-z0-9 ./_:,=+@-]*")
_TOO_LATE = ("SlurmJobTimeout", "DeadlineExceeded", "Timeout")


@dataclass(frozen=True, slots=True)
class PodState:
    """What the site says of a pod; ``code`` is the container's, once it ended, ``job`` the site's name for it."""

    state: State | None
    code: int | None = None
    reason: str = ""
    node: str = ""
    job: str = ""


@dataclass
class Asked:
    """The last answer about a job: a site is not asked again at once."""

    when: float = -math.inf
    states: Mapping[int, PodState] = field(default_factory=dict)
    misses: int = 0
    problem: str = ""


class Unheard(Exception):
    """No answer came; what was asked for may have happened."""


@dataclass(frozen=True)
class Pods(OneFolder, ABC):
    """The back end; ``pace`` are the seconds between two questions about one job."""

    site: Site
    pace: float = 10.0
    answers: dict[str, Asked] = field(default_factory=dict, compare=False, repr=False)
    takes_images: bool = True
    starts_ranks: bool = False
    limits_memory: bool = True

    @property
    @abstractmethod
    def name(self) -> str:
        """The runner's name."""

    @abstractmethod
    def problem(self) -> str | None:
        """Why the service cannot be used."""

    @abstractmethod
    def create(self, handle: Handle, job: Job) -> str:
        """Make the pods; gives the site's names. Raises InputError, or `Unheard`."""

    @abstractmethod
    def states(self, handle: Handle) -> Mapping[int, PodState]:
        """What is known of each pod; one that the site does not name is left out. Raises `Unheard`."""

    @abstractmethod
    def log(self, handle: Handle, index: int) -> bytes:
        """All that a pod printed. Raises `Unheard`."""

    @abstractmethod
    def delete(self, handle: Handle) -> None:
        """Remove the pods, whether they run or not; none is no error. Raises `Unheard`."""

    def place(self, folder: Path, job: Job) -> Mapping[str, str]:
        """The address, and a number that no other job has; never a token, only the file that holds one."""
        known = ("url", "token_file", "ca", "certificate", "key", "context", "namespace", "node")
        found = {name: str(value) for name in known if (value := getattr(self.site, name))}
        return found | {"uid": str(uuid.uuid4()), "pace": str(self.pace)}

    def stage(self, file: Path) -> Path:
        """There is no folder that we see."""
        raise InputError(f"files cannot be brought to the runner {self.name!r} beforehand", where=file.name)

    def launch(self, handle: Handle, job: Job) -> str:
        """Make the pods."""
        try:
            return self.create(handle, job)
        except Unheard as problem:
            raise Unsure(f"whether {self.name} took the job is not known: {problem}", where=job.id) from problem

    def find(self, handle: Handle) -> str | None:
        """The pods by the number that was chosen before they were asked for. One empty answer means nothing yet."""
        for attempt in range(2):
            try:
                if found := self.states(handle):
                    return self.name_of(handle, found)
            except Unheard as problem:
                raise Unsure(f"{self.name} cannot be asked now: {problem}", where=handle.id) from problem
            if attempt == 0:
                time.sleep(self.pace)
        return None

    def name_of(self, handle: Handle, found: Mapping[int, PodState]) -> str:
        """What the site calls a job whose pods are there."""
        return pod_name(handle)

    def seen(self, handle: Handle, wanted: frozenset[int]) -> Mapping[int, Seen]:
        """As the site says; a pod that it does not name is asked after again before it is given up."""
        if (last := _last(handle)) is not None:
            return {i: last.get(i, Seen(State.CANCELLED, "its pod was deleted")) for i in wanted}
        told = self._asked(handle)
        found = {}
        for index in wanted:
            one = told.states.get(index)
            if one is None:
                gone = told.misses >= GONE_AFTER
                reason = told.problem or f"{self.name} does not name the pod"
                found[index] = Seen(State.NO_VERDICT if gone else None, reason)
            else:
                found[index] = Seen(one.state, one.reason)
        return found

    def _asked(self, handle: Handle) -> Asked:
        told = self.answers.setdefault(handle.id, Asked())
        if time.monotonic() - told.when < self.pace:
            return told
        try:
            states, problem = self.states(handle), ""
        except Unheard as unheard:
            states, problem = {}, f"{self.name} cannot be asked now: {unheard}"
        # Silence is not the same as an answer without the pod.
        misses = 0 if states else told.misses + (0 if problem else 1)
        new = Asked(time.monotonic(), states, misses, problem)
        self.answers[handle.id] = new
        return new

    def stop(self, handle: Handle) -> None:
        """Take what was printed and what is known, then remove the pods."""
        every = frozenset(range(handle.array))
        self.bring(handle, every)
        known = {i: s for i, s in self.seen(handle, every).items() if s.state is not None and s.state.over}
        try:
            self.delete(handle)
        except Unheard as problem:
            raise InputError(f"{self.name} was not heard to delete the pod: {problem}", where=handle.id) from problem
        if _last(handle) is None:
            kept = {str(i): [s.state, s.reason] for i, s in known.items()}
            folders.write(Path(handle.folder, LAST), json.dumps(kept))

    def bring(self, handle: Handle, wanted: Iterable[int]) -> None:
        """The verdicts of the pods that ended."""
        if _last(handle) is not None:
            return
        states = self._asked(handle).states
        for index in wanted:
            one = states.get(index)
            if one is None or one.state is None:
                continue
            if one.state is State.RUNNING and folders.started(handle.folder, index) is None:
                _keep(handle, index, "started", f"{int(time.time())} 0\n".encode())
            if one.code is not None:
                try:
                    told = block(self.log(handle, index), mark(handle, index))
                except Unheard:
                    continue
                if told is not None:
                    unpack(handle, index, told, one)

    def forget(self, handle: Handle) -> None:
        """Remove the pods."""
        if _last(handle) is not None:
            return
        try:
            self.delete(handle)
        except Unheard as problem:
            raise InputError(f"{self.name} was not heard to delete the pod: {problem}", where=handle.id) from problem

    def image(self, job: Job) -> str:
        """What the site calls the image; the digest is that of the one at hand."""
        if job.image is None:
            if self.site.probe is None:
                raise InputError("the site names no image for jobs that have none", hint='probe = "busybox"')
            return self.site.probe
        if self.site.images is None:
            hint = 'images = "registry.example.org/lab/tool@{digest}"'
            raise InputError("the site does not say what it calls the image", hint=hint)
        from assaymark.images.source import manifest, opened

        with opened(Path(job.image)) as source:
            digest = manifest(source).digest
        return self.site.images.replace("{digest}", digest).replace("{hex}", digest.removeprefix("sha256:"))

    def spec(self, handle: Handle, job: Job, index: int | None) -> dict[str, Any]:
        """The specification of a pod; ``index`` is None where Kubernetes numbers the copies."""
        if not job.confinement.network and self.site.network != "none":
            raise InputError("a pod keeps the network of its site", hint='network = "none" where nodes reach nothing')
        asked = job.resources
        limits = {"cpu": str(asked.cpus)} | ({"memory": f"{asked.memory}Mi"} if asked.memory else {})
        if asked.gpus:
            limits["nvidia.com/gpu"] = str(asked.gpus)
        secured: dict[str, Any] = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        mounts = []
        if job.image is not None and job.confinement.read_only:
            secured["readOnlyRootFilesystem"] = True
            mounts = [{"name": "tmp", "mountPath": "/tmp"}]
        if job.home:
            mounts.append({"name": "home", "mountPath": HOME})
        if job.confinement.user is not None:
            secured |= {"runAsUser": job.confinement.user, "runAsGroup": job.confinement.user}
        container = {
            "name": CONTAINER,
            "image": self.image(job),
            "command": ["/bin/sh", "-c", script(handle, job, index)],
            "env": [{"name": k, "value": v} for k, v in environment(handle, job).items()],
            "resources": {"limits": limits, "requests": dict(limits)},
            "securityContext": secured,
            "volumeMounts": mounts,
        }
        found: dict[str, Any] = {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "containers": [container],
            "volumes": [{"name": mount["name"], "emptyDir": {}} for mount in mounts],
            "tolerations": [_toleration(t) for t in self.site.tolerations or (TOLERATION,)],
        }
        if self.site.node:
            found["nodeSelector"] = {"kubernetes.io/hostname": self.site.node}
        return found

    def metadata(self, handle: Handle, job: Job) -> dict[str, Any]:
        """Names, labels and the annotations that an interLink plugin reads."""
        flags = [*job.resources.flags, f"--time={max(1, math.ceil((job.resources.time + 120) / 60))}"]
        flags += [f"--job-name={pod_name(handle)}"]
        if job.resources.partition:
            flags.append(f"--partition={job.resources.partition}")
        if job.resources.account:
            flags.append(f"--account={job.resources.account}")
        if job.resources.gpus:
            flags.append(f"--gres=gpu:{job.resources.gpus}")
        # The plugin puts them into a script as they stand.
        noted = {"slurm-job.vk.io/flags": shlex.join(flags)} | dict(self.site.annotations)
        return {
            "name": pod_name(handle),
            "namespace": self.site.namespace,
            "labels": {"assaymark.io/job": pod_name(handle)},
            "annotations": noted,
        }


def _last(handle: Handle) -> Mapping[int, Seen] | None:
    """How copies stood when their pods were removed; None while they are there."""
    data = folders.read(Path(handle.folder, LAST), 10_000_000)
    if data is None:
        return None
    try:
        return {int(i): Seen(State(state), str(why)) for i, (state, why) in json.loads(data).items()}
    except (ValueError, TypeError, AttributeError):
        return {}


def pod_name(handle: Handle) -> str:
    """Ours alone, whoever else calls a job so; a DNS label of at most 52 characters, so that a number may follow."""
    return f"{handle.id[:43].rstrip('-')}-{handle.place['uid'][:8]}"


def uid(handle: Handle, index: int) -> str:
    """The number of a copy's pod, known before the pod is."""
    return str(uuid.uuid5(uuid.UUID(handle.place["uid"]), str(index)))


def mark(handle: Handle, index: int) -> str:
    """What stands in the lines around a verdict."""
    return uid(handle, index)


def environment(handle: Handle, job: Job) -> dict[str, str]:
    """What the command finds set."""
    return {"LANG": "C.UTF-8", folders.MARK: folders.name_of(handle.folder), **job.environment}


@cache
def _reporter() -> str:
    return Path(__file__).with_name("pod.sh").read_text(encoding="ascii")


def script(handle: Handle, job: Job, index: int | None) -> str:
    """The reporter with what it must know. InputError when it is too long for an argument."""
    lines = []
    if index is None:
        lines += ["index=${JOB_COMPLETION_INDEX:-0}", f"mark=$(case $index in {_marks(handle)} esac)"]
    else:
        lines += [f"index={index}", f"mark={mark(handle, index)}"]
    lines.append(f"limit={max(1, math.ceil(job.resources.time))}")
    names = [n for n in job.outputs if "\n" not in n and not Path(n).is_absolute() and ".." not in Path(n).parts]
    lines.append(f"outputs={shlex.quote(chr(10).join(names))}")
    lines.append(f"mounted={HOME if job.home else ''}")
    lines += ["inputs() {", " :", *_inputs(job.inputs, home=job.home), "}"]
    lines += ["run() {", f" exec $separate {shlex.join(job.command)}", "}"]
    text = "\n".join(lines) + "\n" + _reporter()
    if len(text.encode("utf-8", "surrogateescape")) > SCRIPT:
        raise InputError(
            "the job is larger than what a pod can be handed over", where=job.id, hint="put it into the image"
        )
    return text


def _marks(handle: Handle) -> str:
    return " ".join(f"{i}) echo {mark(handle, i)};;" for i in range(handle.array))


def _inputs(inputs: Mapping[str, bytes], *, home: bool) -> list[str]:
    lines = []
    for name, content in inputs.items():
        path = Path(name)
        if not path.parts or path.is_absolute() or ".." in path.parts:
            raise InputError(f"the input {name!r} would lie outside the job")
        if home and path.parts[0] == HOME_FOLDER:
            path = Path(HOME, *path.parts[1:])
        if path.parent.parts:
            lines.append(f" mkdir -p {shlex.quote(str(path.parent))}")
        lines.append(f" printf {_octal(content)} > {shlex.quote(str(path))}")
    return lines


def _octal(content: bytes) -> str:
    """For ``printf``: what is plain stands as it is."""
    parts = [p.decode() if _PLAIN.fullmatch(p) else "".join(f"\\{b:03o}" for b in p) for p in _split(content)]
    return "-- '" + "".join(parts) + "'"


def _split(content: bytes) -> list[bytes]:
    return re.findall(rb"[A-Za-z0-9 ./_:,=+@-]+|[^A-Za-z0-9 ./_:,=+@-]+", content)


def block(log: bytes, mark: str) -> Mapping[str, Any] | None:
    """What the reporter printed; None when it printed nothing whole, or somebody printed it twice."""
    begin = f"-----BEGIN ASSAYMARK RESULT {mark}-----\n".encode()
    end = f"-----END ASSAYMARK RESULT {mark}-----".encode()
    if log.count(begin) != 1 or log.count(end) != 1:
        return None
    text = log.partition(begin)[2].partition(end)[0]
    found: dict[str, Any] = {"files": {}}
    try:
        for line in text.decode("ascii").splitlines():
            word, _, rest = line.partition(" ")
            if word in ("out", "err"):
                found[word] = bytes.fromhex(rest)
            elif word == "file":
                name, _, content = rest.partition(" ")
                found["files"][bytes.fromhex(name).decode("utf-8", "surrogateescape")] = bytes.fromhex(content)
            elif word in ("state", "code", "began", "ended", "node", "kernel", "uid"):
                found[word] = rest
        return found if {"state", "code", "began", "ended", "out", "err"} <= set(found) else None
    except ValueError:
        return None


def unpack(handle: Handle, index: int, told: Mapping[str, Any], seen: PodState) -> None:
    """Put what a pod printed into the folder; the verdict only if the site saw the same status."""
    for name in ("out", "err"):
        _keep(handle, index, name, told[name])
    for name, content in told["files"].items():
        if name in folders.asked_outputs(handle.folder):
            _keep(handle, index, f"work/{name}", content)
    try:
        code, began, ended = int(told["code"]), int(told["began"]), int(told["ended"])
    except ValueError:
        return
    if code != seen.code:
        return
    host = {k: str(told.get(k, ""))[:200] for k in ("kernel", "uid")}
    host |= {"node": seen.node or str(told.get("node", ""))[:200], "scheduler_job": handle.reference or ""}
    verdict = {
        "schema": 1,
        "job": handle.id,
        "index": index,
        "state": told["state"],
        "code": code,
        "began": began,
        "took": max(0, ended - began),
        "host": host,
    }
    _keep(handle, index, "started", f"{began} 0\n".encode())
    _keep(handle, index, "result.json", json.dumps(verdict).encode())


def _keep(handle: Handle, index: int, name: str, data: bytes) -> None:
    path = folders.copy(handle.folder, index) / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folders.write(path, data)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise InputError(f"what the job printed cannot be kept: {reason}", where=str(path)) from problem


def container_state(container: Mapping[str, Any], node: str = "") -> PodState:
    """The state of a container as Kubernetes writes it."""
    state = container.get("state")
    state = state if isinstance(state, dict) else {}
    if isinstance(ended := state.get("terminated"), dict):
        why = str(ended.get("reason") or "")[:200]
        code = ended.get("exitCode")
        if why == "OOMKilled":
            return PodState(State.OUT_OF_MEMORY, None, why, node)
        if why in _TOO_LATE:
            return PodState(State.TIMED_OUT, None, why, node)
        known = isinstance(code, int) and not isinstance(code, bool)
        reason = f"the container ended with {code}; what it printed holds no verdict" if known else "it ended"
        return PodState(State.EXITED, code if known else None, reason, node)
    if isinstance(waiting := state.get("waiting"), dict):
        words = (str(waiting.get(k) or "") for k in ("reason", "message"))
        return PodState(State.QUEUED, None, ": ".join(w[:200] for w in words if w), node)
    if isinstance(state.get("running"), dict):
        return PodState(State.RUNNING, node=node)
    return PodState(None, reason="the site says nothing of the container")


def _toleration(text: str) -> dict[str, str]:
    """``key``, ``key=value`` or either with ``:effect``."""
    text, _, effect = text.partition(":")
    key, equal, value = text.partition("=")
    found = {"key": key, "operator": "Equal", "value": value} if equal else {"key": key, "operator": "Exists"}
    return found | ({"effect": effect} if effect else {})
