"""Everything that a site without the Internet needs to install a release: one archive of wheels and their hashes.

It fits the Python and the system on which it was made. On the site: unpack it, then
``pip install --no-index --find-links wheelhouse --require-hashes -r wheelhouse/requirements.txt``.
"""

from __future__ import annotations

import re
import sys
import sysconfig
import tarfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assaymark import proc
from assaymark.errors import InputError
from assaymark.release.folder import digest
from assaymark.release.package import TIMEOUT, index_settings

if TYPE_CHECKING:
    from assaymark.release.dependencies import Dependency
    from assaymark.release.source import Source

FOLDER = "wheelhouse"


def archive(source: Source, found: Iterable[Dependency], own: Sequence[Path], out: Path, scratch: Path) -> Path:
    """Fetch the wheel of every dependency that is needed here, by hash, and pack it with our own wheels.

    Raises InputError when one cannot be had as a wheel, or has another hash than locked.
    """
    needed = sorted(found, key=lambda d: d.name)
    if bare := [d.name for d in needed if not d.hashes]:
        raise InputError(f"the lock has no hash for {', '.join(bare[:10])}", hint="lock with --generate-hashes")
    wheels = scratch / FOLDER
    wheels.mkdir(parents=True)
    listed = scratch / "wanted.txt"
    listed.write_text("".join(_line(d) for d in needed), encoding="utf-8")
    if needed:
        _fetch(listed, wheels)
    for path in own:
        if path.suffix == ".whl":
            (wheels / path.name).write_bytes(path.read_bytes())
    (wheels / "requirements.txt").write_text(_requirements(wheels), encoding="utf-8")
    version = source.version.text.removeprefix("v") if source.version else source.commit[:12]
    name = f"{source.name}-{version}-{FOLDER}-{_platform()}.tar"
    pack(wheels, out / name, source.time)
    return out / name


def pack(folder: Path, target: Path, moment: int) -> None:
    """A tar of a folder's files: the same bytes for the same files, whoever owns them."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.iterdir()):
            info = tarfile.TarInfo(f"{FOLDER}/{path.name}")
            info.size, info.mode, info.mtime = path.stat().st_size, 0o644, moment
            with path.open("rb") as stream:
                tar.addfile(info, stream)


def laid_out(found: Iterable[Dependency], place: Path) -> str:
    """A folder with the wheels of these dependencies unpacked, for their metadata: nothing of them is run.

    Raises InputError when one cannot be had as a wheel, or has another hash than locked.
    """
    listed, folder = place / "wanted.txt", place / "packages"
    folder.mkdir(parents=True)
    listed.write_text("".join(_line(d) for d in found), encoding="utf-8")
    _pip(listed, "install", "--no-compile", "--target", str(folder))
    return str(folder)


def _fetch(listed: Path, wheels: Path) -> None:
    _pip(listed, "download", "--dest", str(wheels))


def _pip(listed: Path, *what: str) -> None:
    words = [sys.executable, "-m", "pip", *what, "--quiet", "--no-deps", "--require-hashes", "--no-input"]
    words += ["--only-binary", ":all:", "--disable-pip-version-check", "-r", str(listed)]
    done = proc.run(words, cwd=listed.parent, env=index_settings(), timeout=TIMEOUT)
    if done.returncode != 0:
        if b"No module named pip" in done.stderr:
            raise InputError("pip is not installed", hint='pip install "assaymark[release]"')
        said = (done.stderr or b"").decode("utf-8", "replace").strip().splitlines()[-6:]
        raise InputError("the wheels cannot be fetched: " + "\n".join(said or [done.problem or "it took too long"]))


def _line(dependency: Dependency) -> str:
    hashes = "".join(f" --hash=sha256:{value}" for value in dependency.hashes)
    return f"{dependency.name}=={dependency.version}{hashes}\n"


def _requirements(wheels: Path) -> str:
    """What is to be installed: every wheel of the folder at its version and hash."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    lines = []
    for path in sorted(wheels.glob("*.whl")):
        try:
            name, version, _, _ = parse_wheel_filename(path.name)
        except InvalidWheelFilename as problem:
            raise InputError(f"is no name of a wheel: {problem}", where=path.name) from problem
        lines.append(f"{name}=={version} --hash=sha256:{digest(path)}\n")
    return "".join(lines)


def _platform() -> str:
    """The Python and the system that it fits, as tags of wheels write them."""
    return f"cp{sys.version_info.major}{sys.version_info.minor}-" + re.sub(r"[-.]", "_", sysconfig.get_platform())
