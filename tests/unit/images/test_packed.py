"""An image in one file, squashfs or SIF: read without being mounted, unpacked without leaving its folder."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.image import MemberKind
from assaymark.images.packed import packed
from assaymark.images.read import read
from assaymark.images.unpack import unpacked

needs_squashfs = pytest.mark.service("mksquashfs", "unsquashfs")
SECTION = struct.Struct("<i?IIIqqq")


def sif(parts: list[tuple[int, bytes, bytes]], at: int = 4096, total: int = 48) -> bytes:
    """A file in SIF: of each part its kind, what its descriptor tells besides, and its bytes."""
    table, data, start = b"", b"", 32_768
    for number, (kind, extra, content) in enumerate(parts, 1):
        one = SECTION.pack(kind, True, number, 0xF0000001, 0, start + len(data), len(content), len(content))
        table += one.ljust(201, b"\0") + extra.ljust(384, b"\0")
        data += content
    head = b"\0" * 32 + b"SIF_MAGIC\0" + b"01\0" + b"02\0" + b"\0" * 16
    head = head.ljust(80, b"\0") + struct.pack("<qqq", 0, total, at)
    return head.ljust(4096, b"\0") + table.ljust(start - 4096, b"\0") + data


def part(system: int = 1, kind: int = 2, processor: bytes = b"04\0") -> bytes:
    return struct.pack("<ii3s", system, kind, processor)


@pytest.fixture
def squashfs(tmp_path: Path) -> Path:
    root = tmp_path / "made"
    (root / "bin").mkdir(parents=True)
    (root / "bin/a tool").write_bytes(b"one")
    (root / "bin/a tool").chmod(0o4755)
    os.link(root / "bin/a tool", root / 'bin/quoted" \\name')
    (root / "etc").mkdir()
    (root / "etc/.netrc").write_text("password x")
    (root / "out").symlink_to("/etc/../..")
    path = tmp_path / "image.sqfs"
    subprocess.run(["mksquashfs", root, path, "-quiet", "-no-progress", "-all-root"], check=True, timeout=60)
    return path


@needs_squashfs
def test_a_squashfs_is_read(squashfs: Path) -> None:
    image = read(squashfs)
    assert image.format == "squashfs"
    assert not image.configured
    assert image.members["bin/a tool"].mode == 0o4755
    assert image.members['bin/quoted" \\name'].mode == 0o4755
    assert image.members["out"].kind is MemberKind.LINK
    assert image.members["out"].target == "/etc/../.."
    assert list(image.heads.values()) == [b"password x"]
    assert image.unpacked == 13
    assert image.stored == squashfs.stat().st_size


@needs_squashfs
def test_it_is_unpacked_once_and_into_its_folder_only(squashfs: Path, tmp_path: Path) -> None:
    root, digest = unpacked(squashfs, tmp_path / "cache")
    assert digest == read(squashfs).digest
    assert (root / "bin/a tool").read_bytes() == b"one"
    assert (root / 'bin/quoted" \\name').read_bytes() == b"one"
    assert (root / "bin/a tool").stat().st_mode & 0o7777 == 0o755
    assert (root / "out").is_symlink()
    assert unpacked(squashfs, tmp_path / "cache")[0] == root


@needs_squashfs
def test_a_sif_tells_its_processor_and_its_signature(squashfs: Path, tmp_path: Path) -> None:
    content = squashfs.read_bytes()
    path = tmp_path / "image.sif"
    path.write_bytes(sif([(0x4004, part(), content), (0x4005, b"", b"sig")]))
    image = read(path)
    assert (image.format, image.architecture) == ("sif", "arm64")
    assert "not verified" in image.notes["signature"]
    assert image.members.keys() == read(squashfs).members.keys()
    path.write_bytes(sif([(0x4004, part(processor=b"02\0"), content)]))
    assert read(path).architecture == "amd64"
    assert "signature" not in read(path).notes


@pytest.mark.service("mksquashfs", "unsquashfs", "siftool")
def test_a_sif_of_another_program_is_read(squashfs: Path, tmp_path: Path) -> None:
    path = tmp_path / "image.sif"
    words = ["--datatype", "4", "--partfs", "1", "--parttype", "2", "--partarch", "2", "--groupid", "1"]
    subprocess.run(["siftool", "new", path], check=True, timeout=60)
    subprocess.run(["siftool", "add", *words, path, squashfs], check=True, timeout=60)
    assert read(path).architecture == "amd64"
    assert "bin/a tool" in read(path).members


Parts = list[tuple[int, bytes, bytes]]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([], "no system"),
        ([(0x4004, part(kind=3), b"")], "no system"),
        ([(0x4004, part(system=5), b"")], "encrypted"),
        ([(0x4004, part(system=2), b"")], "no squashfs"),
        ([(0x400A, b"", b"{}")], "OCI image in SIF"),
    ],
)
def test_a_sif_that_cannot_be_judged_is_refused(
    parts: list[tuple[int, bytes, bytes]], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "image.sif"
    path.write_bytes(sif(parts))
    with pytest.raises(InputError, match=says):
        read(path)


@needs_squashfs
@pytest.mark.parametrize("change", ["cut", "line break"])
def test_a_damaged_squashfs_is_refused(change: str, squashfs: Path, tmp_path: Path) -> None:
    if change == "cut":
        squashfs.write_bytes(squashfs.read_bytes()[:200])
    else:
        root = tmp_path / "made"
        (root / "a D 0 755 0 0\nb").write_text("x")
        squashfs.unlink()
        subprocess.run(["mksquashfs", root, squashfs, "-quiet", "-no-progress"], check=True, timeout=60)
    with pytest.raises(InputError):
        read(squashfs)


def test_without_its_program_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "image.sqfs"
    path.write_bytes(b"hsqs" + b"\0" * 200)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="unsquashfs is not installed"):
        read(path)


@given(noise=st.binary(max_size=200), total=st.integers(-(2**63), 2**63 - 1), at=st.integers(-(2**63), 2**63 - 1))
def test_a_header_of_noise_is_refused(noise: bytes, total: int, at: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "noise.sif")
        path.write_bytes(sif([(0x4004, noise[:12], noise)], at, total))
        with contextlib.suppress(InputError):
            found = packed(path)
            assert found is not None
            assert found.form == "sif"
