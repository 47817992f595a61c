"""The comparison of index and work tree."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.files import blob_id
from assaymark.subject.index import lay, records

FAR = 2**62


def listing(path: str, data: bytes, *, mode: str = "100644", debug: str = "", stage: int = 0) -> bytes:
    return os.fsencode(f"{mode} {blob_id(data)} {stage}\t{path}\0{debug}")


def debug_of(place: Path, *, whole_seconds: bool = False, flags: str = "0") -> str:
    status = place.lstat()
    seconds, nanos = divmod(status.st_mtime_ns, 1_000_000_000)
    nanos = 0 if whole_seconds else nanos
    return (
        f"  ctime: 1:2\n  mtime: {seconds}:{nanos}\n  dev: 1\tino: 2\n  uid: 0\tgid: 0\n"
        f"  size: {status.st_size}\tflags: {flags}\n"
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(b"one")
    return tmp_path / "a"


@pytest.mark.parametrize("whole_seconds", [False, True])
def test_an_unchanged_file_is_not_read(file: Path, tmp_path: Path, whole_seconds: bool) -> None:
    # The index claims another content, and is believed: size and time agree.
    laid = lay(listing("a", b"two", debug=debug_of(file, whole_seconds=whole_seconds)), tmp_path, FAR)
    assert [(e.path, e.blob, e.size) for e in laid.entries] == [("a", blob_id(b"two"), 3)]
    assert not laid.dirty


def test_a_file_as_young_as_the_index_is_read(file: Path, tmp_path: Path) -> None:
    laid = lay(listing("a", b"two", debug=debug_of(file)), tmp_path, file.stat().st_mtime_ns)
    assert [e.blob for e in laid.entries] == [blob_id(b"one")]
    assert laid.dirty


def test_without_times_every_file_is_read(file: Path, tmp_path: Path) -> None:
    assert not lay(listing("a", b"one"), tmp_path, FAR).dirty
    assert lay(listing("a", b"two"), tmp_path, FAR).dirty


def test_a_sparse_checkout(file: Path, tmp_path: Path) -> None:
    listed = listing("gone", b"x", debug=debug_of(file, flags="40000000"))
    laid = lay(listed + listing("a", b"one", debug=debug_of(file, flags="40000000")), tmp_path, FAR)
    assert [e.path for e in laid.absent] == ["gone"]
    assert [e.path for e in laid.entries] == ["a"]
    assert not laid.dirty


def test_a_conflict_is_one_dirty_entry(file: Path, tmp_path: Path) -> None:
    listed = b"".join(listing("a", b"one", stage=stage) for stage in (1, 2, 3))
    laid = lay(listed, tmp_path, FAR)
    assert [e.path for e in laid.entries] == ["a"]
    assert laid.dirty


def test_a_link_checked_out_as_a_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "l").write_text("target")
    laid = lay(listing("l", b"target", mode="120000"), tmp_path, FAR)
    assert [e.is_symlink for e in laid.entries] == [True]
    assert not laid.dirty


@pytest.mark.parametrize("path", ["../outside", "a\0b", "/etc/passwd", "d/" * 2_500 + "f", "x" * 5_000])
def test_a_forged_index_does_not_reach_outside(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside").write_text("secret")
    root = tmp_path / "root"
    root.mkdir()
    laid = lay(listing(path, b"secret"), root, FAR)
    assert all(e.blob != blob_id(b"secret") or e.size == 0 for e in laid.entries)


@given(st.binary())
def test_any_listing_is_read(data: bytes) -> None:
    for record in records(data):
        assert record.path
