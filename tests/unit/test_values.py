"""Our dataclasses beside those of the standard library: nobody can tell them apart."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import Any

import pytest

from assaymark import api, model, values


def _point() -> type[Any]:
    class Point:
        """A point."""

        x: int
        y: int = 2
        words: list[str] = dataclasses.field(default_factory=list)
        seen: float = dataclasses.field(default=0.0, compare=False)
        secret: str = dataclasses.field(default="", repr=False)

        @property
        def sum(self) -> int:
            return self.x + self.y

    return Point


def _both(kw_only: bool) -> tuple[Any, Any]:
    options = {"frozen": True, "slots": True, "kw_only": kw_only}
    return values.dataclass(**options)(_point()), dataclasses.dataclass(**options)(_point())  # type: ignore[call-overload] # options as a table


@pytest.mark.parametrize("kw_only", [True, False])
def test_they_answer_alike(kw_only: bool) -> None:
    ours, theirs = _both(kw_only)
    for made in (ours, theirs):
        one, same, other = made(x=1), made(x=1, seen=5.0), made(x=1, y=3)
        assert (one == same, one == other, one == theirs(x=1), one != 7) == (True, False, made is theirs, True)
        assert one.words == []
        assert one.words is not same.words
    told = ours(x=1, secret="s", seen=1.5), theirs(x=1, secret="s", seen=1.5)
    assert repr(told[0]) == repr(told[1]).replace(theirs.__qualname__, ours.__qualname__)
    assert dataclasses.asdict(told[0]) == dataclasses.asdict(told[1])
    assert inspect.signature(ours.__init__).parameters.keys() == inspect.signature(theirs.__init__).parameters.keys()
    assert [p.kind for p in inspect.signature(ours).parameters.values()] == [
        p.kind for p in inspect.signature(theirs).parameters.values()
    ]
    assert ours.__slots__ == theirs.__slots__
    assert ours.__match_args__ == theirs.__match_args__
    assert dataclasses.replace(told[0], y=9).sum == 10
    assert [f.name for f in dataclasses.fields(ours)] == [f.name for f in dataclasses.fields(theirs)]


@pytest.mark.parametrize("kw_only", [True, False])
def test_both_refuse_alike(kw_only: bool) -> None:
    for made in _both(kw_only):
        one = made(x=1)
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'x'"):
            one.x = 2
        with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'x'"):
            del one.x
        with pytest.raises(TypeError):
            made()
        with pytest.raises(TypeError, match="unhashable"):
            hash(one)
        assert not hasattr(one, "__dict__")


def test_one_is_hashed_by_what_is_compared() -> None:
    place = model.Location(path="a", line=1)
    assert hash(place) == hash(model.Location(path="a", line=1))
    assert api.Entry("a", 0o100644, "0" * 40, 3) != api.Entry("a", 0o100644, "0" * 40, 4)


def test_copies_are_equal() -> None:
    place = model.Location(path="a", line=1)
    assert pickle.loads(pickle.dumps(place)) == copy.copy(place) == copy.deepcopy(place) == place


def test_only_frozen_classes_with_slots() -> None:
    with pytest.raises(TypeError, match="only for frozen"):
        values.dataclass(frozen=False, slots=True)(_point())
    with pytest.raises(TypeError, match="not foreseen"):
        values.dataclass(frozen=True, slots=True)(
            type("Odd", (), {"__annotations__": {"a": int}, "a": dataclasses.field(init=False)})
        )
