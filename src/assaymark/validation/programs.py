"""Engines of formats that are programs: found where assaymark is installed, fed copies, never the repository itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from assaymark import proc
from assaymark.api import Ran, Unreachable
from assaymark.validation.jail import inside


def run(program: str, arguments: Sequence[str], files: Mapping[str, bytes], timeout: float) -> Ran:
    """Run it in a folder that holds ``files`` by their path; ``code`` is None when it is not there or did not end."""
    found = find(program)
    if found is None:
        return Ran(None, problem=f"{program} is not installed")
    import tempfile

    with tempfile.TemporaryDirectory(prefix="assaymark-validate-", ignore_cleanup_errors=True) as folder:
        for path, data in files.items():
            try:
                place = Path(folder, inside(path))
            except Unreachable:
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        Path(folder, ".git").mkdir(exist_ok=True)  # what is copied is seen as a repository of its own
        done = proc.run([found, *arguments], cwd=folder, timeout=timeout)
    if not done.finished:
        how = (
            "took too long" if done.timed_out else "wrote too much" if done.truncated else done.problem or "was killed"
        )
        return Ran(None, done.stdout, f"{program} {how}")
    return Ran(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip()[-300:])


def digest(program: str) -> str | None:
    """What tells one installation from the next; None when there is none."""
    found = find(program)
    if found is None:
        return None
    about = Path(found).resolve().stat()
    return f"{found} {about.st_size} {about.st_mtime_ns}"


def find(program: str) -> str | None:
    """Beside the interpreter first (that is the version which was tested), then on PATH."""
    import shutil

    beside = str(Path(sys.executable).parent)
    path = os.pathsep.join([beside, *proc.search_path()])
    return shutil.which(program, path=path)
