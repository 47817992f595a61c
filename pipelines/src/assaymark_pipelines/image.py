"""``image``: build once, try, publish a candidate, judge it, promote that digest. Nothing is rebuilt on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import dagger
from dagger import dag

from assaymark.api import InputError, Outcome
from assaymark_pipelines import registry
from assaymark_pipelines.gate import PLAIN, REPORTS, Gate, Result, run, status, together
from assaymark_pipelines.images import Reference, reference
from assaymark_pipelines.manifest import DEBIAN, PLATFORM, Manifest
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.tags import About, fixed, tags
from assaymark_pipelines.toolbox import fetched

Built = Mapping[str, dagger.Container]
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LABEL = "org.opencontainers.image"
# sh SCRIPT sif ROOT FILE PROCESSOR: a SIF of a root file system, as `assaymark smoke` makes one for a site. Nobody owns
# its files and no time is in them.
SIF = """\
mksquashfs "$1" "$2.squashfs" -noappend -no-progress -quiet -all-root -mkfs-time 0 -all-time 0 -comp gzip -no-xattrs
siftool new "$2"
siftool add --datatype 4 --partfs 1 --parttype 2 --partarch "$3" --groupid 1 "$2" "$2.squashfs"
rm "$2.squashfs"
"""
# How SIF numbers the processors of platforms.
PROCESSORS = dict(zip(PLATFORM, (2, 4, 3, 6, 12, 11), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What was published to be judged; ``platforms`` are the digests of its parts."""

    reference: Reference
    platforms: Mapping[str, str]

    def to_json(self) -> str:
        """For the next job."""
        told = {"schema": 1, "reference": str(self.reference), "digest": self.reference.digest}
        return json.dumps(told | {"platforms": dict(self.platforms)}, indent=1, sort_keys=True) + "\n"


def labels(manifest: Manifest, about: About) -> dict[str, str]:
    """Labels of the image: where it comes from, then what the manifest says."""
    told = {"source": about.source, "revision": about.commit, "version": about.version, "created": about.date}
    found = {f"{LABEL}.{name}": value for name, value in told.items() if value}
    if about.date:
        found[f"{LABEL}.created"] = f"{about.date}T00:00:00Z"
    return found | dict(manifest.labels)


def build(manifest: Manifest, source: dagger.Directory, about: About) -> Built:
    """The image for every platform, labelled; lazy. Steps are cached by the engine."""
    arguments = [dagger.BuildArg(name, value) for name, value in sorted(manifest.build_args.items())]
    found = {}
    for platform in manifest.platforms:
        box = source.directory(manifest.context).docker_build(
            dockerfile=manifest.dockerfile,
            platform=dagger.Platform(platform),
            build_args=arguments,
            target=manifest.target,
        )
        for name, value in labels(manifest, about).items():
            box = box.with_label(name, value)
        found[platform] = box
    return found


async def check(manifest: Manifest, built: Built, settings: Settings) -> tuple[Result, ...]:
    """Build, then every test on every platform, the SBOM and the SIF, all that can be in parallel."""
    made = [await _made(platform, box) for platform, box in built.items()]
    good = {platform: box for (platform, box), result in zip(built.items(), made, strict=True) if not status([result])}
    gates = [gate for platform, box in good.items() for gate in _gates(manifest, platform, box, settings)]
    tried = await together(gates, settings) if gates else ()
    unable = _unable(manifest) if good else ()
    return (*made, *tried, *unable)


async def _made(platform: str, box: dagger.Container) -> Result:
    """Whether it could be built at all: a Dockerfile that fails is a finding, an engine that fails is not."""
    name = f"build-{_slug(platform)}"
    try:
        await box.sync()
    except dagger.ExecError as ended:
        return Result(
            name=name,
            outcome=Outcome.FAILED,
            code=ended.exit_code,
            reason=str(ended),
            stdout=ended.stdout,
            stderr=ended.stderr,
        )
    except dagger.DaggerError as problem:
        return Result(name=name, outcome=Outcome.ERROR, reason=f"the engine failed: {problem}")
    return Result(name=name, outcome=Outcome.PASSED, code=0)


def _gates(manifest: Manifest, platform: str, box: dagger.Container, settings: Settings) -> list[Gate]:
    place = _slug(platform)
    gates = []
    for test in manifest.tests:
        # Whatever else a command of the image ends with by itself is a test that failed.
        meaning = dict.fromkeys(range(256), Outcome.FAILED) | {test.status: Outcome.PASSED}
        gates.append(Gate(name=f"test-{test.name}-{place}", box=box, argv=test.command, meaning=meaning))
    if manifest.sbom:
        gates.append(_sbom(place, box, settings))
    if manifest.sif:
        gates.append(_sif(platform, box, manifest.sif, settings))
    return gates


def _sbom(place: str, box: dagger.Container, settings: Settings) -> Gate:
    tool = fetched(settings.sbom, settings).with_env_variable("SYFT_CHECK_FOR_APP_UPDATE", "false")
    argv = ["/syft", "scan", "oci-archive:/image.tar", "--quiet"]
    for form, name in (("cyclonedx-json", "sbom.cdx.json"), ("spdx-json", "sbom.spdx.json")):
        argv += ["--output", f"{form}={REPORTS}/{name}"]
    box = tool.with_file("/image.tar", box.as_tarball())
    return Gate(name=f"sbom-{place}", box=box, argv=tuple(argv), proof="sbom.cdx.json", meaning=PLAIN)


def _sif(platform: str, box: dagger.Container, tool: str, settings: Settings) -> Gate:
    name = f"sif-{_slug(platform)}"
    if tool == DEBIAN:
        install = (
            "apt-get update -qq && apt-get install -qq -y --no-install-recommends squashfs-tools siftool > /dev/null"
        )
        made = fetched(settings.base, settings).with_exec(["sh", "-euc", install])
        made = made.with_mounted_directory("/rootfs", box.directory("/"))
        argv = ["sh", "-euc", SIF, "sif", "/rootfs", f"{REPORTS}/image.sif", str(PROCESSORS[platform])]
        return Gate(name=name, box=made, argv=tuple(argv), proof="image.sif", meaning=PLAIN)
    made = fetched(tool, settings).with_file("/image.tar", box.as_tarball())
    argv = ["apptainer", "build", f"{REPORTS}/image.sif", "oci-archive:///image.tar"]
    return Gate(name=name, box=made, argv=tuple(argv), proof="image.sif", meaning=PLAIN)


def _unable(manifest: Manifest) -> tuple[Result, ...]:
    """Asked for, and there is nothing that could make it: unknown, never passed."""
    if manifest.sif != "":
        return ()
    reason = f"nothing is named that makes one: sif = 'registry/apptainer@sha256:...', or sif = {DEBIAN!r}"
    return (Result(name="sif", outcome=Outcome.UNKNOWN, reason=reason),)


async def publish(manifest: Manifest, built: Built, about: About, user: str) -> Reference:
    """Publish all platforms once, as a candidate; never tried again. Gives the reference with its digest.

    Raises InputError when the registry answers something else than was published, `dagger.DaggerError` when it refuses.
    """
    target = manifest.candidate._replace(tag=about.commit[:12])
    box = dag.container()
    if user:
        box = box.with_registry_auth(manifest.candidate.host, user, dag.secret(f"env://{manifest.password}"))
    answer = await box.publish(str(target), platform_variants=list(built.values()))
    found = reference(answer)
    if found._replace(digest="") != target or not found.digest:
        raise InputError(f"the registry answered {answer!r} for {target}")
    return found


async def fetch(manifest: Manifest, digest: str, settings: Settings, user: str, once: str) -> Result:
    """The candidate back from the registry, as an OCI layout for the tests at a site."""
    made = registry.box(manifest, settings, user, once)
    return await run(registry.layout(made, manifest, user, digest), settings)


def parts(raw: str, digest: str, platforms: Sequence[str]) -> dict[str, str]:
    """The digest for each platform, from an index; an image of one platform is its own part."""
    try:
        listed = json.loads(raw).get("manifests")
        if listed is None:
            return dict.fromkeys(platforms[:1], digest)
        found = {}
        for each in listed:
            told = each.get("platform", {})
            name = "/".join(filter(None, (told.get("os"), told.get("architecture"), told.get("variant"))))
            if name.removesuffix("/v8") in platforms or name in platforms:
                found[name if name in platforms else name.removesuffix("/v8")] = str(each["digest"])
    except (ValueError, AttributeError, KeyError, TypeError) as problem:
        raise InputError(f"the registry holds no manifest at {digest}: {problem}") from problem
    if missing := [platform for platform in platforms if not DIGEST.fullmatch(found.get(platform, ""))]:
        raise InputError(f"the registry holds nothing for {', '.join(missing)} at {digest}")
    return found


def judged(assessment: str, candidate: Candidate, where: str) -> None:
    """Raises InputError unless an ``assessment.json`` is about this candidate, something passed and nothing failed."""
    try:
        told = json.loads(assessment)
        digest, kind = told["subject"]["digest"], told["subject"]["kind"]
        outcomes = {each["id"]: each["outcome"] for each in told["subcriteria"]}
    except (ValueError, KeyError, TypeError) as problem:
        raise InputError(f"it is no assessment: {problem}", where=where) from problem
    if digest not in (candidate.reference.digest, *candidate.platforms.values()):
        raise InputError(
            f"it judges the {kind} {digest}, not the candidate {candidate.reference.digest}",
            where=where,
            hint="judge the image that `pipeline image` exported: assaymark smoke OUT/image --output REPORT",
        )
    if broken := sorted(id for id, outcome in outcomes.items() if outcome in ("failed", "error")):
        raise InputError(f"the candidate is not fit to be promoted: {', '.join(broken)}", where=where)
    if "passed" not in outcomes.values():
        raise InputError(
            "nothing about the candidate could be determined", where=where, hint="judge it where it can run"
        )


def candidate_of(text: str, where: str) -> Candidate:
    """What `Candidate.to_json` wrote. Raises InputError when it is something else."""
    try:
        told = json.loads(text)
        found = reference(told["reference"])
        platforms = {str(name): str(digest) for name, digest in told["platforms"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise InputError(f"it is no candidate: {problem}", where=where) from problem
    if found.digest != told.get("digest") or not all(map(DIGEST.fullmatch, platforms.values())):
        raise InputError("its digests do not fit together", where=where)
    return Candidate(reference=found, platforms=platforms)


async def promote(
    manifest: Manifest, candidate: Candidate, about: About, settings: Settings, user: str, once: str
) -> tuple[Result, ...]:
    """Give a judged candidate its tags, in one attempt. Raises InputError when it is not of this manifest."""
    if candidate.reference.repository != manifest.candidate.repository:
        raise InputError(f"{candidate.reference} is no candidate of {manifest.repository.repository}")
    wanted = tags(manifest.tags, about)
    if not wanted:
        raise InputError("the policy gives no tag", hint="give --version-tag, or a policy such as `commit`")
    made = registry.box(manifest, settings, user, once)
    kept = fixed(manifest.tags, about)
    words = [f"={tag}" if tag in kept else tag for tag in wanted]
    gate = registry.promotion(made, manifest, user, candidate.reference.digest, words)
    return (await run(gate, replace(settings, attempts=1)),)


def _slug(platform: str) -> str:
    return platform.replace("/", "-")
