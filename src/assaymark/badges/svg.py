"""A badge as SVG, 20 pixels high: the mark and the label on a dark ground, the message and the commit on a plate.

The same badge gives the same bytes everywhere. Nothing in it is fetched or runs, and text that others wrote is escaped.
"""

from __future__ import annotations

from assaymark.badges.model import Badge
from assaymark.badges.palette import palette, template
from assaymark.badges.widths import width
from assaymark.wording import markup, one_line

SIZE = 11.0
SMALL = 9.5
LABEL_X = 23
PAD = 7
MAX_LABEL = 40
MAX_MESSAGE = 60
MAX_TITLE = 400


def render(badge: Badge, credential: str = "") -> str:
    """The picture, with a newline at its end; ``credential`` is a signed one in compact form, baked into it."""
    colours = palette()
    plate = colours.plates[badge.tone]
    label, message = one_line(badge.label, MAX_LABEL), one_line(badge.message, MAX_MESSAGE)
    label_width, message_width = width(label, SIZE), width(message, SIZE, bold=True)
    label_end = round(LABEL_X + label_width + 6)
    message_x = label_end + PAD
    commit, end = _commit(badge.short, message_x + message_width + 6, plate.ink)
    total = round(end)
    return (
        template("badge.svg").substitute(
            width=total,
            inner=total - 1,
            title=markup(one_line(badge.title, MAX_TITLE)),
            credential=f"\n{template('baked.svg').substitute(credential=markup(credential))}" if credential else "",
            tone=badge.tone,
            first=plate.first,
            second=plate.second,
            ink=plate.ink,
            shape=plate.shape,
            sign=plate.sign,
            ground=colours.label.ground,
            dark=colours.label.dark,
            label_ink=colours.label.ink,
            label_end=label_end,
            label_run=label_end - 4,
            plate_run=total - label_end - 4,
            label=markup(label),
            label_width=f"{label_width:g}",
            message=markup(message),
            message_x=message_x,
            message_width=f"{message_width:g}",
            commit=commit,
        )
        + "\n"
    )


def _commit(shown: str, start: float, ink: str) -> tuple[str, float]:
    """The rule and the commit after it, and where the badge ends."""
    if not shown:
        return "", start + 1
    wide = width(shown, SMALL)
    part = template("commit.svg").substitute(
        ink=ink,
        rule_x=f"{start:g}",
        commit_x=f"{round(start + 6, 1):g}",
        commit_width=f"{wide:g}",
        commit=markup(shown),
    )
    return f"\n{part}", start + 6 + wide + PAD
