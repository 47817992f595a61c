"""``assaymark explain ID``: what a sub-criterion, a criterion, a check or a rule means, and how to meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assaymark.cli._common import out, profile_of, profile_option
from assaymark.errors import InputError

if TYPE_CHECKING:
    from assaymark.api import Rule


@click.command(
    epilog="\b\nExamples:\n  assaymark explain QC.Lic01\n  assaymark explain doc.readme\n  assaymark explain WF-C001"
)
@click.argument("id")
@profile_option
def command(id: str, profile: str | None) -> None:
    """Explain a criterion, a sub-criterion, a check or a rule of a validator by its id."""
    from assaymark import catalogue, registry
    from assaymark.cli.criteria import elsewhere, named, pages

    definitions = catalogue.load().subcriteria(catalogue.profile(profile_of(profile)))
    chosen = named(id, definitions)
    checks = registry.load().checks
    if chosen:
        out(pages(chosen))
    elif id in checks:
        used = [i for i, d in definitions.items() if id in d.checks]
        out(f"{id}\n\n{checks[id].help}\n\nEvidence for: {', '.join(used) or 'nothing in this profile'}")
    elif (rules := _rules()) and id in rules:
        out(_rule_page(rules[id]))
    elif profile is None and (found := elsewhere(id))[1]:
        out(pages(found[1], found[0]))
    else:
        from difflib import get_close_matches

        close = get_close_matches(id, [*definitions, *checks, *rules], 1)
        raise InputError(
            f"nothing is called {id!r}", hint=f"did you mean {close[0]!r}?" if close else "see: assaymark criteria list"
        )


def _rules() -> dict[str, Rule]:
    """All rules of validators by id."""
    from assaymark.validation import rules
    from assaymark.validity import validators

    return rules.load(validators())


def _rule_page(rule: Rule) -> str:
    from textwrap import fill

    head = f"{rule.id}  {rule.severity.value}\n\n{rule.title}."
    why, remedy = (fill(text, 98, initial_indent="  ", subsequent_indent="  ") for text in (rule.why, rule.remedy))
    return f"{head}\n\nWhy\n{why}\n\nWhat to do\n{remedy}"
