"""Pages into which a generator draws the reference of the public interface from the code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.api import Tree
from assaymark.patterns import late

if TYPE_CHECKING:
    from assaymark.subject.documents import Documents

_DRAWN = late(
    r"(?m)^\s*(?:\.\. (?:auto(?:summary|module|class|function)|doxygen\w+)::|```@(?:auto)?docs\b|::: \w[\w.]*$)"
)
_MOST = 200  # pages that are looked at
_HEAD = 20_000  # such a page is short


def drawn(documents: Documents, tree: Tree) -> str:
    """The first such page; '' when there is none."""
    pages = [p.path for p in documents.told if not p.community][:_MOST]
    return next((path for path in pages if is_drawn(tree.text(path, _HEAD))), "")


def is_drawn(text: str) -> bool:
    """Whether a generator draws a part of the page from the code."""
    return _DRAWN.search(text[:_HEAD]) is not None
