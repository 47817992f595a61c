"""A badge as the document that a shields endpoint badge is drawn from: https only, and no key that it does not know."""

from __future__ import annotations

import json

from assaymark.badges.model import Badge, State
from assaymark.badges.palette import palette, template
from assaymark.badges.svg import MAX_LABEL, MAX_MESSAGE
from assaymark.wording import json_safe, one_line

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12"><path fill="{colour}" d="{shape}"/>'
    '<path fill="none" stroke="{ground}" stroke-width="1.5" d="{sign}"/></svg>'
)


def render(badge: Badge) -> str:
    """The document, with a newline at its end."""
    plate = palette().plates[badge.tone]
    message = one_line(badge.message, MAX_MESSAGE)
    document = {
        **json.loads(template("endpoint.json").template),
        "label": one_line(badge.label, MAX_LABEL),
        "message": f"{message} | {badge.short}" if badge.short else message,
        "color": plate.second.removeprefix("#"),
        # Who embeds the badge may choose another colour, but not for what did not hold.
        "isError": badge.state in (State.FAILING, State.STALE),
        "logoSvg": LOGO.format(colour=plate.second, ground=palette().label.ground, shape=plate.shape, sign=plate.sign),
    }
    return json_safe(json.dumps(document, indent=2) + "\n")
