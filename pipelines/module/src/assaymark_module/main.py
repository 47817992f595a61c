"""The module's one object. No logic: each function calls the pipeline of its name in `assaymark_pipelines`."""

# No postponed annotations: the SDK reads them to register the functions.
import json
from collections.abc import Sequence
from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, check, function, object_type

from assaymark_pipelines import assess as assessing
from assaymark_pipelines import docs as documenting
from assaymark_pipelines import model as modelling
from assaymark_pipelines import release as releasing
from assaymark_pipelines import smoke as smoking
from assaymark_pipelines import validate as validating
from assaymark_pipelines.gate import Result, collected, status, summary
from assaymark_pipelines.images import BASE
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.toolbox import Origin

Words = Annotated[list[str] | None, Doc("Options of the command, as on its command line")]
Source = Annotated[dagger.Directory | None, Doc("The repository, if not that of the module's constructor")]


@object_type
class Assaymark:
    """The gates of assaymark."""

    source: Annotated[dagger.Directory, DefaultPath("/"), Doc("The repository to judge")]
    base: Annotated[str, Doc("Image to run in, pinned by a digest")] = BASE
    mirror: Annotated[str, Doc("Registry (and prefix) that takes the place of all others")] = ""
    index: Annotated[str, Doc("Package index")] = ""
    plugins: Annotated[list[str] | None, Doc("Plugins of assaymark to install")] = None
    wheels: Annotated[dagger.Directory | None, Doc("Wheels to install from, without an index")] = None
    checkout: Annotated[dagger.Directory | None, Doc("Checkout of assaymark to install, by its lock")] = None
    installed: Annotated[bool, Doc("The image has assaymark")] = False

    def _settings(self) -> Settings:
        usual = Settings()
        plugins = tuple(self.plugins) if self.plugins is not None else usual.plugins
        return Settings(base=self.base, mirror=self.mirror, index=self.index, plugins=plugins)

    def _origin(self) -> Origin:
        return Origin(installed=self.installed, wheels=self.wheels, checkout=self.checkout)

    async def _assessed(self, source: dagger.Directory | None, words: Sequence[str] | None) -> tuple[Result, ...]:
        return await assessing.assess(self._settings(), self._origin(), source or self.source, words or ())

    async def _validated(self, source: dagger.Directory | None, words: Sequence[str] | None) -> tuple[Result, ...]:
        return await validating.validate(self._settings(), self._origin(), source or self.source, words or ())

    @function(cache="session")
    async def assess(self, source: Source = None, options: Words = None) -> dagger.Directory:
        """Judge a repository; all reports, whatever the verdict."""
        return collected(await self._assessed(source, options))

    @function(cache="session")
    async def validate(self, source: Source = None, options: Words = None) -> dagger.Directory:
        """Validate the workflow documents of a repository; all reports, whatever the verdict."""
        return collected(await self._validated(source, options))

    @function(cache="session")
    async def model(
        self,
        manifests: Annotated[list[str], Doc("Manifests, as paths within the repository")],
        source: Source = None,
        options: Words = None,
    ) -> dagger.Directory:
        """Judge models by their manifests, in parallel."""
        where = source or self.source
        return collected(await modelling.model(self._settings(), self._origin(), where, manifests, options or ()))

    @function(cache="session")
    async def smoke(
        self, image: Annotated[dagger.File, Doc("OCI archive, or what docker save wrote")], options: Words = None
    ) -> dagger.Directory:
        """Judge a container image where it lies."""
        return collected(await smoking.smoke(self._settings(), self._origin(), image, options or ()))

    @function(cache="session")
    async def docs(
        self,
        source: Source = None,
        requirements: Annotated[str, Doc("File of the repository that names what the documentation needs")] = "",
        command: Annotated[list[str] | None, Doc("Writes the site into /reports/site")] = None,
    ) -> dagger.Directory:
        """Build the documentation with warnings as errors. Runs code of the repository."""
        where = source or self.source
        return collected(await documenting.docs(self._settings(), where, requirements, command or documenting.MKDOCS))

    @function(cache="never")
    async def release_build(self, source: Source = None, options: Words = None) -> dagger.Directory:
        """Build the files of a release, without any credential."""
        return collected(
            await releasing.release_build(self._settings(), self._origin(), source or self.source, options or ())
        )

    @function(cache="session")
    @check
    async def check_assess(self, options: Words = None) -> str:
        """Fails when the gate is not met; without --gate it tells the level."""
        return _held(await self._assessed(None, options))

    @function(cache="session")
    @check
    async def check_validate(self, options: Words = None) -> str:
        """Fails when a workflow document is wrong."""
        return _held(await self._validated(None, options))


def _held(results: Sequence[Result]) -> str:
    """What the gates said. Raises when one is not met: that is how a check fails."""
    told = "\n".join(f"{result.stdout}{result.stderr}" for result in results)
    if code := status(results):
        reasons = [f"{result.name}: {result.outcome.value} {result.reason}" for result in results]
        raise RuntimeError("\n".join([*reasons, told, f"exit status {code}"]))
    return told or json.dumps(json.loads(summary(results)))
