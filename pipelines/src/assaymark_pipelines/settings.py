"""What a person or a CI job may choose about all pipelines. The library reads no environment variable."""

from __future__ import annotations

from dataclasses import dataclass

from assaymark_pipelines import __version__
from assaymark_pipelines.images import BASE, SBOM


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """``base`` and ``sbom`` are images; ``mirror`` (host, or host/prefix) takes the place of their registries.

    ``index`` is where pip finds packages; ``plugins`` what is installed beside the core. ``seconds`` is the time of one
    gate, ``heavy`` how many run at a time, ``attempts`` how often a gate is asked for when the *engine* fails: never a
    step that ended, never publishing. ``unpinned`` allows images without a digest.
    """

    base: str = BASE
    sbom: str = SBOM
    mirror: str = ""
    index: str = ""
    plugins: tuple[str, ...] = ("python", "linters", "workflows")
    version: str = __version__
    seconds: float = 3600
    heavy: int = 2
    attempts: int = 2
    unpinned: bool = False
