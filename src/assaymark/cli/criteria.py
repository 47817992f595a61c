"""``assaymark criteria list|show|coverage``: what is asked, and how it is decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from assaymark.cli._common import out, profile_of, profile_option
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.model import Subcriterion
    from assaymark.registry import Registry
    from assaymark.tools.manifest import Manifest


@click.group(epilog="\b\nExample:\n  assaymark criteria list")
def command() -> None:
    """Browse the catalogue of criteria."""


@command.command("list", epilog="\b\nExample:\n  assaymark criteria list --profile sqaaas-v3")
@profile_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def list_(profile: str | None, form: str) -> None:
    """All sub-criteria of a profile with their requirement level and the mark that asks for them."""
    from assaymark import catalogue

    policy = catalogue.profile(profile_of(profile))
    definitions = catalogue.load().subcriteria(policy)
    marks = {i: rule.level for rule in reversed(policy.levels) for i in rule.require}
    if form == "json":
        out(json.dumps([_row(d) | {"level": marks.get(i)} for i, d in definitions.items()], indent=2))
        return
    lines = []
    for id, d in definitions.items():
        lines.append(f"{id:<12} {d.requirement:<10} {marks.get(id, '-'):<7} {_first(d.text)}")
    out("\n".join(lines))


@command.command("show", epilog="\b\nExample:\n  assaymark criteria show QC.Doc06.1")
@click.argument("id")
@profile_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def show(id: str, profile: str | None, form: str) -> None:
    """One sub-criterion, or all of a criterion."""
    from assaymark import catalogue

    definitions = catalogue.load().subcriteria(catalogue.profile(profile_of(profile)))
    chosen = named(id, definitions)
    owner = None
    if not chosen and profile is None:
        owner, chosen = elsewhere(id)
    if not chosen:
        from difflib import get_close_matches

        close = get_close_matches(id, [*definitions, *(d.criterion for d in definitions.values())], 1)
        hint = f"did you mean {close[0]!r}?" if close else "see: assaymark criteria list"
        raise InputError(f"there is no criterion {id!r}", hint=hint)
    if form == "json":
        out(json.dumps([_row(d) for d in chosen], indent=2))
        return
    out(pages(chosen, owner))


@command.command("coverage", epilog="\b\nExample:\n  assaymark criteria coverage --format json")
@profile_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def coverage(profile: str | None, form: str) -> None:
    """How many sub-criteria a machine decides here, and how: installed checks and tools are counted."""
    from assaymark import catalogue, registry

    definitions = catalogue.load().subcriteria(catalogue.profile(profile_of(profile)))
    parts = registry.load()
    attached = {i for c in parts.checks.values() for i in c.subcriteria}
    attached |= {i for manifest in _manifests(parts) for i in manifest.subcriteria}
    decided = {i for i, d in definitions.items() if d.checks or (d.tools_of or i) in attached}
    ways = {
        way: sorted(i for i in decided if way in definitions[i].decided_by)
        for way in dict.fromkeys(w for d in definitions.values() for w in d.decided_by)
    }
    rest = sorted(set(definitions) - decided)
    if form == "json":
        out(json.dumps({"total": len(definitions), "decided": sorted(decided), "by": ways, "attested": rest}, indent=2))
        return
    lines = [f"{len(decided)} of {len(definitions)} sub-criteria are decided by checks and installed tools"]
    lines += [f"  {way:<9} {len(ids):>3}  {' '.join(ids)}" for way, ids in ways.items() if ids]
    lines += [f"  {'by a person':<9} {len(rest)}  {' '.join(rest)}"]
    out("\n".join(lines))


def named(id: str, definitions: Mapping[str, Subcriterion]) -> list[Subcriterion]:
    """The sub-criterion of this id, or all of the criterion."""
    return [d for i, d in definitions.items() if id in (i, d.criterion)]


def elsewhere(id: str) -> tuple[str | None, list[Subcriterion]]:
    """The shipped profile that knows an id which the usual one does not (models, data, SQAaaS …), and what it has."""
    from assaymark import catalogue

    for profile in reversed(catalogue.profiles()):  # the newer SQAaaS, and FAIR before what builds on it
        if found := named(id, catalogue.load().subcriteria(catalogue.profile(profile))):
            return profile, found
    return None, []


def pages(chosen: Iterable[Subcriterion], profile: str | None = None) -> str:
    """The help pages as one text, with the profile in front where it is not the one that was asked for."""
    head = [f"In the profile {profile}:"] if profile else []
    return "\n\n".join([*head, *(page(d) for d in chosen)])


def page(d: Subcriterion) -> str:
    """The help page of a sub-criterion as plain text."""
    from assaymark import registry

    lines = [f"{d.id}  {d.requirement}", "", d.text, "", "Why", _indent(d.why), "", "What to do", _indent(d.remedy), ""]
    lines += ["Decided by", f"  {', '.join(d.decided_by)}"]
    parts = registry.load()
    checks = parts.checks
    for name in d.checks:
        lines += [f"  {name}: {_first(checks[name].help)}" if name in checks else f"  {name}: not installed"]
    if tools := [m.name for m in _manifests(parts) if _may(m, d)]:
        lines += [_indent(f"tools: {', '.join(sorted(tools))}")]
    if d.references:
        lines += ["", "References", *(f"  {r}" for r in d.references)]
    return "\n".join(lines)


def _manifests(parts: Registry) -> Sequence[Manifest]:
    from assaymark.tools.manifest import load

    formats = {name for plugin in parts.plugins for name in plugin.parsers}
    return load([folder for plugin in parts.plugins for folder in plugin.tools], formats)


def _may(manifest: Manifest, d: Subcriterion) -> bool:
    """Whether a tool gives evidence for a sub-criterion: all that are made for it, unless it names its own."""
    return (d.tools_of or d.id) in manifest.subcriteria and (d.tools is None or manifest.name in d.tools)


def _row(definition: Subcriterion) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(definition)


def _first(text: str) -> str:
    return text.strip().partition("\n")[0]


def _indent(text: str) -> str:
    import textwrap

    return textwrap.indent(textwrap.fill(" ".join(text.split()), 96), "  ")
