"""`act` for the tests of the actions: each test has a folder of its own and one copy of ours for all."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from act import Act, copy_of_ours, environment_of_ours

STRICT = os.environ.get("ASSAYMARK_CI") == "1"
# What says where packages are to be had.
INDEX = (
    *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL", "UV_FIND_LINKS", "UV_SYSTEM_CERTS", "UV_PYTHON_DOWNLOADS"),
    *("SSL_CERT_FILE", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"),
)


@pytest.fixture(scope="session")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of_ours(tmp_path_factory.mktemp("ours") / "assaymark")


@pytest.fixture
def act(tmp_path: Path, ours: Path) -> Act:
    """Uses the environment of the tests, so that nothing is installed."""
    return Act(tmp_path / "act", ours, environment_of_ours())


@pytest.fixture
def bare_act(tmp_path: Path, ours: Path) -> Act:
    """Nothing is prepared: the actions install."""
    return Act(tmp_path / "act", ours, None)


@pytest.fixture(scope="session")
def packages(ours: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where an installation gets its packages: the cache of uv, else an index; skips when neither has them."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("needs uv, which this machine lacks")
    cache = subprocess.run([uv, "cache", "dir"], check=True, capture_output=True, text=True).stdout.strip()
    given = {name: value for name, value in os.environ.items() if name in INDEX}
    problem = ""
    for more in ({"UV_OFFLINE": "1"}, {}):
        temporary = tmp_path_factory.mktemp("tried")
        env = {"PATH": os.environ["PATH"], "RUNNER_TEMP": str(temporary), "GITHUB_PATH": str(temporary / "path")}
        env |= {
            "HOME": str(temporary),
            "GITHUB_OUTPUT": str(temporary / "out"),
            "UV_CACHE_DIR": cache,
            "PLUGINS": "python",
            **given,
            **more,
        }
        done = subprocess.run([ours / "actions/setup/run.sh"], env=env, capture_output=True, text=True)
        if done.returncode == 0:
            return {"UV_CACHE_DIR": cache, **given, **more}
        problem = done.stdout
    if STRICT:
        pytest.fail(f"the lock cannot be installed: {problem}", pytrace=False)
    pytest.skip(f"the lock cannot be installed, from the cache of uv or from an index: {problem}")
