"""Answers to indicators: evidence with points, as FAIR evaluators count them."""

from __future__ import annotations

from assaymark.api import Evidence, Outcome
from assaymark_data.seen import Reply

ALL, HALF, NONE = 100, 50, 0


def yes(message: str) -> Evidence:
    """It was seen to hold: all points."""
    return Evidence(outcome=Outcome.PASSED, message=message, metrics={"points": ALL})


def no(message: str, remedy: str | None = None, *, points: int = NONE) -> Evidence:
    """It was seen not to hold, or only in part."""
    return Evidence(outcome=Outcome.FAILED, message=message, remedy=remedy, metrics={"points": points})


def open_(message: str, remedy: str | None = None) -> Evidence:
    """It could not be decided: no points."""
    return Evidence(outcome=Outcome.UNKNOWN, message=message, remedy=remedy, metrics={"points": NONE})


def answered(reply: Reply, what: str, day: str) -> Evidence:
    """What an address answered, as an answer to an indicator that asks whether it does."""
    if not reply.asked:
        from urllib.parse import urlsplit

        host = urlsplit(reply.address).hostname or "HOST"
        return open_(
            f"{reply.address} was not asked: the network is used only where it is allowed", f"--allow-host {host}"
        )
    if reply.good:
        return yes(f"{reply.address} gave {what} ({reply.media or 'no media type'}) on {day}")
    if reply.status in (404, 410):
        return no(f"{reply.address} answered {reply.status} on {day}", "register the right address with the identifier")
    said = reply.problem or f"answered {reply.status}"
    return open_(f"{reply.address} {said} on {day}", "try again; ask who runs it if it stays so")


def some(values: object, most: int = 3) -> str:
    """The first few of several things in words."""
    items = [str(v) for v in values] if isinstance(values, list | tuple) else [str(values)]
    shown = ", ".join(i[:100] for i in items[:most])
    return shown + (f" and {len(items) - most} more" if len(items) > most else "")
