"""The fact ``style_history``: the style configuration at the release before the commit that is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assaymark.api import FactUnavailable, Outcome, fact
from assaymark.errors import InputError
from assaymark.records import NamedTuple
from assaymark.subject.releases import Releases
from assaymark.subject.style_config import StyleConfig, read_style

if TYPE_CHECKING:
    from assaymark.subject.checkout import Opened


class StyleHistory(NamedTuple):
    """The configuration at the tag of the newest earlier release."""

    tag: str
    before: StyleConfig


@fact
def style_history(opened: Opened, releases: Releases) -> StyleHistory:
    """Read out of the object store; without an earlier release there is nothing to compare with."""
    earlier = [r for r in releases.here if r.version.final and r.commit != opened.subject.commit]
    if not earlier or opened.git_dir is None:
        if releases.shallow:
            raise FactUnavailable(
                "the clone is shallow, so earlier releases cannot be seen",
                remedy="fetch the whole history and its tags",
            )
        raise FactUnavailable("there is no earlier release to compare with", outcome=Outcome.NOT_APPLICABLE)
    from assaymark.subject.checkout import root_at

    try:
        before = root_at(opened, earlier[0].commit)
    except InputError as problem:
        raise FactUnavailable(f"{earlier[0].tag} cannot be read: {problem}") from problem
    return StyleHistory(earlier[0].tag, read_style(before))
