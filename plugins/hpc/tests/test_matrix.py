"""A matrix of images and sites: what is read of it, what is judged again, and what the table says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assaymark.api import InputError
from assaymark_hpc import matrix
from assaymark_hpc.matrix import Cell

TEXT = """\
[matrix]
images = ["cpu.toml", "docker://r.example/lab/tool@sha256:00"]
sites = ["vega", "container"]
skip = [{ image = "cpu.toml", site = "container" }]
"""


def written(folder: Path, text: str = TEXT) -> Path:
    path = folder / "matrix.toml"
    path.write_text(text)
    return path


def test_its_cells(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert matrix.is_matrix(path)
    assert [(c.image, c.site, c.folder) for c in matrix.read(path)] == [
        (str(tmp_path / "cpu.toml"), "vega", "cpu.toml/vega"),
        ("docker://r.example/lab/tool@sha256:00", "vega", "docker-r.example-lab-tool@sha256-00/vega"),
        ("docker://r.example/lab/tool@sha256:00", "container", "docker-r.example-lab-tool@sha256-00/container"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[matrix]\nimages = []\nsites = ['a']\n", "images"),
        ("[matrix]\nimages = ['a']\n", "sites"),
        ("[matrix]\nimages = ['a']\nsites = ['b']\nskip = [{image = 'a', site = 'c'}]\n", "no cell"),
        ("[matrix]\nimages = ['a']\nsites = ['b']\nskip = [{image = 'a', site = 'b'}]\n", "nothing to try"),
        ("[matrix]\nimages = ['a b', 'a  b']\nsites = ['b']\n", "rename"),
        ("[matrix]\nimages = ['a']\nsites = ['b']\nother = 1\n", "other"),
    ],
)
def test_what_is_wrong_is_told(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        matrix.read(written(tmp_path, text))


def test_a_folder_of_reports_never_lies_outside(tmp_path: Path) -> None:
    text = '[matrix]\nimages = ["../../up.tar", "/etc/x.tar", ".."]\nsites = ["../s"]\n'
    for cell in matrix.read(written(tmp_path, text)):
        assert ".." not in Path(cell.folder).parts
        assert not Path(cell.folder).is_absolute()


def test_a_manifest_of_one_image_is_no_matrix(tmp_path: Path) -> None:
    assert not matrix.is_matrix(written(tmp_path, 'image = "tool.tar"\n# [matrix]\n'))
    assert not matrix.is_matrix(tmp_path / "lacking.toml")


def test_only_what_is_open_is_judged_again(tmp_path: Path) -> None:
    (tmp_path / "cpu.toml").write_text('image = "a.tar"\n')
    path, out, asked = written(tmp_path), tmp_path / "out", list[str]()

    def judge(cell: Cell, status: int = 0) -> Cell:
        asked.append(cell.folder)
        (out / cell.folder).mkdir(parents=True, exist_ok=True)
        (out / cell.folder / "assessment.json").write_text('{"level": "silver"}')
        if len(asked) == 2:
            raise KeyboardInterrupt
        return replace(cell, status=status, level=matrix.level_of(out / cell.folder))

    with pytest.raises(KeyboardInterrupt):
        matrix.gone_through(matrix.read(path), out, {}, judge)
    assert asked[0] == "cpu.toml/vega"
    first = matrix.known(out)
    assert [c.status for c in first.values()] == [0, None, None]
    found = matrix.gone_through(matrix.read(path), out, first, judge)
    assert len(asked) == 4
    assert asked[0] not in asked[2:]
    assert [c.status for c in found] == [0, 0, 0]
    (tmp_path / "cpu.toml").write_text('image = "b.tar"\n')
    matrix.gone_through(matrix.read(path), out, matrix.known(out), judge)
    assert asked[4:] == ["cpu.toml/vega"], "it asks for something else now"


def test_what_was_undetermined_is_tried_again(tmp_path: Path) -> None:
    cells = matrix.read(written(tmp_path))
    earlier = {c.key: replace(c, status=3, level="none") for c in cells}
    found = matrix.gone_through(cells, tmp_path / "out", earlier, lambda c: replace(c, status=0, level="gold"))
    assert {c.level for c in found} == {"gold"}


@pytest.mark.parametrize("damage", ["", "{", '{"cells": [{}]}', '{"cells": 3}', "[]"])
def test_a_damaged_record_is_none(damage: str, tmp_path: Path) -> None:
    (tmp_path / matrix.RECORD).write_text(damage)
    assert matrix.known(tmp_path) == {}


@pytest.mark.parametrize(
    ("statuses", "status"), [((0, 0), 0), ((0, 3), 3), ((3, 2), 2), ((2, 4), 4), ((4, 1, 3), 1), ((0, None), 0)]
)
def test_the_worst_is_the_status_of_all(statuses: tuple[int | None, ...], status: int) -> None:
    cells = [Cell(image=str(n), site="s", folder=str(n), key=str(n), status=s) for n, s in enumerate(statuses)]
    assert matrix.status_of(cells) == status


def test_the_table() -> None:
    def cell(image: str, site: str, **more: object) -> Cell:
        return Cell(image=image, site=site, folder="f", key=image + site, **more)  # type: ignore[arg-type]  # by name

    cells = [
        cell("/x/cpu.toml", "vega", status=0, level="gold"),
        cell("/x/cpu.toml", "box", status=1, level="bronze", problem="gate silver: not met"),
        cell("/x/gpu.toml", "vega", status=3, level="none", problem="the site <b>failed</b> | its own probe"),
    ]
    assert matrix.as_text(cells) == (
        "image     vega                box\n"
        "cpu.toml  gold                bronze, gate not met\n"
        "gpu.toml  none, undetermined\n"
        "\n"
        "cpu.toml at box: gate silver: not met\n"
        "gpu.toml at vega: the site <b>failed</b> | its own probe\n"
    )
    markdown = matrix.as_markdown(cells)
    assert "| cpu.toml | gold | bronze, gate not met |" in markdown
    assert "\\<b\\>" in markdown
    assert json.loads(matrix.as_json(cells))["status"] == 1
