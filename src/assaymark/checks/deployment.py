"""QC.Dep: deployment as code, tested, in step with the releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import Evidence, Finding, Location, Severity, check, failed, not_applicable, passed, unknown
from assaymark.model import Subject
from assaymark.subject.automation import Automation, named
from assaymark.subject.deployment_files import DeploymentFiles, ImageUse
from assaymark.subject.docs_site import DocsSite
from assaymark.subject.languages import Languages
from assaymark.subject.packaging_files import Packages
from assaymark.subject.purposes import DEPLOYMENT_TEST
from assaymark.subject.releases import Release, Releases, parse_version

_LOCAL = ("**",)
_SHOWN = 30
_HOSTS = ("https://", "http://", "ssh://git@", "git@")


@check("deployment.automated", reads=_LOCAL)
def automated(
    deployment_files: DeploymentFiles,
    packages: Packages,
    languages: Languages,
    docs_site: DocsSite,
    settings: Mapping[str, Any],
) -> Evidence:
    """The software is deployed by code: Compose, Helm, Kubernetes, Ansible, Terraform, Apptainer, Spack and others.

    A container file counts when it says how the software starts. A packaged library or command-line tool is installed
    by its package manager, so nothing is left to deploy. A project says in the policy ``no-deployment`` why it deploys
    nothing, or in ``deployment-repository`` where its deployment lies.
    """
    answer = _nothing(deployment_files, packages, languages, settings)
    if answer:
        return answer
    if deployment_files.files:
        kinds = ", ".join(f"{k} ({deployment_files.first(k)})" for k in deployment_files.kinds[:5])
        return passed(f"deployed by {kinds}", metrics={"files": len(deployment_files.files)})
    if repository := _repository(settings):
        return passed(f"the deployment lies in {repository} (declared; that repository was not looked at)")
    local = packages.of("CMake project", "Meson project", "Autotools project")
    if local and not deployment_files.services:
        return unknown(
            f"{local[0].path} installs the software; whether a recipe elsewhere (Spack, EasyBuild, a "
            "distribution) deploys it cannot be seen here",
            remedy="name the recipe's repository in the policy 'deployment-repository', or attest how the "
            "software is deployed",
        )
    pages = next((p for p in docs_site.publishers if p.step), None)
    if pages and not docs_site.generators and not docs_site.urls:
        return unknown(
            f"{pages.path}:{pages.line} publishes pages ({pages.what}); whether they are the software is not said",
            remedy="attest that the application is deployed there, or declare the documentation whose pages they are",
        )
    sign = f"; {deployment_files.services[0]} shows that it runs as a service" if deployment_files.services else ""
    return failed(
        f"nothing in the repository deploys the software{sign}",
        remedy="add a deployment as code (a container file with its start command, Compose, Helm, Ansible, an "
        "Apptainer or Spack recipe), "
        "or say in the policy 'no-deployment' why none is needed",
    )


@check("deployment.tested", reads=_LOCAL)
def tested(
    deployment_files: DeploymentFiles,
    packages: Packages,
    languages: Languages,
    automation: Automation,
    settings: Mapping[str, Any],
) -> Evidence:
    """The deployment is treated as code: continuous integration lints, builds or tests it."""
    answer = _nothing(deployment_files, packages, languages, settings) or _elsewhere(deployment_files, settings)
    if answer:
        return answer
    found = automation.doing(DEPLOYMENT_TEST)
    if found:
        return passed(f"tested by {named(DEPLOYMENT_TEST, found)}", metrics={"commands": len(found)})
    if blind := automation.blind():
        return unknown(
            f"no test of the deployment was found, but {blind}",
            remedy="lint or build the deployment in a workflow of this repository, or attest it",
        )
    return failed(
        f"no job lints, builds or tests the deployment ({', '.join(deployment_files.kinds)})",
        findings=_untested(deployment_files),
        remedy="add a job on pull_request: hadolint and a build for images, helm lint, ansible-lint, "
        "terraform validate, kubeconform",
    )


@check("deployment.own_repository", reads=_LOCAL)
def own_repository(
    deployment_files: DeploymentFiles,
    packages: Packages,
    languages: Languages,
    subject: Subject,
    settings: Mapping[str, Any],
) -> Evidence:
    """The deployment lies in a repository of its own, apart from the source code.

    Either this repository is the deployment and holds no other code, or the policy ``deployment-repository`` names
    another one. Files of a deployment beside the code fail; a container file, which packs the code, does not.
    """
    answer = _nothing(deployment_files, packages, languages, settings)
    if answer:
        return answer
    managed = [f for f in deployment_files.files if f.kind not in _RECIPES]
    repository = _repository(settings)
    if managed and _source(languages) and not _same(repository, subject):
        if repository:
            return failed(
                f"{repository} is declared, but {managed[0].path} lies beside the source code",
                findings=_beside([f.path for f in managed]),
                remedy=f"move {managed[0].path} to {repository}",
            )
        return failed(
            f"{'1 file' if len(managed) == 1 else f'{len(managed)} files'} of the deployment, beside the source code",
            findings=_beside([f.path for f in managed]),
            remedy="move the deployment to a repository of its own, and name it in the policy 'deployment-repository'",
        )
    if managed:
        return passed("this repository holds the deployment and no other source code")
    if repository and not _same(repository, subject):
        return passed(f"the deployment lies in {repository} (declared; that repository was not looked at)")
    if deployment_files.files:
        return not_applicable(
            f"{deployment_files.files[0].path} packs the software; there is no further deployment to keep apart"
        )
    return unknown(
        "nothing here deploys the software, and no repository of a deployment is declared",
        remedy="declare it in the policy 'deployment-repository'",
    )


@check("deployment.one_tool", reads=_LOCAL)
def one_tool(
    deployment_files: DeploymentFiles, packages: Packages, languages: Languages, settings: Mapping[str, Any]
) -> Evidence:
    """One configuration manager deploys all of the project; Helm and Kustomize count as Kubernetes."""
    answer = _nothing(deployment_files, packages, languages, settings) or _elsewhere(deployment_files, settings)
    if answer:
        return answer
    managers = deployment_files.managers
    if len(managers) > 1:
        return failed(
            f"{len(managers)} configuration managers are used: {', '.join(managers)}",
            findings=[
                Finding(
                    rule="several-managers",
                    message=f"{f.kind} is one of several",
                    severity=Severity.NOTE,
                    location=Location(path=f.path),
                )
                for f in _firsts(deployment_files)
            ],
            remedy="choose one of them for the whole project, and keep the others only where users need them",
            metrics={"managers": len(managers)},
        )
    used = managers[0] if managers else ", ".join(deployment_files.kinds)
    return passed(f"the project is deployed by {used}", metrics={"managers": len(managers)})


@check("deployment.several_ways", reads=_LOCAL)
def several_ways(deployment_files: DeploymentFiles) -> Evidence:
    """More than one way to deploy may be offered: lists them. It never fails, as the standard only allows this."""
    kinds = deployment_files.kinds
    if len(kinds) < 2:
        return not_applicable("there is one way to deploy, or none")
    return passed(f"{len(kinds)} ways to deploy are offered: {', '.join(kinds)}", metrics={"ways": len(kinds)})


@check("deployment.in_step", reads=_LOCAL)
def in_step(
    deployment_files: DeploymentFiles,
    packages: Packages,
    languages: Languages,
    releases: Releases,
    subject: Subject,
    settings: Mapping[str, Any],
) -> Evidence:
    """What is deployed follows the releases.

    A deployment that builds from this very commit always does. Where it names the project's own image, the tag must be
    that of the latest release (or a variable), never ``latest`` or none; so must
    the ``appVersion`` of a chart.
    """
    answer = _nothing(deployment_files, packages, languages, settings) or _elsewhere(deployment_files, settings)
    if answer:
        return answer
    latest = releases.latest
    own = [i for i in deployment_files.images if _is_own(i, subject) and i.tag != "$"]
    loose = [i for i in own if i.tag in ("", "latest", "main", "master", "dev", "develop", "edge")]
    findings = [
        _place("loose-tag", f"{i.name}:{i.tag or '(no tag)'} does not say which version runs", i.path, i.line)
        for i in loose
    ]
    stated = [(i.path, i.line, f"{i.name}:{i.tag}", i.tag) for i in own if i not in loose]
    stated += [(v.path, v.line, f"{v.key} {v.value}", v.value) for v in deployment_files.versions]
    if latest:
        findings += [
            _place("old-version", f"{what} is not the latest release {latest.tag}", path, line)
            for path, line, what, value in stated
            if _older(value, releases)
        ]
    if findings:
        return failed(
            findings[0].message + (f", and {len(findings) - 1} more" if len(findings) > 1 else ""),
            findings=findings[:_SHOWN],
            remedy="name the release in "
            f"{findings[0].location.path if findings[0].location else 'the deployment'}, "
            "and change it in the commit of each release",
        )
    other = next((s for s in stated if latest and not _follows(s[3], latest)), None)
    if stated and latest and not other:
        return passed(f"{stated[0][2]} ({stated[0][0]}:{stated[0][1]}) follows the latest release {latest.tag}")
    if deployment_files.from_source:
        return passed(f"{deployment_files.from_source[0]} builds what it deploys from the commit it lies in")
    if other and latest:
        return unknown(
            f"{other[2]} ({other[0]}:{other[1]}) is no version that follows the latest release {latest.tag}: it may be"
            " that of something else",
            remedy="attest how the deployment follows the releases",
        )
    if stated:
        return unknown(
            f"{stated[0][2]} is stated, but there is no release to compare it with",
            remedy="tag releases, or attest how the deployment follows changes",
        )
    return unknown(
        "the deployment states no version of the software",
        remedy="state the version that is deployed, or attest how the deployment follows changes",
    )


@check("deployment.official", reads=_LOCAL)
def official(
    deployment_files: DeploymentFiles,
    packages: Packages,
    languages: Languages,
    subject: Subject,
    settings: Mapping[str, Any],
) -> Evidence:
    """The deployment belongs to the developers: it lies in this repository, or in one of the same owner."""
    answer = _nothing(deployment_files, packages, languages, settings)
    if answer:
        return answer
    if deployment_files.files:
        return passed(f"{deployment_files.files[0].path} lies in the developers' own repository")
    repository = _repository(settings)
    if not repository:
        return unknown(
            "nothing here deploys the software, and no repository of a deployment is declared",
            remedy="declare it in the policy 'deployment-repository'",
        )
    if subject.repository is None:
        return unknown("the repository has no remote, so its owner is not known", remedy="clone it from its forge")
    mine, theirs = subject.repository.rpartition("/")[0].lower(), _plain(repository).rpartition("/")[0].lower()
    if mine == theirs:
        return passed(f"{repository} has the same owner as {subject.repository}")
    return failed(
        f"{repository} does not belong to {mine}, the owner of this repository",
        remedy="move the deployment to the developers' own organisation, or mark that one as official and attest it",
    )


_RECIPES = frozenset(
    ("container image", "Apptainer", "Spack", "EasyBuild", "conda", "Nix", "Guix", "systemd", "platform")
)
_DEPLOYMENT_LANGUAGES = frozenset(("Shell", "PowerShell", "Ruby", "Groovy"))


def _nothing(
    deployment_files: DeploymentFiles, packages: Packages, languages: Languages, settings: Mapping[str, Any]
) -> Evidence | None:
    """Why there is nothing to deploy; None when there is."""
    reason = settings.get("no-deployment")
    if isinstance(reason, str) and len(reason.strip()) >= 10:
        return not_applicable(f"the project declares that it deploys nothing: {reason.strip()}")
    if deployment_files.files or _repository(settings):
        return None
    if not languages.code():
        return not_applicable("there is no source code to deploy")
    library = packages.registered
    if library and not deployment_files.services:
        return not_applicable(
            f"{library[0].path}: {library[0].named} is installed by its package manager, and nothing here "
            "runs as a service"
        )
    return None


def _elsewhere(deployment_files: DeploymentFiles, settings: Mapping[str, Any]) -> Evidence | None:
    if deployment_files.files:
        return None
    if repository := _repository(settings):
        return unknown(
            f"the deployment lies in {repository}, which was not looked at",
            remedy=f"assess {repository} itself, or attest it",
        )
    return not_applicable("nothing in the repository deploys the software")


def _repository(settings: Mapping[str, Any]) -> str:
    value = settings.get("deployment-repository")
    return value.strip() if isinstance(value, str) else ""


def _plain(address: str) -> str:
    """``host/owner/name`` of an address."""
    for prefix in _HOSTS:
        address = address.removeprefix(prefix)
    return address.replace(":", "/").removesuffix("/").removesuffix(".git")


def _same(repository: str, subject: Subject) -> bool:
    return (
        bool(repository) and subject.repository is not None and _plain(repository).lower() == subject.repository.lower()
    )


def _source(languages: Languages) -> bool:
    """Whether there is code beside what a deployment itself is written in."""
    return any(name not in _DEPLOYMENT_LANGUAGES for name in languages.code())


def _is_own(image: ImageUse, subject: Subject) -> bool:
    if subject.repository is None:
        return False
    _, _, owned = subject.repository.lower().partition("/")
    owner, _, name = owned.rpartition("/")
    parts = image.name.lower().split("/")
    return parts[-1] == name or (
        len(parts) > 1 and parts[-2].replace("-", "") == owner.replace("-", "") and name in parts[-1]
    )


def _follows(value: str, latest: Release) -> bool:
    """Whether a stated version is the latest release, or on the way to the next one."""
    version = parse_version(value.removeprefix("v"))
    return version is not None and (
        version.key == latest.version.key or (version.key > latest.version.key and not version.final)
    )


def _older(value: str, releases: Releases) -> bool:
    """Whether a stated version is not the latest release; what is no version is not compared."""
    version, latest = parse_version(value.removeprefix("v")), releases.latest
    return version is not None and latest is not None and version.key < latest.version.key


def _firsts(deployment_files: DeploymentFiles) -> list[Any]:
    return [next(f for f in deployment_files.files if f.kind == k) for k in deployment_files.kinds]


def _untested(deployment_files: DeploymentFiles) -> list[Finding]:
    return [
        Finding(
            rule="untested-deployment",
            message=f"no job tests this ({f.kind})",
            severity=Severity.NOTE,
            location=Location(path=f.path),
        )
        for f in _firsts(deployment_files)
    ]


def _beside(paths: list[str]) -> list[Finding]:
    return [
        Finding(
            rule="deployment-beside-code",
            message="this lies beside the source code",
            severity=Severity.NOTE,
            location=Location(path=p),
        )
        for p in paths[:_SHOWN]
    ]


def _place(rule: str, message: str, path: str, line: int) -> Finding:
    return Finding(rule=rule, message=message, location=Location(path=path, line=line))
