"""``kubernetes``: a pod, or an indexed Job of pods, through the official client; also to a virtual node of interLink.

Address and token come from the site, else from the user's own kubeconfig as ``kubectl`` reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from assaymark.errors import InputError
from assaymark.job import Handle, Job, State
from assaymark.runners.pods import CONTAINER, Pods, PodState, Unheard, container_state, pod_name

SECONDS = (20, 120)
INDEX = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True)
class Kubernetes(Pods):
    """The back end; a job's name at the site is that of the pod or Job, which nobody else can take."""

    @property
    def name(self) -> str:
        """The runner's name."""
        return "kubernetes"

    def problem(self) -> str | None:
        """The API server must answer, and let us make pods."""
        asked = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {"namespace": self.site.namespace, "verb": "create", "resource": "pods"}},
        }
        try:
            told = self._ask("AuthorizationV1Api", "create_self_subject_access_review", body=asked)
        except Unheard as problem:
            return f"Kubernetes does not answer: {problem}"
        except InputError as problem:
            return problem.message
        allowed = isinstance(told, dict) and (told.get("status") or {}).get("allowed") is True
        return None if allowed else f"we may not make pods in the namespace {self.site.namespace!r}"

    def create(self, handle: Handle, job: Job) -> str:
        """A pod, or a Job whose copies are numbered by Kubernetes and fail each for itself."""
        described = self.metadata(handle, job)
        if job.array == 1:
            last = {"activeDeadlineSeconds": _deadline(job)}
            spec = self.spec(handle, job, 0) | last
            pod = {"apiVersion": "v1", "kind": "Pod", "metadata": described, "spec": spec}
            told = self._ask("CoreV1Api", "create_namespaced_pod", self.site.namespace, body=pod)
        else:
            template = {
                "metadata": {k: described[k] for k in ("labels", "annotations")},
                "spec": self.spec(handle, job, None),
            }
            spec = {
                "completionMode": "Indexed",
                "completions": job.array,
                "parallelism": job.array,
                # A copy that fails is not tried again, and ends no other.
                "backoffLimitPerIndex": 0,
                "maxFailedIndexes": job.array,
                "template": template,
            }
            made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": described, "spec": spec}
            told = self._ask("BatchV1Api", "create_namespaced_job", self.site.namespace, body=made)
        return str((told.get("metadata") or {}).get("name") or pod_name(handle))

    def states(self, handle: Handle) -> Mapping[int, PodState]:
        """All pods with the label of the job."""
        told = self._ask(
            "CoreV1Api",
            "list_namespaced_pod",
            self.site.namespace,
            label_selector=f"assaymark.io/job={pod_name(handle)}",
        )
        found = {}
        for pod in told.get("items") or []:
            index = _index(pod)
            if index is not None and 0 <= index < handle.array:
                found[index] = _state(pod)
        return found

    def log(self, handle: Handle, index: int) -> bytes:
        """All that the container printed."""
        told = self._ask(
            "CoreV1Api",
            "list_namespaced_pod",
            self.site.namespace,
            label_selector=f"assaymark.io/job={pod_name(handle)}",
        )
        for pod in told.get("items") or []:
            if _index(pod) == index:
                name = str(pod["metadata"]["name"])
                return self._raw("CoreV1Api", "read_namespaced_pod_log", name, self.site.namespace, container=CONTAINER)
        raise Unheard("there is no such pod")

    def delete(self, handle: Handle) -> None:
        """The Job with its pods, or the pod."""
        api, verb = (
            ("CoreV1Api", "delete_namespaced_pod") if handle.array == 1 else ("BatchV1Api", "delete_namespaced_job")
        )
        at_once = {"propagationPolicy": "Background", "gracePeriodSeconds": 5}
        self._raw(api, verb, pod_name(handle), self.site.namespace, body=at_once, absent=True)

    def _ask(self, api: str, verb: str, *words: Any, **more: Any) -> Any:
        try:
            return json.loads(self._raw(api, verb, *words, **more) or b"{}")
        except ValueError as problem:
            raise Unheard(f"the answer is not JSON: {problem}") from problem

    def _raw(self, api: str, verb: str, *words: Any, absent: bool = False, **more: Any) -> bytes:
        """A call of the client. InputError when it is refused, `Unheard` when there was no answer."""
        client = _client()
        with client.ApiClient(self._configuration(client)) as connection:
            call: Callable[..., Any] = getattr(getattr(client, api)(connection), verb)
            try:
                answer = call(*words, _preload_content=False, _request_timeout=SECONDS, **more)
                return bytes(answer.data)
            except client.ApiException as problem:
                if absent and problem.status == 404:
                    return b""
                if problem.status in (409, *range(500, 600), 429, 0):
                    raise Unheard(_said(problem)) from problem
                raise InputError(f"Kubernetes refused it: {_said(problem)}", where=self.site.url) from problem
            except (OSError, ValueError, _no_connection()) as problem:
                raise Unheard(str(problem)[:300]) from problem

    def _configuration(self, client: Any) -> Any:
        if not self.site.url:
            config = import_module("kubernetes.config")
            found = client.Configuration()
            try:
                config.load_kube_config(context=self.site.context, client_configuration=found)
            except config.ConfigException as problem:
                raise InputError(
                    f"there is no usable kubeconfig: {problem}", hint="or give url and token_file"
                ) from problem
            return found
        found = client.Configuration(host=self.site.url)
        found.retries = False
        found.ssl_ca_cert, found.cert_file, found.key_file = self.site.ca, self.site.certificate, self.site.key
        if self.site.token_file:
            try:
                token = Path(self.site.token_file).read_text(encoding="ascii").strip()
            except (OSError, ValueError) as problem:
                raise InputError(f"the token cannot be read: {problem}", where=self.site.token_file) from problem
            found.api_key = {"authorization": token}
            found.api_key_prefix = {"authorization": "Bearer"}
        return found


def _client() -> Any:
    try:
        return import_module("kubernetes.client")
    except ImportError as problem:
        hint = "pip install 'assaymark[kubernetes]'"
        raise InputError("the client of Kubernetes is not installed", hint=hint) from problem


def _no_connection() -> Any:
    return import_module("urllib3.exceptions").HTTPError


def _deadline(job: Job) -> int:
    """A last resort against a reporter that hangs; waiting in the queue counts here too."""
    return int(job.resources.time + job.resources.queue + 120)


def _index(pod: Mapping[str, Any]) -> int | None:
    told = pod.get("metadata") or {}
    text = (told.get("labels") or {}).get(INDEX) or (told.get("annotations") or {}).get(INDEX) or "0"
    return int(text) if str(text).isdecimal() else None


def _state(pod: Mapping[str, Any]) -> PodState:
    status = pod.get("status") or {}
    node = str((pod.get("spec") or {}).get("nodeName") or "")
    if status.get("reason") in ("Evicted", "Preempting", "NodeLost", "NodeShutdown", "Shutdown", "Terminated"):
        lost = status["reason"] in ("NodeLost", "NodeShutdown", "Shutdown", "Terminated")
        return PodState(
            State.NODE_LOST if lost else State.PREEMPTED, None, str(status.get("message") or "")[:200], node
        )
    if status.get("reason") == "DeadlineExceeded":
        return PodState(State.TIMED_OUT, None, "DeadlineExceeded", node)
    for container in status.get("containerStatuses") or []:
        if isinstance(container, dict) and container.get("name") == CONTAINER:
            return container_state(container, node)
    why = [
        str(c.get("message") or c.get("reason") or "")
        for c in status.get("conditions") or []
        if c.get("status") != "True"
    ]
    if status.get("phase") in ("Failed", "Succeeded"):
        return PodState(
            State.NO_VERDICT, None, str(status.get("message") or "it ended without a container")[:200], node
        )
    return PodState(State.QUEUED, None, next(filter(None, why), str(status.get("phase") or ""))[:200], node)


def _said(problem: Any) -> str:
    try:
        text = json.loads(problem.body)["message"]
    except (ValueError, KeyError, TypeError):
        text = problem.reason
    return f"{problem.status} {text}"[:300]
