"""QC.Wor: the main branch works and is protected, and changes are made in branches of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Evidence, Finding, Severity, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.changes import Arrival, Changes, Way
from assaymark.subject.history import History

if TYPE_CHECKING:
    from assaymark.subject.forge import Change, Forge, ForgeSeen

TOLERATED = 10  # one change in ten may miss what "each change" asks: a release script pushes once in a while
SHARE = 0.9
GREEN_SHARE = 0.8
LEAST = 5  # changes (or names) below which a share says nothing
ALIVE = 365 * 86_400
_DEVELOPMENT = ("develop", "development", "dev", "devel", "next", "staging", "unstable", "integration")
_MAIN = ("main", "master", "stable", "trunk", "production", "release")
_PREFIXES = (
    "feature", "feat", "fix", "bugfix", "bug", "hotfix", "docs", "doc", "chore", "refactor", "test", "tests", "ci",
    "build", "perf", "style", "release", "rel", "issue", "task", "enhancement", "enh", "maint", "dev", "user", "revert",
    "deps", "experiment", "support", "story", "improvement",
)  # fmt: skip # many short items
_PREFIX = late(
    rf"(?:{'|'.join(_PREFIXES)})[/_-].|(?:gh|issue)?-?\d{{1,7}}[-_/].|[A-Z][A-Z0-9]{{1,9}}-\d{{1,7}}\b", re.I
)
_BOT_HEAD = late(
    r"(?:dependabot|renovate|pre-commit-ci|snyk|all-contributors|greenkeeper|pyup|imgbot|copilot|whitesource"
    r"|create-pull-request|auto|actions|bot|update-|patch-|revert-)",
    re.I,
)


@check("workflow.main-works", reads=())
def main_works(forge: Forge) -> Evidence:
    """The automatic checks of the main branch succeed: on its latest checked commit, and on most before it.

    Fails when the latest commit whose checks ended is red, or fewer than 80 % of the sample are green.
    """
    if forge.changes is None:
        return unknown(f"the checks of the main branch are not known: {forge.why('changes')}")
    ended = [change for change in forge.changes if change.green is not None]
    if not ended:
        return unknown(
            f"none of the last {len(forge.changes)} commits of {forge.default_branch} has checks that ended",
            remedy="run the tests on pushes to the main branch, in a CI workflow with on: push",
        )
    green = sum(1 for change in ended if change.green)
    metrics = {"commits": len(ended), "green": green}
    red = [_red(change) for change in ended if not change.green]
    if ended[0].green and green >= GREEN_SHARE * len(ended):
        return passed(f"{green} of the last {len(ended)} checked commits of the main branch are green", metrics=metrics)
    worst = (
        "the latest checked commit of the main branch is red" if not ended[0].green else "the main branch is often red"
    )
    return failed(
        f"{worst}: {green} of {len(ended)} are green",
        findings=red[:10],
        remedy="mend the checks that fail, and let only green pull requests be merged (required status checks)",
        metrics=metrics,
    )


def _red(change: Change) -> Finding:
    names = sorted(
        {run.name for run in change.checks or () if run.conclusion not in ("success", "neutral", "skipped", "pending")}
    )
    return Finding(rule="red-main", message=f"{change.commit[:10]}: {', '.join(names[:5])} did not succeed")


@check("workflow.force-push", reads=())
def force_push(forge: Forge) -> Evidence:
    """Nobody can rewrite the main branch: a rule blocks force pushes to it."""
    blocked = forge.protection.force_push_blocked if forge.protection else None
    if blocked is None:
        why = "its classic protection shows only to administrators" if forge.protection else forge.why("protection")
        return unknown(
            f"whether force pushes to {forge.default_branch or 'the main branch'} are blocked is not known: {why}",
            remedy="use a rule set (Settings, Rules) that blocks force pushes: everyone may see it",
        )
    if blocked:
        return passed(f"force pushes to {forge.default_branch or 'the main branch'} are blocked")
    return failed(
        f"{forge.default_branch or 'the main branch'} can be rewritten by a force push",
        remedy="Settings, Rules, Rulesets: target the default branch and tick 'Block force pushes'",
    )


@check("workflow.required-checks", reads=())
def required_checks(forge: Forge) -> Evidence:
    """Changes are merged only when automatic checks succeeded: the main branch has required status checks."""
    required = forge.protection.required_checks if forge.protection else None
    if required is None:
        return unknown(f"required status checks are not known: {forge.why('protection')}")
    if required:
        return passed(f"required before a merge: {', '.join(required[:8])}", metrics={"checks": len(required)})
    return failed(
        f"no status check is required before a merge to {forge.default_branch or 'the main branch'}",
        remedy="Settings, Rules, Rulesets: tick 'Require status checks to pass' and name your test job",
    )


@check("workflow.topic-branches", reads=())
def topic_branches(changes: Changes, forge_seen: ForgeSeen) -> Evidence:
    """Each change is made in a branch of its own and merged.

    The last 50 changes of the branch are looked at: merges, and commits that a pull request squashed, count. Commits
    without a trace may have been rebased by a merge button: then only the forge can tell.
    """
    recent = changes.recent
    if len(recent) < LEAST:
        return unknown(f"the history has {len(recent)} changes to look at; {LEAST} are needed{_shallow(changes)}")
    merged, direct, open_ = _sorted_ways(recent, (Way.REQUEST, Way.BRANCH), forge_seen.forge)
    metrics = {"changes": len(recent), "merged": len(merged), "direct": len(direct), "untraced": len(open_)}
    allowed = len(recent) // TOLERATED
    if len(merged) >= len(recent) - allowed:
        return passed(
            f"{len(merged)} of the last {len(recent)} changes came from branches of their own", metrics=metrics
        )
    if len(direct) > allowed:
        return failed(
            f"{len(direct)} of the last {len(recent)} changes came without a merge or the mark of a pull request",
            findings=[_finding(a, "direct-commit", "came without a merge or a pull request") for a in direct[:10]],
            remedy="make each change in a branch and merge it by a pull request; a rule that requires one enforces it",
            metrics=metrics,
        )
    return _untraced(len(merged), len(open_), recent, forge_seen, changes)


def _untraced(merged: int, open_: int, recent: tuple[Arrival, ...], seen: ForgeSeen, changes: Changes) -> Evidence:
    why = seen.forge.why("change_pulls") if seen.forge else seen.reason
    return unknown(
        f"{merged} of the last {len(recent)} changes were surely merged, {open_} left no trace: rebased pull requests "
        f"look like direct commits ({why}){_shallow(changes)}",
        remedy="merge pull requests with a merge or squash commit, or let the forge tell: --forge",
    )


def _sorted_ways(
    recent: tuple[Arrival, ...], good: tuple[Way, ...], forge: Forge | None
) -> tuple[list[Arrival], list[Arrival], list[Arrival]]:
    """Arrivals that came in a good way, surely not so, and those of which we cannot know; the forge settles some."""
    asked = {c.commit: c.pulls for c in (forge.changes or () if forge else ()) if c.pulls is not None}
    merged, direct, open_ = [], [], []
    for a in recent:
        if a.way in good or asked.get(a.commit.id):
            merged.append(a)
        elif a.way is Way.DIRECT or a.commit.id in asked:
            direct.append(a)
        else:
            open_.append(a)
    return merged, direct, open_


def _finding(arrival: Arrival, rule: str, message: str) -> Finding:
    subject = " ".join(arrival.commit.subject.split())[:80]
    return Finding(rule=rule, message=f"{arrival.commit.id[:10]} “{subject}” {message}", severity=Severity.NOTE)


def _shallow(changes: Changes) -> str:
    return "; the clone is shallow (fetch-depth: 0 brings the rest)" if changes.shallow else ""


@check("workflow.branch-prefixes", reads=())
def branch_prefixes(changes: Changes, history: History, settings: Mapping[str, Any], forge_seen: ForgeSeen) -> Evidence:
    """Branch names begin with agreed words, such as ``feature/`` or ``fix/``.

    Names come from merge messages, remote branches and (with the forge) the heads of merged pull requests; those of
    programs are left out. The policy key ``branch-prefixes`` declares the agreement, else common prefixes are taken.
    """
    names = _topic_names(changes, history, forge_seen.forge)
    if len(names) < LEAST:
        return unknown(f"only {len(names)} names of topic branches are known; {LEAST} are needed{_shallow(changes)}")
    declared = [p for p in _list(settings.get("branch-prefixes")) if isinstance(p, str)]
    odd = [name for name in names if not _agreed(name, declared)]
    good = len(names) - len(odd)
    which = ", ".join(declared) if declared else "common ones; none are declared"
    metrics = {"branches": len(names), "prefixed": good}
    if good >= (SHARE if declared else GREEN_SHARE) * len(names):
        return passed(f"{good} of {len(names)} branch names have an agreed prefix ({which})", metrics=metrics)
    return failed(
        f"{len(odd)} of {len(names)} branch names have no agreed prefix ({which})",
        findings=[Finding(rule="branch-name", message=f"branch {name!r}", severity=Severity.NOTE) for name in odd[:10]],
        remedy="agree on prefixes and declare them: [tool.assaymark.policy] branch-prefixes = ['feature/', 'fix/']",
        metrics=metrics,
    )


def _topic_names(changes: Changes, history: History, forge: Forge | None) -> list[str]:
    merged = [a.head for a in (*changes.recent, *changes.merges[:100]) if a.head]
    remote = [branch.name for branch in history.branches]
    pulls = [pull.head for pull in (forge.people_pulls if forge else ())]
    long_lived = {*_MAIN, *_DEVELOPMENT, "HEAD", "gh-pages", changes.branch}
    found = dict.fromkeys(name for name in (*pulls, *merged, *remote) if name)
    return [n for n in found if n not in long_lived and not _BOT_HEAD.match(n) and not _is_version(n)]


_LINE_OF_RELEASES = late(r"(?:v|release[/-]?v?|stable[/-])?\d{1,4}(?:[._]\w{1,9}){0,3}")


def _is_version(name: str) -> bool:
    """Maintenance branches such as ``v1.x`` or ``1.2`` are no topics."""
    return _LINE_OF_RELEASES.fullmatch(name) is not None


def _agreed(name: str, declared: list[str]) -> bool:
    return any(name.startswith(p) for p in declared) if declared else _PREFIX.match(name) is not None


@check("workflow.development-branch", reads=())
def development_branch(history: History, settings: Mapping[str, Any], forge_seen: ForgeSeen) -> Evidence:
    """A second long-lived branch holds what the next release will be.

    The policy key ``development-branch`` names it, else develop, dev, next and their like are looked for. It must have
    moved within the year before the latest commit. Not applicable where ``branching = "trunk"`` is declared.
    """
    if settings.get("branching") == "trunk":
        return not_applicable("trunk-based development is declared (policy key 'branching')")
    names = _names(settings)
    latest = max((c.time for c in history.commits[:1]), default=0)
    found = {b.name: b.time for b in history.branches if b.name in names}
    alive = sorted(name for name, time in found.items() if time >= latest - ALIVE)
    others = {b.name for b in history.branches} | {history.branch or ""}
    if alive and any(name not in alive and name.partition("/")[0] in _MAIN for name in others):
        return passed(f"the next release is prepared on {alive[0]!r}")
    seen = forge_seen.forge.branches if forge_seen.forge else None
    if seen is not None and len(seen) < 100 and not set(names) & set(seen):
        return _no_development(names)
    if found and not alive:
        return failed(
            f"branch {sorted(found)[0]!r} has not moved for more than a year",
            remedy="use it for the next release, or delete it and declare branching = 'trunk'",
        )
    if not found and len({b.name for b in history.branches}) > 1:
        return _no_development(names)
    return unknown(
        "this clone knows too few branches to tell",
        remedy="fetch all branches (git fetch origin '+refs/heads/*:refs/remotes/origin/*') or ask the forge: --forge",
    )


def _no_development(names: Iterable[str]) -> Evidence:
    return failed(
        f"there is no branch for the next release ({', '.join(names)})",
        remedy="open one (policy key 'development-branch' names it), or declare branching = 'trunk' in the policy",
    )


def _names(settings: Mapping[str, Any]) -> tuple[str, ...]:
    own = settings.get("development-branch")
    return (own,) if isinstance(own, str) and own else _DEVELOPMENT


@check("workflow.development-fed", reads=())
def development_fed(changes: Changes, history: History, settings: Mapping[str, Any], forge_seen: ForgeSeen) -> Evidence:
    """The branch for the next release receives topic branches, rather than commits made on it.

    Seen in merge messages ("into develop"), in the line of changes when that branch is judged, and in the bases of
    merged pull requests.
    """
    if settings.get("branching") == "trunk":
        return not_applicable("trunk-based development is declared (policy key 'branching')")
    names = _names(settings)
    if not _known(names, history, forge_seen.forge) and len(history.branches) > 1:
        return not_applicable("there is no branch for the next release that could be fed")
    into = [m for m in changes.merges if m.base in names and m.head not in _MAIN]
    pulls = forge_seen.forge.pulls if forge_seen.forge else None
    based = [p for p in pulls or () if p.base in names]
    count = len(into) + len(based)
    if count >= LEAST:
        return passed(f"{count} topic branches were merged into {(into[0].base if into else based[0].base)!r}")
    if changes.branch in names and len(changes.recent) >= LEAST:
        merged = changes.of(Way.REQUEST, Way.BRANCH)
        direct = changes.of(Way.DIRECT)
        if 2 * len(merged) >= len(changes.recent):
            return passed(
                f"{len(merged)} of the last {len(changes.recent)} changes of {changes.branch!r} were merged into it"
            )
        if 2 * len(direct) > len(changes.recent):
            return failed(
                f"{len(direct)} of the last {len(changes.recent)} changes of {changes.branch!r} were committed on it",
                remedy=f"branch off {changes.branch}, and merge back by a pull request",
            )
    if pulls is not None and len(pulls) >= LEAST and not based and _known(names, history, forge_seen.forge):
        return failed(
            f"none of the last {len(pulls)} merged pull requests went to {' or '.join(names[:3])}",
            remedy="open pull requests against the branch for the next release",
        )
    return unknown(
        "the merges into the branch for the next release cannot be seen from here", remedy="run with --forge"
    )


def _known(names: Iterable[str], history: History, forge: Forge | None) -> bool:
    return bool(set(names) & ({b.name for b in history.branches} | set(forge.branches or () if forge else ())))


_FROM_DEVELOPMENT = late(r"(?:release|hotfix)s?[/_-]")


@check("workflow.release-merge", reads=())
def release_merge(changes: Changes, history: History, settings: Mapping[str, Any]) -> Evidence:
    """Merging the branch for the next release into main marks a release with a version.

    Looks at merges of that branch (and of release and hotfix branches) on the judged branch: a tag must stand on the
    merge, on what was merged, or on a commit before the next such merge.
    """
    if settings.get("branching") == "trunk":
        return not_applicable("trunk-based development is declared (policy key 'branching')")
    names = _names(settings)
    if changes.branch in names:
        return unknown(f"{changes.branch!r} is judged, and merges into main are not in its own line")
    merges = [a for a in changes.recent if a.head in names or _FROM_DEVELOPMENT.match(a.head)][:10]
    if not merges:
        if {b.name for b in history.branches}.isdisjoint(names) and len(history.branches) > 1:
            return not_applicable("there is no branch for the next release")
        return unknown("no merge of a branch for the next release is in the latest changes")
    tagged = {tag.commit for tag in history.tags}
    order = [a.commit.id for a in changes.recent]
    bare = [m for m in merges if not _marked(m, merges, order, tagged)]
    good = len(merges) - len(bare)
    if good >= GREEN_SHARE * len(merges):
        if len(merges) == 1:
            return passed("the last merge for a release carries a tag")
        return passed(f"{good} of the last {len(merges)} merges for a release carry a tag")
    return failed(
        f"{len(bare)} of the last {len(merges)} merges for a release carry no tag",
        findings=[_finding(m, "untagged-release", "has no tag") for m in bare],
        remedy="tag the merge: git tag -a v1.2.3 -m v1.2.3 <merge> && git push origin v1.2.3",
    )


def _marked(merge: Arrival, merges: list[Arrival], order: list[str], tagged: set[str]) -> bool:
    """Whether a tag stands on the merge, on its second parent, or on a later commit before the next such merge."""
    at = order.index(merge.commit.id)
    later = [order.index(m.commit.id) for m in merges if order.index(m.commit.id) < at]
    span = order[max(later, default=-1) + 1 : at + 1]
    return bool(tagged & {*span, *merge.commit.parents[1:]})


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
