"""What is sent to Kubernetes, and what is made of its answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import kubernetes_fake
import pytest
from offloading import NEEDS, Place, job, until

from assaymark.errors import InputError
from assaymark.job import Confinement, Handle, Job, Resources, Site, State
from assaymark.runners.choose import runner
from assaymark.runners.kubernetes import Kubernetes
from assaymark.runners.shared import SharedFolder
from assaymark.runners.wait import wait

pytestmark = pytest.mark.service(*NEEDS["kubernetes"])


@pytest.fixture
def at(place: Place) -> SharedFolder:
    return place("kubernetes")


def test_a_virtual_node_of_interlink(at: SharedFolder, kubernetes: kubernetes_fake.Cluster, image: Path) -> None:
    """Tolerations, the node and the annotations that a plugin reads; what the published description does not know is
    refused by the server, and nothing was."""
    back = at.back
    assert isinstance(back, Kubernetes)
    notes = {"slurm-job.vk.io/pre-exec": "module load singularity"}
    site = replace(back.site, node="vega", tolerations=("virtual-node.interlink/no-schedule=true:NoSchedule",))
    there = replace(at, back=replace(back, site=replace(site, annotations=notes)))
    asked = Job(
        id="gpu",
        command=("/bin/tool",),
        image=str(image),
        environment={"A": "b"},
        outputs=("x",),
        inputs={"in.txt": b"\0\xff"},
        resources=Resources(time=60, gpus=2, memory=512, partition="gpu", account="me", flags=("--exclusive",)),
        confinement=Confinement(network=False, user=54321),
    )
    handle = there.submit(asked)
    sent = kubernetes.seen[-1]
    flags = f"--exclusive --time=3 --job-name={handle.reference} --partition=gpu --account=me --gres=gpu:2"
    assert sent["metadata"]["annotations"] == notes | {"slurm-job.vk.io/flags": flags}
    assert sent["spec"]["tolerations"] == [
        {"key": "virtual-node.interlink/no-schedule", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
    ]
    assert sent["spec"]["nodeSelector"] == {"kubernetes.io/hostname": "vega"}
    assert sent["spec"]["automountServiceAccountToken"] is False
    assert sent["spec"]["containers"][0]["resources"]["limits"] == {
        "cpu": "1",
        "memory": "512Mi",
        "nvidia.com/gpu": "2",
    }
    assert kubernetes.refused == []
    status = until(there, handle, lambda s: s.state.over)
    assert status.code == 0
    assert status.host["node"] == kubernetes_fake.NODE


def test_what_the_description_does_not_know_is_refused() -> None:
    """The judge of the test above can say no."""
    good = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": {"containers": [{"name": "a"}]}}
    assert kubernetes_fake.checked("V1Pod", good) is None
    for wrong in (
        {"restartPolice": "Never"},
        {"restartPolicy": 3},
        {"containers": "one"},
        {"containers": [{"image": "no name"}]},
        {"tolerations": [{"keys": "a"}]},
    ):
        assert kubernetes_fake.checked("V1Pod", good | {"spec": good["spec"] | wrong}), wrong  # type: ignore[operator]  # dict


def test_an_answer_that_was_lost_starts_nothing_twice(at: SharedFolder, kubernetes: kubernetes_fake.Cluster) -> None:
    before = kubernetes.host.created
    kubernetes.deaf = {"POST"}
    handle = at.submit(job("lost", "exit 5"))
    assert handle.reference is None
    again = at.submit(job("lost", "exit 6"))
    assert (again.reference or "").startswith("lost-")
    assert until(at, again, lambda s: s.state.over).code == 5
    assert kubernetes.host.created == before + 1
    at.forget(again)


@pytest.mark.parametrize(
    ("reason", "state"),
    [("Evicted", State.PREEMPTED), ("NodeLost", State.NODE_LOST), ("DeadlineExceeded", State.TIMED_OUT)],
)
def test_what_ended_a_pod_is_named(
    reason: str, state: State, at: SharedFolder, kubernetes: kubernetes_fake.Cluster
) -> None:
    handle = at.submit(job(f"ended-{reason.lower()}", "sleep 60"))
    until(at, handle, lambda s: s.state is State.RUNNING)
    [uid] = kubernetes.jobs[str(handle.reference)]
    kubernetes.reasons[uid] = (reason, "for a test")
    status = until(at, handle, lambda s: s.state.over)
    assert (status.state, status.code) == (state, None)


def test_a_pod_that_gets_no_node_waits_too_long(at: SharedFolder, kubernetes: kubernetes_fake.Cluster) -> None:
    kubernetes.pending = "0/1 nodes are available"
    try:
        handle = at.submit(replace(job("pending", "true"), resources=Resources(queue=2)))
        back = replace(at.back, pace=0.5, answers={})  # type: ignore[type-var]  # a dataclass
        [status] = wait(replace(at, back=back), [handle])["pending"]
    finally:
        kubernetes.pending = ""
    assert status.state in (State.WAITED_OUT, State.NO_VERDICT)
    assert status.code is None
    assert handle.reference not in kubernetes.jobs


def test_who_may_not_is_told(kubernetes: kubernetes_fake.Cluster, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("wrong")
    site = Site(
        name="x", runner="kubernetes", url=kubernetes.url, token_file=str(tmp_path / "token"), probe="/", pace=0
    )
    at = runner("kubernetes", site=site)
    assert "401" in (at.problem() or "")
    with pytest.raises(InputError, match="401"):
        at.submit(job("nobody", "true"))
    away = runner("kubernetes", site=replace(site, url="http://127.0.0.1:1"))
    assert "does not answer" in (away.problem() or "")


def test_without_an_address_the_kubeconfig_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
    assert "kubeconfig" in (runner("kubernetes", site=Site(name="x", runner="kubernetes")).problem() or "")


def test_a_handle_holds_no_secret(at: SharedFolder) -> None:
    handle = at.submit(job("secret", "true"))
    assert "word" not in str(Handle.to_json(handle))
