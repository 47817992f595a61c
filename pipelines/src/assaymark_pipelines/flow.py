"""The first half of ``image`` in its order: nothing is published before all gates are met."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import dagger

from assaymark.api import InputError, Outcome
from assaymark_pipelines import registry, sif
from assaymark_pipelines.gate import Result, run, status
from assaymark_pipelines.image import DIGEST, Candidate, build, check, labels, parts, publish
from assaymark_pipelines.manifest import Manifest
from assaymark_pipelines.registry import Login, Part
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.tags import About

CANDIDATE = "candidate.json"
Keep = Callable[[Candidate], None]


async def built(
    manifest: Manifest,
    source: dagger.Directory,
    about: About,
    settings: Settings,
    login: Login | None,
    keep: Keep | None,
) -> tuple[Result, ...]:
    """Build and check; then, if all is well and there is a ``keep``, publish the candidate and what was made of it.

    ``keep`` is told of the candidate at once, and again of each part that is known: nothing that came later may lose
    what was published.
    """
    images = build(manifest, source, about)
    results = await check(manifest, images, settings)
    if keep is None or status(results):
        return results
    try:
        found = await publish(manifest, images, about, login)
    except (dagger.DaggerError, InputError) as problem:
        return (*results, Result(name="publish", outcome=Outcome.ERROR, reason=f"not published: {problem}"))
    candidate = Candidate(reference=found)
    keep(candidate)
    box = registry.box(manifest, settings, login, secrets.token_hex(8))
    back, there = await _back(manifest, found.digest, settings, login, box)
    results = (*results, Result(name="publish", outcome=Outcome.PASSED, code=0, stdout=f"{found}\n"), back)
    candidate = replace(candidate, platforms={platform: part.digest for platform, part in there.items()})
    keep(candidate)
    told = labels(manifest, about)
    for platform, part in there.items():
        if (file := _sif(results, platform)) is None:
            continue
        made = sif.artifact(part, told)
        gate = sif.publication(box, manifest, login, platform, file, made, found.tag)
        done, digest = await _sent(await run(gate, replace(settings, attempts=1)))
        results = (*results, done)
        if digest:
            candidate = replace(candidate, sifs={**candidate.sifs, platform: digest})
            keep(candidate)
    return results


async def _back(
    manifest: Manifest, digest: str, settings: Settings, login: Login | None, box: dagger.Container
) -> tuple[Result, Mapping[str, Part]]:
    """The candidate back from the registry, as an OCI layout for the tests at a site; and its parts."""
    back = await run(registry.layout(box, manifest, login, digest), settings)
    if back.outcome is not Outcome.PASSED or back.reports is None:
        return back, {}
    try:
        return back, parts(await back.reports.file("index.json").contents(), digest, manifest.platforms)
    except InputError as problem:
        return replace(back, outcome=Outcome.ERROR, reason=str(problem)), {}


def _sif(results: Sequence[Result], platform: str) -> dagger.File | None:
    """What was made for a platform, if anything was asked for."""
    name = f"sif-{sif.slug(platform)}"
    made = next((each.reports for each in results if each.name == name), None)
    return made.file(sif.FILE) if made else None


async def _sent(done: Result) -> tuple[Result, str]:
    """With the digest under which the registry has it; '' when it was not published."""
    if done.outcome is not Outcome.PASSED or done.reports is None:
        return done, ""
    digest = await done.reports.file("published.txt").contents()
    if not DIGEST.fullmatch(digest):
        return replace(done, outcome=Outcome.ERROR, reason=f"{digest[:100]!r} is no digest"), ""
    return done, digest
