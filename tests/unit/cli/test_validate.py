"""``assaymark validate``: what it prints, and what its exit status means."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import sys
from pathlib import Path

import pytest

from assaymark import validity
from assaymark.__main__ import main

TOY = Path(__file__).parents[1] / "validation" / "toy.py"


@pytest.fixture(autouse=True)
def only_toy(monkeypatch: pytest.MonkeyPatch) -> None:
    if "toy_validator" not in sys.modules:
        spec = importlib.util.spec_from_file_location("toy_validator", TOY)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules["toy_validator"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    monkeypatch.setattr(validity, "validators", lambda: (sys.modules["toy_validator"].validator(),))


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.toy").write_text(f"toy: 1\n{text}\n")


def test_json_has_the_published_keys(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, a="bad x", b="good", c="crash")
    assert main(["validate", str(tmp_path), "--format", "json"]) == 1
    files = json.loads(capfd.readouterr().out)["files"]
    assert [(f["path"], f["format"], f["valid"]) for f in files] == [
        ("a.toy", "toy", False),
        ("b.toy", "toy", True),
        ("c.toy", "toy", None),
    ]
    assert files[0]["findings"] == [
        {
            "rule": "TOY-S001",
            "severity": "error",
            "message": "bad x",
            "line": 2,
            "column": 1,
            "end_line": 2,
            "end_column": 6,
        }
    ]


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"a": "good"}, 0),
        ({"a": "poor"}, 0),
        ({}, 0),
        ({"a": "bad"}, 1),
        ({"a": "crash"}, 3),
        ({"a": "crash", "b": "bad"}, 1),
    ],
)
def test_exit_status(files: dict[str, str], status: int, tmp_path: Path) -> None:
    write(tmp_path, **files)
    assert main(["validate", str(tmp_path)]) == status


@pytest.mark.parametrize(
    "words", [["nowhere"], ["--only", "tou"], ["--param", "x"], ["--allow-host", "http://x"], ["--format", "xml"]]
)
def test_wrong_input_is_2(words: list[str], tmp_path: Path) -> None:
    write(tmp_path, a="good")
    assert main(["validate", *([] if words == ["nowhere"] else [str(tmp_path)]), *words]) == 2


def test_the_place_is_shown_with_its_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, a="good\nbad x fixable\nbad fixable")
    assert main(["validate", str(tmp_path)]) == 1
    text = capfd.readouterr().out
    assert "error[TOY-S001]: bad x fixable\n --> a.toy:3:1\n3 | bad x fixable\n  | ^^^^^^^^^^^^^\n" in text
    assert "  | ^^^^^^^^^^^\n  = fix: --fix does it\n" in text
    assert "1 document (Toy 1): 0 valid, 1 invalid" in text


def test_long_lines_are_cut_around_the_place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.toy").write_text("toy: 1\nbad " + "x" * 10_000)
    assert main(["validate", str(tmp_path)]) == 1
    assert max(map(len, capfd.readouterr().out.splitlines())) < 700


def test_quiet_says_nothing_but_the_status(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, a="bad")
    assert main(["validate", str(tmp_path), "--quiet"]) == 1
    assert capfd.readouterr().out == ""


def test_a_document_cannot_give_workflow_commands(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, a="bad ::error::x\x1b[31m")
    main(["validate", str(tmp_path)])
    text = capfd.readouterr().out
    assert "\x1b" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())


def test_reports_lie_in_the_folder(tmp_path: Path) -> None:
    write(tmp_path, a="bad")
    assert main(["validate", str(tmp_path), "--output", str(tmp_path / "out"), "--quiet"]) == 1
    names = ["junit.xml", "provenance.json", "report.sarif", "summary.md", "validation.json"]
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == names


@pytest.mark.parametrize("form", ["sarif", "junit", "markdown", "github", "ophidia-sqaaas"])
def test_every_format_is_written(form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, a="bad")
    assert main(["validate", str(tmp_path), "--format", form]) == 1
    assert "result" in capfd.readouterr().out or form in ("junit", "markdown", "github")


@pytest.mark.parametrize(
    ("asked", "id"),
    [
        (["."], ""),
        (["tide", "."], ""),
        (["tide"], "tide/"),
        (["tide/../wave/"], "wave/"),
        (["tide", "wave", "tide"], "tide%0Awave/"),
    ],
)
def test_code_scanning_keeps_runs_on_several_parts_apart(
    asked: list[str], id: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("tide", "wave"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, a="bad")
    words = [str(tmp_path / path) for path in asked]
    assert main(["validate", *words, "--root", str(tmp_path), "--format", "sarif"]) == 1
    [run] = json.loads(capfd.readouterr().out)["runs"]
    assert run["automationDetails"]["id"] == f"assaymark/validate/{id}"


def test_fix_and_diff(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, a="bad fixable")
    assert main(["validate", str(tmp_path), "--fix", "--diff"]) == 1
    assert "+good fixable" in capfd.readouterr().out
    assert main(["validate", str(tmp_path), "--fix"]) == 0
    assert (tmp_path / "a.toy").read_text() == "toy: 1\ngood fixable\n"
    assert main(["validate", str(tmp_path), "--diff"]) == 2


def test_standard_input(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, a="good")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"toy: 1\nbad")))
    assert main(["validate", "--stdin-filename", str(tmp_path / "a.toy"), "--format", "json"]) == 1
    assert json.loads(capfd.readouterr().out)["files"][0]["findings"][0]["line"] == 2


def test_a_sound_provenance_record_lies_beside_the_reports(tmp_path: Path) -> None:
    from assaymark.provenance.constraints import violations

    write(tmp_path, a="bad x", b="good")
    assert main(["validate", str(tmp_path), "--output", str(tmp_path / "out"), "--quiet"]) == 1
    report = (tmp_path / "out" / "validation.json").read_bytes()
    document = json.loads((tmp_path / "out" / "provenance.json").read_bytes())
    assert not violations(document)
    assert document["entity"][f"sha256:{hashlib.sha256(report).hexdigest()}"]["am:verdict"] == "invalid"


def test_a_provenance_record_that_would_tell_a_secret_is_not_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, a="good")
    out = tmp_path / "out"
    assert main(["validate", str(tmp_path), "--output", str(out)]) == 0
    assert (out / "provenance.json").exists()
    token = "ghp_" + "x1" * 18
    write(tmp_path, **{token: "good"})
    assert main(["validate", str(tmp_path), "--output", str(out)]) == 0
    said = capfd.readouterr().err
    assert "a GitHub token" in said
    assert token not in said
    assert not (out / "provenance.json").exists()
