"""``NamedTuple`` of the standard library, made in a sixth of its time.

A short run makes a hundred such classes. For each the standard library compiles one text to make ``__new__`` and one
for every field to look at its type, which comes to a twentieth of the run. Here ``__new__`` is a copy of one that was
compiled for any record with as many fields, and annotations stay the text that they are.
"""

from __future__ import annotations

from functools import cache
from operator import itemgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import CodeType
    from typing import NamedTuple as NamedTuple
    from typing import Self

try:
    from _collections import _tuplegetter as _getter  # type: ignore[import-not-found] # no stub tells of it
except ImportError:

    def _getter(index: int, doc: str) -> property:
        return property(itemgetter(index), doc=doc)


class _Named:
    """Stands for `_Record` where a class names its base."""

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type]:
        if len(bases) > 1:
            raise TypeError("a record has no other base")
        return (_Record,)


if not TYPE_CHECKING:
    NamedTuple = _Named()


class _Kind(type):
    """Makes a tuple with names out of a class that names `NamedTuple` as its base."""

    def __new__(cls, name: str, bases: tuple[type, ...], space: dict[str, Any]) -> _Kind:
        if NamedTuple not in space.get("__orig_bases__", ()):
            return super().__new__(cls, name, bases, space)
        fields = tuple(space.get("__annotations__", ()))
        defaults = {field: space[field] for field in fields if field in space}
        if tuple(defaults) != fields[len(fields) - len(defaults) :]:
            raise TypeError(f"{name}: a field without a default follows one that has one")
        if wrong := [field for field in fields if field.startswith("_")]:
            raise ValueError(f"{name}: a name of a field cannot start with an underscore: {wrong[0]}")
        if taken := space.keys() & {"__new__", "__init__", "__slots__", "_fields", "_make", "_replace", "_asdict"}:
            raise AttributeError(f"{name}: a record makes its {min(taken)} itself")
        space |= {field: _getter(index, "") for index, field in enumerate(fields)}
        space |= {"__slots__": (), "__match_args__": fields, "_fields": fields, "_field_defaults": defaults}
        space["__new__"] = _new(space, fields, defaults)
        return super().__new__(cls, name, bases, space)


class _Record(tuple[Any, ...], metaclass=_Kind):
    """What every record can do."""

    __slots__ = ()
    if TYPE_CHECKING:
        _fields: tuple[str, ...]

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Self:
        made = tuple.__new__(cls, values)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self, /, **changes: Any) -> Self:
        made = self._make(map(changes.pop, self._fields, self))
        if changes:
            raise ValueError(f"Got unexpected field names: {list(changes)!r}")
        return made

    __replace__ = _replace

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self._fields, self, strict=True))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
        return f"{self.__class__.__name__}({shown})"

    def __getnewargs__(self) -> tuple[Any, ...]:
        return tuple(self)


def _new(space: Mapping[str, Any], fields: tuple[str, ...], defaults: Mapping[str, Any]) -> FunctionType:
    code = _making(len(fields)).replace(co_varnames=("_cls", *fields), co_qualname=f"{space['__qualname__']}.__new__")
    known = {"_tuple": tuple.__new__, "__name__": space["__module__"], "__builtins__": {}}
    function = FunctionType(code, known, "__new__", tuple(defaults.values()))
    function.__annotations__ = dict(space.get("__annotations__", {}))
    return function


@cache
def _making(number: int) -> CodeType:
    """The ``__new__`` of any record with so many fields."""
    names = "".join(f"f{i}, " for i in range(number))
    made: FunctionType = eval(f"lambda _cls, {names}: _tuple(_cls, ({names}))")  # only how many is not written here
    return made.__code__
