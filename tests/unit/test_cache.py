"""The cache: intact or absent, never in the way, never too large."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark import cache
from assaymark.cache import Store

KEY = cache.key("a")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSAYMARK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_what_was_put_is_got(place: Path) -> None:
    assert cache.get(KEY) is None
    cache.put(KEY, b"verdict")
    assert cache.get(KEY) == b"verdict"
    cache.put(KEY, b"")
    assert cache.get(KEY) == b""


def test_only_the_owner_reads_it(place: Path) -> None:
    cache.put(KEY, b"verdict")
    files = [p for p in place.rglob("*") if p.is_file()]
    assert {p.stat().st_mode & 0o077 for p in files if p.name != "pruned"} == {0}


@given(st.lists(st.text() | st.binary(), max_size=4), st.lists(st.text() | st.binary(), max_size=4))
def test_keys_are_equal_only_for_equal_parts(one: list[str | bytes], other: list[str | bytes]) -> None:
    plain = [
        [p if isinstance(p, bytes) else p.encode("utf-8", "surrogateescape") for p in parts] for parts in (one, other)
    ]
    assert (cache.key(*one) == cache.key(*other)) == (plain[0] == plain[1])


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "g" * 64, "0" * 63])
def test_what_is_no_key_is_a_bug(key: str, place: Path) -> None:
    with pytest.raises(ValueError, match="no cache key"):
        cache.get(key)


@pytest.mark.parametrize("damage", [b"", b"x", b"0" * 32 + b"forged"])
def test_a_damaged_entry_is_absent(place: Path, damage: bytes) -> None:
    cache.put(KEY, b"verdict")
    (place / "1" / KEY[:2] / KEY[2:]).write_bytes(damage)
    assert cache.get(KEY) is None


def test_a_cut_entry_is_absent(place: Path) -> None:
    cache.put(KEY, b"verdict")
    entry = place / "1" / KEY[:2] / KEY[2:]
    entry.write_bytes(entry.read_bytes()[:-1])
    assert cache.get(KEY) is None


def test_a_named_pipe_in_the_place_of_the_folder_is_no_cache(place: Path) -> None:
    os.mkfifo(place)
    cache.put(KEY, b"verdict")
    assert cache.get(KEY) is None


def test_a_file_in_the_place_of_the_folder_is_no_cache(place: Path) -> None:
    place.write_text("in the way")
    cache.put(KEY, b"verdict")
    assert cache.get(KEY) is None
    assert place.read_text() == "in the way"


def test_a_folder_that_anyone_may_write_to_is_no_cache(place: Path) -> None:
    cache.put(KEY, b"verdict")
    (place / "1").chmod(0o777)
    assert cache.get(KEY) is None


def test_too_large_an_entry_is_not_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "MAX_ENTRY", 3)
    cache.put(KEY, b"four")
    assert cache.get(KEY) is None


def test_the_user_chooses_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.folder() == tmp_path / "assaymark"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache.folder() is None
    cache.put(KEY, b"verdict")
    assert cache.get(KEY) is None
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache.folder() == tmp_path / "home" / ".cache" / "assaymark"


def test_the_oldest_go_first(tmp_path: Path) -> None:
    store = Store(tmp_path)
    keys = [cache.key(str(n)) for n in range(4)]
    for age, key in enumerate(keys):
        store.put(key, b"x" * 100)
        os.utime(tmp_path / key[:2] / key[2:], (1_000_000 - age, 1_000_000 - age))
    store.prune(limit=2 * 132)
    assert [store.get(key) is not None for key in keys] == [True, True, False, False]


def test_use_makes_an_entry_young_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(KEY, b"x")
    path = tmp_path / KEY[:2] / KEY[2:]
    os.utime(path, (1_000_000, 1_000_000))
    assert store.get(KEY) == b"x"
    assert path.stat().st_mtime > 1_000_000


def test_pruning_happens_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PRUNE_EVERY", -1.0)
    pruned: list[Path] = []
    monkeypatch.setattr(Store, "prune", lambda self: pruned.append(self.root))
    Store(tmp_path).put(KEY, b"x")
    assert pruned == [tmp_path]


def test_leftovers_of_a_killed_run_are_removed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.put(KEY, b"x")
    leftover = tmp_path / KEY[:2] / ".abandoned.1.0"
    leftover.write_bytes(b"half")
    os.utime(leftover, (1_000_000, 1_000_000))
    store.prune()
    assert not leftover.exists()
    assert store.get(KEY) == b"x"


def test_nothing_half_written_is_left(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        cache.put(KEY, b"verdict")
    assert [p for p in place.rglob("*") if p.is_file()] == []


def test_many_at_once(place: Path) -> None:
    seen: list[bytes | None] = []

    def work(n: int) -> None:
        for _ in range(30):
            cache.put(KEY, bytes([n]) * 5_000)
            seen.append(cache.get(KEY))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {data[:1] * 5_000 == data for data in seen if data is not None} == {True}
    assert None not in seen
