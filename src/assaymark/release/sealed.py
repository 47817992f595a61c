"""A release signed with a key of one's own, where no workflow can: an envelope that binds every file of the folder.

Whoever has the key says so; it is weaker than the workflow's signature, and shown as such.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assaymark.badges.verify import Answer, Says
from assaymark.errors import InputError
from assaymark.provenance import intoto
from assaymark.provenance.account import Artifact
from assaymark.release import folder
from assaymark.release.folder import Release

if TYPE_CHECKING:
    from assaymark.badges.term import Term
    from assaymark.badges.verify import Known


def statement(place: Path, release: Release) -> dict[str, Any]:
    """What is signed: the SLSA provenance that the build wrote, about every file and the list of them.

    Raises InputError when the folder is not as its list says, or has no provenance.
    """
    if wrong := folder.differing(place, release.files):
        raise InputError("; ".join(wrong[:10]), where=str(place), hint="build it anew: only what was judged is signed")
    files = [Artifact(name=f.name, kind=f.kind, sha256=f.sha256) for f in release.files]
    listed = Artifact(name=folder.MANIFEST, kind="list", sha256=folder.digest(place / folder.MANIFEST))
    return intoto.statement("slsa-provenance", _predicate(place), [*files, listed])


def signed(
    place: Path, release: Release, seal: Callable[[bytes], str], term_from: Callable[[datetime], Term] | None = None
) -> str:
    """The envelope, one line; with ``term_from`` it is in force for a time that begins when the build ended."""
    from assaymark.badges.term import put

    made = statement(place, release)
    if term_from:
        made = put(made, term_from(_ended(made)))
    return seal(intoto.render(made).strip().encode())


def answers(place: Path, release: Release, known: Known) -> Iterator[Answer]:
    """Who signed, whether it is in force, and whether it is about these very files and says what the build wrote."""
    from assaymark.badges import envelopes
    from assaymark.badges.term import without

    path = place / folder.SEALED
    if path.is_symlink() or path.stat().st_size > folder.MAX_SEALED:
        yield Answer("envelope", Says.NO, f"{folder.SEALED} is a link or larger than it can be")
        return
    judged = envelopes.judge(envelopes.lines_of(path.read_bytes()), known)
    yield from judged.answers
    try:
        expected = statement(place, release)
    except InputError as problem:
        yield Answer("envelope", Says.NO, str(problem))
        return
    for told in judged.statements:
        if _exact({**told, "predicate": without(told["predicate"])}) != _exact(expected):
            yield Answer(
                "envelope", Says.NO, "it is not about these files, or says something else of how they were built"
            )
            return
    if judged.statements:
        yield Answer("envelope", Says.YES, f"it is about all {len(expected['subject'])} files, and how they were built")


def _predicate(place: Path) -> dict[str, Any]:
    path = place / folder.STATEMENT
    try:
        found: dict[str, Any] = json.loads(path.read_bytes())["predicate"]
        if found["buildDefinition"]["buildType"]:
            return found
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as problem:
        raise InputError("there is no SLSA provenance", where=str(path)) from problem
    raise InputError("there is no SLSA provenance", where=str(path))


def _ended(made: dict[str, Any]) -> datetime:
    try:
        text = made["predicate"]["runDetails"]["metadata"]["finishedOn"]
        return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC).replace(microsecond=0)
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        raise InputError("its provenance does not say when the build ended", where=folder.STATEMENT) from problem


def _exact(value: object) -> str:
    return json.dumps(value, sort_keys=True)
