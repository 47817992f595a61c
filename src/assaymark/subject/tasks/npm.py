"""``npm test``, ``npm run lint``, ``yarn build`` …: the scripts of package.json."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.api import Entry, Tree
from assaymark.patterns import late
from assaymark.subject.parsing import ParseProblem, load_json
from assaymark.subject.tasks.line import LIMIT, Line, shell

_CALL = late(
    r"(?:^|[\s/'\"(])(?:npm|yarn|pnpm|bun|lerna)\s+(?:-\S+\s+)*(?:run(?:-script)?\s+)?(?:(?:-C|--dir|--prefix|--filter|-F|--cwd)[\s=]\S+\s+|-\S+\s+)*(?P<name>[\w:.*-]+)"
)
_MAX_FILES = 5


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The script that is called and its ``pre`` and ``post``, from the package files nearest to the root."""
    called = _CALL.search(text)
    if not called:
        return
    name = _full(called["name"])
    for entry, source, scripts in _scripts(tree):
        for key in (f"pre{name}", name, f"post{name}"):
            script = scripts.get(key)
            if isinstance(script, str):
                place = source.find(f'"{key}"', max(0, source.find('"scripts"')))
                yield from shell(script, entry.path, source.count("\n", 0, max(0, place)) + 1, block=False)


def has(tree: Tree, name: str) -> bool:
    """Whether one of these package files has a script of the name."""
    return any(_full(name) in scripts for _, _, scripts in _scripts(tree))


def _full(name: str) -> str:
    return {"t": "test", "tst": "test"}.get(name, name)


def _scripts(tree: Tree) -> Iterator[tuple[Entry, str, dict[str, object]]]:
    for entry in _packages(tree):
        source = tree.text(entry.path, LIMIT)
        try:
            data = load_json(source)
        except ParseProblem:
            continue
        scripts = data.get("scripts") if isinstance(data, dict) else None
        if isinstance(scripts, dict):
            yield entry, source, scripts


def _packages(tree: Tree) -> list[Entry]:
    found = [e for e in tree.glob("**/package.json") if "node_modules" not in e.path]
    return sorted(found, key=lambda e: (e.path.count("/"), e.path))[:_MAX_FILES]
