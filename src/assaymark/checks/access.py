"""QC.Acc: the code can be reached by anyone, is under version control, and its components live together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from assaymark.api import Evidence, check, failed, not_applicable, passed, unknown
from assaymark.model import Subject
from assaymark.patterns import late
from assaymark.subject.checkout import Opened
from assaymark.subject.remote import canonical

if TYPE_CHECKING:
    from assaymark.subject.forge import Forge

_OTHER_VCS = late(r"^(?:svn|hg|bzr|cvs|fossil|p4|lp|svn\+ssh|hg\+\w+|:pserver):|(?:^|[/.@])(?:svn|cvs|hg)\.", re.I)
_GIT_HOSTS = ("github.com", "gitlab.com", "codeberg.org", "bitbucket.org", "git.sr.ht", "gitea.com")
_NO_COMPONENTS = "no other component is declared (policy key 'components': the addresses of the project's repositories)"


@check("access.public", reads=())
def public(forge: Forge) -> Evidence:
    """The forge shows the repository to anyone.

    Passed when its visibility is *public*; internal and private repositories fail.
    """
    if forge.visibility is None:
        return unknown(f"the visibility of the repository is not known: {forge.why('visibility')}")
    if forge.visibility == "public":
        return passed(f"{forge.host}/{forge.repository} is public (seen {forge.fetched_at})")
    return failed(
        f"{forge.host}/{forge.repository} is {forge.visibility}",
        remedy="make the repository public: Settings, General, Danger Zone, Change visibility",
    )


@check("access.version-control", reads=())
def version_control(subject: Subject, opened: Opened) -> Evidence:
    """The code is in a Git repository with at least one commit.

    A repository without commits and a folder without a repository fail. An archive cannot tell where it comes from:
    unknown.
    """
    if subject.commit:
        return passed(f"Git repository at commit {subject.commit[:12]}")
    if opened.root is None and opened.git_dir is None:
        return unknown("an archive does not carry the repository it came from", remedy="assess a clone")
    return failed(
        "there is no Git repository with a commit here",
        remedy="put the code under version control: git init && git add . && git commit",
    )


@check("access.one-version-control", reads=())
def one_version_control(subject: Subject, settings: Mapping[str, Any]) -> Evidence:
    """All components that the project declares are under the same version control system as this one.

    Components are the addresses under the policy key ``components``; without any there is nothing to compare.
    """
    declared = components(settings)
    if not declared:
        return not_applicable(_NO_COMPONENTS)
    other = [url for url in declared if _OTHER_VCS.search(url)]
    if other:
        return failed(
            f"{len(other)} of {len(declared)} components are not under Git: {', '.join(other[:5])}",
            remedy="move the history into Git (git svn clone, hg-fast-export) and declare the new address",
        )
    unclear = [url for url in declared if not is_git(url)]
    if unclear:
        return unknown(f"the version control system of {', '.join(unclear[:5])} cannot be told from the address")
    if not subject.commit:
        return unknown("this component itself was not seen under version control")
    return passed(f"all {len(declared)} declared components are under Git")


@check("access.organisation", reads=())
def organisation(forge: Forge) -> Evidence:
    """The repository belongs to an organisation on the forge, not to one person's account."""
    if forge.owner_type is None:
        return unknown(f"the kind of the owner is not known: {forge.why('owner_type')}")
    owner = forge.repository.partition("/")[0]
    if forge.owner_type == "Organization":
        return passed(f"{owner} is an organisation on {forge.host}")
    return failed(
        f"{owner} is the account of one person",
        remedy="transfer the repository to an organisation (Settings, General, Transfer ownership)",
    )


@check("access.same-organisation", reads=())
def same_organisation(subject: Subject, settings: Mapping[str, Any]) -> Evidence:
    """The declared components (policy key ``components``) are hosted by the organisation that hosts this one."""
    declared = components(settings)
    if not declared:
        return not_applicable(_NO_COMPONENTS)
    homes = {url: home_of(url) for url in declared}
    if subject.repository:
        homes["this repository"] = subject.repository.rpartition("/")[0].lower()
    unclear = [url for url, home in homes.items() if not home]
    found = sorted({home for home in homes.values() if home})
    if len(found) > 1:
        return failed(
            f"the components are spread over {', '.join(found[:5])}",
            remedy="move all components of the project into one organisation",
        )
    if unclear:
        return unknown(f"the owner of {', '.join(unclear[:5])} cannot be told from the address")
    if not subject.repository:
        return unknown("this repository has no remote, so its organisation is not known")
    return passed(f"all {len(declared)} declared components are under {found[0]}")


def components(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """The declared addresses of the project's other repositories."""
    value = settings.get("components", [])
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def is_git(url: str) -> bool:
    """Whether an address is surely that of a Git repository."""
    host = home_of(url).partition("/")[0]
    return url.endswith(".git") or url.startswith(("git://", "git@", "git+")) or host in _GIT_HOSTS or "gitlab" in host


def home_of(url: str) -> str:
    """``host/owner`` of an address in lower case; '' when it has none."""
    found = canonical(url) or canonical(f"https://{url}") or ""
    return found.rpartition("/")[0].lower() if found.count("/") > 1 else ""
