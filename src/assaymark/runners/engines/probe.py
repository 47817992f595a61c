"""Asking a program whether it works, in a few seconds."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from assaymark import proc

SECONDS = 30.0
# How an engine asks its program, here or on a login node.
Ask = Callable[[Sequence[str]], proc.Completed]
# Which daemon or storage is meant is the user's to say; none of these holds a secret.
_KEPT = (
    *("DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST", "CONTAINERS_CONF", "CONTAINERS_STORAGE_CONF"),
    *("XDG_RUNTIME_DIR", "USER", "SLURM_CONF", "HOME"),
)


def environment() -> dict[str, str]:
    """What engines and schedulers need to know of ours."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    kept |= {name: value for name, value in os.environ.items() if name.startswith("UDOCKER_")}
    return {"USER": "assaymark", **kept}


def ran(argv: Sequence[str], *, timeout: float = SECONDS, input: bytes | None = None) -> proc.Completed:
    """Run it to its end."""
    return proc.run(argv, cwd="/", env=environment(), timeout=timeout, memory=None, input=input, limit=50_000_000)


def first_line(done: proc.Completed) -> str:
    """What a person should know of how it ended."""
    if done.problem:
        return done.problem
    if done.timed_out:
        return "it did not answer in time"
    text = (done.stderr.strip() or done.stdout.strip()).decode("utf-8", "replace")
    return text.splitlines()[0][:300] if text else f"exit status {done.returncode}"
