"""What the installer of the actions does while it waits for uv."""

from __future__ import annotations

import time
from importlib.util import cache_from_source, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def installer(checkout: Path) -> ModuleType:
    found = spec_from_file_location("install", checkout / "actions" / "setup" / "install.py")
    assert found is not None
    assert found.loader is not None
    module = module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("pack/__init__.py", "pack/near.py", "pack/below/far.py"):
        file = tmp_path / "src" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("A = 1\n")
    (tmp_path / "src" / "pack" / "wrong.py").write_text("A = (\n")
    return tmp_path


def compiled(place: Path) -> set[str]:
    return {f.name for f in place.rglob("*.py") if Path(cache_from_source(str(f))).exists()}


def test_our_own_modules_are_compiled_meanwhile(installer: ModuleType, place: Path) -> None:
    expected = {"__init__.py", "near.py", "far.py"}
    with installer.compiling([place]):
        for _ in range(1_000):
            if compiled(place) == expected:
                break
            time.sleep(0.02)
    assert compiled(place) == expected


def test_nobody_waits_for_the_rest(installer: ModuleType, place: Path) -> None:
    for number in range(2_000):
        (place / "src" / "pack" / "below" / f"m{number}.py").write_text(f"A = {number}\n")
    with installer.compiling([place]):
        pass
    assert len(compiled(place)) < 2_000


def test_a_failing_installation_is_told_as_it_is(installer: ModuleType, place: Path) -> None:
    with pytest.raises(SystemExit), installer.compiling([place]):
        raise SystemExit(1)
