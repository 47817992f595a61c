"""Our own TOML files are parsed once for all runs, and never taken for what they were."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from zipfile import Path as ZipPath
from zipfile import ZipFile

import pytest

from assaymark import cache, catalogue, parsed, registry
from assaymark.errors import InputError
from assaymark.tools import manifest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAYMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many texts were parsed since it was asked last."""
    texts: list[str] = []
    kept = tomllib.loads
    monkeypatch.setattr(tomllib, "loads", lambda text: (texts.append(text), kept(text))[1])

    def asked() -> int:
        number = len(texts)
        texts.clear()
        return number

    return asked


def write(place: Path, text: str) -> list[tuple[Path, str]]:
    place.write_text(text, encoding="utf-8")
    return [(place, place.name)]


def test_a_file_is_parsed_once(tmp_path: Path, count: Callable[[], int]) -> None:
    files = write(tmp_path / "a.toml", 'name = "ö"\n[table]\nlist = [1, 2.5, true, {x = "y"}]\n')
    first = parsed.tables(files)
    assert count() == 1
    assert parsed.tables(files) == first == [parsed.table(files[0][0].read_text(encoding="utf-8"), "a.toml")]
    assert count() == 1  # the one to compare with
    assert first[0].data["table"]["list"][3] == {"x": "y"}


def test_a_changed_file_is_parsed_anew(tmp_path: Path, count: Callable[[], int]) -> None:
    files = write(tmp_path / "a.toml", "a = 1")
    parsed.tables(files)
    write(tmp_path / "a.toml", "a = 2")
    os.utime(tmp_path / "a.toml", ns=(1, 1))
    assert parsed.tables(files)[0].data == {"a": 2}
    write(tmp_path / "b.toml", "a = 3")
    assert parsed.tables([(tmp_path / "b.toml", "a.toml")])[0].data == {"a": 3}
    assert count() == 3


def test_a_damaged_entry_and_a_cache_that_cannot_be_used_cost_only_time(
    tmp_path: Path, own_cache: Path, count: Callable[[], int]
) -> None:
    files = write(tmp_path / "a.toml", "a = 1")
    parsed.tables(files)
    for entry in own_cache.rglob("??/*"):
        entry.write_bytes(entry.read_bytes()[:-1] + b"?")
    assert parsed.tables(files)[0].data == {"a": 1}
    assert count() == 2
    own_cache.rename(tmp_path / "elsewhere")
    own_cache.write_text("a file, not a folder")
    assert [parsed.tables(files)[0].data for _ in "12"] == [{"a": 1}, {"a": 1}]
    assert count() == 2


def test_what_cannot_be_kept_is_parsed_each_time(tmp_path: Path, count: Callable[[], int]) -> None:
    dated = write(tmp_path / "a.toml", "a = 2026-11-21")
    assert parsed.tables(dated) == parsed.tables(dated)
    with ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("b.toml", "b = 1")
    zipped = [(ZipPath(tmp_path / "a.zip", "b.toml"), "b.toml")]
    assert parsed.tables(zipped)[0].data == parsed.tables(zipped)[0].data == {"b": 1}
    assert count() == 4


def test_a_mistake_names_the_file_each_time(tmp_path: Path) -> None:
    files = write(tmp_path / "a.toml", "a = ")
    for _ in "12":
        with pytest.raises(InputError, match="not valid TOML") as said:
            parsed.tables(files)
        assert said.value.where == "a.toml"


def test_catalogue_and_tools_are_the_same_out_of_the_cache(own_cache: Path, count: Callable[[], int]) -> None:
    folders = [folder for plugin in registry.plugins() for folder in plugin.tools]
    formats = {name for plugin in registry.plugins() for name in plugin.parsers}
    first = (catalogue.load.__wrapped__(), manifest.load(folders, formats))
    assert count() > 40
    assert (catalogue.load.__wrapped__(), manifest.load(folders, formats)) == first
    assert count() == 0
    assert cache.folder() == own_cache
