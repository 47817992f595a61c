"""Writes ``docs/criteria.md`` from the catalogue; with ``--check`` only says (exit status 1) when it is not current."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from assaymark import catalogue
from assaymark.model import Criterion, DecidedBy, Level, Profile, Subcriterion

PAGE = Path(__file__).with_name("criteria.md")
HEAD = """\
<!-- Written by docs/generate.py from criteria/. Edit the catalogue, then run: uv run python docs/generate.py -->

# Criteria

"""
DECIDED_BY = {
    DecidedBy.FILES: "the files",
    DecidedBy.GIT: "the Git history",
    DecidedBy.FORGE: "the forge (`--forge`)",
    DecidedBy.PROBE: "a network request that you allow",
    DecidedBy.TOOLS: "tools and their reports",
    DecidedBy.ATTESTED: "a person's dated word",
}


def render(found: catalogue.Catalogue, profiles: Sequence[Profile]) -> str:
    """The whole page."""
    asks = levels_by_id(profiles)
    lines = [*overview(found), *levels(profiles)]
    for criterion in found.criteria.values():
        lines += section(criterion, asks)
    return HEAD + "\n".join(lines).rstrip("\n") + "\n"


def levels_by_id(profiles: Sequence[Profile]) -> dict[str, list[str]]:
    """Sub-criterion id -> where it is required, such as ``assaymark silver``."""
    asks: dict[str, list[str]] = {}
    for profile in profiles:
        for rule in profile.levels:
            for id in rule.require:
                asks.setdefault(id, []).append(f"`{profile.id}` {rule.level}")
    return asks


def overview(found: catalogue.Catalogue) -> Iterator[str]:
    """How much there is, and a table of the criteria."""
    everything = [s for c in found.criteria.values() for s in c.subcriteria]
    attested = sum(s.decided_by == (DecidedBy.ATTESTED,) for s in everything)
    yield f"{len(everything)} sub-criteria; {attested} of them rest on a person's word alone."
    yield "`assaymark criteria show ID` prints one of them, `assaymark explain ID` what to do about it."
    yield ""
    yield "| criterion | title | standard | sub-criteria | MUST |"
    yield "| --- | --- | --- | --- | --- |"
    for c in found.criteria.values():
        link = f"[{c.id}](#{anchor(f'{c.id}: {c.title}')})"
        must = sum(s.requirement.binding for s in c.subcriteria)
        yield f"| {link} | {c.title} | {c.standard} | {len(c.subcriteria)} | {must} |"
    yield ""


def levels(profiles: Sequence[Profile]) -> Iterator[str]:
    """What each level of each profile asks for, and why."""
    yield "## Levels"
    yield ""
    yield "A level includes the ones below it."
    yield ""
    for profile in profiles:
        yield f"### Profile `{profile.id}`: {profile.title}"
        yield ""
        for rule in sorted(profile.levels, key=lambda r: r.level.rank):
            if rule.level is not Level.NONE:
                yield f"- **{rule.level}** asks for {', '.join(rule.require) or 'nothing more'}. {flat(rule.why)}"
        yield ""


def section(criterion: Criterion, asks: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """One criterion."""
    yield f"## {criterion.id}: {criterion.title}"
    yield ""
    for s in criterion.subcriteria:
        yield from item(s, asks.get(s.id, ()))


def item(s: Subcriterion, asked_by: Sequence[str]) -> Iterator[str]:
    """One sub-criterion."""
    yield f"### {s.id}"
    yield ""
    yield f"**{s.requirement}** {flat(s.text)}" if s.requirement.value != "NONE" else flat(s.text)
    yield ""
    yield f"- Why: {flat(s.why)}"
    yield f"- What to do: {flat(s.remedy)}"
    decided = " and ".join(DECIDED_BY[d] for d in s.decided_by)
    checks = f" ({', '.join(f'`{c}`' for c in s.checks)})" if s.checks else ""
    yield f"- Decided by {decided}{checks}."
    if asked_by:
        yield f"- Required for {', '.join(asked_by)}."
    if s.references:
        yield f"- See {', '.join(f'<{r}>' if r.startswith('https://') else r for r in s.references)}."
    yield ""


def flat(text: str) -> str:
    """Running text in one line."""
    return " ".join(text.split())


def anchor(heading: str) -> str:
    """The fragment that forges give a heading."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def main(arguments: Sequence[str], page: Path = PAGE) -> int:
    """Write the page, or compare it; the exit status."""
    text = render(catalogue.load(), [catalogue.profile(name) for name in catalogue.profiles()])
    if "--check" not in arguments:
        page.write_text(text, encoding="utf-8")
        return 0
    if page.is_file() and page.read_text(encoding="utf-8") == text:
        return 0
    sys.stderr.write(f"{page} is not what the catalogue says; run: uv run python docs/generate.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
