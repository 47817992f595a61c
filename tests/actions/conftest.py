"""`act` for the tests of the actions: each test has a folder of its own and one copy of ours for all."""

from __future__ import annotations

from pathlib import Path

import pytest
from act import Act, copy_of_ours, environment_of_ours


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
