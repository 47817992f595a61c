"""Which files are documents of which format: by name first, then by content; a look-alike is left alone."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Sequence
from fnmatch import translate
from functools import lru_cache
from importlib import import_module
from json import detect_encoding
from typing import Any

from assaymark.api import Validator
from assaymark.patterns import late, of_library, ready

_WILD = late(r"[*?\[]")


def by_name(validators: Sequence[Validator]) -> Callable[[str], list[Validator]]:
    """From a path to the validators for which its name alone leaves it open."""
    globs = [glob.lower() for v in validators for glob in v.names]
    # Nearly all only say how a name ends, which needs no expression.
    ends = tuple(glob[1:] for glob in globs if glob.startswith("*") and not _WILD.search(glob, 1))
    others = _names(tuple(glob for glob in globs if not glob.startswith("*") or _WILD.search(glob, 1)))

    def candidates(path: str) -> list[Validator]:
        lowered = path.lower()
        name = lowered.rpartition("/")[2]
        if not (lowered.endswith(ends) or others.fullmatch(name) or others.fullmatch(lowered)):  # so it is with most
            return []
        return [v for v in validators if _names(v.names).fullmatch(name) or _names(v.names).fullmatch(lowered)]

    return candidates


def formats(path: str, data: bytes, validators: Sequence[Validator]) -> list[Validator]:
    """Validators whose document this is. A detector that raises has not recognised it."""
    text = as_utf8(data)
    return [v for v in validators if _detects(detector(v), path, text)]


def as_utf8(data: bytes) -> bytes:
    """A text in another Unicode encoding as UTF-8, and without a byte order mark; anything else as it is."""
    encoding = detect_encoding(data[:4])
    if encoding.startswith("utf-8"):
        return data.removeprefix(codecs.BOM_UTF8)
    return data.decode(encoding, "replace").encode("utf-8", "replace")


def detector(validator: Validator) -> Callable[[str, bytes], bool]:
    """The function that recognises documents of a format."""
    return loaded(validator.detect) if isinstance(validator.detect, str) else validator.detect


@lru_cache(maxsize=64)
def loaded(name: str) -> Callable[..., Any]:
    """The function behind ``module:function``, imported on first use."""
    module, _, function = name.partition(":")
    with of_library():
        found: Callable[..., Any] = getattr(import_module(module), function)
    return found


def _detects(detect: Callable[[str, bytes], bool], path: str, data: bytes) -> bool:
    try:
        return bool(detect(path, data))
    except Exception:
        return False


@lru_cache(maxsize=64)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    return ready("|".join(translate(name.lower()) for name in names) or r"(?!)")
