"""Which checks run for which sub-criteria: selection, attachment and what a change touches. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from assaymark.api import Check
from assaymark.errors import InputError
from assaymark.model import DecidedBy, Subcriterion
from assaymark.subject.globs import compile_globs
from assaymark.values import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Definitions in order, the checks of each, and why the run is partial (empty when it is whole)."""

    definitions: Mapping[str, Subcriterion]
    checks: Mapping[str, tuple[Check, ...]]
    partial: tuple[str, ...]

    @property
    def units(self) -> tuple[Check, ...]:
        """Every check once, in order of first use."""
        return tuple({c.id: c for checks in self.checks.values() for c in checks}.values())


def plan(
    definitions: Mapping[str, Subcriterion],
    checks: Mapping[str, Check],
    *,
    select: Collection[str] = (),
    skip: Collection[str] = (),
    changed: Collection[str] | None = None,
) -> Plan:
    """Lay out a run.

    ``select`` and ``skip`` hold criterion ids, sub-criterion ids or kinds of evidence (`DecidedBy`); ``changed`` the
    paths that a change touches: a sub-criterion none of whose checks reads one of them is left out.
    Raises InputError for an id that names nothing, or a definition that names a check which is not installed.
    """
    _known((*select, *skip), definitions)
    chosen = {i: d for i, d in definitions.items() if _wanted(d, select, skip)}
    attached = _attached(checks.values())
    laid = {i: _named(d, checks) + _allowed(d, attached.get(d.tools_of or i, ())) for i, d in chosen.items()}
    partial = [f"only {', '.join(select)}"] if select else []
    partial += [f"without {', '.join(skip)}"] if skip else []
    if changed is not None:
        laid = {i: c for i, c in laid.items() if _touched(c, changed)}
        chosen = {i: d for i, d in chosen.items() if i in laid}
        partial.append("only what the change touches")
    return Plan(chosen, laid, tuple(partial))


def _named(definition: Subcriterion, checks: Mapping[str, Check]) -> tuple[Check, ...]:
    return tuple(checks[name] for name in definition.checks if name in checks)


def _allowed(definition: Subcriterion, attached: tuple[Check, ...]) -> tuple[Check, ...]:
    if definition.tools is None:
        return attached
    wanted = {f"tool.{name}" for name in definition.tools}
    return tuple(c for c in attached if c.id in wanted or not c.id.startswith("tool."))


def _attached(checks: Iterable[Check]) -> dict[str, tuple[Check, ...]]:
    out: dict[str, tuple[Check, ...]] = {}
    for check in sorted(checks, key=lambda c: c.id):
        for id in check.subcriteria:
            out[id] = (*out.get(id, ()), check)
    return out


def _wanted(definition: Subcriterion, select: Collection[str], skip: Collection[str]) -> bool:
    names = {definition.id, definition.criterion, *definition.decided_by}
    return (not select or bool(names & set(select))) and not names & set(skip)


def _touched(checks: Iterable[Check], changed: Collection[str]) -> bool:
    # Whatever the case: checks find files so, and their globs name no case.
    lowered = [path.lower() for path in changed]
    patterns = compile_globs({glob.lower() for c in checks for glob in c.reads})
    return any(patterns.fullmatch(path) for path in lowered)


def _known(names: Iterable[str], definitions: Mapping[str, Subcriterion]) -> None:
    known = {*definitions, *(d.criterion for d in definitions.values()), *DecidedBy}
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, sorted(known), 1)
            hint = f"did you mean {close[0]!r}?" if close else "see: assaymark criteria list"
            raise InputError(f"{name!r} is no criterion, sub-criterion or kind of evidence", hint=hint)
