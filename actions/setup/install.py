"""Fills the environment whose Python runs this: install.py UV PLUGINS FOLDER [VERB] (names of plugins by commas).

Before a verb that judges, tools that have nothing to do in FOLDER are left out; a later step that needs one gets it.

What the chosen distributions ask for comes from the index as `requirements/run.txt` has it, version and hash. Our own
distributions are not built: their source in this checkout is put on the path, with the metadata by which Python finds
versions and plugins. Only the standard library is there yet.
"""

from __future__ import annotations

import json
import os
import py_compile
import re
import subprocess
import sys
import sysconfig
import threading
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements" / "run.txt"
PIPELINES = ROOT / "pipelines"
# Parts of the core that not every verb needs; named like plugins.
EXTRAS = ("github", "png", "release", "sign")
COMMAND = '#!/bin/sh\nexec "{python}" -I -X utf8 -m assaymark "$@"\n'


def main(uv: str, parts: str, folder: str, verb: str = "") -> None:
    """Install what is not there yet, then mark the environment as complete."""
    plugins, extras = chosen(parts)
    places = [ROOT, *(PIPELINES if name == PIPELINES.name else ROOT / "plugins" / name for name in plugins)]
    projects = {place: project(place) for place in places}
    names = {
        name for place, described in projects.items() for name in wanted(described, extras if place == ROOT else ())
    }
    done = Path(sys.prefix, "complete")
    there = done.read_text(encoding="utf-8").split() if done.is_file() else None
    if missing := names - spared(folder, verb) - set(there or ()):
        with compiling(places if verb else ()):
            install(uv, sorted(pins(missing)))
    if there is None:
        finish(projects)
    done.write_text("\n".join({*(there or ()), *missing}), encoding="utf-8")


@contextmanager
def compiling(places: Iterable[Path]) -> Iterator[None]:
    """Compile our own modules while something else is waited for, as far as it comes; those of the core first.

    What is not compiled then is compiled when it is loaded, which a first run would wait for.
    """
    enough = threading.Event()

    def work() -> None:
        for place in places:
            for file in sorted(place.glob("src/*/**/*.py"), key=lambda f: len(f.parts)):
                if enough.is_set():
                    return
                if not Path(cache_from_source(str(file))).exists():
                    with suppress(OSError):  # a checkout that nobody may write to
                        py_compile.compile(str(file), quiet=2)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        enough.set()
        worker.join()


def finish(projects: Mapping[Path, Mapping[str, Any]]) -> None:
    """Put our own distributions and the command into the environment."""
    packages = Path(sysconfig.get_path("purelib"))
    for place, described in projects.items():
        attach(place, described, packages)
    command = Path(sys.prefix, "bin", "assaymark")
    command.write_text(COMMAND.format(python=sys.executable), encoding="utf-8")
    command.chmod(0o755)


def spared(folder: str, verb: str) -> frozenset[str]:
    """Distributions of tools that cannot apply to what the verb is about to judge; none when that cannot be told.

    ``step`` only writes a file: it needs none of them.
    """
    try:
        inputs = json.loads(os.environ.get("INPUTS", "{}"))
        place = judged(verb, inputs)
        if place is None and verb != "step":
            return frozenset()
        sys.path.append(str(ROOT / "src"))
        from assaymark.tools.needed import provided, unneeded

        if place is None:
            return provided(ROOT.glob("plugins/*/src/*/tools"))
        return unneeded(
            ROOT.glob("plugins/*/src/*/tools"),
            Path(folder, place),
            run_tests=inputs.get("run-tests") == "true",
            trusted=inputs.get("trust-repository") == "true",
        )
    except Exception as problem:  # the verb itself will say what is wrong; until then everything may be needed
        sys.stderr.write(
            f"assaymark: all tools are installed; which ones apply is not known: {type(problem).__name__}\n"
        )
        return frozenset()


def judged(verb: str, inputs: Mapping[str, str]) -> str | None:
    """The path that the verb judges; None for verbs that judge nothing, or what is not here yet."""
    if verb == "assess":
        return inputs.get("path") or "."
    if verb == "sqaaas-assessment" and not inputs.get("repo"):
        return os.environ.get("CHECKOUT") or "."
    return None


def chosen(parts: str) -> tuple[list[str], list[str]]:
    """Names of plugin folders, and extras of the core. Exits with a message for a name that is neither."""
    known = [*sorted(place.parent.name for place in ROOT.glob("plugins/*/pyproject.toml")), PIPELINES.name]
    names = sorted({name for name in parts.split(",") if name and name != "none"})
    if "all" in names:
        return known, list(EXTRAS)
    if unknown := [name for name in names if name not in (*known, *EXTRAS)]:
        sys.exit(f"there is no plugin {unknown[0]!r}; there are: {', '.join((*known, *EXTRAS))}")
    return [name for name in names if name in known], [name for name in names if name in EXTRAS]


def project(place: Path) -> Mapping[str, Any]:
    """The ``[project]`` table of a distribution."""
    described: Mapping[str, Any] = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return described


def wanted(described: Mapping[str, Any], extras: Iterable[str]) -> Iterator[str]:
    """Names of what a distribution asks for, those of our own left out."""
    optional = described.get("optional-dependencies", {})
    for text in [*described["dependencies"], *(line for name in extras for line in optional.get(name, []))]:
        name = normal(re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0])
        if name.partition("-")[0] != "assaymark":
            yield name


def pins(names: Iterable[str]) -> Iterator[str]:
    """``name==version ; marker`` as the lock has it."""
    locked = re.findall(r"(?m)^(([A-Za-z0-9._-]+)==[^\\\n]+)", LOCK.read_text(encoding="utf-8"))
    lines = {normal(name): line.strip() for line, name in locked}
    for name in names:
        if name not in lines:
            sys.exit(f"{name} is not in {LOCK.relative_to(ROOT)}: run requirements/update.sh")
        yield lines[name]


def normal(name: str) -> str:
    """A name of a distribution in its normal form."""
    return re.sub(r"[-_.]+", "-", name).lower()


def install(uv: str, requirements: list[str]) -> None:
    """Let uv choose the files: whatever comes with these must have a hash in the lock.

    A cache that has all of it is used without asking the index, which would take longer than the installation.
    """
    listed = Path(sys.prefix, "requirements.txt")
    listed.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    words = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--require-hashes", "--only-binary", ":all:"]
    words += ["--constraint", str(LOCK), "--requirement", str(listed)]
    if subprocess.run([*words, "--offline"], cwd=ROOT, capture_output=True).returncode == 0:
        return
    if code := subprocess.run(words, cwd=ROOT).returncode:
        sys.exit(code)


def attach(place: Path, described: Mapping[str, Any], packages: Path) -> None:
    """Put the source of a distribution on the path, under its name and version."""
    name = described["name"].replace("-", "_")
    (packages / f"{name}.pth").write_text(f"{place / 'src'}\n", encoding="utf-8")
    info = packages / f"{name}-{described['version']}.dist-info"
    info.mkdir(exist_ok=True)
    metadata = f"Metadata-Version: 2.4\nName: {described['name']}\nVersion: {described['version']}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    points = described.get("entry-points", {})
    lines = [
        line for group, found in points.items() for line in (f"[{group}]", *(f"{k} = {v}" for k, v in found.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.umask(0o022)
    main(*sys.argv[1:])
