"""Images at rest: what they say, and that nothing hostile gets out of its folder."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import images
import pytest
from images import File, Made

from assaymark.errors import InputError
from assaymark.image import MemberKind
from assaymark.images.read import read
from assaymark.images.unpack import unpacked

ROOT = {
    "bin": File(folder=True, mode=0o755),
    "bin/tool": File(b"one", 0o4755),
    "etc/secret/.netrc": File(b"password x"),
}
Write = Callable[[Made, Path], Path]
both = pytest.mark.parametrize("write", [images.docker_archive, images.oci_layout])


@both
def test_it_is_read(write: Write, tmp_path: Path) -> None:
    image = read(write(Made([ROOT]), tmp_path / "image"))
    assert image.architecture == "amd64"
    assert image.user == "1000:1000"
    assert image.command == ("/bin/tool", "--version")
    assert image.labels["org.opencontainers.image.version"] == "1.2.3"
    assert image.environment == {"PATH": "/usr/bin:/bin"}
    assert image.digest.startswith("sha256:")
    assert image.unpacked == 13
    assert image.members["bin/tool"].mode == 0o4755
    assert list(image.heads.values()) == [b"password x"]


@both
def test_layers_lie_over_one_another(write: Write, tmp_path: Path) -> None:
    second = {"bin/tool": File(b"three"), "etc/.wh.secret": File(), "etc/new": File(b"x")}
    third = {"bin/.wh..wh..opq": File(), "bin/other": File(hard="etc/new")}
    path = write(Made([ROOT, second, third]), tmp_path / "image")
    image = read(path)
    assert {p for p, m in image.members.items() if m.kind is MemberKind.FILE} == {"etc/new", "bin/other"}
    assert image.wasted == 3 + 10 + 5
    # A secret that a later layer removes is in the image all the same.
    assert list(image.heads) == ["0:etc/secret/.netrc"]
    root, digest = unpacked(path, tmp_path / "cache")
    assert digest == image.digest
    files = {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}
    made = {"etc/passwd", "etc/group", "etc/hosts", "etc/resolv.conf"}
    assert files - made == {"etc/new", "bin/other"}


def test_links_are_followed_inside_only(tmp_path: Path) -> None:
    layer = {
        "usr/bin/sh": File(b"x", 0o755),
        "bin": File(link="/usr/bin"),
        "up": File(link="../../../../usr/bin/sh"),
        "loop": File(link="loop"),
    }
    image = read(images.docker_archive(Made([layer]), tmp_path / "i.tar"))
    for path in ("/bin/sh", "bin/sh", "/usr/../bin/./sh", "/up"):
        found = image.find(path)
        assert found
        assert found.path == "usr/bin/sh", path
    assert image.find("/loop") is None
    assert image.find("/bin/none") is None


HOSTILE = {
    "up": {"../../escaped": File(b"x")},
    "absolute": {"/escaped": File(b"x")},
    "through a link": {"a": File(link="../../.."), "a/escaped": File(b"x")},
    "through an absolute link": {"a": File(link="OUTSIDE"), "a/escaped": File(b"x")},
    "a link to a link": {"a": File(link="OUTSIDE"), "b": File(link="a"), "b/escaped": File(b"x")},
    "over a link": {"a": File(link="OUTSIDE/kept"), "x": File(b"x"), "b": File(hard="a")},
    "a whiteout of the parent": {"d/.wh...": File()},
    "a whiteout of itself": {"d/.wh..": File()},
    "a whiteout through a link": {"a": File(link="OUTSIDE"), "a/.wh.kept": File()},
    "an opaque folder through a link": {"a": File(link="OUTSIDE"), "a/.wh..wh..opq": File()},
    "a device": {"null": File(kind=tarfile.CHRTYPE), "pipe": File(kind=tarfile.FIFOTYPE)},
    "a hard link outside": {"h": File(hard="../../../etc/passwd")},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_gets_out(name: str, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    layer = {
        path: File(
            f.content,
            f.mode,
            link=f.link.replace("OUTSIDE", str(outside)) if f.link else None,
            hard=f.hard,
            kind=f.kind,
        )
        for path, f in HOSTILE[name].items()
    }
    cache = tmp_path / "cache"
    root, _ = unpacked(images.docker_archive(Made([{"d/x": File(b"x")}, layer]), tmp_path / "i.tar"), cache)
    assert [p.name for p in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_text() == "kept"
    assert root.is_dir()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["cache", "i.tar", "outside"]
    for here, _, files in os.walk(root):
        for each in files:
            path = Path(here, each)
            assert path.is_symlink() or path.is_file()
            assert path.is_symlink() or not path.lstat().st_mode & 0o6000


@pytest.mark.parametrize("cut", [0, 100, 700, 5000])
def test_a_truncated_archive_is_refused(cut: int, tmp_path: Path) -> None:
    path = images.docker_archive(Made([{"x": File(b"x" * 20_000)}]), tmp_path / "i.tar")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError):
        read(path)


def test_a_changed_blob_is_refused(tmp_path: Path) -> None:
    for blob in range(3):
        folder = images.oci_layout(Made([ROOT]), tmp_path / str(blob))
        file = sorted((folder / "blobs/sha256").iterdir())[blob]
        data = bytearray(file.read_bytes())
        data[-1] ^= 1
        file.write_bytes(data)
        with pytest.raises(InputError):
            read(folder)
        with pytest.raises(InputError):
            unpacked(folder, tmp_path / f"cache{blob}")
        assert list((tmp_path / f"cache{blob}").glob("*")) == []


@pytest.mark.parametrize(
    "index",
    [
        "",
        "[]",
        "{}",
        '{"manifests": []}',
        '{"manifests": [{}]}',
        '{"manifests": [{"digest": "sha256:../../x"}]}',
        '{"manifests": [{"digest": "md5:1"}]}',
        '{"manifests": 3}',
        "[" * 100_000,
        '{"manifests": [[]]}',
    ],
)
def test_a_hostile_index_is_refused(index: str, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(index)
    with pytest.raises(InputError):
        read(tmp_path)


def test_an_index_that_names_itself_is_refused(tmp_path: Path) -> None:
    folder = images.oci_layout(Made([ROOT]), tmp_path / "i")
    index = json.loads((folder / "index.json").read_text())
    index["manifests"] = index["manifests"] * 2
    (folder / "index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match="2 images"):
        read(folder)


def test_a_blob_that_is_a_link_is_no_blob(tmp_path: Path) -> None:
    folder = images.oci_layout(Made([ROOT]), tmp_path / "i")
    file = next((folder / "blobs/sha256").iterdir())
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="lacks"):
        read(folder)


def test_unpacked_once(tmp_path: Path) -> None:
    path = images.docker_archive(Made([ROOT]), tmp_path / "i.tar")
    root, _ = unpacked(path, tmp_path / "cache")
    (root / "mark").touch()
    assert unpacked(path, tmp_path / "cache")[0] == root
    assert (root / "mark").exists()


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\x1f\x8b" + b"0" * 600])
def test_what_is_no_image_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read(path)
    with pytest.raises(InputError):
        read(tmp_path / "none")
