"""The first half of ``image`` in its order: nothing is published before all gates are met."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path

import dagger

from assaymark.api import InputError, Outcome
from assaymark_pipelines.gate import Result, status
from assaymark_pipelines.host import write
from assaymark_pipelines.image import Candidate, build, check, fetch, parts, publish
from assaymark_pipelines.manifest import Manifest
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.tags import About

CANDIDATE = "candidate.json"


async def built(
    manifest: Manifest,
    source: dagger.Directory,
    about: About,
    settings: Settings,
    user: str | None,
    output: Path,
) -> tuple[Result, ...]:
    """Build and check; then, if all is well and ``user`` is not None, publish and write `CANDIDATE` into ``output``."""
    images = build(manifest, source, about)
    results = await check(manifest, images, settings)
    if user is None or status(results):
        return results
    try:
        found = await publish(manifest, images, about, user)
    except (dagger.DaggerError, InputError) as problem:
        return (*results, Result(name="publish", outcome=Outcome.ERROR, reason=f"not published: {problem}"))
    results = (*results, Result(name="publish", outcome=Outcome.PASSED, code=0, stdout=f"{found}\n"))
    # From here on nothing may lose what was published.
    write(output / CANDIDATE, Candidate(reference=found, platforms={}).to_json())
    back = await fetch(manifest, found.digest, settings, user, secrets.token_hex(8))
    if back.outcome is Outcome.PASSED and back.reports is not None:
        raw = await back.reports.file("index.json").contents()
        try:
            platforms = parts(raw, found.digest, manifest.platforms)
        except InputError as problem:
            back = replace(back, outcome=Outcome.ERROR, reason=str(problem))
        else:
            write(output / CANDIDATE, Candidate(reference=found, platforms=platforms).to_json())
    return (*results, back)
