"""``dataclass`` of the standard library, made in a tenth of its time where a class is frozen.

A short run makes some fifty such classes. For each the standard library writes and compiles the text of six functions,
which comes to a seventh of the run. Here ``__init__`` is a copy of one that was compiled for any class with as many
fields, and the rest knows the fields. What comes out is a dataclass as any other: ``replace``, ``fields``, ``asdict``
and copies do what they do.
"""

from __future__ import annotations

import dataclasses
import sys
from dataclasses import MISSING
from functools import cache
from operator import attrgetter
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from dataclasses import dataclass as dataclass
    from types import CodeType
else:

    def dataclass(*, frozen: bool, slots: bool = False, kw_only: bool = False) -> Callable[[type], type]:
        """As `dataclasses.dataclass`, for frozen classes and no others.

        Fields always have slots; without ``slots`` there is room for more beside them, as a cached property needs.
        """
        if not frozen:
            raise TypeError("only for frozen classes")
        return lambda cls: _made(cls, () if slots else ("__dict__",), kw_only)


def _made(cls: type, room: tuple[str, ...], kw_only: bool) -> type:
    fields = {name: _field(cls, name) for name in cls.__annotations__}
    if any(hasattr(base, "__dataclass_fields__") for base in cls.__mro__[1:]):
        raise TypeError(f"{cls.__qualname__}: a dataclass as its base is not foreseen")
    space = {k: v for k, v in vars(cls).items() if k not in fields and k not in ("__dict__", "__weakref__")}
    compared = tuple(name for name, part in fields.items() if part.compare)
    equal, hashed = _by_value(compared)
    space |= {
        "__slots__": (*fields, *room),
        "__match_args__": () if kw_only else tuple(fields),
        "__repr__": _repr,
        "__eq__": equal,
        "__hash__": hashed,
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__replace__": _replaced,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    made: Any = type(cls)(cls.__name__, cls.__bases__, space)
    made.__qualname__ = cls.__qualname__
    asked = {"slots": not room, "kw_only": kw_only}
    made.__dataclass_fields__ = _OnDemand(made, "__dataclass_fields__", fields, asked)
    made.__dataclass_params__ = _OnDemand(made, "__dataclass_params__", fields, asked)
    made.__init__ = _init(made, fields, kw_only)
    return made  # type: ignore[no-any-return] # it is the class again, with slots


def _field(cls: type, name: str) -> dataclasses.Field[Any]:
    """What is declared for a name. Raises TypeError for what a plain value has no use for."""
    default = vars(cls).get(name, MISSING)
    part: dataclasses.Field[Any] = (
        default if isinstance(default, dataclasses.Field) else dataclasses.field(default=default)
    )
    odd = not part.init or part.hash is not None or part.kw_only is not MISSING
    if odd or str(cls.__annotations__[name]).partition("[")[0].endswith(("ClassVar", "InitVar", "KW_ONLY")):
        raise TypeError(f"{cls.__qualname__}.{name}: only an argument that is kept is foreseen")
    if part.default.__class__.__hash__ is None:
        raise ValueError(f"{cls.__qualname__}.{name}: a default that can change needs a default_factory")
    return part


class _OnDemand:
    """What `dataclasses` says of a class, found when somebody asks: of most classes nobody does."""

    def __init__(self, cls: type, name: str, fields: Mapping[str, Any], asked: Mapping[str, bool]) -> None:
        self._cls, self._name, self._fields, self._asked = cls, name, fields, asked

    def __get__(self, instance: object, owner: type) -> object:
        cls: Any = self._cls
        about = {"__annotations__": dict(cls.__annotations__), "__module__": cls.__module__, "__doc__": "a twin"}
        bare = type(cls.__name__, (), about | dict(self._fields))
        twin: Any = dataclasses.dataclass(init=False, repr=False, eq=False, **self._asked)(bare)
        params = twin.__dataclass_params__
        params.init = params.repr = params.eq = params.frozen = True
        cls.__dataclass_fields__, cls.__dataclass_params__ = twin.__dataclass_fields__, params
        return getattr(cls, self._name)


def _init(cls: type, fields: Mapping[str, dataclasses.Field[Any]], kw_only: bool) -> FunctionType:
    """What sets the fields, with the arguments, defaults and annotations that are declared."""
    after = _after(cls, {name: part.default_factory for name, part in fields.items()})
    code = _setting(len(fields), after is not None)
    known = {f"_{i}": vars(cls)[name].__set__ for i, name in enumerate(fields)} | {"_after": after}
    code = code.replace(
        co_varnames=("self", *fields),
        co_argcount=1 if kw_only else 1 + len(fields),
        co_kwonlyargcount=len(fields) if kw_only else 0,
        co_qualname=f"{cls.__qualname__}.__init__",
    )
    closure = tuple(CellType(known[name]) for name in code.co_freevars)
    function = FunctionType(code, vars(sys.modules[cls.__module__]), "__init__", None, closure)
    defaults = {n: p.default for n, p in fields.items() if p.default is not MISSING or p.default_factory is not MISSING}
    if kw_only:
        function.__kwdefaults__ = defaults
    elif tuple(defaults) == tuple(fields)[len(fields) - len(defaults) :]:
        function.__defaults__ = tuple(defaults.values())
    else:
        raise TypeError(f"{cls.__qualname__}: a field without a default follows one that has one")
    function.__annotations__ = {**cls.__annotations__, "return": None}
    return function


@cache
def _setting(number: int, after: bool) -> CodeType:
    """The ``__init__`` of any class with so many fields: ``_0``, ``_1``, … set them, ``_after`` ends it."""
    names = [*(f"_{i}" for i in range(number)), "_after"]
    lines = [f"_{i}(self, f{i})" for i in range(number)] + ["_after(self)"] * after or ["pass"]
    arguments = ", ".join(["self", *(f"f{i}" for i in range(number))])
    text = f"def make({', '.join(names)}):\n def __init__({arguments}):\n  {'; '.join(lines)}\n return __init__"
    made: dict[str, Any] = {}
    exec(text, {}, made)  # numbers are all that is not written here
    code: CodeType = made["make"](*names).__code__
    return code


def _after(cls: type, factories: Mapping[str, Any]) -> Callable[[Any], None] | None:
    """Fills in the fields of which a function makes the default, and does what the class wants done at the end."""
    filled = [(name, vars(cls)[name].__set__, make) for name, make in factories.items() if make is not MISSING]
    post: Callable[[Any], None] | None = getattr(cls, "__post_init__", None)
    if not filled:
        return post

    def after(self: Any) -> None:
        for name, assign, make in filled:
            if getattr(self, name) is MISSING:
                assign(self, make())
        if post:
            post(self)

    return after


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


def _replaced(self: Any, /, **changes: Any) -> Any:
    return dataclasses.replace(self, **changes)


def _state(self: Any) -> list[object]:
    return [getattr(self, part.name) for part in dataclasses.fields(self)]


def _restore(self: Any, state: Iterable[object]) -> None:
    for part, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, part.name, value)
