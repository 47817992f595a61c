"""``assaymark explain ID``: what a sub-criterion, a criterion or a check means, and how to meet it."""

from __future__ import annotations

import click

from assaymark.cli._common import out, profile_of, profile_option
from assaymark.errors import InputError


@click.command(epilog="\b\nExamples:\n  assaymark explain QC.Lic01\n  assaymark explain doc.readme")
@click.argument("id")
@profile_option
def command(id: str, profile: str | None) -> None:
    """Explain a criterion, a sub-criterion or a check by its id."""
    from assaymark import catalogue, registry
    from assaymark.cli.criteria import page

    definitions = catalogue.load().subcriteria(catalogue.profile(profile_of(profile)))
    chosen = [d for i, d in definitions.items() if id in (i, d.criterion)]
    checks = registry.load().checks
    if chosen:
        out("\n\n".join(page(d) for d in chosen))
    elif id in checks:
        used = [i for i, d in definitions.items() if id in d.checks]
        out(f"{id}\n\n{checks[id].help}\n\nEvidence for: {', '.join(used) or 'nothing in this profile'}")
    else:
        from difflib import get_close_matches

        close = get_close_matches(id, [*definitions, *checks], 1)
        raise InputError(
            f"nothing is called {id!r}", hint=f"did you mean {close[0]!r}?" if close else "see: assaymark criteria list"
        )
