"""``assaymark badge``: what is written where, and what is told when it cannot be."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assaymark.__main__ import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small repository and what an assessment of it wrote."""
    folder = tmp_path_factory.mktemp("made")
    root = folder / "project"
    root.mkdir()
    (root / "README.md").write_text("# Tides\n")
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", "-c", "user.name=A", "-c", "user.email=a@b.c", *words], cwd=root, check=True)
    words = ["assess", str(root), "--no-tools", "--no-cache", "--quiet", "--as-of", "2026-11-21"]
    assert main([*words, "--output", str(folder / "out")]) == 0
    return folder


@pytest.fixture
def report(made: Path, tmp_path: Path) -> Path:
    """That repository at ``project`` and, what it gives, the report on it: both to be changed at will."""
    shutil.copytree(made / "project", tmp_path / "project")
    return shutil.copytree(made / "out", tmp_path / "out")


def badge(*words: str | Path) -> int:
    return main(["badge", *map(str, words)])


def test_render_draws_what_assess_wrote(report: Path, capfd: Capture) -> None:
    for source in (report, report / "assessment.json"):
        assert badge("render", source, "--as-of", "2026-11-21") == 0
        assert capfd.readouterr().out == (report / "badge.svg").read_text()
    assert badge("render", report, "--format", "endpoint", "--as-of", "2026-11-21") == 0
    assert capfd.readouterr().out == (report / "badge.json").read_text()


def test_render_writes_files_and_says_which(report: Path, tmp_path: Path, capfd: Capture) -> None:
    target = tmp_path / "deep" / "doc.svg"
    assert badge("render", report, "--criterion", "QC.Doc", "--output", target) == 0
    assert ">QC.Doc<" in target.read_text()
    assert capfd.readouterr() == ("", f"wrote {target}\n")


def test_render_turns_grey(report: Path, repository: Callable[..., Path], tmp_path: Path, capfd: Capture) -> None:
    assert badge("render", report, "--as-of", "2027-02-20") == 0
    assert "it expired on 2027-02-19" in capfd.readouterr().out
    assert badge("render", report, "--as-of", "2026-11-30", "--max-age", "3") == 0
    assert "it expired on 2026-11-24" in capfd.readouterr().out
    assert badge("render", report, "--as-of", "2026-11-21", "--repository", tmp_path / "project") == 0
    assert "stale" not in capfd.readouterr().out
    other = repository({"README.md": "# Other\n"}, "other")
    assert badge("render", report, "--as-of", "2026-11-21", "--repository", other) == 0
    assert ", stale<" in capfd.readouterr().out
    assert badge("render", report, "--as-of", "2026-11-21", "--head", "f" * 40) == 0
    assert "the branch is at fffffff now" in capfd.readouterr().out


@pytest.mark.service("font")
def test_render_as_png(report: Path, tmp_path: Path) -> None:
    assert badge("render", report, "--format", "png", "--output", tmp_path / "b.png") == 0
    data = (tmp_path / "b.png").read_bytes()
    wide, high = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    assert data.startswith(b"\x89PNG")
    assert high == 40
    assert wide > 200


def test_without_the_renderer_it_is_told_what_to_install(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    from assaymark.badges import png

    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)
    png._has_font.cache_clear()
    assert badge("render", report, "--format", "png", "--output", "b.png") == 2
    assert 'pip install "assaymark[png]"' in capfd.readouterr().err


def test_a_validation_and_what_was_not_assessed(tmp_path: Path, capfd: Capture) -> None:
    answer = tmp_path / "answer.json"
    answer.write_text(json.dumps({"files": [{"path": "a.cwl", "valid": True, "findings": []}]}))
    assert badge("render", answer, "--kind", "validator") == 0
    assert ">1/1 valid<" in capfd.readouterr().out
    assert badge("render", "--not-assessed") == 0
    assert ">not assessed<" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "name the assessment"),
        (["nowhere.json"], "nowhere.json: cannot be read: No such file"),
        (["README.md"], "README.md: the assessment is not JSON"),
        (["README.md", "--kind", "validator"], "is not JSON"),
        (["README.md", "--kind", "criterion"], "needs --criterion ID"),
        (["{report}", "--criterion", "QC.Nope"], "says nothing about 'QC.Nope'"),
        (["{report}", "--head", "main"], "--head 'main' is not a commit"),
        (["{report}", "--as-of", "soon"], "--as-of 'soon' is not a date"),
    ],
)
def test_what_is_wrong_is_told(
    words: list[str], message: str, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Capture
) -> None:
    monkeypatch.chdir(tmp_path / "project")
    assert badge("render", *(w.format(report=report) for w in words)) == 2
    assert message in capfd.readouterr().err


README = "# Tides\n\nWater goes up.\n"
URLS = ("--image", "https://raw.example/badge.svg", "--link", "https://example.org/report")


def test_embed_shows_the_change_writes_it_and_then_has_nothing_to_do(tmp_path: Path, capfd: Capture) -> None:
    file = tmp_path / "README.md"
    file.write_text(README)
    assert badge("embed", file, *URLS, "--diff") == 0
    shown = capfd.readouterr().out
    assert "+[![assaymark quality badge, see the report](https://raw.example/badge.svg)]" in shown
    assert file.read_text() == README
    assert badge("embed", file, *URLS) == 0
    assert capfd.readouterr().out == shown
    embedded = file.read_text()
    assert badge("embed", file, *URLS) == 0
    assert capfd.readouterr() == ("", f"{file} is as it should be\n")
    assert file.read_text() == embedded


def test_embed_knows_where_the_badge_of_a_repository_is_published(
    repository: Callable[..., Path], capfd: Capture
) -> None:
    import subprocess

    root = repository({"README.md": README})
    assert badge("embed", root / "README.md") == 2
    assert "the repository has no remote on GitHub" in capfd.readouterr().err
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/o/n.git"], cwd=root, check=True)
    assert badge("embed", root / "README.md", "--diff") == 0
    assert "https://raw.githubusercontent.com/o/n/badges/badge.svg" in capfd.readouterr().out


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_embed_leaves_alone_what_it_cannot_read(content: bytes | None, tmp_path: Path) -> None:
    file: Any = tmp_path / "README.md"
    if content is not None:
        file.write_bytes(content)
    assert badge("embed", file, *URLS) == 2
    assert (file.read_bytes() if file.exists() else None) == content


def test_embed_does_not_write_through_a_link(tmp_path: Path, capfd: Capture) -> None:
    (tmp_path / "real.md").write_text(README)
    (tmp_path / "README.md").symlink_to("real.md")
    assert badge("embed", tmp_path / "README.md", *URLS) == 2
    assert "is a link" in capfd.readouterr().err
    assert (tmp_path / "real.md").read_text() == README
