"""Regular expressions of our own, compiled once for all runs.

Compiling them takes a seventh of a short run. What the interpreter makes of an expression (its *code*, a list of
numbers) is kept in the user's cache folder under the version of the interpreter. Where that cannot be used, or holds
nothing intact, or the interpreter keeps its compiler elsewhere, expressions are compiled as ever. The interpreter
checks every code before it takes it. A judged repository has no part in it: only what stands in our own modules and
data is kept.
"""

from __future__ import annotations

import marshal
import re
import sys
from functools import cache
from importlib import import_module
from typing import Any

from assaymark import cache as store

# How many are kept: there are some six hundred.
MOST = 3_000
# Flags of the compiled one, its code, the number of its groups, and their names with the numbers.
Parts = tuple[int, bytes, int, dict[str, int]]
_Key = tuple[str | bytes, int]


class Kept:
    """What earlier runs compiled, and what this one adds."""

    def __init__(self) -> None:
        self.old = _recalled()
        self.new: dict[_Key, Parts] = {}

    def compiled(self, source: str | bytes, flags: int = 0) -> re.Pattern[Any]:
        """What `re.compile` gives."""
        key = source, int(flags)
        try:
            parts = self.old.get(key) or self.new.get(key)
            if parts is None:
                parts = self.new[key] = parts_of(source, flags)
            return assembled(source, parts)
        except Exception:  # whatever a private interface may raise
            self.new.pop(key, None)
            return re.compile(source, flags)

    def keep(self) -> None:
        """Write down what is new."""
        if self.new and len(self.old) + len(self.new) <= MOST:
            self.old |= self.new
            self.new = {}
            store.put(_key(), marshal.dumps(self.old))


@cache
def kept() -> Kept:
    """Those of this process."""
    return Kept()


def parts_of(source: str | bytes, flags: int) -> Parts:
    """What the interpreter makes of an expression. Raises re.error, or anything where it has another compiler."""
    from array import array

    compiler, parser = import_module("re._compiler"), import_module("re._parser")
    tree = parser.parse(source, flags)
    code = array("I", compiler._code(tree, flags)).tobytes()
    state = tree.state
    return int(flags | state.flags), code, state.groups - 1, dict(state.groupdict)


def assembled(source: str | bytes, parts: Parts) -> re.Pattern[Any]:
    """The compiled expression. Raises RuntimeError for a code that cannot be."""
    flags, code, groups, names = parts
    by_number: list[str | None] = [None] * (groups + 1)
    for name, number in names.items():
        by_number[number] = name
    engine = import_module("_sre")
    found = engine.compile(source, flags, memoryview(code).cast("I").tolist(), groups, names, tuple(by_number))
    assert isinstance(found, re.Pattern)
    return found


def _recalled() -> dict[_Key, Parts]:
    data = store.get(_key())
    try:
        return dict(marshal.loads(data)) if data else {}
    except (ValueError, EOFError, TypeError):
        return {}


def _key() -> str:
    engine = import_module("_sre")
    return store.key("expressions-1", sys.version, f"{engine.MAGIC} {engine.CODESIZE} {sys.byteorder}")
