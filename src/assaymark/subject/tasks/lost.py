"""Tasks that CI calls and that were not found: what they do is not known, so nothing may be concluded from them."""

from __future__ import annotations

import re
from collections.abc import Callable

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.tasks.expand import expand
from assaymark.subject.tasks.line import LIMIT

_WRAPPER = (
    r"(?:(?:sudo|time|env|exec|nice|xvfb-run|uvx|pipx\s+run|uv\s+tool\s+run)(?:\s+-\S+)*\s+|\w+=\S*\s+"
    r"|(?:uv|poetry|pdm|pixi|hatch|conda|mamba|micromamba|rye|pipenv)\s+run\s+(?:-\S+\s+)*"
    r"|\S*python[\d.]*\s+-m\s+|(?:ba|da|z|k)?sh\s+-\w*c\s+)*['\"]?"
)
_CALL = late(
    rf"{_WRAPPER}(?:\S*/)?(?P<program>g?make|just|cmake|ninja|npm|yarn|pnpm|bun|lerna|tox|nox|hatch|pdm|poe|pixi|rye"
    r"|invoke|inv|task|doit|mvnw?|gradlew?)(?:\.cmd|\.bat)?(?:\s+(?P<rest>.*))?$"
)
# Names of tasks that a runner would not have by itself.
_TASK = late(
    r"(?i)(?:\S*[-_:./])?(?:lint(?:ing|er|ers)?|style|fmt|format(?:ting)?|tidy|tests?|checks?|verify|qa|quality"
    r"|cov(?:erage)?|ci|analy[sz]e|validate)(?:[-_:.]\S*)?"
)
# What a generated Makefile has, and of these what only builds: the project, or what it depends on.
_STANDARD = {"all", "check", "clean", "dist", "distcheck", "distclean", "install", "package", "test", "uninstall"}
_BUILDS = _STANDARD - {"all", "check", "distcheck", "package", "test"}
_SCRIPT = late(
    rf"{_WRAPPER}(?P<shell>(?:ba|da|z|k)?sh\s+(?:-[a-z]+\s+)*|python[\d.]*\s+(?:-[a-zA-Z]\s+)*)?['\"]?"
    r"(?P<path>(?:\./)?[\w-][\w./-]*\.(?:sh|bash|py))['\"]?(?:\s|$)"
)
# What installers and services bring along, or a configuration step writes.
_BROUGHT = late(
    r"(?i)(?:.*/)?(?:get[-_]\w+|(?:un)?install\w*|setup|configure|bootstrap|codecov\w*|uploader|(?:mini|ana|mamba)\w*"
    r"|rustup\w*|sh\.rustup|wait-for\w*|activate\w*|env\w*|setenv\w*|.*vars|config)(?:[-_.].*)?\.(?:sh|bash|py)"
)
# Options of package managers that a folder or package follows.
_ELSEWHERE = late(r"(?:^|\s)(?:-C|--dir|--prefix|--filter|-F|--cwd)[\s=]\S+")
_MAX_FILES = 200
_GENERATORS = ("CMakeLists.txt", "configure.ac", "configure.in", "Makefile.PL", "configure", "meson.build")


def lost(tree: Tree, text: str) -> str:
    """The call of a task that the repository does not have; '' when it was found, or nothing is called."""
    called = _CALL.match(text)
    if called:
        program, rest = called["program"], (called["rest"] or "").partition(">")[0]
        return _RUNNERS.get(program, _of_tables)(tree, program, rest.rstrip("'\") "))
    script = _SCRIPT.match(text)
    # A bare ``x.py`` is looked for where programs are.
    if (
        script
        and (script["shell"] or "/" in script["path"])
        and not _BROUGHT.fullmatch(script["path"])
        and not _named(tree, script["path"])
    ):
        return script["path"]
    return ""


def _make(tree: Tree, program: str, rest: str) -> str:
    from assaymark.subject.tasks import make

    found, wanted = make.called(tree, f"{program} {rest}")
    absent = [name for name in wanted if not any(make.has(targets, name) for targets in found.values())]
    if program != "just":
        absent = [name for name in absent if name not in _BUILDS]
        if tree.glob(*(f"**/{name}" for name in _GENERATORS)):
            absent = [name for name in absent if _undefined(tree, name)]
    if make.VARIABLE in absent:
        return f"{program} {rest}"
    return f"{program} {absent[0]}" if absent else ""


def _target(tree: Tree, program: str, rest: str) -> str:
    """``cmake --build`` and ``ninja`` make what the project defines in a language that is not read here."""
    if program == "cmake" and "--build" not in rest:
        return ""
    names = [w for w in rest.split() if _undefined(tree, w)]
    return f"{program} {names[0]}" if names else ""


def _undefined(tree: Tree, name: str) -> bool:
    """Whether a target of a generated build is one that neither its generator makes nor a CMake file defines."""
    if name in _STANDARD or not _TASK.fullmatch(name):
        return False
    start, variable, _ = name.partition("$")
    ended = "" if variable else r"\b"
    defined = re.compile(rf"add_custom_target\s*\(\s*\"?{re.escape(start)}{ended}", re.IGNORECASE)
    files = tree.glob("**/CMakeLists.txt", "**/*.cmake")[:_MAX_FILES]
    return not any(defined.search(tree.text(e.path, LIMIT)) for e in files)


def _npm(tree: Tree, program: str, rest: str) -> str:
    from assaymark.subject.tasks import npm

    words = [w for w in _ELSEWHERE.sub(" ", rest).split() if not w.startswith("-")]
    asked = words[:1] in (["run"], ["run-script"])
    name = (words[1:2] if asked else words[:1] or [""])[0:1]
    # Yarn and Bun start programs of the dependencies by ``run`` too.
    if not name or not ((asked and program not in ("yarn", "bun")) or _TASK.fullmatch(name[0])):
        return ""
    return "" if npm.has(tree, name[0]) else f"{program} {' '.join(words[: 1 + asked])}"


def _tox(tree: Tree, program: str, rest: str) -> str:
    from assaymark.subject.tasks import tox

    return "" if tox.configured(tree) else f"tox {rest}".strip()


def _nox(tree: Tree, program: str, rest: str) -> str:
    return "" if tree.glob("**/noxfile.py") else f"nox {rest}".strip()


def _java(tree: Tree, program: str, rest: str) -> str:
    from assaymark.subject.tasks import java

    called = f"{program} {rest}".strip()
    if java.unaimed(called) and java.inherits(tree):
        return called
    names = ("pom.xml",) if program.startswith("mvn") else ("build.gradle", "build.gradle.kts")
    return "" if tree.glob(*(f"**/{name}" for name in names)) else called


def _of_tables(tree: Tree, program: str, rest: str) -> str:
    """Runners whose tasks are tables of a file: what they run beside these are programs."""
    words = [w for w in rest.split() if not w.startswith("-")]
    own = program in ("poe", "invoke", "inv", "task", "doit")
    name = next(iter(words if own else words[1:] if words[:1] == ["run"] else []), "")
    if not name or not (own or ":" in name or _TASK.fullmatch(name)) or name.endswith(".py"):
        return ""
    return (
        ""
        if any(True for _ in expand(tree, f"{program} {rest}"))
        else f"{program} {' '.join(words[: 1 if own else 2])}"
    )


def _named(tree: Tree, path: str) -> bool:
    """Whether a file of the repository can be meant, from whatever folder it is called."""
    path = path.removeprefix("./")
    name = path.rpartition("/")[2]
    return tree.get(path) is not None or any(e.path.endswith(f"/{path}") for e in tree.glob(f"**/{name}"))


_RUNNERS: dict[str, Callable[[Tree, str, str], str]] = {
    "make": _make, "gmake": _make, "just": _make, "cmake": _target, "ninja": _target,
    "npm": _npm, "yarn": _npm, "pnpm": _npm, "bun": _npm, "lerna": _npm, "tox": _tox, "nox": _nox,
    "mvn": _java, "mvnw": _java, "gradle": _java, "gradlew": _java,
}  # fmt: skip # many short items
