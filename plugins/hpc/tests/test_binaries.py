"""Headers of compiled files, real ones and rubbish."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.api import Binary, image_of
from assaymark_hpc.binaries import look

PYTHON = Path(sys.executable).resolve()


def of(path: Path) -> Binary:
    with path.open("rb") as file:
        return look(file)


def test_a_program_of_this_machine_is_read() -> None:
    found = of(PYTHON)
    assert found.machine in ("amd64", "arm64", "ppc64le", "riscv64", "s390x")
    assert "/ld-" in found.loader
    assert [name for name in found.needs if name.startswith("libc.")]
    libraries = {name for name, _ in found.wants}
    assert libraries <= set(found.needs)


def test_the_c_library_tells_its_versions_and_its_kernel() -> None:
    path = next(Path("/").glob("lib/*-linux-gnu/libc.so.6"), None) or next(Path("/").glob("lib64/libc.so.6"), None)
    if path is None:
        pytest.skip("this machine has no GNU C library where it is looked for")
    found = of(path.resolve())
    assert found.name == "libc.so.6"
    assert [v for v in found.gives if v.startswith("GLIBC_2.")]
    assert found.kernel is not None
    assert (2, 0, 0) < found.kernel < (9, 0, 0)


@given(st.integers(0, 4096), st.binary(min_size=1, max_size=64))
def test_a_damaged_program_does_no_harm(at: int, noise: bytes) -> None:
    data = bytearray(PYTHON.read_bytes()[:200_000])
    data[at : at + len(noise)] = noise
    try:
        found = look(io.BytesIO(bytes(data)))
    except ValueError:
        return
    assert len(found.needs) <= 2_000


@given(st.binary(max_size=300))
def test_rubbish_is_refused(noise: bytes) -> None:
    with pytest.raises(ValueError, match="headers"):
        look(io.BytesIO(b"\x7fELF" + noise))


def test_in_an_image_they_are_found_by_their_paths(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/python3").write_bytes(PYTHON.read_bytes())
    (root / "usr/bin/broken").write_bytes(PYTHON.read_bytes()[:1000])
    (root / "usr/bin/script").write_text("#!/bin/sh\n" * 20)
    image = image_of(root, look=look)
    assert set(image.binaries) == {"usr/bin/python3"}
    assert image.unread == ("usr/bin/broken",)
    assert image.architecture == image.binaries["usr/bin/python3"].machine
    assert image_of(root).binaries == {}
