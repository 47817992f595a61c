"""Regular expressions that are compiled when they are first used.

There are some three hundred of them. A run needs about half, and compiling the others would take a tenth of its time.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub", "subn", "pattern", "flags")


class Pattern:
    """Stands for an expression; from its first use on its methods are those of the compiled one."""

    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._source, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)


def late(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` gives, but compiled on use; a mistake in the expression shows only then.

    For constants of modules: a test uses each of them once.
    """
    return cast("re.Pattern[AnyStr]", Pattern(source, flags))
