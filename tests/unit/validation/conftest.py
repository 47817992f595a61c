"""Folders of toy documents, and the command that validates them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from assaymark import validity
from assaymark.validation.model import Validation


def _load() -> ModuleType:
    """The toy under one name, whoever asks: validators are named by module."""
    if "toy_validator" not in sys.modules:
        spec = importlib.util.spec_from_file_location("toy_validator", Path(__file__).with_name("toy.py"))
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["toy_validator"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules["toy_validator"]


@pytest.fixture
def toy() -> ModuleType:
    return _load()


@pytest.fixture
def only_toy(toy: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy is the only format that is installed."""
    monkeypatch.setattr(validity, "validators", lambda: (toy.validator(),))


Folder = Callable[..., Path]
Validate = Callable[..., Validation]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes files (path -> lines of a toy, or bytes as they are) and gives their folder."""

    def make(files: dict[str, str | bytes]) -> Path:
        root = tmp_path / "root"
        root.mkdir(exist_ok=True)
        for path, content in files.items():
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else f"toy: 1\n{content}\n".encode())
        return root

    return make
