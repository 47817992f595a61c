"""Facts about files outside the tree: a folder for tools, and reports that lie in the checkout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Options, Tree, fact

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened
    from assaymark.tools.found import Reports
    from assaymark.tools.workspace import Workspace


@fact
def workspace(tree: Tree, options: Options) -> Workspace:
    """The subject as a folder on disk, made when a tool first asks for it."""
    from assaymark.tools.workspace import Workspace

    return Workspace(tree, options.root)


@fact
def reports_found(tree: Tree, opened: Opened, settings: Mapping[str, Any]) -> Reports:
    """Coverage, test and SARIF reports in the checkout: at the usual places, those of ``reports``, and handed in."""
    from assaymark.tools.found import found_reports

    return found_reports(opened.root, tree, commit_time(opened), tuple(settings.get("reports", ())))


def commit_time(opened: Opened) -> int | None:
    """When the commit that is checked out was made (seconds since 1970); None without a repository or a commit."""
    from assaymark.subject.git import GitProblem

    if opened.repository is None or opened.subject.commit is None:
        return None
    try:
        text = opened.repository.run("show", "--no-patch", "--format=%ct", opened.subject.commit)
    except GitProblem:
        return None
    return int(text) if text.strip().isdigit() else None
