"""What is asked of an image where it runs. What the job's reporter saw from outside is measured; what the image printed
about itself is self-reported."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from assaymark.api import (
    Evidence,
    Finding,
    Grade,
    Image,
    MemberKind,
    Severity,
    check,
    failed,
    not_applicable,
    passed,
    unknown,
)
from assaymark_hpc.asked import Manifest, UserTest
from assaymark_hpc.judged import NO_COMMAND, said, trial_of, undecided
from assaymark_hpc.manifest import AGAIN
from assaymark_hpc.trials import CALLER_ONLY, NOWHERE, SHELL_CODE, Trial, Trials, carried, copied_whole


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
def any_user(trials: Trials, image: Image) -> Evidence:
    """It starts as a user that its /etc/passwd does not know."""
    caller = _unknown_caller(trials, image)
    if caller is not None:
        return passed(f"it starts as {caller}, whom its /etc/passwd does not know; this engine knows nobody else")
    return _started(
        trials,
        "any-user",
        "it starts as a user that it does not know",
        "let everybody read what it needs (chmod -R a+rX), and look up no user name or home",
    )


def _unknown_caller(trials: Trials, image: Image) -> str | None:
    """Who started it, where the engine takes no user but its caller, and the image does not know him either."""
    asked, start = trials.made.get("any-user"), trials.made.get("start")
    if trials.broken or asked is None or start is None or start.code != 0 or start.status is None:
        return None
    if asked.status is not None or CALLER_ONLY not in asked.problem:
        return None
    uid = start.status.host.get("uid", "")
    if not uid.isdecimal() or uid == "0":
        return None
    text = image.texts.get("etc/passwd", b"")
    known = {line.split(b":")[2] for line in text.splitlines() if line.count(b":") >= 3}
    return None if uid.encode() in known else f"user {uid}"


@check("image.offline")
def offline(trials: Trials) -> Evidence:
    """It starts without a network."""
    return _started(
        trials, "offline", "it starts without a network", "bring all that it needs to start inside the image"
    )


@check("image.files")
def files(trials: Trials, image: Image) -> Evidence:
    """A file of the host is read and another written through a bind mount, byte for byte."""
    trial = trial_of(trials, "files", "the image has no /bin/sh to copy a file with")
    if trial.code is None:
        return undecided(trial)
    if trial.code == 0 and copied_whole(trial, image):
        return passed("a file was read and another written through a bind mount, byte for byte")
    return failed(
        f"a file did not come through a bind mount (exit status {trial.code}){said(trial)}",
        remedy="let an ordinary user read and write the working folder that the site mounts",
    )


@check("image.home")
def home(trials: Trials, image: Image) -> Evidence:
    """A home and the working folder are two mounts, both read and written, and HOME names the first."""
    trial = trial_of(trials, "own-home", "the image has no /bin/sh to copy a file with")
    if trial.code == 0 and carried(trial, image):
        return passed("files went from a mounted home into the working folder and back")
    place = image.members.get("home")
    if place is not None and place.kind in (MemberKind.FILE, MemberKind.DEVICE):
        # Engines end here in ways of their own, and some before there is a container.
        return failed(f"/home is a {place.kind}, on which no home can be mounted", remedy="let /home be a folder")
    if trial.code is None:
        return undecided(trial)
    if place is not None and place.kind is MemberKind.LINK:
        return unknown(
            f"/home is a link to {place.target[:200]}, through which not every engine mounts{said(trial)}",
            remedy="let /home be a folder",
        )
    return failed(
        f"a mounted home could not be read and written (exit status {trial.code}){said(trial)}",
        remedy="let /home be a folder, set HOME nowhere, and let any user read and write what is mounted there",
    )


@check("image.exit_status")
def exit_status(trials: Trials) -> Evidence:
    """What fails inside is seen to fail outside: without that no other trial means anything."""
    lacking = trial_of(trials, "lacking", "")
    if lacking.code is None:
        return undecided(lacking)
    if lacking.code == 0:
        return failed(f"{NOWHERE}, which is not there, was run with success", remedy="use another container engine")
    if not trials.shell:
        return passed("a program that is not there was seen to fail")
    fails = trial_of(trials, "fails", "")
    if fails.code is None:
        return undecided(fails)
    if fails.code != SHELL_CODE:
        return failed(
            f"a command that ends with {SHELL_CODE} was seen to end with {fails.code}",
            remedy="use another container engine, or remove what wraps /bin/sh",
        )
    return passed(f"a program that is not there was seen to fail, and exit status {SHELL_CODE} came through")


@check("image.ends")
def ends(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """What runs until it is asked to end does so within ten seconds."""
    if not smoke_manifest.long:
        return not_applicable('the manifest names no command that goes on (long = ["tool", "serve"])')
    trial = trial_of(trials, "ends", "the image has no /bin/sh to ask from")
    words = " ".join(smoke_manifest.long)
    if trial.code == 0:
        return passed(f"{words!r} ended when it was asked to")
    if trial.code == 8:
        return failed(f"{words!r} ended before it was asked to{said(trial)}", remedy="name a command that goes on")
    if trial.code == 9:
        return failed(
            f"{words!r} had to be killed ten seconds after SIGTERM",
            remedy="handle SIGTERM, or start it through an init (tini, docker --init) that passes signals on",
        )
    return undecided(trial)


@check("image.same_output")
def same_output(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """What a test writes is the same when it is run twice."""
    tests = [test for test in smoke_manifest.tests if test.output]
    if not tests:
        return not_applicable('no test names a file that it writes (output = "result.dat")')
    for test in tests:
        name = test.output or ""
        pair = [trial_of(trials, f"{again}{test.name}", "") for again in ("", AGAIN)]
        for trial in pair:
            if trial.code is None:
                return undecided(trial)
        contents = [trial.outputs.get(name) for trial in pair]
        if None in contents:
            return failed(f"{test.name} wrote no {name}", remedy="write it into the working folder")
        if contents[0] != contents[1]:
            return failed(
                f"{test.name} wrote another {name} the second time",
                remedy="fix seeds, the order of sums and the number of threads, and leave times out of it",
            )
    return passed(f"{len(tests)} outputs are the same the second time")


@check("image.performance")
def performance(trials: Trials, smoke_manifest: Manifest) -> Evidence:
    """What a test measures lies within the stated bounds of its reference."""
    tests = [test for test in smoke_manifest.tests if test.performance]
    if not tests:
        return not_applicable("no test states a performance ([test.performance])")
    for test in tests:
        trial = trial_of(trials, test.name, "")
        if trial.code is None:
            return undecided(trial)
        value, asked = measured(test, trial), test.performance
        if value is None or asked is None:
            return failed(
                f"{test.name} printed no number that the pattern finds{said(trial)}", remedy="mend one of them"
            )
        least, most = asked.bounds
        if not least <= value <= most:
            unit = f" {asked.unit}" if asked.unit else ""
            return failed(
                f"{test.name}: {value:g}{unit} is outside {least:g} to {most:g}",
                remedy="compare with earlier runs (trials.json), and with a run outside the container",
                grade=Grade.SELF_REPORTED,
            )
    return passed(f"{len(tests)} measured values are within their bounds", grade=Grade.SELF_REPORTED)


def measured(test: UserTest, trial: Trial) -> float | None:
    """The number that a test printed; None when there is none."""
    if test.performance is None:
        return None
    text = (trial.stdout + b"\n" + trial.stderr).decode("utf-8", "replace")
    found = re.search(test.performance.pattern, text, re.MULTILINE)
    try:
        return float(found[1]) if found else None
    except (TypeError, ValueError):
        return None


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
    return tuple(replace(_test(t, trial_of(trials, t.name, "")), digest=digest) for t in smoke_manifest.tests)


def _test(test: UserTest, trial: Trial) -> Evidence:
    words = " ".join(test.command)
    if trial.code is None:
        return _late_is_failed(test, trial)
    if trial.code != test.exit:
        return _not_so(test, f"{words!r} ended with {trial.code} instead of {test.exit}{said(trial)}")
    printed = trial.stdout + b"\n" + trial.stderr
    if test.contains is not None and test.contains.encode() not in printed:
        return _not_so(test, f"{words!r} did not print {test.contains!r}{said(trial)}")
    if test.matches is not None and not re.search(test.matches, printed.decode("utf-8", "replace"), re.MULTILINE):
        return _not_so(test, f"{words!r} printed nothing that {test.matches!r} matches{said(trial)}")
    if test.sha256 is not None:
        content = trial.outputs.get(test.output or "")
        if content is None:
            return _not_so(test, f"{words!r} wrote no {test.output}")
        if hashlib.sha256(content).hexdigest() != test.sha256:
            return _not_so(test, f"{words!r} wrote another {test.output} than stated")
    told = [f"printed {test.contains!r}"] if test.contains is not None else []
    told += [f"printed what {test.matches!r} matches"] if test.matches is not None else []
    told += [f"wrote {test.output} as stated"] if test.sha256 is not None else []
    if not told:
        return passed(f"{words!r} ended with {trial.code}")
    return passed(f"{words!r} ended with {trial.code} and {' and '.join(told)}", grade=Grade.SELF_REPORTED)


def _late_is_failed(test: UserTest, trial: Trial) -> Evidence:
    """A test has a time of its own: to need longer is to fail; everything else that ends a job is the site's."""
    if trial.status is not None and trial.status.state.value == "timed-out":
        return _not_so(test, f"{' '.join(test.command)!r} did not end within {test.time:g} s")
    return undecided(trial)


def _not_so(test: UserTest, message: str) -> Evidence:
    finding = Finding(rule=f"smoke.{test.name}", message=message, severity=Severity.ERROR)
    return failed(message, findings=[finding], remedy=f"run it in the image by hand: {' '.join(test.command)}")


_ANOTHER = 'mend that, or name another command in a manifest: start = ["tool", "--version"]'
_STARTS = ("start", "read-only", "any-user", "offline")


def _in_no_way(trials: Trials) -> bool:
    """Whether every start that came to its end failed: then neither user, root nor network is the reason."""
    codes = [trials.made[name].code for name in _STARTS if name in trials.made]
    return 0 not in codes and sum(code is not None for code in codes) > 1


def _started(trials: Trials, name: str, good: str, remedy: str) -> Evidence:
    trial = trial_of(trials, name, "the image has no /bin/sh, and no command was named")
    if trial.code == 0:
        return passed(good)
    if trial.code is not None and _in_no_way(trials):
        return failed(f"it starts in no way: the command ended with {trial.code}{said(trial)}", remedy=_ANOTHER)
    if trial.code is not None:
        return failed(f"the command ended with {trial.code}{said(trial)}", remedy=remedy)
    if trial.status is not None and trial.status.state.value == "timed-out":
        return failed(f"the command did not end: {trial.why}", remedy=f"{NO_COMMAND} that ends by itself")
    return undecided(trial)


CHECKS = (
    site,
    starts,
    read_only,
    any_user,
    offline,
    files,
    home,
    exit_status,
    tests,
    ends,
    same_output,
    performance,
)
