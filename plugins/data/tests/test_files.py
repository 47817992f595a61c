"""Checksum lists, bags as the library of the Library of Congress makes them, and readers that meet damaged files."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path
from typing import Any

import bagit
import pytest
from makers import grid
from test_examples import judged

from assaymark.model import Outcome
from assaymark_data import examined
from assaymark_data.dataset import Dataset, File, is_pickle
from assaymark_data.files import look
from assaymark_data.local import source


def sums(folder: Path, text: str, name: str = "SHA256SUMS") -> Any:
    (folder / name).write_text(text, encoding="utf-8")
    return look(Dataset(folder=folder, root=folder, checksum_files=(name,)))


def digest(text: str, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, text.encode()).hexdigest()


def test_lines_of_sha256sum_and_of_bsd_are_read(tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("x", encoding="utf-8")
    right = f"{digest('x')}  a b.txt\n{digest('x')} *./a b.txt\nMD5 (a b.txt) = {digest('x', 'md5')}\n"
    found = sums(tmp_path, right)
    assert (found.broken, found.lost, found.seen) == ((), (), ())
    wrong = sums(tmp_path, f"{digest('y')}  a b.txt\n")
    assert "sha256 is" in wrong.seen[0].wrong[0]
    assert [s.path for s in sums(tmp_path, f"{digest('x')}  none.txt\n").lost] == ["none.txt"]


@pytest.mark.parametrize("line", ["nothing", "abc  a.txt", f"{'a' * 64}", f"{'a' * 50}  a.txt", "\x00\x01"])
def test_lines_that_state_nothing_are_said_to(tmp_path: Path, line: str) -> None:
    assert sums(tmp_path, line + "\n").broken


@pytest.mark.filterwarnings("ignore:'count' is passed:DeprecationWarning:bagit")
def test_a_bag_of_the_library_is_whole_until_it_is_spoilt(tmp_path: Path) -> None:
    (tmp_path / "bag").mkdir()
    (tmp_path / "bag" / "levels.csv").write_text("a\n1\n", encoding="utf-8")
    bagit.make_bag(str(tmp_path / "bag"), checksums=["sha256", "md5"])
    bag = Dataset(folder=tmp_path / "bag", root=tmp_path / "bag", files=(File(path="data/levels.csv", kind="table"),))
    found = look(bag)
    assert (found.broken, found.bags, found.lost) == ((), (), ())
    assert found.seen[0].checked == 2
    (tmp_path / "bag" / "data" / "more.csv").write_text("a\n", encoding="utf-8")
    assert "no manifest of the bag names data/more.csv" in look(bag).bags[0]
    (tmp_path / "bag" / "data" / "levels.csv").write_text("a\n2\n", encoding="utf-8")
    assert len(look(bag).seen[0].wrong) == 2
    with pytest.raises(bagit.BagValidationError):
        bagit.Bag(str(tmp_path / "bag")).validate()


def test_a_list_does_not_make_read_what_lies_outside(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    (tmp_path / "in").mkdir()
    found = sums(tmp_path / "in", f"{digest('x')}  ../secret\n{digest('x')}  /etc/passwd\n")
    assert [s.path for s in found.lost] == ["../secret", "/etc/passwd"]


class Evil:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("evil-was-here"),))


def test_a_pickle_is_refused_by_its_bytes_whatever_it_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "levels.csv").write_bytes(pickle.dumps(Evil()))
    assert is_pickle("levels.csv", pickle.dumps(Evil())[:16])
    assert judged(tmp_path, "DQ.Fil03").outcome is Outcome.FAILED
    assert judged(tmp_path, "DQ.Tab01").outcome is not Outcome.PASSED
    assert not (tmp_path / "evil-was-here").exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.nc", b""),
        ("a.nc", b"\x89HDF\r\n\x1a\n" + b"\xff" * 500),
        ("a.geojson", b"[1]"),
        ("a.geojson", b'{"type": NaN}'),
        ("a.tif", b"II*\x00" + b"\xff" * 50),
        ("a.geoparquet", b"PAR1"),
    ],
    ids=range(6),
)
def test_damaged_grids_and_maps_are_broken_or_unknown(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    found = source(tmp_path / name).dataset
    assert found is not None
    said = examined.examine(found, found.files[0])
    assert said.broken or said.unknown or any(s == "error" for s, _ in said.problems("problems"))


def test_a_grid_whose_reader_does_not_end_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid(tmp_path / "a.nc")
    monkeypatch.setattr(examined, "SECONDS", 0.05)
    found = examined.examine(Dataset(folder=tmp_path, root=tmp_path), File(path="a.nc", kind="grid"))
    assert "did not come to an end" in found.unknown


def test_another_byte_is_another_subject(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a\n1\n", encoding="utf-8")
    first = source(tmp_path).digest
    assert source(tmp_path).digest == first
    (tmp_path / "a.csv").write_text("a\n2\n", encoding="utf-8")
    assert source(tmp_path).digest != first


def test_html_in_every_place_of_a_record_reaches_no_report(tmp_path: Path) -> None:
    from test_examples import HERE

    from assaymark.case import Request, judge
    from assaymark.reports import html, markdown
    from assaymark_data.command import case_of

    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    text = (HERE / "DQ.Fair01" / "pass" / "schema.jsonld").read_text(encoding="utf-8")
    tree = json.loads(
        text, object_hook=lambda d: {k: v if k[0] == "@" or not isinstance(v, str) else v + evil for k, v in d.items()}
    )
    (tmp_path / "schema.jsonld").write_text(json.dumps(tree), encoding="utf-8")
    found = judge(case_of(source(tmp_path)), Request()).assessment
    assert not any("alert" in e.message for r in found.results for e in r.evidence)
    for report in (html.render(found), markdown.render(found)):
        assert "alert(" not in report


def test_the_word_of_a_person_answers_what_no_record_shows(tmp_path: Path) -> None:
    import subprocess

    from test_examples import HERE

    from assaymark.case import Request, judge
    from assaymark_data.command import case_of

    place = HERE / "RDA-A2-01M" / "unknown" / "datacite.json"
    (tmp_path / "datacite.json").write_bytes(place.read_bytes())
    (tmp_path / ".assaymark.toml").write_text(
        '[[attestation]]\nid = "RDA-A2-01M"\nby = "Ada Example"\non = 2026-10-01\nuntil = 2027-10-01\n'
        'statement = "The archive keeps records for good."\nlink = "https://archive.example.org/policy"\n',
        encoding="utf-8",
    )
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    from datetime import date

    request = Request(select=("RDA-A2-01M",), as_of=date(2026, 11, 1))
    result = judge(case_of(source(tmp_path)), request).assessment.results[0]
    assert (result.outcome, result.grade.value) == (Outcome.PASSED, "attested")


def test_a_grid_that_leads_to_another_file_is_not_read(tmp_path: Path) -> None:
    """The library that the checker reads with would follow it, and findings would show what stands there."""
    import h5py

    with h5py.File(tmp_path / "levels.nc", "w") as file:
        file.create_dataset("level", shape=(8,), dtype="f8", external=[("/etc/passwd", 0, 64)])
    result = judged(tmp_path, "DQ.Grd01")
    assert result.outcome is Outcome.UNKNOWN
    assert "kept in another file" in result.evidence[0].message
