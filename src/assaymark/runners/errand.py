"""On a node: lays out an environment with what runs here (once for all jobs), and the checkout; then says the words.

Started by `errand.sh` with the Python that the archive was made for. Needs the standard library only.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess  # noqa: TID251 - on a node: nothing of assaymark is there yet
import sys
import venv
from pathlib import Path

SCRIPT = "#!{python}\nimport sys\nfrom {module} import {name}\nsys.exit({call}())\n"


def environment(kit: Path, work: Path) -> Path:
    """The environment out of an archive: beside it, for all jobs; in this job's folder where it cannot be written."""
    own = hashlib.sha256(f"{sys.base_prefix} {sys.version}".encode()).hexdigest()[:8]
    shared = kit.with_name(f"{kit.name.removesuffix('.tar.gz')}-{own}")
    if (shared / "ready").is_file():
        return shared
    target = shared if os.access(kit.parent, os.W_OK) else work / "environment"
    part = target.with_name(f".{target.name}.{os.uname().nodename}.{os.getpid()}")
    lay_out(kit, part, target)
    try:
        part.rename(target)
    except OSError:
        # Another job was quicker.
        shutil.rmtree(part, ignore_errors=True)
        if not (target / "ready").is_file():
            raise
    return target


def lay_out(kit: Path, part: Path, target: Path) -> None:
    """Make it in a place of its own; its programs name the place that it gets."""
    venv.create(part, with_pip=False, symlinks=True)
    unpacked = part / "unpacked"
    unpack(kit, unpacked)
    packages = next(part.glob("lib/python*/site-packages"))
    for found in (unpacked / "lib").iterdir():
        found.rename(packages / found.name)
    python = target / "bin" / "python"
    programs = unpacked / "bin"
    for found in programs.iterdir() if programs.is_dir() else ():
        found.rename(part / "bin" / found.name)
        interpreted(part / "bin" / found.name, python)
    for name, point in json.loads((unpacked / "scripts.json").read_text()).items():
        module, _, call = point.partition("[")[0].strip().partition(":")
        script = part / "bin" / Path(name).name
        script.write_text(SCRIPT.format(python=python, module=module, name=call.partition(".")[0], call=call))
        script.chmod(0o755)
    shutil.rmtree(unpacked)
    (part / "ready").touch()


def interpreted(program: Path, python: Path) -> None:
    """A program in Python is started by this one."""
    with program.open("rb") as file:
        first, rest = file.readline(1000), file.read()
    if first.startswith(b"#!") and b"python" in first:
        program.write_bytes(f"#!{python}\n".encode() + rest)


def unpack(archive: Path, folder: Path) -> None:
    """All that is in it. Raises OSError."""
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["tar", "-xzf", archive, "-C", folder], stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise OSError(f"tar: {done.stderr.decode(errors='replace').strip()[-300:]}")


def main(kit: str, *words: str) -> int:
    """Ends as assaymark does."""
    work = Path.cwd()
    try:
        made = environment(Path(kit), work)
        unpack(work / "parcel.tar.gz", work / "source")
    except (OSError, StopIteration, subprocess.SubprocessError) as problem:
        sys.stderr.write(f"assaymark: it cannot be laid out here: {problem}\n")
        return 125
    return subprocess.run([made / "bin" / "python", "-I", "-X", "utf8", "-m", "assaymark", *words]).returncode


if __name__ == "__main__":
    raise SystemExit(main(*sys.argv[1:]))
