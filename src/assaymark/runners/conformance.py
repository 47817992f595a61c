"""Whether an endpoint of interLink keeps what its clients rely on: for people who write plugins.

Every case has a pod of its own, which is removed at the end whatever happens. Nothing is sent that is known to end a
server. Where a plugin in use is known to deviate the answer names it, so that one's own fault is told from another's.
"""

from __future__ import annotations

import json
import secrets
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from assaymark.errors import InputError
from assaymark.job import Site, State
from assaymark.runners.http import Service
from assaymark.runners.pods import PodState, container_state
from assaymark.web import Silent, WebAnswer

SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Found:
    """How one case went: ``kept`` is None when it could not be tried. ``known`` names plugins that deviate."""

    id: str
    title: str
    kept: bool | None
    told: str = ""
    known: str = ""


class Broken(Exception):
    """The endpoint did something else; the text says what."""


@dataclass
class Endpoint:
    """An endpoint under test; ``image`` is one that has a shell and works there."""

    site: Site
    image: str
    seconds: float = SECONDS
    pods: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def service(self) -> Service:
        """As the site says it is reached."""
        return Service(self.site.url or "", self.site.token_file, self.site.ca, self.site.certificate, self.site.key)

    def ask(self, method: str, path: str, body: Any, service: Service | None = None) -> WebAnswer:
        """One question. `Broken` when there is no answer."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        try:
            return (service or self.service).ask(method, path, data, {"InterLink-Http-Session": "assaymark-check"})
        except Silent as problem:
            raise Broken(f"{method} {path} was not answered: {problem}") from problem

    def start(self, *scripts: str, **more: Any) -> str:
        """A pod with one container for each script; gives its number. `Broken` when it is refused."""
        number = str(uuid.uuid4())
        pod = self.pod(number, *scripts, **more)
        asked = {"pod": pod, "configmaps": [], "secrets": [], "projectedvolumesmaps": [], "jobscriptURL": ""}
        answer = self.ask("POST", "/create", asked)
        self.pods[number] = pod
        told = _document(answer, "/create")
        told = told[0] if isinstance(told, list) and told else told
        if not isinstance(told, dict) or not told.get("PodJID") or told.get("PodUID") != number:
            raise Broken(f"/create answered without PodUID and PodJID: {answer.text}")
        return number

    def pod(self, number: str, *scripts: str, env: Mapping[str, str] | None = None, flags: str = "") -> dict[str, Any]:
        """As a virtual kubelet sends it."""
        variables = [{"name": k, "value": v} for k, v in (env or {}).items()]
        containers = [
            {"name": f"c{n}", "image": self.image, "command": ["/bin/sh", "-c", text], "env": variables}
            for n, text in enumerate(scripts)
        ]
        about: dict[str, Any] = {
            "name": f"assaymark-check-{number[:8]}",
            "namespace": self.site.namespace,
            "uid": number,
        }
        notes = dict(self.site.annotations)
        if flags:
            notes["slurm-job.vk.io/flags"] = flags
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": about | ({"annotations": notes} if notes else {}),
            "spec": {"restartPolicy": "Never", "containers": containers},
            "status": {"phase": "Pending"},
        }

    def status(self, number: str, method: str = "GET") -> list[PodState] | None:
        """The states of a pod's containers; None when the answer lacks it."""
        answer = self.ask(method, "/status", [self.pods.get(number) or self.pod(number)])
        if not answer.body.strip():
            return None
        told = _document(answer, "/status")
        for each in told if isinstance(told, list) else []:
            if isinstance(each, dict) and each.get("UID") == number:
                return [container_state(c) for c in each.get("containers") or [] if isinstance(c, dict)]
        return None

    def over(self, number: str) -> list[PodState]:
        """The states once all containers ended. `Broken` when they do not."""
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            states = self.status(number)
            if states and all(s.state is not None and s.state.over for s in states):
                return states
            time.sleep(min(self.site.pace or 0.05, 10))
        raise Broken(f"the pod did not end within {self.seconds:g} s (last: {states})")

    def log(self, number: str, container: str = "c0", **options: Any) -> WebAnswer:
        """What a container printed."""
        opts = {"Tail": 0, "Bytes": 0, "Timestamps": False, "Follow": False, "Previous": False, "SinceSeconds": 0}
        asked = {
            "Namespace": self.site.namespace,
            "PodUID": number,
            "PodName": f"assaymark-check-{number[:8]}",
            "ContainerName": container,
            "Opts": opts | {"SinceTime": "0001-01-01T00:00:00Z"} | options,
        }
        return self.ask("GET", "/getLogs", asked)

    def delete(self, number: str) -> WebAnswer:
        """Remove a pod."""
        pod = self.pods.pop(number, None) or self.pod(number, "true")
        return self.ask("DELETE", "/delete", pod)

    def clean(self) -> None:
        """Remove all that is left."""
        for number in list(self.pods):
            try:
                self.delete(number)
            except Broken:
                continue


def _document(answer: WebAnswer, path: str) -> Any:
    if answer.status != 200:
        raise Broken(f"{path} answered {answer.status} {answer.text}".strip())
    try:
        return answer.document()
    except Silent as problem:
        raise Broken(f"{path}: {problem}") from problem


Case = Callable[[Endpoint], str]
_CASES: list[tuple[str, str, str, Case]] = []


def _case(id: str, title: str, known: str = "") -> Callable[[Case], Case]:
    def add(function: Case) -> Case:
        _CASES.append((id, title, known, function))
        return function

    return add


def _wants(seen: object, wanted: object, what: str) -> str:
    if seen != wanted:
        raise Broken(f"{what} is {seen!r}, not {wanted!r}")
    return f"{what} is {wanted!r}"


@_case("ping", "POST /pinglink answers 200 while the plugin can be reached")
def _ping(at: Endpoint) -> str:
    answer = at.ask("POST", "/pinglink", b"")
    _wants(answer.status, 200, "the status")
    return answer.text or "an empty answer"


@_case("exit-0", "a container that ends with 0 is terminated with 0")
def _exit_0(at: Endpoint) -> str:
    return _wants([s.code for s in at.over(at.start("exit 0"))], [0], "the exit code")


@_case("exit-n", "a container that ends with 3 is terminated with 3")
def _exit_n(at: Endpoint) -> str:
    return _wants([s.code for s in at.over(at.start("exit 3"))], [3], "the exit code")


@_case("logs", "what a container prints comes back, from both streams")
def _logs(at: Endpoint) -> str:
    word = secrets.token_hex(8)
    number = at.start(f"echo out-{word}; echo err-{word} >&2")
    at.over(number)
    text = at.log(number).body.decode("utf-8", "replace")
    missing = [w for w in (f"out-{word}", f"err-{word}") if w not in text]
    if missing:
        raise Broken(f"the log lacks {' and '.join(missing)}: {text[:200]!r}")
    return "both streams came back"


@_case("two-containers", "each of two containers has its own exit code and log")
def _two(at: Endpoint) -> str:
    number = at.start("echo first; exit 0", "echo second; exit 4")
    told = _wants([s.code for s in at.over(number)], [0, 4], "the list of exit codes")
    if b"second" not in at.log(number, "c1").body:
        raise Broken("the log of the second container lacks what it printed")
    return told


@_case("environment", "variables reach the container as they are, whatever stands in them")
def _environment(at: Endpoint) -> str:
    value = "a b $(id) \"q\" 'r'"
    number = at.start('echo "<$TOLD>"', env={"TOLD": value})
    at.over(number)
    if f"<{value}>".encode() not in at.log(number).body:
        raise Broken(f"the container saw {at.log(number).text!r}, not {value!r}")
    return "a value with quotes, blanks and $( ) arrived"


@_case("get-body", "GET with a body reaches the server (no proxy takes the body away)")
def _get_body(at: Endpoint) -> str:
    number = at.start("sleep 2")
    by = {m: at.status(number, m) is not None for m in ("GET", "POST")}
    end = time.monotonic() + 60
    while not all(by.values()) and time.monotonic() < end:
        time.sleep(min(at.site.pace or 0.05, 10))
        by = {m: known or at.status(number, m) is not None for m, known in by.items()}
    return _wants(by, {"GET": True, "POST": True}, "the answer by method")


@_case("two-pods", "two pods that are asked after at once both have an answer", "slurm plugin <= 0.6: null for 10 s")
def _two_pods(at: Endpoint) -> str:
    first, second = at.start("sleep 1"), at.start("sleep 1")
    answer = at.ask("GET", "/status", [at.pods[first], at.pods[second]])
    told = _document(answer, "/status") if answer.body.strip() else None
    seen = {e.get("UID") for e in told or [] if isinstance(e, dict)}
    if not {first, second} <= seen:
        raise Broken(f"{len({first, second} - seen)} of two pods are missing from the answer")
    return "both are in one answer"


@_case("delete", "a pod that is deleted while it runs is gone, and so is its work")
def _delete(at: Endpoint) -> str:
    number = at.start("sleep 600")
    end = time.monotonic() + at.seconds
    while time.monotonic() < end and not any(s.state is State.RUNNING for s in at.status(number) or []):
        time.sleep(min(at.site.pace or 0.05, 10))
    _wants(at.delete(number).status, 200, "the status")
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if not any(s.state is State.RUNNING for s in at.status(number) or []):
            return "it no longer runs"
        time.sleep(min(at.site.pace or 0.05, 10))
    raise Broken("it is still said to run a minute later")


@_case("delete-again", "an unknown pod can be deleted without harm (any status, but an answer)")
def _delete_again(at: Endpoint) -> str:
    answer = at.delete(str(uuid.uuid4()))
    at.ask("POST", "/pinglink", b"")
    return f"status {answer.status}"


@_case("unknown", "an unknown pod is in no answer", "plugins without a filter answer with everybody's pods")
def _unknown(at: Endpoint) -> str:
    states = at.status(str(uuid.uuid4()))
    if states and any(s.state is not None for s in states):
        raise Broken(f"a pod that never was has a state: {states}")
    return "nothing was said of it"


@_case("bad-uid", "a log for something that is no number of a pod is refused with 400")
def _bad_uid(at: Endpoint) -> str:
    return _wants(at.log("../../etc/passwd").status, 400, "the status")


@_case("tail-and-bytes", "Tail and Bytes together are refused with 400")
def _tail_bytes(at: Endpoint) -> str:
    return _wants(at.log(str(uuid.uuid4()), Tail=1, Bytes=1).status, 400, "the status")


@_case("tail", "Tail gives the last lines", "slurm plugin: lines of its own stand last")
def _tail(at: Endpoint) -> str:
    number = at.start("for n in 1 2 3 4; do echo line-$n; done")
    at.over(number)
    return _wants(at.log(number, Tail=2).body.split(), [b"line-3", b"line-4"], "the last two lines")


@_case("follow", "a log that is followed ends with the container")
def _follow(at: Endpoint) -> str:
    number = at.start("echo begun; sleep 2; echo ended")
    if b"ended" not in at.log(number, Follow=True).body:
        raise Broken("the log ended before the container")
    return "it came to its end"


@_case("bad-json", "a question that is no JSON does not list the pods of others", "interLink <= 0.7: lists all")
def _bad_json(at: Endpoint) -> str:
    other = at.start("sleep 2")
    answer = at.ask("GET", "/status", b"{")
    if other in answer.body.decode("utf-8", "replace"):
        raise Broken(f"it was answered with {answer.status} and the pods of others")
    return f"status {answer.status}"


@_case("credentials", "who brings no credentials is refused")
def _credentials(at: Endpoint) -> str:
    whole = at.service
    if not (whole.token_file or whole.certificate):
        raise LookupError("none were given")
    try:
        answer = Service(whole.url, ca=whole.ca).ask("POST", "/pinglink", b"")
    except Silent as problem:
        return f"no connection: {problem}"
    if answer.status not in (401, 403):
        raise Broken(f"it was answered with {answer.status}")
    return f"status {answer.status}"


def run(at: Endpoint) -> Iterator[Found]:
    """All cases, one after the other; the first that cannot be reached ends it."""
    try:
        for id, title, known, function in _CASES:
            try:
                yield Found(id, title, True, function(at))
            except LookupError as problem:
                yield Found(id, title, None, str(problem))
            except (Broken, InputError) as problem:
                yield Found(id, title, False, str(problem), known)
                if id == "ping":
                    return
    finally:
        at.clean()
