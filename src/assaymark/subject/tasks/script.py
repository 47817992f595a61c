"""``bash ci/test.sh``: the commands of a shell script of the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.api import Tree
from assaymark.subject.tasks.line import LIMIT, Line, shell

_SCRIPT = re.compile(r"(?:^|\s)(?:\./)?(?P<path>[\w.-]+(?:/[\w.-]+){0,8})")
_SHEBANG = re.compile(rb"#!\s*\S*(?:/|\s)(?:ba|da|z|k)?sh\b")


def expand(tree: Tree, text: str) -> Iterator[Line]:
    """The lines of the first script that the command names and the repository has."""
    for word in _SCRIPT.finditer(text):
        entry = tree.get(word["path"])
        if entry is None or entry.is_symlink or entry.is_submodule:
            continue
        head = tree.read(entry.path, LIMIT)
        if entry.path.endswith((".sh", ".bash")) or _SHEBANG.match(head):
            yield from shell(tree.text(entry.path, LIMIT), entry.path, 1, block=False)
            return
