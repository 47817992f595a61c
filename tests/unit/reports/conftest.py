"""What the tests of reports share."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
# Read before the environment is cleaned: ASSAYMARK_UPDATE_SNAPSHOTS=1 pytest tests/unit/reports writes them anew.
UPDATE = os.environ.get("ASSAYMARK_UPDATE_SNAPSHOTS") == "1"


def load(path: Path) -> ModuleType:
    """A helper module beside the tests, by its path."""
    name = f"assaymark_tests_{path.stem}"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The module `sample`."""
    return load(Path(__file__).with_name("sample.py"))


@pytest.fixture
def snapshot() -> Callable[[str, str], None]:
    """Compare a text with the file of that name in tests/snapshots, or write it when asked to."""

    def compare(name: str, text: str) -> None:
        path = SNAPSHOTS / name
        if UPDATE:
            path.write_text(text, encoding="utf-8", newline="")
        assert path.is_file(), f"{path} is missing: run with ASSAYMARK_UPDATE_SNAPSHOTS=1 and read what it says"
        assert text == path.read_bytes().decode("utf-8")

    return compare
