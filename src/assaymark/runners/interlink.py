"""``interlink``: straight to the API of interLink, which hands pods to a plugin at the site.

No cluster of Kubernetes is needed. A pod that an answer lacks is not gone: plugins answer from caches of seconds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from assaymark.errors import InputError
from assaymark.job import Handle, Job, State
from assaymark.runners.http import Service
from assaymark.runners.pods import CONTAINER, Pods, PodState, Unheard, container_state, pod_name, uid
from assaymark.web import Silent, WebAnswer

SESSION = "InterLink-Http-Session"
TAIL_BYTES = 50_000_000


@dataclass(frozen=True)
class InterLink(Pods):
    """The back end; the numbers of pods are ours, the names of jobs the plugin's."""

    @property
    def name(self) -> str:
        """The runner's name."""
        return "interlink"

    @property
    def service(self) -> Service:
        """The API server."""
        site = self.site
        return Service(site.url or "", site.token_file, site.ca, site.certificate, site.key)

    def ping(self) -> WebAnswer:
        """Whether the API server reaches its plugin. Raises `Silent`."""
        return self.service.ask("POST", "/pinglink")

    def problem(self) -> str | None:
        """The API server must answer for its plugin too."""
        try:
            answer = self.ping()
        except Silent as problem:
            return f"interLink does not answer: {problem}"
        except InputError as problem:
            return problem.message
        return (
            None if answer.status == 200 else f"interLink does not work: status {answer.status} {answer.text}".strip()
        )

    def create(self, handle: Handle, job: Job) -> str:
        """One pod for each copy; all or none."""
        jobs = []
        for index in range(job.array):
            pod = self._pod(handle, index) | {"spec": self.spec(handle, job, index)}
            pod["metadata"] |= self.metadata(handle, job) | {"uid": uid(handle, index), "name": _name(handle, index)}
            asked = {"pod": pod, "configmaps": [], "secrets": [], "projectedvolumesmaps": [], "jobscriptURL": ""}
            try:
                answer = self._ask("POST", "/create", asked, handle)
            except Silent as problem:
                raise Unheard(str(problem)) from problem
            number = _job_of(answer)
            if number is None:
                if index:
                    self.delete(handle)
                text = answer.text or "there was no reason"
                raise InputError(f"interLink refused the pod (status {answer.status}): {text}", where=job.id)
            jobs.append(number)
        return ",".join(jobs)

    def states(self, handle: Handle) -> Mapping[int, PodState]:
        """All pods of a job in one question."""
        pods = [self._pod(handle, index) for index in range(handle.array)]
        try:
            answer = self._ask("GET", "/status", pods, handle)
            if answer.status != 200:
                raise Unheard(f"status {answer.status} {answer.text}".strip())
            told = answer.document() if answer.body.strip() else None
        except Silent as problem:
            raise Unheard(str(problem)) from problem
        ours = {uid(handle, index): index for index in range(handle.array)}
        found = {}
        for each in told if isinstance(told, list) else []:
            # Some answer with everybody's pods.
            if isinstance(each, dict) and str(each.get("UID")) in ours:
                found[ours[str(each["UID"])]] = replace(_state(each), job=str(each.get("JID") or "")[:100])
        return found

    def name_of(self, handle: Handle, found: Mapping[int, PodState]) -> str:
        """The plugin's names."""
        return ",".join(found[index].job for index in sorted(found))

    def log(self, handle: Handle, index: int) -> bytes:
        """All that the container printed."""
        asked = {
            "Namespace": self.site.namespace,
            "PodUID": uid(handle, index),
            "PodName": _name(handle, index),
            "ContainerName": CONTAINER,
            "Opts": {
                "Tail": 0,
                "Bytes": TAIL_BYTES,
                "Timestamps": False,
                "Follow": False,
                "Previous": False,
                "SinceSeconds": 0,
                "SinceTime": "0001-01-01T00:00:00Z",
            },
        }
        try:
            answer = self._ask("GET", "/getLogs", asked, handle)
        except Silent as problem:
            raise Unheard(str(problem)) from problem
        if answer.status != 200:
            raise Unheard(f"status {answer.status} {answer.text}".strip())
        return answer.body

    def delete(self, handle: Handle) -> None:
        """Each pod; an unknown one is answered with 500, which says nothing."""
        for index in range(handle.array):
            try:
                self._ask("DELETE", "/delete", self._pod(handle, index), handle)
            except Silent as problem:
                raise Unheard(str(problem)) from problem

    def _pod(self, handle: Handle, index: int) -> dict[str, Any]:
        # A phase is always told: without one a pod is answered from the cache for ever.
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": _name(handle, index), "namespace": self.site.namespace, "uid": uid(handle, index)},
            "spec": {"containers": [{"name": CONTAINER, "image": ""}]},
            "status": {"phase": "Pending"},
        }

    def _ask(self, method: str, path: str, body: Any, handle: Handle) -> WebAnswer:
        return self.service.ask(method, path, json.dumps(body).encode(), {SESSION: pod_name(handle)})


def _name(handle: Handle, index: int) -> str:
    return f"{pod_name(handle)}-{index}"


def _job_of(answer: WebAnswer) -> str | None:
    """The plugin's name of the job; an answer without one is a refusal, whatever its status says."""
    if answer.status != 200:
        return None
    try:
        told = answer.document()
    except Silent:
        return None
    told = told[0] if isinstance(told, list) and told else told
    number = told.get("PodJID") if isinstance(told, dict) else None
    return str(number)[:100] if number not in (None, "") else None


def _state(told: Mapping[str, Any]) -> PodState:
    containers = [c for c in told.get("containers") or [] if isinstance(c, dict)]
    states = [container_state(c) for c in containers]
    if not states:
        return PodState(None, reason="interLink says nothing of the container")
    # Several only where the site adds its own: the pod is over when all are.
    open_ones = [s for s in states if s.state in (None, State.QUEUED, State.RUNNING)]
    if open_ones:
        return open_ones[0]
    return max(states, key=lambda s: -math.inf if s.code is None else s.code)
