"""Docker Engine and Podman: a command in an image that the engine holds under our name, by its digest."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from assaymark.job import Job
from assaymark.runners.engines import HOME, HOME_FOLDER, Wrapped, with_home
from assaymark.runners.engines.probe import environment, first_line, ran
from assaymark.runners.engines.unstarted import by_state
from assaymark.runners.folder import INDEX, MARK, NAME, WORK

PROCESSES = 4096
# Podman would wait ten seconds for what was asked to end before.
_AT_ONCE = {"docker": (), "podman": ("--time", "0")}
# The version of what runs containers: Podman's has no daemon to ask.
_ASKED = {"docker": "{{.ServerVersion}}", "podman": "{{.Version.Version}}"}
_STATE = "{{.State.OOMKilled}} {{.State.StartedAt}}"
# What runc and crun say of a program that cannot be started. Docker's --init says it, from within the container.
_LACKING = {"docker": "", "podman": 'exec:? ["/]|executable file .* not found|open executable: |exec container process'}


@dataclass(frozen=True, slots=True)
class Docker:
    """``program`` is docker or podman; ``loaded`` puts an image into it and gives the identity to run."""

    loaded: Callable[[Job, str], str]
    program: str = "docker"
    binds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As on the command line."""
        return self.program

    def problem(self) -> str | None:
        """The engine must answer; the client alone is not enough."""
        done = ran([self.program, "info", "--format", _ASKED[self.program]])
        return None if done.returncode == 0 else f"{self.program} does not work here: {first_line(done)}"

    def version(self) -> str | None:
        """The version of the engine."""
        done = ran([self.program, "info", "--format", _ASKED[self.program]])
        return first_line(done) if done.returncode == 0 else None

    def wrap(self, job: Job) -> Wrapped:
        """No capabilities, no new privileges, nothing pulled; the container is removed by name whatever happens.

        Not by ``--rm``: what ended it is asked before.
        """
        if job.image is None:
            return Wrapped(job.command)
        told = [f"{name}={value}" for name, value in environment().items() if name.startswith(("DOCKER_", "CONTAINER"))]
        name = f"assaymark-{NAME}-{INDEX}"
        argv = ["env", *told, self.program, "run", "--pull", "never", "--name", name]
        # The client of Podman finds none on many machines.
        argv += ["--init"] if self.program == "docker" else []
        argv += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--pids-limit", str(PROCESSES)]
        argv += ["--volume", f"{WORK}:/mnt", "--workdir", "/mnt", "--label", f"assaymark.job={NAME}"]
        argv += ["--volume", f"{WORK}/{HOME_FOLDER}:{HOME}"] if with_home(job, self.binds) else []
        for pair in self.binds:
            argv += ["--volume", pair]
        if not job.confinement.network:
            argv += ["--network", "none"]
        if job.confinement.read_only:
            argv += ["--read-only", "--tmpfs", "/tmp"]
        argv += ["--group-add", str(self._group())]
        if job.confinement.user is not None:
            argv += ["--user", f"{job.confinement.user}:{job.confinement.user}"]
        if job.resources.gpus:
            argv += ["--gpus", str(job.resources.gpus)]
        if job.resources.memory:
            argv += ["--memory", f"{job.resources.memory}m"]
        variables = {MARK: NAME, "ASSAYMARK_INDEX": INDEX, "HOME": HOME if job.home else "/mnt", **job.environment}
        for variable, value in variables.items():
            argv += ["--env", f"{variable}={value}"]
        argv += ["--entrypoint", job.command[0], self.loaded(job, self.program), *job.command[1:]]
        client = ("env", *told, self.program)
        return Wrapped(
            tuple(argv),
            (*client, "rm", "--force", *_AT_ONCE[self.program], name),
            limits_memory=True,
            needs=(self.program,),
            examine=by_state((*client, "inspect", "--format", _STATE, name), _LACKING[self.program]),
        )

    def _group(self) -> int:
        """Our group as the container sees it: any user in there writes to the folder of the copy through it.

        An engine that runs without root maps our own user and group to 0.
        """
        if self.program == "podman":
            mapped = os.geteuid() != 0
        else:
            mapped = b"rootless" in ran([self.program, "info", "--format", "{{.SecurityOptions}}"]).stdout
        return 0 if mapped else os.getgid()
