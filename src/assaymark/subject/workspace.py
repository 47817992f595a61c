"""Facts about files outside the tree: a folder for tools, and reports that lie in the checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.api import Options, Tree, fact

if TYPE_CHECKING:
    from assaymark.tools.workspace import Workspace


@fact
def workspace(tree: Tree, options: Options) -> Workspace:
    """The subject as a folder on disk, made when a tool first asks for it."""
    from assaymark.tools.workspace import Workspace

    return Workspace(tree, options.root)
