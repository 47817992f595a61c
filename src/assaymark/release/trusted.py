"""The list of released commits at which workflows of a repository are trusted (``badges/signers.toml``).

Only a repository that others call to sign for them has one. A commit cannot name itself, so each release is listed by
the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assaymark.release.source import Source
    from assaymark.subject.releases import Release

LIST = "badges/signers.toml"


def unlisted(source: Source) -> tuple[Release, ...]:
    """The final releases before this commit that the list does not name: neither as an entry, nor in a comment that
    says why they are left out."""
    found = source.text(LIST)
    if found is None:
        return ()
    named = set(found[1].replace('"', " ").replace(",", " ").split())
    earlier = (r for r in source.releases.here if r.version.final and r.commit != source.commit)
    return tuple(r for r in earlier if r.tag not in named)


def entry(release: Release) -> str:
    """What to write into the list, on one line."""
    return f'{{ version = "{release.tag}", commit = "{release.commit}" }}'
