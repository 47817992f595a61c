"""``make`` and ``just``: the recipes of the targets that are called, and of what these depend on."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from assaymark.api import Entry, Tree
from assaymark.patterns import late
from assaymark.subject.tasks.line import LIMIT, Line, shell

_CALL = late(r"(?:^|[\s/'\"(])(?:make|gmake|just)\b(?P<rest>[^|&;]*)")
_FOLDER = late(r"(?:^|\s)(?:-C|--directory)[\s=]*(\S+)")
_FILE = late(r"(?:^|\s)(?:-f|--file|--makefile|--justfile)[\s=]*(\S+)")
_OPTION = late(r"(?:^|\s)(?:-C|-f|-I|-W|-o|--directory|--file|--makefile|--justfile)[\s=]*\S+|>.*")
_JUSTS = late(r"(?:^|[\s/'\"(])just(?:\s|$)")
_FOREIGN = late(
    r"(?i)(?:^|/)(?:third[-_]?party|extern(?:al)?s?|vendor(?:ed)?|node_modules|submodules|tests?|examples?)/"
)
_MAKE = ("Makefile", "makefile", "GNUmakefile", "Makefile.am", "Makefile.in")
_JUST = ("justfile", "Justfile", ".justfile")
_INCLUDE = late(r"^[-s]?include[ \t]+([^\n#]+)", re.MULTILINE)
_VARIABLE = late(
    r"(?P<options>\$\([^()]*\)|\$[{]{0,2}\s?(?:[\w.-]*[_.-])?(?:make)?(?:flags?|opt(?:ion)?s?"
    r"|arg(?:ument)?s?|jobs?|parallel|nproc|cores?|cpus?|verbose)\s?}{0,2})(?!\w)"
    r"|\$\{\{[^}]*\}\}|\$\{[^}]*\}|\$\w+",
    re.IGNORECASE,
)
VARIABLE = "$"  # stands for a target that only the run knows
_MAX_TARGETS = 60
_MAX_FILES = 12


@dataclass(slots=True)
class _Target:
    needs: list[str] = field(default_factory=list)
    recipe: list[tuple[int, str]] = field(default_factory=list)


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The recipes behind the call, following dependencies and calls of other targets."""
    found, wanted = called(tree, text)
    for path, targets in found.items():
        names = [w for w in wanted if w in targets]
        first = [t for t in targets if t[0] != "."][:1]
        yield from _recipes(targets, names or ([] if set(wanted) - {VARIABLE} else first), path)


def called(tree: Tree, text: str) -> tuple[dict[str, dict[str, _Target]], list[str]]:
    """The files that can be meant, with their targets, and the names that are called (none: the first target).

    Those of the folder that the call names, else of the root. Where they have none of the names, a step that works in
    some folder is meant: then those of any folder that have one.
    """
    call = _CALL.search(text)
    if not call:
        return {}, []
    rest = _VARIABLE.sub(lambda v: "" if v["options"] else VARIABLE, call["rest"])
    words = [w for w in _OPTION.sub(" ", rest).split() if w[0] not in "-#'\"" and "=" not in w and not w.isdigit()]
    folder, file = _FOLDER.search(call["rest"]), _FILE.search(call["rest"])
    names = _JUST if _JUSTS.search(text) else _MAKE
    if file and (entry := tree.get(file[1].removeprefix("./"))):
        return _read(tree, (entry,)), words
    found = _read(tree, tree.find(*names, under=(folder[1].strip("./") if folder else "",))[:2])
    if words and not any(has(targets, w) for w in words for targets in found.values()):
        found |= _elsewhere(tree, names, words)
    return found, words


def has(targets: dict[str, _Target], name: str) -> bool:
    """Whether a file has a rule for the name, be it one with a pattern (``lint-%``)."""
    if name in targets:
        return True
    # Sphinx's own Makefile passes every name on.
    if "%" in targets and any("sphinx" in text.lower() for _, text in targets["%"].recipe):
        return True
    parts = (target.partition("%") for target in targets if "%" in target)
    return any(start + end and name.startswith(start) and name.endswith(end) for start, _, end in parts)


def _elsewhere(tree: Tree, names: tuple[str, ...], words: list[str]) -> dict[str, dict[str, _Target]]:
    entries = tree.glob(*(f"**/{name}" for name in names))
    near = sorted((e for e in entries if not _FOREIGN.search(e.path)), key=lambda e: (e.path.count("/"), e.path))
    read = _read(tree, near[:_MAX_FILES])
    return {path: targets for path, targets in read.items() if any(has(targets, w) for w in words)}


def _read(tree: Tree, entries: Iterable[Entry]) -> dict[str, dict[str, _Target]]:
    """The targets of files and of those that they include."""
    found: dict[str, dict[str, _Target]] = {}
    waiting = [e.path for e in entries]
    while waiting and len(found) < _MAX_FILES:
        path = waiting.pop(0)
        if path in found:
            continue
        text = tree.text(path, LIMIT)
        found[path] = _targets(text)
        folder = posixpath.dirname(path)
        named = (name for line in _INCLUDE.findall(text) for name in line.split())
        paths = (posixpath.normpath(posixpath.join(folder, name)) for name in named)
        waiting += [p for p in paths if (e := tree.get(p)) and not e.is_symlink and not e.is_submodule]
    return found


def _recipes(targets: dict[str, _Target], wanted: list[str], path: str) -> Iterator[Line]:
    seen: set[str] = set()
    while wanted and len(seen) < _MAX_TARGETS:
        name = wanted.pop(0)
        if name in seen or name not in targets:
            continue
        seen.add(name)
        wanted.extend(targets[name].needs)
        for number, recipe in targets[name].recipe:
            text = recipe.replace("$(MAKE)", "make").replace("${MAKE}", "make")
            yield from shell(text, path, number, block=False)
            if called := _CALL.search(text):
                wanted.extend(called["rest"].split())


def _targets(text: str) -> dict[str, _Target]:
    """Targets in the order of the file."""
    targets: dict[str, _Target] = {}
    current: list[_Target] = []
    for number, raw in enumerate(text.splitlines(), 1):
        if raw[:1] in ("\t", " "):
            for target in current:
                target.recipe.append((number, raw.strip().lstrip("@-+")))
            continue
        head, colon, needs = raw[:2_000].partition(":")
        if colon and "=" not in head and not head.startswith("#") and not needs.startswith("="):
            # The parameters of a recipe of just count as targets too: nobody calls them.
            current = [targets.setdefault(name.lstrip("@"), _Target()) for name in head.split()]
            for target in current:
                target.needs.extend(needs.lstrip(":").partition("#")[0].split())
        elif raw.strip():
            current = []
    return targets
