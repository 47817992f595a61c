"""The fact ``defaults``: community files of the owner's ``.github`` repository, which hold where there is none here.

Only the forge can tell, so without ``--forge`` there are none and `Defaults.hint` says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from assaymark.api import fact
from assaymark.records import NamedTuple
from assaymark.subject.documents import Guide, guide_of
from assaymark.subject.forge import NOT_ASKED

if TYPE_CHECKING:
    from assaymark.subject.forge import ForgeSeen


class Defaults(NamedTuple):
    """What holds where the repository has no file of its own.

    ``problem`` is why the forge, which was read, did not show it; ``hint`` ends a remedy where the forge was not read.
    """

    contributing: Guide | None = None
    conduct: Guide | None = None
    security: Guide | None = None
    problem: str = ""
    hint: str = ""
    seen_on: str = ""


@fact
def defaults(forge_seen: ForgeSeen) -> Defaults:
    """The files as the forge showed them."""
    forge = forge_seen.forge
    if forge is None:
        if forge_seen.reason == NOT_ASKED:
            return Defaults(hint=" One in the organisation's .github repository counts with --forge.")
        return Defaults(hint=f" Whether the organisation has one for all was not seen: {forge_seen.reason}.")
    if forge.defaults is None:
        return Defaults(
            problem=f"those of the organisation's .github repository were not seen: {forge.why('defaults')}"
        )
    found = {_kind(d.path): guide_of(d.path, d.text) for d in forge.defaults}
    return Defaults(
        contributing=found.get("contributing"),
        conduct=found.get("codeofconduct"),
        security=found.get("security"),
        seen_on=forge.fetched_at if found else "",
    )


def _kind(path: str) -> str:
    return re.sub(r"[-_]|\..*", "", path.rpartition("/")[2].lower())
