"""Podman with a store of its own, and limits that a machine grants which is a container itself. Needs root."""

from __future__ import annotations

from pathlib import Path

# What Podman asks for by itself is more than such a machine has to give.
ENGINE = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1000:1000"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"""


def settings(folder: Path) -> dict[str, str]:
    """The variables that lead Podman there."""
    (folder / "containers.conf").write_text(ENGINE)
    places = {"driver": "vfs", "graphroot": f"{folder}/store", "runroot": f"{folder}/run"}
    lines = [f'{name} = "{value}"' for name, value in places.items()]
    (folder / "storage.conf").write_text("\n".join(["[storage]", *lines]) + "\n")
    return {
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
    }
