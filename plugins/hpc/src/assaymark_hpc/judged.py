"""How a trial is judged: what ended by itself, what did not, and what was not tried."""

from __future__ import annotations

from assaymark.api import Evidence, FactUnavailable, unknown
from assaymark_hpc.trials import Trial, Trials

NO_COMMAND = 'name a command that shows it: start = ["tool", "--version"] in a manifest (smoke.toml)'


def trial_of(trials: Trials, name: str, absent: str) -> Trial:
    """A trial that was made. Raises FactUnavailable where the site is broken, or it was not made (``absent``: why)."""
    if trials.broken:
        raise FactUnavailable(f"the site failed its own probe: {trials.broken}", remedy="assaymark runner check")
    trial = trials.made.get(name)
    if trial is None:
        raise FactUnavailable(absent or f"{name} was not tried", remedy=NO_COMMAND)
    return trial


def undecided(trial: Trial) -> Evidence:
    """What did not end by itself says nothing."""
    if trial.problem:
        return unknown(f"it could not be tried: {trial.problem}", remedy=trial.hint or "try it at another site")
    return unknown(f"no verdict came back: {trial.why}", remedy="try it again, or at another site")


def said(trial: Trial) -> str:
    """The last line that it wrote, after a colon."""
    text = (trial.stderr.strip() or trial.stdout.strip()).decode("utf-8", "replace")
    lines = text.splitlines()
    return f": {lines[-1][:200]}" if lines else ""
