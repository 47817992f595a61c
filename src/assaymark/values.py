"""``dataclass`` of the standard library, made in a third of its time where a class is frozen and has slots.

A short run makes some fifty such classes. For each the standard library writes and compiles the text of six functions,
which comes to a seventh of the run; here that is done for ``__init__`` alone, and the other five know the fields. What
comes out is a dataclass as any other: ``replace``, ``fields``, ``asdict`` and copies do what they do.
"""

from __future__ import annotations

import dataclasses
import sys
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from dataclasses import dataclass as dataclass

    Fields = tuple[dataclasses.Field[Any], ...]
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """As `dataclasses.dataclass`, for frozen classes with slots and no others."""
        if not (frozen and slots):
            raise TypeError("only for frozen classes with slots")
        return lambda cls: _made(cls, kw_only)


def _made(cls: type, kw_only: bool) -> type:
    made: Any = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
    parts = dataclasses.fields(made)
    if not all(part.init and part.hash is None for part in parts):
        raise TypeError(f"{cls.__qualname__}: a field that is no argument, or with a hash of its own, is not foreseen")
    about = made.__dataclass_params__
    about.init = about.repr = about.eq = about.frozen = True
    made.__init__ = _init(made, parts)
    made.__repr__ = _repr
    made.__eq__, made.__hash__ = _by_value(tuple(part.name for part in parts if part.compare))
    made.__setattr__ = made.__delattr__ = _refuse
    made.__getstate__, made.__setstate__ = _state, _restore
    return made  # type: ignore[no-any-return] # it is the class again, with slots


def _init(cls: type, parts: Fields) -> Callable[..., None]:
    """What sets the fields, with the arguments, defaults and annotations that are declared."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_absent": dataclasses.MISSING}
    arguments, lines = ["self"], []
    for part in sorted(parts, key=lambda part: bool(part.kw_only)):
        if part.kw_only and "*" not in arguments:
            arguments.append("*")
        default, value = "", part.name
        if part.default is not dataclasses.MISSING:
            known[f"_of_{part.name}"], default = part.default, f"=_of_{part.name}"
        elif part.default_factory is not dataclasses.MISSING:
            known[f"_of_{part.name}"], default = part.default_factory, "=_absent"
            value = f"_of_{part.name}() if {part.name} is _absent else {part.name}"
        arguments.append(part.name + default)
        lines.append(f"_set(self, {part.name!r}, {value})")
    if hasattr(cls, "__post_init__"):
        lines.append("self.__post_init__()")
    body = "\n  ".join(lines or ["pass"])
    text = f"def make({', '.join(known)}):\n def __init__({', '.join(arguments)}):\n  {body}\n return __init__"
    made: dict[str, Any] = {}
    exec(text, vars(sys.modules[cls.__module__]), made)  # names of fields are all that is not written here
    function: Callable[..., None] = made["make"](**known)
    function.__qualname__ = f"{cls.__qualname__}.__init__"
    function.__annotations__ = {part.name: part.type for part in parts} | {"return": None}
    return function


def _by_value(names: tuple[str, ...]) -> tuple[Callable[[Any, object], bool], Callable[[Any], int]]:
    """Equality and hash by these fields."""
    values: Callable[[object], object] = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: object, other: object) -> bool:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def __hash__(self: object) -> int:
        return hash(values(self))

    return __eq__, __hash__


def _repr(self: Any) -> str:
    shown = ", ".join(f"{part.name}={getattr(self, part.name)!r}" for part in dataclasses.fields(self) if part.repr)
    return f"{self.__class__.__qualname__}({shown})"


def _refuse(self: object, name: str, *value: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, part.name) for part in dataclasses.fields(self)]


def _restore(self: Any, state: Iterable[object]) -> None:
    for part, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, part.name, value)
