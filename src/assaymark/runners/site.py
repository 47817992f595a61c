"""``sites.toml``: what people who share a site need not find out each for themselves. Holds no secret.

::

    [site.vega]
    runner = "slurm"
    login = "vega"                       # as ssh takes it; left out on the cluster itself
    work = "/ceph/hpc/data/d2026/work"   # a folder that login node and nodes both see
    engine = "apptainer"
    partition = "gpu"
    modules = ["apptainer/1.3"]
    binds = ["/ceph:/ceph"]
    network = "none"                     # the nodes reach nothing outside

Every error names the file and the key. Such a file is named by the command line or the environment, never by what is
judged.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from assaymark.errors import InputError
from assaymark.job import Site

LIMIT = 1_000_000
RUNNERS = ("slurm", "container", "sandbox", "interlink", "kubernetes")
FORMATS = ("folder", "squashfs", "sif")
# Which engines take an image as one file.
ONE_FILE = {"squashfs": ("apptainer", "singularity", "charliecloud"), "sif": ("apptainer", "singularity")}
NETWORKS = ("open", "none")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_MODULE = re.compile(r"[A-Za-z0-9][\w.+/@-]{0,199}")


def sites(path: Path) -> Mapping[str, Site]:
    """All sites of a file. InputError when it is none."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(LIMIT + 1)
        if len(data) > LIMIT:
            raise InputError("the file of sites is larger than 1 MB", where=where)
        found = tomllib.loads(data.decode("utf-8"))
    except OSError as problem:
        raise InputError(f"the file of sites cannot be read: {problem.strerror}", where=where) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise InputError(f"not valid TOML: {problem}", where=where) from problem
    _known(found, {"site"}, where)
    tables = found.get("site")
    if not isinstance(tables, dict) or not tables:
        raise InputError("there is no site in it", where=where, hint="[site.NAME]")
    return {name: _site(name, table, f"{where}: site.{name}", path.parent) for name, table in tables.items()}


def site(name: str, path: Path | None = None) -> Site:
    """A site by its name, from a file: the one given, ``ASSAYMARK_SITES``, or ``sites.toml`` in the user's own
    configuration. InputError when there is none."""
    path = path or default()
    found = sites(path)
    if name not in found:
        close = get_close_matches(name, found, 1)
        hint = f"did you mean {close[0]!r}?" if close else f"one of: {', '.join(sorted(found))}"
        raise InputError(f"there is no site {name!r}", where=str(path), hint=hint)
    return found[name]


def address(text: str) -> str:
    """The address of a service. InputError when it is none."""
    try:
        return _url(text)
    except ValueError as problem:
        raise InputError(f"this address {problem}", where=text) from problem


def default() -> Path:
    """Where sites are looked for when nobody says where."""
    told = os.environ.get("ASSAYMARK_SITES")
    if told:
        return Path(told)
    home = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(home, "assaymark", "sites.toml")


def _site(name: str, data: Any, where: str, beside: Path) -> Site:
    if not isinstance(data, dict):
        raise InputError("must be a table", where=where)
    if not _NAME.fullmatch(name):
        raise InputError("the name of a site is letters, digits, '.', '_' and '-'", where=where)
    _known(data, set(_READERS), where)
    made: dict[str, Any] = {}
    for key, value in data.items():
        try:
            made[key] = _READERS[key](value)
        except ValueError as problem:
            raise InputError(f"{key!r} {problem}", where=where) from problem
    if "runner" not in made:
        raise InputError("'runner' is missing", where=where, hint=f"one of: {', '.join(RUNNERS)}")
    for key in ("ssh_config", "token_file", "ca", "certificate", "key"):
        if key in made:
            made[key] = str((beside / Path(made[key]).expanduser()).absolute())
    _fits(made, where)
    return Site(name=name, **made)


def _fits(made: Mapping[str, Any], where: str) -> None:
    """What belongs together, and what a runner has no use for."""
    runner = made["runner"]
    if runner == "interlink" and "url" not in made:
        raise InputError(f"'url' is missing: where is the service of {runner}?", where=where)
    if "login" in made and runner != "slurm":
        raise InputError("'login' is for the runner slurm", where=where)
    if "login" in made and "work" not in made:
        hint = "work = a folder that login node and nodes see"
        raise InputError("'work' is missing: where may jobs lie at the site?", where=where, hint=hint)
    if "login" in made and "engine" not in made:
        raise InputError("'engine' is missing: which container engine do the nodes have?", where=where)
    form = made.get("format", "folder")
    if form != "folder" and made.get("engine") not in ONE_FILE[form]:
        raise InputError(
            f"'format' {form!r} needs an engine that takes it", where=where, hint=", ".join(ONE_FILE[form])
        )
    if ("certificate" in made) != ("key" in made):
        raise InputError("'certificate' and 'key' go together", where=where)


def _known(data: Mapping[str, Any], keys: set[str], where: str) -> None:
    for key in data:
        if key not in keys:
            close = get_close_matches(key, keys, 1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(keys))}"
            raise InputError(f"unknown key {key!r}", where=where, hint=hint)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or any(ord(c) < 32 for c in value):
        raise ValueError("must be a string with something in it")
    return value


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > 100:
        raise ValueError("must be a list of strings")
    return tuple(map(_text, value))


def _one_of(names: tuple[str, ...]) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in names:
            raise ValueError(f"must be one of: {', '.join(names)}")
        return str(value)

    return read


def _number(least: int, most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return read


def _absolute(value: Any) -> str:
    text = _text(value)
    # It stands in scripts of the scheduler, which quote little.
    if not text.startswith("/") or not re.fullmatch(r"[\w./@+-]+", text) or ".." in text.split("/"):
        raise ValueError("must be an absolute path of letters, digits and ./_@+-")
    return text.rstrip("/") or "/"


def _program(value: Any) -> str:
    """A name or an absolute path: it stands in a script, unquoted."""
    text = _text(value)
    if not re.fullmatch(r"/?[\w.+-]+(/[\w.+-]+)*", text):
        raise ValueError("must be the name or the path of a program")
    return text


def _binds(value: Any) -> tuple[str, ...]:
    found = []
    for word in _words(value):
        outside, _, inside = word.partition(":")
        found.append(f"{_absolute(outside)}:{_absolute(inside or outside)}")
    return tuple(found)


def _modules(value: Any) -> tuple[str, ...]:
    found = _words(value)
    if not all(map(_MODULE.fullmatch, found)):
        raise ValueError("must be names of modules")
    return found


def _url(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"https?://[^\s/@?#]+(/[^\s?#]*)?", text):
        raise ValueError("must be an address: https://host[:port][/path] (no user or password in it)")
    return text.rstrip("/")


def _table(value: Any) -> Mapping[str, str]:
    if not isinstance(value, dict) or len(value) > 100:
        raise ValueError("must be a table of strings")
    return {_text(k): _text(v) for k, v in value.items()}


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "runner": _one_of(RUNNERS),
    "engine": _text,
    "format": _one_of(FORMATS),
    "login": _text,
    "port": _number(1, 65_535),
    "ssh_config": _text,
    "work": _absolute,
    "partition": _text,
    "account": _text,
    "flags": _words,
    "modules": _modules,
    "binds": _binds,
    "network": _one_of(NETWORKS),
    "launcher": _words,
    "gpus": _number(0, 10_000),
    "url": _url,
    "token_file": _text,
    "ca": _text,
    "certificate": _text,
    "key": _text,
    "context": _text,
    "namespace": _text,
    "node": _text,
    "tolerations": _words,
    "annotations": _table,
    "images": _text,
    "probe": _text,
    "pace": _number(0, 3600),
    "python": _program,
}
