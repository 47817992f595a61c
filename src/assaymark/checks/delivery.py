"""QC.Del: artefacts that continuous integration builds, keeps small, registers and announces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assaymark.api import Evidence, Finding, Location, Severity, check, failed, not_applicable, passed, unknown
from assaymark.patterns import late
from assaymark.subject.automation import Automation, named
from assaymark.subject.languages import Languages
from assaymark.subject.packaging_files import Packages
from assaymark.subject.purposes import BUILD, MESSAGE, PUBLISH, RELEASE_NOTICE, TEST
from assaymark.subject.releases import Releases

_LOCAL = (".*", ".*/**", "*", "**/Dockerfile*")
_SHOWN = 30
# Without a target it does whatever comes first: for a script language often no more than an installation.
_MAKE = late(r"make(?:\s+(?:-\S+(?:\s+\d+)?|\w+=\S+))*")
_COMPILED = frozenset(
    ("C", "C++", "CUDA", "Cython", "Fortran", "Go", "Rust", "Java", "Kotlin", "Haskell", "OCaml", "D", "Zig")
)
_CONSIDERABLE = 0.05  # share of the code
# Where nothing is packed for npm, these build a website of documentation.
_PAGES = late(r"^(?:npm|yarn|pnpm|bun|npx|tsc|vite|ng)\b")
# Ecosystems whose registry takes the tagged source as it is: that the source builds is shown by its tests.
_SOURCE_IS_ARTEFACT = (
    "npm package",
    "Composer package",
    "Go module",
    "Julia package",
    "Fortran package",
    "R package",
    "Perl distribution",
    "Nextflow pipeline",
    "Snakemake workflow",
)


@check("delivery.artefact", reads=_LOCAL)
def artefact(automation: Automation, packages: Packages, languages: Languages, settings: Mapping[str, Any]) -> Evidence:
    """Continuous integration builds the artefact that users get: a package, an image, a binary.

    Needs a definition of the artefact (a package or container file) and a job that builds it. For npm, Composer, Go,
    Julia, R, Perl and Fortran packages the tagged source is the artefact, so a job that builds or tests it is enough. A
    project without an artefact says so in the policy ``no-artefact``.
    """
    answer = _nothing(languages, settings)
    if answer:
        return answer
    builds = [
        c
        for c in automation.doing(BUILD)
        if (packages.of("npm package") or not _PAGES.search(c.text))
        and (_compiles(languages) or not _MAKE.fullmatch(c.text))
    ]
    source = packages.of(*_SOURCE_IS_ARTEFACT)
    if not packages.found:
        if builds:
            return passed(f"built by {named(BUILD, builds)}", metrics={"commands": len(builds)})
        return failed(
            "nothing defines an artefact: there is neither a package nor a container file",
            remedy="describe the software as a package of its language (pyproject.toml, Cargo.toml, CMake "
            "install rules …) or as a container image, and build it in a job",
        )
    kinds = ", ".join(sorted({p.kind for p in packages.found}))
    if builds:
        return passed(f"{kinds}: built by {named(BUILD, builds)}", metrics={"commands": len(builds)})
    if source and (tests := automation.doing(TEST)):
        return passed(
            f"{source[0].path}: the tagged source is the artefact of {source[0].named}; "
            f"what tries it: {named(TEST, tests, 1)}"
        )
    if blind := automation.blind():
        return unknown(
            f"no job that builds the {kinds} was found, but {blind}",
            remedy="build it in a workflow of this repository, or attest where it is built",
        )
    return failed(
        f"{packages.found[0].path} defines {packages.found[0].named}, and no job builds it",
        findings=[
            Finding(
                rule="artefact-not-built",
                message=f"no job builds this {p.kind}",
                severity=Severity.NOTE,
                location=Location(path=p.path),
            )
            for p in packages.found[:_SHOWN]
        ],
        remedy="add a job that builds it and keeps the result (python -m build, docker build, cargo build "
        "--release, mvn package …)",
    )


@check("delivery.minimal", reads=("*", "**/Dockerfile*", ".dockerignore"))
def minimal(packages: Packages, languages: Languages, settings: Mapping[str, Any]) -> Evidence:
    """The artefact holds what users need, and leaves tests, documentation and development files out.

    Judged by what the definitions say they pack: package discovery, ``files`` and ``exclude`` lists, ``.npmignore``,
    ``.Rbuildignore``, ``.dockerignore`` and what a Dockerfile copies.
    """
    answer = _nothing(languages, settings)
    if answer:
        return answer
    if not packages.found:
        return not_applicable("nothing defines an artefact")
    fat = [p for p in packages.found if p.lean is False]
    if fat:
        return failed(
            "; ".join(f"{p.path}: {p.why}" for p in fat[:3]),
            findings=[
                Finding(rule="fat-artefact", message=p.why, location=Location(path=p.path, line=p.line))
                for p in fat[:_SHOWN]
            ],
            remedy=f"say in {fat[0].path} (or an ignore file beside it) what belongs into the artefact",
            metrics={"definitions": len(packages.found), "too large": len(fat)},
        )
    told = [p for p in packages.found if p.lean]
    if told:
        return passed("; ".join(f"{p.path}: {p.why}" for p in told[:3]), metrics={"definitions": len(packages.found)})
    return unknown(
        f"what the {packages.found[0].kind} of {packages.found[0].path} packs cannot be told from the files",
        remedy="attest what the artefact holds",
    )


@check("delivery.registered", reads=_LOCAL)
def registered(
    automation: Automation, packages: Packages, languages: Languages, settings: Mapping[str, Any]
) -> Evidence:
    """A job publishes the artefact in a public registry or as a release.

    The files show that publishing is automated; that the latest version is really there, only the registry knows.
    """
    answer = _nothing(languages, settings)
    if answer:
        return answer
    found = automation.doing(PUBLISH)
    if found:
        return passed(
            f"published by {named(PUBLISH, found)} (seen in the files; the registry itself was not asked)",
            metrics={"commands": len(found)},
        )
    if not packages.found:
        return failed(
            "nothing defines an artefact, so nothing can be registered",
            remedy="define a package or an image, and publish it from a job on each release",
        )
    if blind := automation.blind():
        return unknown(
            f"no job that publishes was found, but {blind}", remedy="attest where the artefact is registered"
        )
    return unknown(
        f"no job publishes the {packages.found[0].kind} of {packages.found[0].path}; whether a person does "
        "cannot be seen in the files",
        remedy="publish from a job on each release, or attest where the artefact is registered",
    )


@check("delivery.notified", reads=_LOCAL)
def notified(automation: Automation, releases: Releases, languages: Languages, settings: Mapping[str, Any]) -> Evidence:
    """When an artefact has been delivered, people hear of it.

    Passed when a job makes a release on the forge (which tells those who watch the project), starts on one, or when the
    workflow that publishes sends a message. Without any of these and without a single tagged version there is nothing
    that a forge could announce: failed. With tags the answer is unknown, as a person may make the releases.
    """
    answer = _nothing(languages, settings)
    if answer:
        return answer
    found = automation.doing(RELEASE_NOTICE)
    if found:
        return passed(f"announced by {named(RELEASE_NOTICE, found)}")
    started = [f for f in automation.files if "release" in f.triggers]
    published = automation.doing(PUBLISH)
    places = {c.file for c in published}
    messages = [c for c in automation.doing(MESSAGE) if c.file in places]
    if messages:
        return passed(f"announced by {named(MESSAGE, messages)}, where it is published")
    if started:
        return passed(
            f"{started[0].path} starts when a release is published on the forge, which tells those who watch "
            "the project"
        )
    if blind := automation.blind():
        return unknown(
            f"no notice of a delivery was found, but {blind}", remedy="attest how users hear of a new version"
        )
    if not releases.all and not releases.shallow:
        at = f"{named(PUBLISH, published, 1)} publishes, but " if published else ""
        return failed(
            f"{at}no version is tagged and no job announces anything, so nobody is told of a delivery",
            findings=[
                Finding(
                    rule="silent-delivery",
                    message="nothing announces what this publishes",
                    severity=Severity.NOTE,
                    location=c.location,
                )
                for c in published[:_SHOWN]
            ],
            remedy="tag each version and make a release on the forge from a job (gh release create), or send "
            "a message to a list or channel",
        )
    return unknown(
        f"{named(PUBLISH, published, 1)} publishes and no job announces it"
        if published
        else "no job announces a delivery",
        remedy="make the release on the forge in the workflow that publishes, or attest how users hear of a "
        "new version",
    )


def _compiles(languages: Languages) -> bool:
    """Whether some of the code is in a language for which a plain ``make`` makes a program."""
    return any(languages.share[name] >= _CONSIDERABLE for name in languages.code() if name in _COMPILED)


def _nothing(languages: Languages, settings: Mapping[str, Any]) -> Evidence | None:
    reason = settings.get("no-artefact")
    if isinstance(reason, str) and len(reason.strip()) >= 10:
        return not_applicable(f"the project declares that it delivers no artefact: {reason.strip()}")
    return None if languages.code() else not_applicable("there is no source code to deliver")
