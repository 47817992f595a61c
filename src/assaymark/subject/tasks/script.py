"""``bash ci/test.sh``, ``.ci/run``, ``python tools/check.py``: the commands of a script of the repository."""

from __future__ import annotations

from collections.abc import Iterator

from assaymark.api import Entry, Tree
from assaymark.patterns import late
from assaymark.subject.tasks.line import LIMIT, Line, shell

_SCRIPT = late(r"(?:^|\s)(?:\./)?(?P<path>[\w.-]+(?:/[\w.-]+){0,8})")
_SHEBANG = late(rb"#!\s*\S*(?:/|\s)(?:ba|da|z|k)?sh\b")
_PYTHON = late(rb"#!\s*\S*(?:/|\s)python[\d.]*\b")
# What of subprocess and os starts a program.
_STARTS = ("run", "call", "check_call", "check_output", "Popen", "system", "getoutput")


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The commands of the first script that the command names and the repository has; tests are no scripts."""
    for word in _SCRIPT.finditer(text):
        entry = tree.get(word["path"]) or _elsewhere(tree, word["path"])
        if entry is None or entry.is_symlink or entry.is_submodule:
            continue
        head = tree.read(entry.path, LIMIT)
        if entry.path.endswith((".sh", ".bash")) or _SHEBANG.match(head):
            yield from shell(tree.text(entry.path, LIMIT), entry.path, 1, block=False)
            return
        if entry.path.endswith(".py") or _PYTHON.match(head):
            from assaymark.subject.tasks.nox import started

            yield from started(tree.text(entry.path, LIMIT), entry.path, _STARTS)
            return


def _elsewhere(tree: Tree, path: str) -> Entry | None:
    """The one script that a step in some folder can mean; None when there are several, or it is no script by name."""
    if not path.endswith((".sh", ".bash", ".py")):
        return None
    found = [e for e in tree.glob(f"**/{path.rpartition('/')[2]}") if e.path.endswith(f"/{path}")]
    return found[0] if len(found) == 1 else None
