"""Our records beside the named tuples of the standard library: nobody can tell them apart."""

from __future__ import annotations

import copy
import inspect
import pickle
import types
import typing
from typing import Any

import pytest

from assaymark import records
from assaymark.subject.history import Commit


class _Ours(records.NamedTuple):
    """A point."""

    x: int
    y: tuple[int, ...] = ()
    z: dict[str, int] | None = None

    @property
    def sum(self) -> int:
        return self.x + sum(self.y)


class _Theirs(typing.NamedTuple):
    """A point."""

    x: int
    y: tuple[int, ...] = ()
    z: dict[str, int] | None = None

    @property
    def sum(self) -> int:
        return self.x + sum(self.y)


BOTH: tuple[Any, Any] = _Ours, _Theirs


def test_they_answer_alike() -> None:
    ours, theirs = (made(1, y=(2,)) for made in BOTH)
    assert ours == theirs == (1, (2,), None)
    assert hash(ours) == hash(theirs)
    assert repr(ours) == repr(theirs).replace("_Theirs", "_Ours")
    assert ours.sum == theirs.sum == 3
    assert ours._asdict() == theirs._asdict()
    assert ours._replace(x=5) == theirs._replace(x=5) == (5, (2,), None)
    assert _Ours._make([1, 2, 3]) == _Theirs._make([1, 2, 3])
    for name in ("_fields", "_field_defaults", "__match_args__", "__slots__", "__doc__"):
        assert getattr(_Ours, name, None) == getattr(_Theirs, name, None), name
    assert typing.get_type_hints(_Ours) == typing.get_type_hints(_Theirs)
    kinds = [[(p.name, p.kind, p.default) for p in inspect.signature(made).parameters.values()] for made in BOTH]
    assert kinds[0] == kinds[1]


@pytest.mark.parametrize("made", BOTH)
def test_both_refuse_alike(made: Any) -> None:
    one = made(1)
    with pytest.raises(AttributeError):
        one.x = 2
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'x'"):
        made()
    with pytest.raises(TypeError, match="unexpected keyword argument 'w'"):
        made(1, w=2)
    with pytest.raises(TypeError, match="Expected 3 arguments, got 1"):
        made._make([1])
    with pytest.raises((ValueError, TypeError), match="unexpected field names"):
        one._replace(w=2)
    assert not hasattr(one, "__dict__")


def test_copies_are_equal() -> None:
    one = _Ours(1, (2,))
    assert pickle.loads(pickle.dumps(one)) == copy.copy(one) == copy.deepcopy(one) == one
    assert type(pickle.loads(pickle.dumps(one))) is _Ours


def test_what_follows_from_a_record_is_one() -> None:
    class Named(_Ours):
        __slots__ = ()

    assert Named(1, (2,)).sum == 3
    assert repr(Named(1)) == "Named(x=1, y=(), z=None)"


def test_one_without_fields() -> None:
    class Nothing(records.NamedTuple):
        pass

    assert Nothing() == ()
    assert repr(Nothing()) == "Nothing()"


@pytest.mark.parametrize("base", [records.NamedTuple, typing.NamedTuple])
def test_what_cannot_be_a_record(base: Any) -> None:
    def declared(**space: Any) -> None:
        types.new_class("Row", (base,), exec_body=lambda body: body.update(space))

    about = {"__module__": __name__, "__qualname__": "Row"}
    with pytest.raises(TypeError, match=r"[Nn]on-default|without a default"):
        declared(**about, __annotations__={"a": "int", "b": "int"}, a=1)
    with pytest.raises(ValueError, match="underscore"):
        declared(**about, __annotations__={"_a": "int"})
    with pytest.raises(AttributeError):
        declared(**about, __annotations__={"a": "int"}, _replace=1)


def test_the_records_of_a_run_are_such() -> None:
    assert type(Commit).__module__ == records.__name__
