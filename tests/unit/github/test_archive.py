from __future__ import annotations

import io
import stat
import warnings
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.errors import InputError
from assaymark.github.archive import MAX_ARCHIVE, member

NAME = "assessment.json"


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in entries:
            archive.writestr(name, content, compress_type=zipfile.ZIP_DEFLATED)
    return data.getvalue()


def test_the_one_file_is_read() -> None:
    assert member(zipped(("x", b"1"), (NAME, b"{}"), ("../../y", b"2")), NAME, 100) == b"{}"


@pytest.mark.parametrize("name", [f"a/{NAME}", f"../{NAME}", f"/{NAME}", NAME.upper(), f"{NAME}/"])
def test_another_name_is_not_it(name: str) -> None:
    assert member(zipped((name, b"")), NAME, 100) is None


def test_a_bomb_is_not_unpacked() -> None:
    bomb = zipped((NAME, b"\0" * 50_000_000))
    assert len(bomb) < 100_000
    with pytest.raises(InputError, match="more than 1 MB"):
        member(bomb, NAME, 1_000_000)


def test_a_size_that_lies_is_not_believed() -> None:
    true = zipped((NAME, b"\0" * 3_000_000))
    size = (3_000_000).to_bytes(4, "little")
    lie = true.replace(size, (10).to_bytes(4, "little"))
    assert lie != true
    with pytest.raises(InputError, match="cannot be read"):
        member(lie, NAME, 1_000_000)


def test_a_link_a_double_and_a_crowd() -> None:
    link = zipfile.ZipInfo(NAME)
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(InputError, match="symbolic link"):
        member(zipped((link, b"/etc/passwd")), NAME, 100)
    with pytest.raises(InputError, match="twice"):
        member(zipped((NAME, b"1"), (NAME, b"2")), NAME, 100)
    with pytest.raises(InputError, match="more than 1000 entries"):
        member(zipped(*((str(n), b"") for n in range(1_001))), NAME, 100)
    with pytest.raises(InputError, match="larger than 50 MB"):
        member(b"\0" * (MAX_ARCHIVE + 1), NAME, 100)


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(zipped((NAME, b"{}")))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="cannot be read"):
        member(bytes(data), NAME, 100)


@given(st.binary(max_size=300))
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        member(data, NAME, 100)


@given(st.data())
def test_a_damaged_archive_is_refused_or_read(data: st.DataObject) -> None:
    whole = bytearray(zipped((NAME, b"{}" * 50)))
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = member(bytes(whole), NAME, 1_000)
    except InputError:
        return
    assert found is None or len(found) <= 1_000
