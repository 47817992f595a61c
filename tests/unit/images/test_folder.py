"""An unpacked folder judged where it lies, and the released image that its place tells of."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

import images
import pytest
from images import File, Made

from assaymark.errors import InputError
from assaymark.image import Binary, MemberKind
from assaymark.images.folder import is_root
from assaymark.images.read import read
from assaymark.images.unpack import unpacked

HEX = "ab" + "c" * 62


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "flat" / "root"
    for name in ("bin", "etc", "home/u"):
        (made / name).mkdir(parents=True)
    (made / "bin/tool").write_bytes(b"one")
    (made / "bin/tool").chmod(0o755)
    (made / "home/u/.netrc").write_text("password x")
    (made / "home/u/.wh.kept").write_text("a name like any other")
    (made / "out").symlink_to("/etc/hostname")
    return made


def test_it_is_read_as_it_lies(root: Path) -> None:
    image = read(root)
    assert image.format == "folder"
    assert not image.configured
    assert image.members["bin/tool"].mode == 0o755
    assert image.members["out"].kind is MemberKind.LINK
    assert "home/u/.wh.kept" in image.members
    assert list(image.heads.values()) == [b"password x"]
    assert "no released image" in image.notes["digest"]


def test_another_content_is_another_digest(root: Path) -> None:
    first = read(root).digest
    assert read(root).digest == first
    (root / "bin/tool").write_bytes(b"two")
    assert read(root).digest != first


def test_on_cvmfs_the_place_tells_the_released_image(root: Path, tmp_path: Path) -> None:
    top = tmp_path / "unpacked.example.org"
    flat = top / ".flat/ab" / HEX
    flat.parent.mkdir(parents=True)
    root.rename(flat)
    link = top / "registry.example.org/lab/tool:1.2"
    link.parent.mkdir(parents=True)
    link.symlink_to(f"../../.flat/ab/{HEX}")
    image = read(link)
    assert image.digest == f"sha256:{HEX}"
    assert image.notes["released"] == "registry.example.org/lab/tool:1.2"
    assert "not computed" in image.notes["digest"]


def test_what_was_unpacked_here_is_known_by_its_image(tmp_path: Path) -> None:
    made = images.docker_archive(Made([{"bin/tool": File(b"x", 0o755), "etc/a": File()}]), tmp_path / "i.tar")
    place, digest = unpacked(made, tmp_path / "cache")
    assert read(place).digest == digest == read(made).digest
    (place.parent / ".assaymark-ready").write_text("something else")
    assert read(place).digest != digest


def test_what_apptainer_puts_there_is_used(root: Path) -> None:
    inside = root / ".singularity.d"
    inside.mkdir()
    (inside / "runscript").write_text("#!/bin/sh\n")
    (inside / "labels.json").write_text('{"org.opencontainers.image.version": "1.2"}')
    image = read(root)
    assert image.entrypoint == ("/.singularity.d/runscript",)
    assert image.labels == {"org.opencontainers.image.version": "1.2"}
    (inside / "labels.json").write_text("{")
    assert read(root).labels == {}


def test_the_processor_is_that_of_most_programs(root: Path) -> None:
    for number, machine in enumerate(("amd64", "arm64", "amd64")):
        (root / f"bin/{number}").write_bytes(b"\x7fELF\2\1".ljust(16, b"\0") + b"\3\0" + machine.encode().ljust(100))

    def look(file: IO[bytes]) -> Binary:
        return Binary(machine=file.read()[18:].split()[0].decode(), loader="/lib/ld.so")

    assert read(root, look=look).architecture == "amd64"
    assert read(root).architecture == ""


def test_a_folder_of_parts_is_no_unpacked_image(tmp_path: Path) -> None:
    layout = images.oci_layout(Made([{"bin/tool": File(b"x")}]), tmp_path / "layout")
    (layout / "bin").mkdir()
    assert not is_root(layout)
    assert read(layout).format == "oci"
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"neither index\.json"):
        read(tmp_path / "empty")


def test_what_may_not_be_read_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        read(root)
