"""Whose failure it was, by what real engines write when they start nothing, and when the image lacks what is asked."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assaymark.job import Job
from assaymark.runners import folder as folders
from assaymark.runners.engines import Engine, Wrapped
from assaymark.runners.engines.apptainer import Apptainer
from assaymark.runners.engines.bubblewrap import Bubblewrap
from assaymark.runners.engines.charliecloud import Charliecloud
from assaymark.runners.engines.docker import Docker
from assaymark.runners.engines.udocker import Udocker
from assaymark.runners.engines.unstarted import by_state

ENGINES: dict[str, Engine] = {
    "bubblewrap": Bubblewrap(lambda _: Path("/image")),
    "charliecloud": Charliecloud(lambda _: Path("/image")),
    "apptainer": Apptainer(lambda _: Path("/image")),
    "udocker": Udocker(lambda _: Path("/image")),
}
BUBBLEWRAP = pytest.mark.service("bwrap")
NEVER, ONCE = "0001-01-01 00:00:00 +0000 UTC", "2026-11-21 21:22:55.1 +0000 UTC"
NO_GROUPS = "Error: OCI runtime error: crun: cgroups in hybrid mode not supported, drop all controllers"


def said(folder: Path, examine: Sequence[str], err: str, out: str = "") -> str:
    """What the reporter is told of a command that wrote this and failed."""
    job = Job(id="job", command=("false",))
    folders.prepare(folder, job, Wrapped(job.command, examine=tuple(examine)))
    run = folders.copy(folder, 0)
    run.joinpath("work").mkdir(parents=True)
    run.joinpath("err").write_text(err)
    run.joinpath("out").write_text(out)
    asked = ["/bin/sh", str(folder / "examine"), "0"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


@pytest.mark.parametrize(
    ("engine", "err", "found"),
    [
        ("bubblewrap", "bwrap: Can't find source path /scratch: No such file or directory\n", "refused"),
        ("bubblewrap", "bwrap: execvp /no/such: No such file or directory\n", ""),
        ("bubblewrap", "bwrap: hello\nfrom the image\n", ""),
        ("bubblewrap", "", ""),
        (
            "charliecloud",
            "ch-run[4]: error: can't init user+mount namespaces: No space left (ch_core.c:436 28)\n",
            "refused",
        ),
        ("charliecloud", "bwrap: Creating new namespace failed: Operation not permitted\n", "refused"),
        ("charliecloud", "bwrap: execvp ch-run: No such file or directory\n", "refused"),
        ("charliecloud", "ch-run[4]: error: can't execve(2): /etc: Permission denied (ch_core.c:410 13)\n", ""),
        ("apptainer", "WARNING: x\nFATAL:   container creation failed: mount /a->/b error\n", "refused"),
        ("apptainer", "FATAL:   stat /no/such: no such file or directory\n", ""),
        ("apptainer", 'FATAL:   "tool": executable file not found in $PATH\n', ""),
        pytest.param("udocker", "Error: invalid working directory:  /mnt\n", "refused", marks=BUBBLEWRAP),
        pytest.param(
            "udocker", "Error: command not found or has no execute bit set:  ['/no/such']\n", "", marks=BUBBLEWRAP
        ),
        ("apptainer", "Traceback\nFATAL:   of the program itself\n", ""),
    ],
)
def test_the_words_of_engines(engine: str, err: str, found: str, tmp_path: Path) -> None:
    examine = ENGINES[engine].wrap(Job(id="job", command=("tool",), image="i")).examine
    assert said(tmp_path / "job", examine, err) == found
    assert said(tmp_path / "other", examine, err, out="it ran") == ""


@pytest.mark.parametrize(
    ("program", "state", "err", "found"),
    [
        ("podman", f"false {NEVER}", NO_GROUPS, "refused"),
        ("podman", f"false {NEVER}", "Error: crun: executable file `/no` not found: No such file or directory", ""),
        ("podman", f"false {NEVER}", 'Error: runc: unable to start: exec: "/etc": permission denied', ""),
        ("podman", f"false {ONCE}", NO_GROUPS, ""),
        ("docker", "false 0001-01-01T00:00:00Z", 'exec: "docker-init": executable file not found in $PATH', "refused"),
        ("docker", "true 2026-11-21T21:22:55Z", "", "out-of-memory"),
        ("docker", None, "docker: Cannot connect to the Docker daemon", "refused"),
    ],
)
def test_the_state_of_a_container(program: str, state: str | None, err: str, found: str, tmp_path: Path) -> None:
    job = Job(id="job", command=("tool",), image="i")
    examine = Docker(lambda job, program: "sha256:1", program).wrap(replace(job)).examine
    lacking = examine[examine.index("examine") + 2]
    asked = ("echo", state) if state else ("false",)
    assert said(tmp_path / "job", by_state(asked, lacking), err) == found
