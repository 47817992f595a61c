"""The fact ``workflow_documents``: what validators say of the scientific workflow documents of the tree.

Where no validator knows a document that looks like a workflow, all is unknown; where there is none, not applicable.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from assaymark.api import Entry, FactUnavailable, Tree, fact
from assaymark.model import Outcome
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.globs import compile_globs
from assaymark.validation.model import Judgement

_NAMES = ("**/*.cwl", "**/*.nf", "**/*.smk", "**/Snakefile")
_OTHERS = ("**/*.json", "**/*.yml", "**/*.yaml")
_CONTENT = late(
    rb"^[\"' {]*cwlVersion[\"']?\s*:|^tosca_definitions_version\s*:|\"process_id\"\s*:|\"operator\"\s*:\s*\"oph_", re.M
)
_MOST = 300
_HEAD = 20_000
_TEXT = 500_000


class WorkflowDocument(NamedTuple):
    """One document: what was said of it, and its text."""

    judgement: Judgement
    text: str

    @property
    def path(self) -> str:
        """Where it lies."""
        return self.judgement.path


@fact
def workflow_documents(
    tree: Tree, validation: Callable[[Tree], tuple[Judgement, ...] | None], exclude: Sequence[str]
) -> tuple[WorkflowDocument, ...]:
    """All of them, in the order of their path; one that two validators know is there twice.

    ``validation`` answers None when no validator is installed.
    """
    judged = validation(tree)
    if judged:
        return tuple(WorkflowDocument(j, tree.text(j.path, _TEXT)) for j in judged)
    found = look_alikes(tree, exclude) if judged is None else []
    if not found:
        raise FactUnavailable("there are no workflow documents", outcome=Outcome.NOT_APPLICABLE)
    some = ", ".join(found[:3])
    raise FactUnavailable(
        f"{some} look{'s' if len(found) == 1 else ''} like a workflow document, and no validator is installed",
        remedy="pip install 'assaymark[workflows]', then assess again",
    )


def look_alikes(tree: Tree, exclude: Sequence[str] = ()) -> list[str]:
    """Files that are workflow documents by their name or by a few words in them."""
    left_out = compile_globs(exclude)
    found = [e.path for e in tree.glob(*_NAMES) if e.size > 0]
    found += [e.path for e in tree.glob(*_OTHERS)[:_MOST] if _says_so(tree, e)]
    return [path for path in found if not left_out.fullmatch(path)]


def _says_so(tree: Tree, entry: Entry) -> bool:
    try:
        return _CONTENT.search(tree.read(entry.path, _HEAD)) is not None
    except FactUnavailable:
        return False
