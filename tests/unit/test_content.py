"""Files that the user names."""

from __future__ import annotations

from pathlib import Path

import pytest

from assaymark.content import content_of, text_of
from assaymark.errors import InputError


def test_what_a_file_holds(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes("é\r\n".encode())
    assert content_of(file, 4) == "é\r\n".encode()
    assert text_of(file, 4) == "é\r\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file or directory"), (b"x" * 1_000_001, "larger than 1 MB"), (b"\xff", "UTF-8")],
)
def test_what_cannot_be_read_is_the_users_error(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        text_of(file, 1_000_000)
    assert str(caught.value).count(str(file)) == 1
