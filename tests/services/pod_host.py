"""What a site does with pods: runs their containers, here by bubblewrap on folders; stopped by number."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SLOW = 0.15


@dataclass
class Running:
    """One pod: a process for each container."""

    pod: dict[str, Any]
    folder: Path
    number: int
    born: float = field(default_factory=time.monotonic)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    problem: str = ""

    @property
    def queued(self) -> bool:
        return time.monotonic() - self.born < SLOW

    def start(self) -> None:
        for container in self.pod["spec"]["containers"]:
            with (self.folder / f"{container['name']}.log").open("wb") as log:
                self.processes[container["name"]] = subprocess.Popen(
                    _argv(container), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
                )

    def states(self) -> list[dict[str, Any]]:
        """As Kubernetes writes the state of containers."""
        if self.queued or not self.processes:
            waiting = {"waiting": {"reason": "ContainerCreating"}}
            return [_told(c, waiting, ready=False) for c in self.pod["spec"]["containers"]]
        found = []
        for container in self.pod["spec"]["containers"]:
            code = self.processes[container["name"]].poll()
            state: dict[str, Any] = {"running": {"startedAt": "2026-11-21T00:00:00Z"}}
            if code is not None:
                code = 128 - code if code < 0 else code
                state = {"terminated": {"exitCode": code, "reason": "Completed" if code == 0 else "Error"}}
            found.append(_told(container, state, ready=code is None))
        return found

    @property
    def over(self) -> bool:
        return bool(self.processes) and all(p.poll() is not None for p in self.processes.values())

    def log(self, name: str) -> bytes:
        with contextlib.suppress(OSError):
            return (self.folder / f"{name}.log").read_bytes()
        return b""

    def end(self) -> None:
        for process in self.processes.values():
            # The first process of the container: with it all others in there end.
            with contextlib.suppress(OSError):
                for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
                    os.kill(int(pid), signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _told(container: dict[str, Any], state: dict[str, Any], *, ready: bool) -> dict[str, Any]:
    about = {"name": container["name"], "image": container["image"], "imageID": "", "restartCount": 0}
    return about | {"ready": ready, "state": state}


def _argv(container: dict[str, Any]) -> list[str]:
    # Not --die-with-parent: the parent is the thread of one request.
    argv = ["bwrap", "--new-session", "--unshare-all", "--clearenv", "--as-pid-1"]
    argv += ["--ro-bind", container["image"], "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"]
    for mount in container.get("volumeMounts") or []:
        if mount["mountPath"] != "/tmp":
            # An empty folder; what lies above it cannot be made in a root that is not written.
            argv += ["--tmpfs", str(Path(mount["mountPath"]).parent), "--dir", mount["mountPath"]]
    user = container.get("securityContext", {}).get("runAsUser")
    if user is not None:
        argv += ["--uid", str(user), "--gid", str(user)]
    told = {"PATH": "/usr/bin:/bin"} | {e["name"]: e["value"] for e in container.get("env") or []}
    for name, value in told.items():
        argv += ["--setenv", name, value]
    return [*argv, "--", *container["command"], *(container.get("args") or [])]


class PodHost:
    """The pods of a site by their uid."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pods: dict[str, Running] = {}
        self.created = 0
        self.lock = threading.Lock()

    def create(self, pod: dict[str, Any]) -> Running:
        with self.lock:
            self.created += 1
            uid = pod["metadata"]["uid"]
            place = self.folder / uid
            place.mkdir(parents=True)
            made = Running(pod, place, self.created)
            self.pods[uid] = made
        made.start()
        return made

    def delete(self, uid: str) -> bool:
        with self.lock:
            found = self.pods.pop(uid, None)
        if found:
            found.end()
        return found is not None

    def close(self) -> None:
        for uid in list(self.pods):
            self.delete(uid)
