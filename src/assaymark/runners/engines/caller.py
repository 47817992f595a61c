"""Engines that know no user but the one who calls them."""

from __future__ import annotations

from assaymark.errors import InputError
from assaymark.job import Confinement, Job
from assaymark.runners.engines.probe import Ask, first_line


def as_caller(program: str, ask: Ask, job: Job) -> str:
    """The caller's number; he does for an ordinary user. InputError when he is not who was asked for."""
    if job.confinement.user not in (None, Confinement.ORDINARY):
        raise InputError(f"{program} runs as the caller only: it cannot take an arbitrary user")
    done = ask(["id", "-u"])
    if done.returncode != 0 or not done.stdout.strip().isdigit():
        raise InputError(f"who would run {program} cannot be found out: {first_line(done)}")
    uid = int(done.stdout)
    if job.confinement.user is not None and uid == 0:
        raise InputError(f"{program} runs as the caller only, who is root here", hint="call it as an ordinary user")
    return str(uid)
