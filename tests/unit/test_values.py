"""Our dataclasses beside those of the standard library: nobody can tell them apart."""

from __future__ import annotations

import copy
import dataclasses
import functools
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
    about = ("name", "type", "default", "default_factory", "init", "repr", "hash", "compare", "kw_only")
    fields = [[[getattr(f, a) for a in about] for f in dataclasses.fields(made)] for made in (ours, theirs)]
    assert fields[0] == fields[1]
    assert repr(ours.__dataclass_params__) == repr(theirs.__dataclass_params__)
    assert dataclasses.is_dataclass(ours)


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


def test_only_frozen_classes() -> None:
    with pytest.raises(TypeError, match="only for frozen"):
        values.dataclass(frozen=False, slots=True)(_point())


def test_room_for_more() -> None:
    class Point:
        x: int
        y: int = 2

        @functools.cached_property
        def sum(self) -> int:
            return self.x + self.y

    one: Any = values.dataclass(frozen=True)(Point)(1)
    assert (one.sum, one.__dict__) == (3, {"sum": 3})
    assert dataclasses.replace(one, y=4).sum == 5
    assert dataclasses.asdict(one) == {"x": 1, "y": 2}
    assert copy.copy(one) == copy.deepcopy(one) == one
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.z = 1


@pytest.mark.parametrize(
    "odd", [dataclasses.field(init=False), dataclasses.field(hash=True), dataclasses.field(kw_only=True)]
)
def test_a_field_is_an_argument_that_is_kept(odd: object) -> None:
    with pytest.raises(TypeError, match="is foreseen"):
        values.dataclass(frozen=True, slots=True)(type("Odd", (), {"__annotations__": {"a": "int"}, "a": odd}))


@pytest.mark.parametrize("kind", ["ClassVar[int]", "typing.ClassVar", "InitVar[int]", "KW_ONLY"])
def test_an_annotation_is_a_type(kind: str) -> None:
    with pytest.raises(TypeError, match="is foreseen"):
        values.dataclass(frozen=True, slots=True)(type("Odd", (), {"__annotations__": {"a": kind}}))


@pytest.mark.parametrize("made", [values.dataclass, dataclasses.dataclass])
def test_both_refuse_to_make_it(made: Any) -> None:
    made = made(frozen=True, slots=True)
    with pytest.raises(ValueError, match="default_factory"):
        made(type("Odd", (), {"__annotations__": {"a": "list"}, "a": []}))
    with pytest.raises(TypeError, match="default"):
        made(type("Odd", (), {"__annotations__": {"a": "int", "b": "int"}, "a": 1}))


def test_a_base_that_is_a_dataclass() -> None:
    with pytest.raises(TypeError, match="not foreseen"):
        values.dataclass(frozen=True, slots=True)(type("Odd", (model.Location,), {"__annotations__": {"a": "int"}}))


def test_what_a_class_wants_done_at_the_end() -> None:
    def post(self: Any) -> None:
        seen.append(list(self.words))

    seen: list[object] = []
    made: Any = values.dataclass(frozen=True, slots=True)(
        type(
            "Ending",
            (),
            {
                "__annotations__": {"words": "list"},
                "words": dataclasses.field(default_factory=lambda: ["a"]),
                "__post_init__": post,
            },
        )
    )
    made()
    made(["b"])
    assert seen == [["a"], ["b"]]
