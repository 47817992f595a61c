"""What is asked of an image where it runs. What the job's reporter saw from outside is measured; what the image printed
about itself is self-reported."""

from __future__ import annotations

from dataclasses import replace

from assaymark.api import Evidence, FactUnavailable, Finding, Grade, Image, Severity, check, failed, passed, unknown
from assaymark_hpc.manifest import Manifest, UserTest
from assaymark_hpc.trials import NOWHERE, SHELL_CODE, Trial, Trials, copied_whole

_NO_COMMAND = 'name a command that shows it: start = ["tool", "--version"] in a manifest (smoke.toml)'


@check("image.site")
def site(trials: Trials) -> Evidence:
    """The site itself does as it is told: a job that succeeds, one that fails and one that hangs end as made to."""
    if trials.broken:
        return unknown(
            f"nothing can be said of any image here: {trials.broken}",
            remedy="mend the site or choose another runner: assaymark runner check",
        )
    return passed("a job that succeeds, one that fails and one that hangs were each seen to end so")


@check("image.starts")
def starts(trials: Trials) -> Evidence:
    """It starts as an ordinary user, without any right of the administrator."""
    return _started(trials, "start", "it starts as an ordinary user", "make it run as a user that is not root")


@check("image.read_only")
def read_only(trials: Trials) -> Evidence:
    """It starts when nothing but /tmp and the working folder can be written."""
    return _started(
        trials,
        "read-only",
        "it starts with a read-only root",
        "write to /tmp or the working folder only, never beside the program",
    )


@check("image.any_user")
def any_user(trials: Trials) -> Evidence:
    """It starts as a user that its /etc/passwd does not know."""
    return _started(
        trials,
        "any-user",
        "it starts as a user that it does not know",
        "let everybody read what it needs (chmod -R a+rX), and look up no user name or home",
    )


@check("image.offline")
def offline(trials: Trials) -> Evidence:
    """It starts without a network."""
    return _started(
        trials, "offline", "it starts without a network", "bring all that it needs to start inside the image"
    )


@check("image.files")
def files(trials: Trials, image: Image) -> Evidence:
    """A file of the host is read and another written through a bind mount, byte for byte."""
    trial = _trial(trials, "files", "the image has no /bin/sh to copy a file with")
    if trial.code is None:
        return _undecided(trial)
    if trial.code == 0 and copied_whole(trial, image):
        return passed("a file was read and another written through a bind mount, byte for byte")
    return failed(
        f"a file did not come through a bind mount (exit status {trial.code}){_said(trial)}",
        remedy="let an ordinary user read and write the working folder that the site mounts",
    )


@check("image.exit_status")
def exit_status(trials: Trials) -> Evidence:
    """What fails inside is seen to fail outside: without that no other trial means anything."""
    lacking = _trial(trials, "lacking", "")
    if lacking.code is None:
        return _undecided(lacking)
    if lacking.code == 0:
        return failed(f"{NOWHERE}, which is not there, was run with success", remedy="use another container engine")
    if not trials.shell:
        return passed("a program that is not there was seen to fail")
    fails = _trial(trials, "fails", "")
    if fails.code is None:
        return _undecided(fails)
    if fails.code != SHELL_CODE:
        return failed(
            f"a command that ends with {SHELL_CODE} was seen to end with {fails.code}",
            remedy="use another container engine, or remove what wraps /bin/sh",
        )
    return passed(f"a program that is not there was seen to fail, and exit status {SHELL_CODE} came through")


@check("image.tests")
def tests(trials: Trials, smoke_manifest: Manifest) -> tuple[Evidence, ...]:
    """The commands of the manifest end and print as it says."""
    if not smoke_manifest.tests:
        return (
            unknown(
                "nobody said which commands must work in this image",
                remedy="write them into a manifest (smoke.toml): [[test]] name, command, exit, contains",
            ),
        )
    digest = smoke_manifest.digest or None
    return tuple(replace(_test(t, _trial(trials, t.name, "")), digest=digest) for t in smoke_manifest.tests)


def _test(test: UserTest, trial: Trial) -> Evidence:
    words = " ".join(test.command)
    if trial.code is None:
        return _late_is_failed(test, trial)
    if trial.code != test.exit:
        return _not_so(test, f"{words!r} ended with {trial.code} instead of {test.exit}{_said(trial)}")
    if test.contains is None:
        return passed(f"{words!r} ended with {trial.code}")
    if test.contains.encode() in trial.stdout + b"\n" + trial.stderr:
        return passed(f"{words!r} ended with {trial.code} and printed {test.contains!r}", grade=Grade.SELF_REPORTED)
    return _not_so(test, f"{words!r} did not print {test.contains!r}{_said(trial)}")


def _late_is_failed(test: UserTest, trial: Trial) -> Evidence:
    """A test has a time of its own: to need longer is to fail; everything else that ends a job is the site's."""
    if trial.status is not None and trial.status.state.value == "timed-out":
        return _not_so(test, f"{' '.join(test.command)!r} did not end within {test.time:g} s")
    return _undecided(trial)


def _not_so(test: UserTest, message: str) -> Evidence:
    finding = Finding(rule=f"smoke.{test.name}", message=message, severity=Severity.ERROR)
    return failed(message, findings=[finding], remedy=f"run it in the image by hand: {' '.join(test.command)}")


def _started(trials: Trials, name: str, good: str, remedy: str) -> Evidence:
    trial = _trial(trials, name, "the image has no /bin/sh, and no command was named")
    if trial.code == 0:
        return passed(good)
    if trial.code is not None:
        return failed(f"not so: the command ended with {trial.code}{_said(trial)}", remedy=remedy)
    if trial.status is not None and trial.status.state.value == "timed-out":
        return failed(f"the command did not end: {trial.why}", remedy=f"{_NO_COMMAND} that ends by itself")
    return _undecided(trial)


def _trial(trials: Trials, name: str, absent: str) -> Trial:
    if trials.broken:
        raise FactUnavailable(f"the site failed its own probe: {trials.broken}", remedy="assaymark runner check")
    trial = trials.made.get(name)
    if trial is None:
        raise FactUnavailable(absent or f"{name} was not tried", remedy=_NO_COMMAND)
    return trial


def _undecided(trial: Trial) -> Evidence:
    return unknown(f"no verdict came back: {trial.why}", remedy="try it again, or at another site")


def _said(trial: Trial) -> str:
    text = (trial.stderr.strip() or trial.stdout.strip()).decode("utf-8", "replace")
    lines = text.splitlines()
    return f": {lines[-1][:200]}" if lines else ""


CHECKS = (site, starts, read_only, any_user, offline, files, exit_status, tests)
