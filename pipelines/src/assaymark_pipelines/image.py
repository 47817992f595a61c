"""``image``: build once, try, publish a candidate, judge it, promote that digest. Nothing is rebuilt on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import dagger
from dagger import dag

from assaymark.api import InputError, Outcome
from assaymark_pipelines import registry, sif
from assaymark_pipelines.gate import PLAIN, REPORTS, Gate, Result, run, status, together
from assaymark_pipelines.images import Reference, reference
from assaymark_pipelines.manifest import Manifest
from assaymark_pipelines.registry import Login, Part
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.tags import About, fixed, tags
from assaymark_pipelines.toolbox import fetched

Built = Mapping[str, dagger.Container]
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
LABEL = "org.opencontainers.image"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What was published to be judged; ``platforms`` are the digests of its parts, ``sifs`` those of what was made of
    them."""

    reference: Reference
    platforms: Mapping[str, str] = field(default_factory=dict)
    sifs: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> str:
        """For the next job."""
        told = {"schema": 1, "reference": str(self.reference), "digest": self.reference.digest}
        parts = {"platforms": dict(self.platforms), "sifs": dict(self.sifs)}
        return json.dumps(told | parts, indent=1, sort_keys=True) + "\n"


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
    unable = sif.unable(manifest) if good else ()
    return (*made, *tried, *unable)


async def _made(platform: str, box: dagger.Container) -> Result:
    """Whether it could be built at all: a Dockerfile that fails is a finding, an engine that fails is not."""
    name = f"build-{sif.slug(platform)}"
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
    place = sif.slug(platform)
    gates = []
    for test in manifest.tests:
        # Whatever else a command of the image ends with by itself is a test that failed.
        meaning = dict.fromkeys(range(256), Outcome.FAILED) | {test.status: Outcome.PASSED}
        gates.append(Gate(name=f"test-{test.name}-{place}", box=box, argv=test.command, meaning=meaning))
    if manifest.sbom:
        gates.append(_sbom(place, box, settings))
    if manifest.sif:
        gates.append(sif.making(platform, box, manifest.sif, settings))
    return gates


def _sbom(place: str, box: dagger.Container, settings: Settings) -> Gate:
    tool = fetched(settings.sbom, settings).with_env_variable("SYFT_CHECK_FOR_APP_UPDATE", "false")
    argv = ["/syft", "scan", "oci-archive:/image.tar", "--quiet"]
    for form, name in (("cyclonedx-json", "sbom.cdx.json"), ("spdx-json", "sbom.spdx.json")):
        argv += ["--output", f"{form}={REPORTS}/{name}"]
    box = tool.with_file("/image.tar", box.as_tarball())
    return Gate(name=f"sbom-{place}", box=box, argv=tuple(argv), proof="sbom.cdx.json", meaning=PLAIN)


async def publish(manifest: Manifest, built: Built, about: About, login: Login | None) -> Reference:
    """Publish all platforms once, as a candidate; never tried again. Gives the reference with its digest.

    Raises InputError when the registry answers something else than was published, `dagger.DaggerError` when it refuses.
    """
    target = manifest.candidate._replace(tag=about.commit[:12])
    box = dag.container()
    if login:
        box = box.with_registry_auth(manifest.candidate.host, login.user, login.password)
    answer = await box.publish(str(target), platform_variants=list(built.values()))
    found = reference(answer)
    if found._replace(digest="") != target or not found.digest:
        raise InputError(f"the registry answered {answer!r} for {target}")
    return found


def parts(raw: str, digest: str, platforms: Sequence[str]) -> dict[str, Part]:
    """The image for each platform, from an index; an image of one platform is its own part."""
    try:
        document = json.loads(raw)
        listed = document.get("manifests")
        if listed is None:
            kind = str(document.get("mediaType", registry.MANIFEST))
            return dict.fromkeys(platforms[:1], Part(digest, len(raw.encode()), kind))
        found = {}
        for each in listed:
            told = each.get("platform", {})
            name = "/".join(filter(None, (told.get("os"), told.get("architecture"), told.get("variant"))))
            if name.removesuffix("/v8") in platforms or name in platforms:
                kind = str(each.get("mediaType", registry.MANIFEST))
                part = Part(str(each["digest"]), int(each["size"]), kind)
                found[name if name in platforms else name.removesuffix("/v8")] = part
    except (ValueError, AttributeError, KeyError, TypeError) as problem:
        raise InputError(f"the registry holds no manifest at {digest}: {problem}") from problem
    if wrong := [part.digest for part in found.values() if not DIGEST.fullmatch(part.digest)]:
        raise InputError(f"the registry holds no manifest at {digest}: {wrong[0][:100]!r} is no digest")
    if missing := [platform for platform in platforms if platform not in found]:
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


def all_judged(assessments: Mapping[str, str], candidate: Candidate) -> None:
    """Raises InputError unless there are reports (where each came from, and its text), and each is fit (`judged`)."""
    if not assessments:
        raise InputError("nothing is promoted that was not judged", hint="give an assessment.json about the candidate")
    for where, text in assessments.items():
        judged(text, candidate, where)


def candidate_of(text: str, where: str) -> Candidate:
    """What `Candidate.to_json` wrote. Raises InputError when it is something else."""
    try:
        told = json.loads(text)
        found = reference(told["reference"])
        platforms = {str(name): str(digest) for name, digest in told["platforms"].items()}
        sifs = {str(name): str(digest) for name, digest in told["sifs"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise InputError(f"it is no candidate: {problem}", where=where) from problem
    digests = (*platforms.values(), *sifs.values())
    if found.digest != told.get("digest") or not all(map(DIGEST.fullmatch, digests)) or not set(sifs) <= set(platforms):
        raise InputError("its digests do not fit together", where=where)
    return Candidate(reference=found, platforms=platforms, sifs=sifs)


async def promote(
    manifest: Manifest, candidate: Candidate, about: About, settings: Settings, login: Login | None, once: str
) -> tuple[Result, ...]:
    """Give a judged candidate its tags, in one attempt, and then what was made of it. Raises InputError when it is not
    of this manifest."""
    if candidate.reference.repository != manifest.candidate.repository:
        raise InputError(f"{candidate.reference} is no candidate of {manifest.repository.repository}")
    wanted = tags(manifest.tags, about)
    if not wanted:
        raise InputError("the policy gives no tag", hint="give --version-tag, or a policy such as `commit`")
    kept, box = fixed(manifest.tags, about), registry.box(manifest, settings, login, once)

    def words(platform: str) -> list[str]:
        named = ((tag, sif.tagged(tag, platform) if platform else tag) for tag in wanted)
        return [f"={name}" if tag in kept else name for tag, name in named]

    gates = [registry.promotion(box, manifest, login, candidate.reference.digest, words(""))]
    for platform, digest in sorted(candidate.sifs.items()):
        name, subject = f"promote-sif-{sif.slug(platform)}", candidate.platforms[platform]
        gates.append(registry.promotion(box, manifest, login, digest, words(platform), subject=subject, name=name))
    results: list[Result] = []
    for gate in gates:
        if results and status(results):  # what is made of an image goes nowhere without it
            break
        results.append(await run(gate, replace(settings, attempts=1)))
    return tuple(results)
