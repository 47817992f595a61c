"""What is remembered holds exactly as long as all that it depends on is the same; changes reach who refers to them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

import assaymark
from assaymark import cache, validity
from assaymark.validation import run as running
from assaymark.validation.context import RunContext, World, offline
from assaymark.validation.jail import Jail
from assaymark.validation.memory import Remembered
from assaymark.validation.reach import reached
from assaymark.validation.sources import open_sources

Folder = Callable[[dict[str, str | bytes]], Path]
pytestmark = pytest.mark.usefixtures("only_toy")


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths that a validator was called for."""
    seen: list[str] = []
    real = running.detect.loaded

    def counted(validator: object) -> object:
        function = real(validator)  # type: ignore[arg-type]

        def call(path: str, *rest: object) -> object:
            seen.append(path)
            return function(path, *rest)

        return call

    monkeypatch.setattr(running.detect, "loaded", counted)
    return seen


def fresh(root: Path, judged: list[str], **request: object) -> list[str]:
    judged.clear()
    assaymark.validate(root, **request)
    return list(judged)


def test_only_what_a_change_touches_is_judged_again(folder: Folder, judged: list[str]) -> None:
    root = folder({"a.toy": "once b.toy", "b.toy": "bad x", "c.toy": "read d.txt", "e.toy": "poor", "n.json": b"{}"})
    assert fresh(root, judged) == ["a.toy", "b.toy", "c.toy", "e.toy"]
    assert fresh(root, judged) == []
    before = assaymark.validate(root)
    assert before == assaymark.validate(root, cache=False)
    folder({"b.toy": "bad y"})
    assert fresh(root, judged) == ["a.toy", "b.toy"]
    folder({"d.txt": "wrong"})  # it was absent
    assert fresh(root, judged) == ["c.toy"]
    assert [p.finding.rule for p in assaymark.validate(root).problems] == ["TOY-S001", "TOY-S001", "TOY-P001"]
    folder({"n.json": "bad"})
    assert fresh(root, judged) == ["n.json"]


def test_other_settings_are_another_question(folder: Folder, judged: list[str]) -> None:
    root = folder({"a.toy": "profile x"})
    for settings in ({"profile": "x"}, {"profile": "y"}, {}):
        assert fresh(root, judged, settings=settings) == ["a.toy"]
        assert fresh(root, judged, settings=settings) == []
    folder({".assaymark.toml": b'[validate.severity]\n"TOY-S001" = "off"\n'})
    assert fresh(root, judged) == ["a.toy"]


def test_what_broke_is_tried_again(folder: Folder, judged: list[str]) -> None:
    root = folder({"a.toy": "crash", "b.toy": "count"})
    assert fresh(root, judged) == ["a.toy", "b.toy"]
    assert fresh(root, judged) == ["a.toy"]
    folder({"new.txt": "x"})
    assert fresh(root, judged) == ["a.toy", "b.toy"]


def test_what_took_too_long_is_tried_again(folder: Folder, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"a.toy": "slow"})
    monkeypatch.setattr(running, "TIME", 0.05)
    for _ in range(2):
        assert fresh(root, judged) == ["a.toy"]
        [problem] = assaymark.validate(root).problems
        assert problem.finding.rule == "WF-C004"


def test_an_engine_that_takes_all_at_once_is_asked_again_when_one_of_them_changes(
    folder: Folder, toy: ModuleType, monkeypatch: pytest.MonkeyPatch, judged: list[object]
) -> None:
    batch = toy.validator(batch=True, validate=f"{toy.__name__}:together")
    monkeypatch.setattr(validity, "validators", lambda: (batch,))
    root = folder({"a.toy": "bad x", "b.toy": "poor"})
    first = assaymark.validate(root)
    assert len(judged) == 1
    assert assaymark.validate(root) == first == assaymark.validate(root, cache=False)
    assert len(judged) == 2
    folder({"b.toy": "bad y", "c.toy": "x"})
    assert [p.finding.message for p in assaymark.validate(root).problems] == ["one of 3"] * 3
    assert len(judged) == 3


def test_shared_values_hold_while_what_they_were_made_from_is_the_same(folder: Folder) -> None:
    root = folder({"a.txt": b"one", "b.txt": b"two"})
    made: list[str] = []

    def run(name: str) -> object:
        sources = open_sources([str(root)], root=root)
        world = World(Jail(sources.tree, sources.root, sources.laid), sources.paths, offline)
        world.store = memory = Remembered("0" * 64, world)
        context = RunContext(world, {})

        def make() -> list[str]:
            made.append(name)
            return [context.read(name).decode(), "x" if context.exists("c.txt") else "-"]

        value = context.once(f"kept:{name}", make)
        assert set(context.reads) == {name, "c.txt"}, "it counts for whoever asked"
        memory.save(whole=True)
        return value

    assert [run("a.txt"), run("a.txt"), run("b.txt"), run("a.txt")] == [["one", "-"]] * 2 + [["two", "-"], ["one", "-"]]
    assert made == ["a.txt", "b.txt"]
    folder({"a.txt": b"three"})
    assert [run("a.txt"), run("b.txt")] == [["three", "-"], ["two", "-"]]
    assert made == ["a.txt", "b.txt", "a.txt"]
    folder({"c.txt": b""})
    assert run("b.txt") == ["two", "x"]


def test_a_damaged_memory_is_none(folder: Folder, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    root = folder({"a.toy": "bad"})
    damaged = SimpleNamespace(get=lambda key: b"[rubbish", put=cache.put, key=cache.key)
    monkeypatch.setattr("assaymark.validation.memory.cache", damaged)
    assert fresh(root, judged) == ["a.toy"]


def git(root: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=root, check=True)


def test_a_change_reaches_who_refers_to_it(folder: Folder) -> None:
    root = folder({"a.toy": "poor\nread b.toy", "b.toy": "poor\nread c.txt", "d.toy": "poor", "c.txt": b"x"})
    git(root, "init", "-q", ".")
    git(root, "add", ".")
    git(root, "commit", "-qm", "x")
    assert assaymark.validate(root, changed_since="HEAD").judgements == ()
    folder({"c.txt": b"y"})
    assert [j.path for j in assaymark.validate(root, changed_since="HEAD").judgements] == ["a.toy", "b.toy"]
    folder({"new.toy": "bad"})
    paths = [j.path for j in assaymark.validate(root, changed_since="HEAD").judgements]
    assert paths == ["a.toy", "b.toy", "new.toy"]


def test_reached() -> None:
    reads = {"a": ["b"], "b": ["c"], "d": ["folder"], "e": ["*"], "f": [], "g": ["g"]}
    assert reached({"c"}, reads) == {"a", "b", "c", "e"}
    assert reached({"folder/x/y"}, reads) == {"folder/x/y", "d", "e"}
    assert reached(set(), {"a": ["b"]}) == set()


def test_a_loop_of_references_ends(toy: ModuleType) -> None:
    assert reached({"a"}, {"a": ["b"], "b": ["a"]}) == {"a", "b"}
