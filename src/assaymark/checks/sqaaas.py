"""Checks for ids that only the SQAaaS platform has; used by the profiles ``sqaaas-v2`` and ``sqaaas-v3``.

They answer what the platform meant by these ids, with its known false verdicts mended (see docs/migration.md).
"""

from __future__ import annotations

from assaymark.api import Evidence, check, failed, passed, unknown
from assaymark.subject.checkout import Opened
from assaymark.subject.releases import SEMVER, Releases

_TAG_REMEDY = "tag the release: git tag -a v1.2.3 -m v1.2.3 && git push origin v1.2.3"
_SHOWN = 5


@check("sqaaas.under-git", reads=())
def under_git(opened: Opened) -> Evidence:
    """The subject is a Git repository with at least one commit."""
    if opened.subject.commit:
        return passed(f"Git repository at commit {opened.subject.commit[:12]}")
    if opened.root is None:
        return unknown("an archive does not carry the repository it came from", remedy="assess a clone")
    return failed("there is no commit to judge", remedy="put the code under Git and commit it")


@check("sqaaas.any-tag", reads=())
def any_tag(releases: Releases) -> Evidence:
    """The repository has at least one tag, whatever its name."""
    names = [r.tag for r in releases.all] + list(releases.others)
    if names:
        return passed(f"{len(names)} tags, such as {names[0]}")
    if releases.shallow:
        return unknown("the clone is shallow and has no tags", remedy="fetch them: git fetch --tags --unshallow")
    return failed("the repository has no tags", remedy=_TAG_REMEDY)


@check("sqaaas.newest-tag-semver", reads=())
def newest_tag_semver(releases: Releases) -> Evidence:
    """The newest release by precedence follows SemVer; a leading ``v`` is fine."""
    newest = releases.latest
    if newest is None:
        if releases.shallow:
            return unknown("the clone is shallow and has no tags", remedy="fetch them: git fetch --tags --unshallow")
        return failed("no tag is a version", remedy=_TAG_REMEDY)
    if SEMVER in newest.version.schemes:
        return passed(f"{newest.tag} follows SemVer")
    return failed(f"{newest.tag} does not follow SemVer", remedy="name releases MAJOR.MINOR.PATCH, such as v1.2.3")


@check("sqaaas.all-tags-semver", reads=())
def all_tags_semver(releases: Releases) -> Evidence:
    """Every tag follows SemVer; having no tags at all is no merit."""
    odd = [r.tag for r in releases.all if SEMVER not in r.version.schemes] + list(releases.others)
    total = len(releases.all) + len(releases.others)
    if total == 0:
        if releases.shallow:
            return unknown("the clone is shallow and has no tags", remedy="fetch them: git fetch --tags --unshallow")
        return failed("there are no tags that could follow SemVer", remedy=_TAG_REMEDY)
    if not odd:
        return passed(f"all {total} tags follow SemVer")
    more = f" and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return failed(
        f"{len(odd)} of {total} tags do not follow SemVer: {', '.join(odd[:_SHOWN])}{more}",
        remedy="name new releases MAJOR.MINOR.PATCH; old tags may stay, this item is a SHOULD",
    )
