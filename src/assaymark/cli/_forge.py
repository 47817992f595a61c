"""What verbs that ask GitHub share: its problems as errors with an exit status, and assessments it holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assaymark.errors import InputError, Undetermined

if TYPE_CHECKING:
    from assaymark.model import Assessment

BRANCH = "branch:"


@contextmanager
def asking(repository: str) -> Iterator[None]:
    """Turns a ForgeProblem into an error: wrong input where GitHub says no, undetermined where it does not answer."""
    from assaymark.forge.client import ForgeProblem, Trouble

    try:
        yield
    except ForgeProblem as problem:
        lasting = problem.trouble in (Trouble.LIMITED, Trouble.UNREACHABLE)
        hint = None
        if problem.trouble in (Trouble.REFUSED, Trouble.ABSENT):
            hint = "give a token that may: GITHUB_TOKEN or GH_TOKEN"
        raise (Undetermined if lasting else InputError)(problem.text, where=repository, hint=hint) from problem


def repository_of(given: str | None) -> str:
    """The repository to ask: given, else the one that GitHub Actions runs for. Raises InputError."""
    name = given or os.environ.get("GITHUB_REPOSITORY", "")
    if not name:
        raise InputError("which repository is meant?", hint="outside GitHub Actions: --repository OWNER/REPO")
    return name


def published(spec: str, repository: str | None, place: str) -> Assessment | None:
    """The assessment on a branch, ``branch:badges`` or ``branch:badges:sub/assessment.json``.

    Without a path it is that at ``place``, the folder of the project that was judged. None when nothing was published
    there yet. Raises InputError, Undetermined.
    """
    from assaymark.github.publish import ASSESSMENT, fetch_baseline
    from assaymark.reports.json import from_json

    name = repository_of(repository)
    branch, _, path = spec.removeprefix(BRANCH).partition(":")
    with asking(name):
        data = fetch_baseline(name, branch=branch, path=path or "/".join(filter(None, (place, ASSESSMENT))))
    return None if data is None else from_json(decoded(data, spec), where=spec)


def decoded(data: bytes, where: str) -> str:
    """The text of a document that may be anything. Raises InputError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise InputError("it is not UTF-8", where=where) from problem
