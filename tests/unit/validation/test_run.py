"""A run finds documents by content, tells all that is wrong in order, and survives whatever a validator does."""

from __future__ import annotations

import os
import subprocess
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import assaymark
from assaymark import validity
from assaymark.errors import InputError
from assaymark.validation import run as running
from assaymark.validation.model import MAX_FINDINGS, State, Validation

Folder = Callable[[dict[str, str | bytes]], Path]
pytestmark = pytest.mark.usefixtures("only_toy")


def found(validation: Validation) -> list[tuple[str, int, str]]:
    out = []
    for problem in validation.problems:
        where = problem.finding.location
        assert where is not None
        out.append((where.path, where.line or 0, problem.finding.rule))
    return out


def states(validation: Validation) -> dict[str, State]:
    return {j.path: j.state for j in validation.judgements}


def test_all_is_found_by_content_and_told_in_order(folder: Folder) -> None:
    root = folder(
        {"b.toy": "bad one\npoor", "a/x.json": "bad two", "other.json": b"{}", "c.toy": "good", "d.txt": "bad"}
    )
    validation = assaymark.validate(root)
    assert found(validation) == [("a/x.json", 2, "TOY-S001"), ("b.toy", 2, "TOY-S001"), ("b.toy", 3, "TOY-P001")]
    assert states(validation) == {"a/x.json": State.INVALID, "b.toy": State.INVALID, "c.toy": State.VALID}


def test_what_breaks_a_validator_harms_no_other_document_and_is_never_valid(folder: Folder) -> None:
    root = folder({"a.toy": "crash", "b.toy": "bad", "c.toy": "good", "d.toy": "nothing", "e.toy": b"toy: 1\n\xff"})
    validation = assaymark.validate(root)
    assert found(validation) == [("a.toy", 1, "WF-E001"), ("b.toy", 2, "TOY-S001"), ("e.toy", 1, "WF-E001")]
    assert states(validation) == {
        "a.toy": State.UNDETERMINED,
        "b.toy": State.INVALID,
        "c.toy": State.VALID,
        "e.toy": State.UNDETERMINED,
    }
    assert "ZeroDivisionError: made on purpose at toy.py:" in validation.problems[0].finding.message


def test_a_detector_that_raises_has_recognised_nothing(folder: Folder) -> None:
    assert assaymark.validate(folder({"a.toy": b"toy: 1\ndetector breaks"})).judgements == ()


@pytest.mark.parametrize("verb", ["slow", "deaf"])
def test_a_document_has_so_much_time(verb: str, folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "TIME", 0.2)
    monkeypatch.setattr(running.RunContext.__init__, "__defaults__", (0.2,))
    begin = time.monotonic()
    validation = assaymark.validate(folder({"a.toy": verb, "b.toy": "good"}))
    assert time.monotonic() - begin < 2
    assert found(validation) == [("a.toy", 1, "WF-C004")]
    assert states(validation)["b.toy"] is State.VALID


def test_a_huge_document_is_refused_at_once(folder: Folder) -> None:
    root = folder({"a.toy": "good"})
    with (root / "a.toy").open("r+b") as file:
        file.truncate(100_000_000)
    begin = time.monotonic()
    validation = assaymark.validate(root)
    assert time.monotonic() - begin < 1
    assert found(validation) == [("a.toy", 1, "WF-C003")]
    assert states(validation) == {"a.toy": State.INVALID}


def test_no_more_is_told_than_anybody_reads(folder: Folder) -> None:
    validation = assaymark.validate(folder({"a.toy": "poor\n" * 2_000 + "bad"}))
    assert len(validation.problems) == MAX_FINDINGS + 1
    assert ("a.toy", 2_002, "TOY-S001") in found(validation)
    assert validation.judgements[0].problems[-1].finding.rule == "WF-P003"


def test_batches_are_judged_together(folder: Folder, toy: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    batch = toy.validator(batch=True, validate=f"{toy.__name__}:together")
    monkeypatch.setattr(validity, "validators", lambda: (batch,))
    root = folder({"a.toy": "x", "b.toy": "y"})
    assert [p.finding.message for p in assaymark.validate(root).problems] == ["one of 2", "one of 2"]
    folder({"c.toy": "crash"})
    assert set(states(assaymark.validate(root)).values()) == {State.UNDETERMINED}


def test_git_says_which_files_count(folder: Folder) -> None:
    root = folder({"a.toy": "bad", "new.toy": "bad", "made/b.toy": "bad", ".gitignore": b"made/\n"})
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    subprocess.run(["git", "add", "a.toy", ".gitignore"], cwd=root, check=True)
    assert [p for p, _, _ in found(assaymark.validate(root))] == ["a.toy", "new.toy"]
    assert [p for p, _, _ in found(assaymark.validate(root / "made" / "b.toy"))] == ["made/b.toy"]


def test_paths_count_from_the_root_of_the_repository(folder: Folder) -> None:
    root = folder({"sub/a.toy": "read ../b.toy", "b.toy": "wrong", "c.toy": "bad"})
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    assert found(assaymark.validate(root / "sub")) == [("sub/a.toy", 2, "WF-C001")]  # a path from the root leaves it
    folder({"sub/a.toy": "read b.toy"})
    assert found(assaymark.validate(root / "sub")) == [("sub/a.toy", 2, "TOY-S001")]


def test_files_of_a_plain_folder(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"sub/a.toy": "read b.toy", "b.toy": "wrong"})
    assert found(assaymark.validate(root / "sub" / "a.toy")) == [("a.toy", 2, "TOY-R001")]
    assert found(assaymark.validate(root / "sub" / "a.toy", root=root)) == [("sub/a.toy", 2, "TOY-S001")]
    monkeypatch.chdir(root)
    assert found(assaymark.validate("sub/a.toy")) == [("sub/a.toy", 2, "TOY-S001")]
    assert found(assaymark.validate("sub/a.toy", "b.toy")) == [("sub/a.toy", 2, "TOY-S001")]


def test_an_archive(folder: Folder, tmp_path: Path) -> None:
    root = folder({"a.toy": "bad"})
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as tar:
        tar.add(root / "a.toy", "top/a.toy")
    assert [rule for _, _, rule in found(assaymark.validate(tmp_path / "x.tar.gz"))] == ["TOY-S001"]


def test_what_an_editor_holds_stands_in_for_the_file(folder: Folder) -> None:
    root = folder({"a.toy": "good", "b.toy": "bad"})
    validation = assaymark.validate(stdin=(str(root / "a.toy"), b"toy: 1\nbad"))
    assert found(validation) == [("a.toy", 2, "TOY-S001")]
    assert found(assaymark.validate(stdin=(str(root / "new.toy"), b"toy: 1\nbad"))) == [("new.toy", 2, "TOY-S001")]


def test_a_file_that_cannot_be_read_is_not_valid(folder: Folder) -> None:
    root = folder({"a.toy": "good"})
    (root / "a.toy").chmod(0)
    if os.access(root / "a.toy", os.R_OK):
        pytest.skip("nothing is unreadable for this user")
    assert states(assaymark.validate(root)) == {"a.toy": State.UNDETERMINED}


def test_a_named_file_that_is_none_is_mentioned(folder: Folder) -> None:
    root = folder({"a.json": b"{}"})
    assert assaymark.validate(root / "a.json").notes == ("a.json: not recognised as a workflow document",)
    assert assaymark.validate(root).notes == ()


@pytest.mark.parametrize(
    "request_",
    [{"paths": ("nowhere",)}, {"only": ("tou",)}, {"config": "nowhere.toml"}],
)
def test_wrong_input(request_: dict[str, object], folder: Folder) -> None:
    root = folder({"a.toy": "good"})
    with pytest.raises(InputError):
        validity.judge(validity.Request(**{"paths": (str(root),), **request_}))  # type: ignore[arg-type]


def test_without_validators_nothing_is_called_valid(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validity, "validators", tuple)
    with pytest.raises(InputError, match="no validator is installed"):
        assaymark.validate(folder({"a.toy": "good"}))
