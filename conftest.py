"""What holds for every test: no network, no real home, a clean environment, and honest skips.

The guard binds the test process; a program that a test starts is held by the program's own limits.
"""

from __future__ import annotations

import gc
import ipaddress
import itertools
import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

pytest_plugins = ["pytester"]

# What a CI host or a person's shell may have set and a test must not see.
UNWANTED = ("GITHUB_", "GIT_", "RUNNER_", "CI_", "GITLAB_", "ASSAYMARK_", "SLURM_", "XDG_")
UNWANTED_NAMES = (
    "CI",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "TERM_PROGRAM",
    "PYTHONDONTWRITEBYTECODE",
)
GITCONFIG = """\
[user]
    name = Ada Example
    email = ada@example.org
[init]
    defaultBranch = main
[commit]
    gpgSign = false
[tag]
    gpgSign = false
[core]
    autocrlf = false
[advice]
    detachedHead = false
[maintenance]
    auto = false
"""
# Without the dozen examples of hooks that Git puts into each repository.
TEMPLATE = """\
[init]
    templateDir = "{}"
"""

_real_connect = socket.socket.connect
_real_connect_ex = socket.socket.connect_ex
_real_getaddrinfo = socket.getaddrinfo
_numbers = itertools.count()


class NetworkRefused(OSError):
    """A test tried to leave this machine."""


def pytest_configure(config: pytest.Config) -> None:
    """Read the one switch before the environment is cleaned."""
    config.stash[STRICT] = os.environ.get("ASSAYMARK_CI") == "1"
    # To compile every test and all that it imports again for each worker and each run is a fifth of the time.
    sys.dont_write_bytecode = False
    # How long an example takes says how busy the machine is, and nothing of what is tested. Who works on it runs the
    # tests many times, each time with other examples: fewer of them do.
    hypothesis.settings.register_profile("untimed", deadline=None, max_examples=40)
    # CI tells of a change what it broke; what chance finds is found by who works on it.
    hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, max_examples=100)
    hypothesis.settings.load_profile("repeatable" if config.stash[STRICT] else "untimed")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected lives to the end: to look through it again and again for garbage is a quarter of its time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: a worker that waits for a service leaves its core to another."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return cores + cores // 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: one worker begins with the jobs at sites, others that are done take from the end of its share.

    So the services of a site are started once, and no worker is left with these tests when all others are done.
    """
    items.sort(key=lambda item: SITES not in item.path.parents)


SITES = Path(__file__).parent / "tests" / "offload"
STRICT = pytest.StashKey[bool]()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """``service(name)``: a missing program skips with its name; under ASSAYMARK_CI=1 it fails."""
    # No CI can install a GPU.
    if item.get_closest_marker("gpu") and not any(map(os.path.exists, GPUS)):
        pytest.skip("needs a GPU with its driver, which this machine lacks")
    for mark in item.iter_markers("service"):
        missing = [name for name in mark.args if not _present(name)]
        if missing:
            reason = f"needs {', '.join(missing)}, which this machine lacks"
            if item.config.stash[STRICT]:
                pytest.fail(f"{reason}; .ci/run must install it", pytrace=False)
            pytest.skip(reason)


# What the drivers of NVIDIA and AMD make.
GPUS = ("/dev/nvidiactl", "/dev/kfd")
# What is no program: .ci/openapi brings GitHub's description, .ci/run the packages from npm.
CI = Path(__file__).parent / ".ci"
FILES = {
    "github-openapi": CI / "openapi-description" / "api.github.com.json",
    "npm-credentials": CI / "node" / "node_modules" / "jose" / "package.json",
}


def _present(program: str) -> bool:
    if program == "root":
        return os.geteuid() == 0
    if program == "font":
        from assaymark.badges import png

        return png._has_font()
    if program in FILES:
        return FILES[program].is_file()
    beside_python = Path(sys.executable).parent
    return shutil.which(program) is not None or shutil.which(program, path=str(beside_python)) is not None


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder of its own; pytest looks for a free number among thousands, and links to the latest of each name."""
    name = re.sub(r"\W", "_", request.node.name)[:25]
    folder = tmp_path_factory.getbasetemp() / f"{name}_{next(_numbers)}"
    folder.mkdir(mode=0o700)
    return folder


class _Homes:
    """Folders with no more than Git's settings: one that nothing was written into serves the next test, too."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._free: list[Path] = []
        for name in ("hooks", "info"):
            (root / "template" / name).mkdir(parents=True)
        self._settings = GITCONFIG + TEMPLATE.format(root / "template")

    def take(self) -> Path:
        if self._free:
            return self._free.pop()
        home = self._root / str(next(_numbers))
        home.mkdir()
        (home / ".gitconfig").write_text(self._settings, encoding="utf-8")
        return home

    def give_back(self, home: Path) -> None:
        try:
            as_it_was = [p.name for p in home.iterdir()] == [".gitconfig"]
            as_it_was = as_it_was and (home / ".gitconfig").read_text(encoding="utf-8") == self._settings
        except (OSError, ValueError):
            return
        if as_it_was:
            self._free.append(home)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> _Homes:
    return _Homes(tmp_path_factory.mktemp("homes"))


@pytest.fixture(autouse=True)
def clean_environment(_homes: _Homes, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, UTC, a fixed locale, a Git identity, and nothing of the host's; gives the home."""
    home = _homes.take()
    for name in list(os.environ):
        if name.startswith(UNWANTED) or name in UNWANTED_NAMES:
            monkeypatch.delenv(name)
    fixed = {"HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", "TERM": "dumb"}
    folders = {"CONFIG": ".config", "CACHE": ".cache", "DATA": ".local/share", "STATE": ".local/state"}
    fixed |= {f"XDG_{kind}_HOME": str(home / folder) for kind, folder in folders.items()}
    for name, value in fixed.items():
        monkeypatch.setenv(name, value)
    yield home
    _homes.give_back(home)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the loopback interface and Unix sockets can be reached, and only their names resolved."""

    def connect(self: socket.socket, address: Any) -> None:
        _refuse(self.family, address)
        _real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _refuse(self.family, address)
        return _real_connect_ex(self, address)

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_loopback(host):
            raise NetworkRefused(f"this test asked for the address of {host!r}")
        return _real_getaddrinfo(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket.socket, "connect_ex", connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _refuse(family: int, address: Any) -> None:
    if family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):
        raise NetworkRefused(f"this test tried to connect to {address[0]!r}")


def _is_loopback(host: Any) -> bool:
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if text in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def a_new_run() -> Iterator[None]:
    """A test that called the command line ended that run: processes may be started again."""
    yield
    proc = sys.modules.get("assaymark.proc")
    if proc is not None:
        proc._ending.clear()


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The root of this repository."""
    return Path(__file__).parent
