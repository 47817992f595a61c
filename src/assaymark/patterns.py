"""Regular expressions that are compiled when they are first used.

There are some three hundred of them. A run needs about half, and compiling the others would take a tenth of its time.
The program compiles each only once for all its runs, see `assaymark.expressions`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, get_ident
from typing import Any, AnyStr, cast

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn", "pattern", "flags")


_compiler: Callable[[Any, int], re.Pattern[Any]] = re.compile


def compile_with(compiler: Callable[[Any, int], re.Pattern[Any]]) -> None:
    """Let expressions of our own be compiled by this function from now on."""
    global _compiler
    _compiler = compiler


def ready(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives. Only for expressions of our own: what a repository wrote is never kept."""
    return _compiler(source, flags)


@contextmanager
def of_library() -> Iterator[None]:
    """What a library compiles while this thread loads it is treated like expressions of our own.

    Those of PyYAML and of click take a thirtieth of a short run. Other threads, which may hold what a repository
    wrote, are left alone.
    """
    loader = get_ident()
    with _guard:
        _loading[loader] += 1
        re.compile = _for_loaders  # type: ignore[assignment] # it does the same
    try:
        yield
    finally:
        # Threads may end in another order than they began.
        with _guard:
            _loading[loader] -= 1
            if not any(_loading.values()):
                _loading.clear()
                re.compile = _compile


_compile = re.compile
_guard = Lock()
_loading: Counter[int] = Counter()


def _for_loaders(source: Any, flags: Any = 0) -> re.Pattern[Any]:
    own = _loading[get_ident()] > 0 and isinstance(source, (str, bytes))
    return ready(source, flags) if own else _compile(source, flags)


class Pattern:
    """Stands for an expression; from its first use on its methods are those of the compiled one."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = _compiler(self._source, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def late(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, but compiled on use; a mistake in the expression shows only then.

    For constants of modules: a test uses each of them once.
    """
    return cast("re.Pattern[AnyStr]", Pattern(source, flags))


def literals(expression: str) -> tuple[str, ...]:
    """Of each branch of an expression, the longest literal text that all its matches hold; '' where none is certain.

    A text that holds none of them cannot match, which is much quicker to see than to try. Groups count as nothing.
    """
    if not _SPECIAL.search(expression):
        return (expression,)
    branches: list[list[str]] = [[""]]
    for piece, ordinary in _pieces(expression):
        stretches = branches[-1]
        if ordinary:
            stretches[-1] += piece
        elif piece == "|":
            branches.append([""])
        else:
            if piece.startswith(("?", "*", "{")):  # what stands before may be missing
                stretches[-1] = stretches[-1][:-1]
            stretches.append("")
    return tuple(max(stretches, key=len) for stretches in branches)


_SPECIAL = late(r"[^\w /:-]")
_PIECE = late(r"\\(.)|(\[\^?\]?(?:\\.|[^\]\\])*\])|(\{[^}]*\}|[()?*+.^$|])|([^\\\[{()?*+.^$|]+|[^\\])", re.DOTALL)


def _pieces(expression: str) -> Iterator[tuple[str, bool]]:
    """The parts of an expression outside of its groups, and whether they stand for themselves."""
    depth = 0
    for found in _PIECE.finditer(expression):
        escaped, _, special, plain = found.groups()
        if special == "(":
            depth += 1
        if not depth:
            ordinary = plain or (escaped if escaped and not escaped.isalnum() else "")
            yield (ordinary, True) if ordinary else (special or "", False)
        if special == ")":
            depth -= 1
            if not depth:
                yield "", False
