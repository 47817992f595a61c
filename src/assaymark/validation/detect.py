"""Which files are documents of which format: by name first, then by content; a look-alike is left alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache

from assaymark.api import Validator


def by_name(validators: Sequence[Validator]) -> Callable[[str], list[Validator]]:
    """From a path to the validators for which its name alone leaves it open."""
    any_of_them = _names(tuple(glob for v in validators for glob in v.names))

    def candidates(path: str) -> list[Validator]:
        lowered = path.lower()
        name = lowered.rpartition("/")[2]
        if not (any_of_them.fullmatch(name) or any_of_them.fullmatch(lowered)):  # so it is with most files
            return []
        return [v for v in validators if _names(v.names).fullmatch(name) or _names(v.names).fullmatch(lowered)]

    return candidates


def formats(path: str, data: bytes, validators: Sequence[Validator]) -> list[Validator]:
    """Validators whose document this is. A detector that raises has not recognised it."""
    return [v for v in validators if _detects(v, path, data)]


def _detects(validator: Validator, path: str, data: bytes) -> bool:
    try:
        return bool(validator.detect(path, data))
    except Exception:
        return False


@lru_cache(maxsize=64)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(name.lower()) for name in names) or r"(?!)")
