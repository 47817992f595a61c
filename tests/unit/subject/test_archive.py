"""Tarballs and zips: read within limits, never unpacked."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest

from assaymark.errors import InputError
from assaymark.subject import archive as module
from assaymark.subject.checkout import open_subject
from assaymark.testing import tree_of

FILES = {"README.md": b"hello\n", "src/a.py": b"a = 1\n"}


def member(name: str, **keys: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in keys.items():
        setattr(info, key, value)
    return info


def tar_of(place: Path, files: dict[str, bytes], *members: tarfile.TarInfo, mode: str = "w:gz") -> Path:
    with tarfile.open(place, mode) as tar:  # type: ignore[call-overload]
        for name, data in files.items():
            tar.addfile(member(name, size=len(data), mode=0o755 if name.endswith(".sh") else 0o644), io.BytesIO(data))
        for info in members:
            tar.addfile(info)
    return place


def zip_of(place: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return place


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tarballs(tmp_path: Path, mode: str) -> None:
    opened = open_subject(tar_of(tmp_path / "x.tar", FILES | {"run.sh": b"x"}, mode=mode))
    assert {e.path: e.mode for e in opened.tree} == {
        "README.md": 0o100644,
        "run.sh": 0o100755,
        "src/a.py": 0o100644,
    }
    assert opened.tree.read("src/a.py") == b"a = 1\n"
    assert (opened.root, opened.git_dir, opened.subject.commit) == (None, None, None)


def test_the_same_files_have_the_same_digest_everywhere(tmp_path: Path) -> None:
    expected = tree_of(FILES).digest
    inside = {f"name-1.0/{path}": data for path, data in FILES.items()}
    assert open_subject(tar_of(tmp_path / "a", FILES)).subject.digest == expected
    assert open_subject(zip_of(tmp_path / "b", FILES)).subject.digest == expected
    assert open_subject(tar_of(tmp_path / "c", inside)).subject.digest == expected
    assert open_subject(zip_of(tmp_path / "d", inside)).subject.digest == expected


def test_links_are_kept_as_links_and_hard_links_as_copies(tmp_path: Path) -> None:
    place = tar_of(
        tmp_path / "x",
        FILES,
        member("soft", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        member("hard", type=tarfile.LNKTYPE, linkname="README.md"),
        member("astray", type=tarfile.LNKTYPE, linkname="nowhere"),
        member("pipe", type=tarfile.FIFOTYPE),
        member("device", type=tarfile.CHRTYPE),
        member("folder", type=tarfile.DIRTYPE),
    )
    tree = open_subject(place).tree
    assert [e.path for e in tree] == ["README.md", "hard", "soft", "src/a.py"]
    assert tree.read("soft") == b"/etc/passwd"
    assert tree.read("hard") == b"hello\n"


def test_links_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as out:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        out.writestr(info, "/etc/passwd")
    tree = open_subject(tmp_path / "x.zip").tree
    assert [e.is_symlink for e in tree] == [True]
    assert tree.read("link") == b"/etc/passwd"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "..\\x", "\\x"])
@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_member_that_leaves_the_archive_is_refused(tmp_path: Path, make: object, name: str) -> None:
    place = tmp_path / "inner" / "x"
    place.parent.mkdir()
    make(place, {name: b"x"})  # type: ignore[operator]
    with pytest.raises(InputError, match="leaves it"):
        open_subject(place)
    assert not (tmp_path / "x").exists()


def test_of_two_members_with_one_name_the_last_counts(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x", "w") as tar:
        for data in (b"one", b"two"):
            tar.addfile(member("a", size=3), io.BytesIO(data))
    assert open_subject(tmp_path / "x").tree.read("a") == b"two"


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_bomb_is_refused_before_it_is_expanded(tmp_path: Path, make: object, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make(tmp_path / "x", {"zeros": b"\0" * 20_000_000})  # type: ignore[operator]
    assert place.stat().st_size < 100_000
    monkeypatch.setattr(module, "MAX_EXPANDED", 10_000_000)
    with pytest.raises(InputError, match="expands to more than 10 MB"):
        open_subject(place)


def test_a_sparse_member_of_ten_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_EXPANDED", 5_000_000)
    headers = {"GNU.sparse.major": "0", "GNU.sparse.map": "0,0", "GNU.sparse.size": str(10 * 2**30)}
    place = tar_of(tmp_path / "x", {}, member("big", pax_headers=headers))
    with pytest.raises(InputError, match="expands"):
        open_subject(place)


def test_too_many_members_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 3)
    with pytest.raises(InputError, match="more than 3 members"):
        open_subject(tar_of(tmp_path / "x", {f"f{n}": b"" for n in range(4)}))


def test_only_the_head_of_a_large_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 10)
    tree = open_subject(zip_of(tmp_path / "x", {"a": b"x" * 100})).tree
    entry = tree.get("a")
    assert entry is not None
    assert entry.size == 100
    assert entry.blob == tree_of({"a": "x" * 100}).get("a").blob  # type: ignore[union-attr]
    assert tree.read("a") == b"x" * 10


def test_too_much_to_keep_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_KEPT", 10)
    with pytest.raises(InputError, match="holds more than"):
        open_subject(zip_of(tmp_path / "x", {"a": b"x" * 8, "b": b"x" * 8}))


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_a_damaged_archive_is_the_users_problem_not_ours(tmp_path: Path, make: object) -> None:
    place: Path = make(tmp_path / "x", {f"f{n}": bytes(range(256)) * 40 for n in range(20)})  # type: ignore[operator]
    whole = place.read_bytes()
    for cut in range(10, len(whole), max(1, len(whole) // 25)):
        place.write_bytes(whole[:cut])
        with pytest.raises(InputError):
            open_subject(place)
    for at in range(0, len(whole), max(1, len(whole) // 60)):
        place.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with suppress(InputError):  # a changed byte may do no harm
            open_subject(place)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    place = zip_of(tmp_path / "x.zip", {"a": b"x"})
    data = bytearray(place.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    place.write_bytes(data)
    with pytest.raises(InputError, match="encrypted"):
        open_subject(place)


def test_an_archive_has_no_refs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a Git repository"):
        open_subject(tar_of(tmp_path / "x", FILES), "main")


def test_names_of_any_bytes(tmp_path: Path) -> None:
    names = ["with blank", "new\nline", "\udce9latin", "\x1b[2J", "é"]
    tree = open_subject(tar_of(tmp_path / "x", dict.fromkeys(names, b"x"))).tree
    assert {e.path for e in tree} == set(names)
    assert tree.read("\udce9latin") == b"x"
