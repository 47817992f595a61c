"""``make`` and ``just``: the recipes of the targets that are called, and of what these depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from assaymark.api import Tree
from assaymark.patterns import late
from assaymark.subject.tasks.line import LIMIT, Line, shell

_CALL = late(r"(?:^|[\s/'\"(])(?:make|gmake|just)\b(?P<rest>[^|&;]*)")
_FOLDER = late(r"(?:^|\s)(?:-C|--directory)[\s=]*(\S+)")
_MAX_TARGETS = 60


@dataclass(slots=True)
class _Target:
    needs: list[str] = field(default_factory=list)
    recipe: list[tuple[int, str]] = field(default_factory=list)


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The recipes behind the call, following dependencies and calls of other targets."""
    called = _CALL.search(text)
    if not called:
        return
    folder = _FOLDER.search(called["rest"])
    under = (folder[1].strip("./"),) if folder else ("",)
    for entry in tree.find("makefile", "gnumakefile", "justfile", ".justfile", under=under)[:2]:
        targets = _targets(tree.text(entry.path, LIMIT))
        wanted = [w for w in called["rest"].split() if w in targets]
        if not wanted and not any(w[0] not in "-$" and "=" not in w for w in called["rest"].split()):
            wanted = [t for t in targets if not t.startswith(".")][:1]
        yield from _recipes(targets, wanted, entry.path)


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
