"""Tags by policy: pure, so that what a release will move can be shown before it does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from assaymark.api import InputError

FINAL = re.compile(r"\d+(\.\d+)*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
POLICIES = ("version", "minor", "major", "latest", "branch", "date", "commit")


class About(NamedTuple):
    """What is released. ``version`` is empty between releases, ``branch`` on a tag; ``date`` is YYYY-MM-DD."""

    commit: str
    date: str
    version: str = ""
    branch: str = ""
    source: str = ""


def tags(policies: Sequence[str], about: About) -> tuple[str, ...]:
    """The tags that the policies give, in their order, each once; a template may name {version}, {commit} and so on.

    A pre-release moves neither ``latest`` nor ``minor`` nor ``major``; what cannot be said (no version, no branch)
    gives no tag. Raises InputError for a policy that is none, or a tag that no registry takes.
    """
    found = [tag for policy in policies if (tag := _tag(policy, about))]
    for tag in found:
        if not TAG.fullmatch(tag):
            raise InputError(f"{tag!r} can be no tag", hint="letters, digits, '_', '.' and '-', at most 128")
    return tuple(dict.fromkeys(found))


def fixed(policies: Sequence[str], about: About) -> frozenset[str]:
    """Those of the tags that name one image for good: what has the version or the commit in it."""
    return frozenset(tags([p for p in policies if re.search("version|commit", p)], about))


def _tag(policy: str, about: About) -> str:
    final = bool(FINAL.fullmatch(about.version))
    parts = about.version.split(".")
    known = {
        "version": about.version,
        "minor": ".".join(parts[:2]) if final and len(parts) > 1 else "",
        "major": parts[0] if final else "",
        "latest": "latest" if final else "",
        "branch": slug(about.branch),
        "date": about.date.replace("-", ""),
        "commit": about.commit[:12],
    }
    if "{" not in policy:
        if policy not in known:
            raise InputError(f"there is no tag policy {policy!r}", hint=f"one of: {', '.join(POLICIES)}, or a template")
        return known[policy]
    return _filled(policy, known)


def _filled(template: str, known: dict[str, str]) -> str:
    names = re.findall(r"\{([^{}]*)\}", template)
    if unknown := [name for name in names if name not in known]:
        raise InputError(f"the tag {template!r} names {unknown[0]!r}", hint=f"one of: {', '.join(known)}")
    if any(not known[name] for name in names):
        return ""
    return re.sub(r"\{([^{}]*)\}", lambda found: known[found[1]], template)


def slug(branch: str) -> str:
    """A branch's name as a tag can have it."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", branch).strip("-.")[:128]
