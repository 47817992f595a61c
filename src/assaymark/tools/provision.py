"""Install a missing tool, pinned, from wheels, into an environment of its own. Only with ``--provision``."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from assaymark import proc
from assaymark.tools.locate import Located
from assaymark.tools.text import last_lines

# What an installer needs to reach the index that the user configured: consent was given for exactly this.
_PASSED = ("PIP_", "UV_", "SSL_CERT", "REQUESTS_CA", "CURL_CA")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
_TIMEOUT = 600


class Unprovisionable(Exception):
    """The installation failed; says why."""


def provisioned(name: str, program: str, pins: tuple[str, ...]) -> Located | None:
    """The program if it was installed before."""
    found = _folder(name, pins) / "bin" / program
    return Located(found, "provisioned") if found.is_file() else None


def provision(name: str, program: str, pins: tuple[str, ...]) -> Located:
    """Install the pins and give the program. Two runs at once do it once. Raises `Unprovisionable`."""
    target = _folder(name, pins)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _locked(target.with_suffix(".lock")):
        if not (target / "bin" / program).is_file():
            shutil.rmtree(target, ignore_errors=True)
            try:
                _install(target, pins)
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise
    found = provisioned(name, program, pins)
    if found is None:
        raise Unprovisionable(f"{', '.join(pins)} has no program called {program}")
    return found


def _install(target: Path, pins: tuple[str, ...]) -> None:
    uv = shutil.which("uv", path=os.pathsep.join(proc.search_path()))
    python = str(target / "bin" / "python")
    if uv:
        _call([uv, "venv", "--quiet", "--no-config", "--python", sys.executable, str(target)])
        _call([uv, "pip", "install", "--quiet", "--no-config", "--no-build", "--python", python, *pins])
    else:
        _call([sys.executable, "-I", "-m", "venv", str(target)])
        _call([python, "-I", "-m", "pip", "install", "--quiet", "--only-binary=:all:", *pins])


def _call(argv: list[str]) -> None:
    env = {k: v for k, v in os.environ.items() if k.startswith(_PASSED) or k.upper() in _PROXIES}
    done = proc.run(argv, cwd=Path(sys.prefix), env=env, timeout=_TIMEOUT, memory=None)
    if not done.finished or done.returncode:
        raise Unprovisionable(done.problem or last_lines(done.stderr) or f"{argv[0]} failed")


def _folder(name: str, pins: tuple[str, ...]) -> Path:
    digest = hashlib.sha256("\n".join((sys.executable, sys.version, *pins)).encode()).hexdigest()[:16]
    return installed() / f"{name}-{digest}"


def installed() -> Path:
    """Where provisioned tools are, each in a folder of its own with its programs in ``bin``."""
    base = os.environ.get("XDG_CACHE_HOME")
    cache = Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache"
    return cache / "assaymark" / "tools"


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
