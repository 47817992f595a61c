"""``smoke.toml``: what is asked of one image. Every error names the file and the key."""

from __future__ import annotations

import hashlib
import math
import re
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import Any

from assaymark.api import InputError
from assaymark_hpc.asked import Bandwidth, Gpu, Manifest, Mpi, Needs, Performance, UserTest

LIMIT = 1_000_000
TESTS = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_KEYS = {"image", "architecture", "start", "max_size", "setuid", "test", "long", "mpi", "gpu"}
_KEYS |= {"brought", "site", "recipe", "start_within", "bandwidth"}
_TEST = {"name", "command", "exit", "contains", "time", "matches", "output", "sha256", "performance"}
_MPI = {"tasks", "command", "launcher", "scaling", "efficiency"}
_GPU = {"count", "command", "together"}
_BANDWIDTH = {"memory", "files", "gpu"}
_PERFORMANCE = {"pattern", "reference", "lower", "upper", "unit"}
_OUTPUT = re.compile(r"[A-Za-z0-9_][\w./+-]{0,199}")
RANKS = 65_536
# Names of our own trials: a test of the user's must not take the place of one.
PROBES = ("probe-ok", "probe-fails", "probe-late")
OWN = (
    *(*PROBES, "start", "read-only", "any-user", "offline", "files", "fails", "lacking", "ends"),
    *("mpi", "gpu", "own-together", "own-rates", "own-pmi", "own-home", "own-devices"),
)
# Further trials of a test, or of the ranks, have these in their names.
AGAIN, SCALED = "again-", "ranks-"


def is_manifest(path: Path) -> bool:
    """Whether a path is that of a manifest, not of an image."""
    return path.suffix == ".toml"


def read(path: Path) -> Manifest:
    """A manifest; the image is relative to it. Raises InputError."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as problem:
        raise InputError(f"the manifest cannot be read: {problem.strerror}", where=where) from problem
    if len(data) > LIMIT:
        raise InputError("the manifest is larger than 1 MB", where=where)
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    return _manifest(found, path, "sha256:" + hashlib.sha256(data).hexdigest())


def for_image(path: str, architecture: str | None = None) -> Manifest:
    """What is asked of an image without a manifest."""
    asked = Manifest(image=path)
    return asked if architecture is None else Manifest(image=path, architecture=architecture)


def _manifest(data: Mapping[str, Any], path: Path, digest: str) -> Manifest:
    where = str(path)
    _known(data, _KEYS, where)
    default = Manifest(image="")
    return Manifest(
        image=_image(_text(data, "image", where), path),
        architecture=_text(data, "architecture", where) if "architecture" in data else default.architecture,
        start=_words(data, "start", where),
        max_size=_number(data, "max_size", where, default.max_size),
        setuid=_words(data, "setuid", where),
        tests=_tests(data.get("test", []), where),
        long=_words(data, "long", where),
        mpi=_mpi(_table(data, "mpi", _MPI, where), f"{where}: mpi") if "mpi" in data else None,
        gpu=_gpu(_table(data, "gpu", _GPU, where), f"{where}: gpu") if "gpu" in data else None,
        start_within=_real(data, "start_within", where) if "start_within" in data else None,
        bandwidth=_bandwidth(data, where) if "bandwidth" in data else None,
        brought=_words(data, "brought", where),
        site=_needs(_table(data, "site", _SITE, where), f"{where}: site") if "site" in data else Needs(),
        recipe=_recipe(_text(data, "recipe", where), path) if "recipe" in data else None,
        digest=digest,
    )


_SITE = {"kernel", "glibc", "driver"}
_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){1,3}")


def _needs(data: Mapping[str, Any], where: str) -> Needs:
    found = {}
    for key in data:
        text = _text(data, key, where)
        if not _VERSION.fullmatch(text):
            raise InputError(f"{key!r} must be a version", where=where, hint=f'{key} = "4.18"')
        found[key] = tuple(int(n) for n in text.split("."))
    return Needs(**found)


def _bandwidth(data: Mapping[str, Any], where: str) -> Bandwidth:
    table = _table(data, "bandwidth", _BANDWIDTH, where)
    return Bandwidth(**{key: _real(table, key, f"{where}: bandwidth") for key in table})


def _recipe(name: str, manifest: Path) -> tuple[str, str]:
    """The name and the text of what the image was built from, relative to the manifest."""
    path = manifest.parent / name
    try:
        with path.open("rb") as file:
            text = file.read(LIMIT + 1)
    except OSError as problem:
        raise InputError(f"the recipe cannot be read: {problem.strerror}", where=str(path)) from problem
    if len(text) > LIMIT:
        raise InputError("the recipe is larger than 1 MB", where=str(path))
    return name, text.decode("utf-8", "replace")


REGISTRY = "docker://"


def in_registry(image: str) -> bool:
    """Whether an image is named by its place in a registry."""
    return image.startswith(REGISTRY)


def _image(text: str, path: Path) -> str:
    return text if in_registry(text) else str(path.parent / text)


def _tests(data: Any, where: str) -> tuple[UserTest, ...]:
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in data) or len(data) > TESTS:
        raise InputError(f"'test' must be at most {TESTS} tables ([[test]])", where=where)
    found: dict[str, UserTest] = {}
    for number, item in enumerate(data):
        place = f"{where}: test[{number}]"
        _known(item, _TEST, place)
        name = _text(item, "name", place)
        if not _NAME.fullmatch(name) or name in OWN or name.startswith((AGAIN, SCALED)) or name in found:
            hint = "lower-case letters, digits and '-'; each once, and none of " + ", ".join(OWN)
            raise InputError(f"{name!r} cannot be the name of a test", where=place, hint=hint)
        if not _words(item, "command", place):
            raise InputError("'command' must be a list of one word or more", where=place)
        found[name] = UserTest(
            name=name,
            command=_words(item, "command", place),
            exit=_number(item, "exit", place, 0, most=255),
            contains=_text(item, "contains", place) if "contains" in item else None,
            matches=_pattern(item, "matches", place) if "matches" in item else None,
            performance=_performance(item, place) if "performance" in item else None,
            **_output(item, place),
            time=float(_number(item, "time", place, 60, most=86_400)),
        )
    return tuple(found.values())


def _table(data: Mapping[str, Any], key: str, keys: set[str], where: str) -> Mapping[str, Any]:
    value = data[key]
    if not isinstance(value, dict):
        raise InputError(f"{key!r} must be a table", where=where)
    _known(value, keys, f"{where}: {key}")
    return value


def _mpi(data: Mapping[str, Any], where: str) -> Mpi:
    scaling = data.get("scaling", [])
    if not isinstance(scaling, list) or len(scaling) > 20 or not all(_is_rank(n) for n in scaling):
        raise InputError(f"'scaling' must be a list of numbers of ranks, 1 to {RANKS}", where=where)
    if scaling and (len(scaling) < 2 or sorted(set(scaling)) != scaling):
        raise InputError("'scaling' must be two numbers or more, in rising order", where=where)
    tasks = _number(data, "tasks", where, 2, most=RANKS)
    if tasks < 2:
        raise InputError("'tasks' must be 2 or more: one rank shows nothing", where=where)
    return Mpi(
        tasks=tasks,
        command=_words(data, "command", where),
        launcher=_words(data, "launcher", where),
        scaling=tuple(scaling),
        efficiency=_real(data, "efficiency", where, 0.5),
    )


def _is_rank(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= RANKS


def _gpu(data: Mapping[str, Any], where: str) -> Gpu:
    count = _number(data, "count", where, 1, most=10_000)
    if count < 1:
        raise InputError("'count' must be 1 or more", where=where)
    together = data.get("together", False)
    if not isinstance(together, bool):
        raise InputError("'together' must be true or false", where=where)
    return Gpu(count=count, command=_words(data, "command", where), together=together)


def _performance(item: Mapping[str, Any], where: str) -> Performance:
    data = _table(item, "performance", _PERFORMANCE, where)
    place = f"{where}: performance"
    pattern = _pattern(data, "pattern", place)
    if re.compile(pattern).groups != 1:
        raise InputError("'pattern' must have one group, around the number", where=place)
    bounds = {name: _real(data, name, place) for name in ("lower", "upper") if name in data}
    if not bounds:
        raise InputError("'lower' or 'upper' is missing: how far may it be off?", where=place, hint="lower = 0.1")
    unit = _text(data, "unit", place) if "unit" in data else ""
    return Performance(pattern=pattern, reference=_real(data, "reference", place, sign=True), unit=unit, **bounds)


def _output(item: Mapping[str, Any], where: str) -> dict[str, str]:
    if "output" not in item:
        if "sha256" in item:
            raise InputError("'sha256' is of what file?", where=where, hint='output = "result.dat"')
        return {}
    name = _text(item, "output", where)
    if not _OUTPUT.fullmatch(name) or ".." in name.split("/"):
        raise InputError("'output' must be a path below the working folder", where=where)
    if "sha256" not in item:
        return {"output": name}
    if not re.fullmatch(r"[0-9a-f]{64}", digest := _text(item, "sha256", where)):
        raise InputError("'sha256' must be 64 hexadecimal digits", where=where)
    return {"output": name, "sha256": digest}


def _pattern(data: Mapping[str, Any], key: str, where: str) -> str:
    text = _text(data, key, where)
    try:
        re.compile(text)
        endless = _endless(import_module("re._parser").parse(text))
    except (re.error, RecursionError, OverflowError) as problem:
        raise InputError(f"{key!r} is no regular expression: {problem}", where=where) from problem
    if endless:
        hint = "what is repeated must hold neither a repetition nor alternatives"
        raise InputError(f"{key!r} can take for ever on what an image prints", where=where, hint=hint)
    return text


def _endless(parsed: Any, *, inside: bool = False) -> bool:
    """Whether a repetition without bound holds another, or alternatives: such a pattern can need exponential time."""
    for operation, value in parsed:
        name = str(operation)
        if inside and name == "BRANCH":
            return True
        repeats = name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and value[1] > _FEW
        if repeats and inside:
            return True
        for each in value if isinstance(value, list | tuple) else [value]:
            parts = each if isinstance(each, list) else [each]
            if any(isinstance(p, type(parsed)) and _endless(p, inside=inside or repeats) for p in parts):
                return True
    return False


_FEW = 20


def _real(data: Mapping[str, Any], key: str, where: str, default: float | None = None, *, sign: bool = False) -> float:
    value = data.get(key, default)
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not known or (value < 0 and not sign):
        raise InputError(f"{key!r} must be a number{'' if sign else ', 0 or more'}", where=where)
    return float(value)


def _known(data: Mapping[str, Any], keys: set[str], where: str) -> None:
    for key in data:
        if key not in keys:
            close = get_close_matches(key, keys, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(keys))}"
            raise InputError(f"unknown key {key!r}", where=where, hint=hint)


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        raise InputError(f"{key!r} must be a string with something in it", where=where)
    return value


def _words(data: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and "\0" not in v for v in value):
        raise InputError(f"{key!r} must be a list of strings", where=where)
    return tuple(value)


def _number(data: Mapping[str, Any], key: str, where: str, default: int, most: int = 10**15) -> int:
    value = data.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise InputError(f"{key!r} must be a whole number from 0 to {most}", where=where)
    return value
