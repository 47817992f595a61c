"""The module's one object. No logic: each function calls the pipeline of its name in `assaymark_pipelines`."""

# No postponed annotations: the SDK reads them to register the functions.
import json
import secrets
from collections.abc import Sequence
from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, check, function, object_type

from assaymark_pipelines import assess as assessing
from assaymark_pipelines import docs as documenting
from assaymark_pipelines import flow
from assaymark_pipelines import image as imaging
from assaymark_pipelines import manifest as describing
from assaymark_pipelines import model as modelling
from assaymark_pipelines import release as releasing
from assaymark_pipelines import smoke as smoking
from assaymark_pipelines import validate as validating
from assaymark_pipelines.gate import Result, collected, status, summary
from assaymark_pipelines.images import BASE
from assaymark_pipelines.registry import Login
from assaymark_pipelines.settings import Settings
from assaymark_pipelines.tags import About
from assaymark_pipelines.toolbox import Origin

Words = Annotated[list[str] | None, Doc("Options of the command, as on its command line")]
Source = Annotated[dagger.Directory | None, Doc("The repository, if not that of the module's constructor")]
Manifest = Annotated[dagger.File, Doc("The manifest: what is built, tried and published")]
Commit = Annotated[str, Doc("The commit that is built")]
Date = Annotated[str, Doc("Of the commit (2026-11-30), not of the build")]
Version = Annotated[str, Doc("The version, if it is a release")]
Branch = Annotated[str, Doc("The branch, if it is one")]
Url = Annotated[str, Doc("Where the source is published")]
User = Annotated[str, Doc("Who logs in to the registry")]
Password = Annotated[dagger.Secret | None, Doc("The password of that user: env://NAME")]


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
    async def image(
        self,
        manifest: Manifest,
        commit: Commit,
        date: Date,
        source: Source = None,
        version: Version = "",
        branch: Branch = "",
        url: Url = "",
    ) -> dagger.Directory:
        """Build an image for every platform, test it, describe it; publish nothing."""
        about = About(commit=commit, date=date, version=version, branch=branch, source=url)
        read = await _read(manifest)
        return collected(await flow.built(read, source or self.source, about, self._settings(), None, None))

    @function(cache="never")
    async def image_candidate(
        self,
        manifest: Manifest,
        commit: Commit,
        date: Date,
        source: Source = None,
        version: Version = "",
        branch: Branch = "",
        url: Url = "",
        user: User = "",
        password: Password = None,
    ) -> dagger.Directory:
        """The same, and publish it to be judged: candidate.json names it by its digest."""
        about = About(commit=commit, date=date, version=version, branch=branch, source=url)
        read = await _read(manifest)
        kept: list[imaging.Candidate] = []
        login = _login(user, password)
        results = await flow.built(read, source or self.source, about, self._settings(), login, kept.append)
        reports = collected(results)
        return reports.with_new_file(flow.CANDIDATE, kept[-1].to_json()) if kept else reports

    @function(cache="never")
    async def image_promote(
        self,
        manifest: Manifest,
        candidate: Annotated[dagger.File, Doc("candidate.json of the build")],
        judged: Annotated[list[dagger.File], Doc("assessment.json about this candidate, at least one")],
        commit: Commit,
        date: Date,
        version: Version = "",
        branch: Branch = "",
        user: User = "",
        password: Password = None,
    ) -> dagger.Directory:
        """Give a judged candidate its final tags, by digest; nothing is built."""
        about = About(commit=commit, date=date, version=version, branch=branch)
        read = await _read(manifest)
        found = imaging.candidate_of(await candidate.contents(), "candidate")
        imaging.all_judged({f"judged {n}": await report.contents() for n, report in enumerate(judged, 1)}, found)
        once = secrets.token_hex(8)
        return collected(await imaging.promote(read, found, about, self._settings(), _login(user, password), once))

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


async def _read(manifest: dagger.File) -> describing.Manifest:
    """What is asked of an image. Raises what `describing.read` does."""
    return describing.read((await manifest.contents()).encode(), "manifest")


def _login(user: str, password: dagger.Secret | None) -> Login | None:
    """Both or neither. Raises ValueError."""
    if bool(user) != bool(password):
        raise ValueError("a login needs a user and a password")
    return Login(user=user, password=password) if password else None


def _held(results: Sequence[Result]) -> str:
    """What the gates said. Raises when one is not met: that is how a check fails."""
    told = "\n".join(f"{result.stdout}{result.stderr}" for result in results)
    if code := status(results):
        reasons = [f"{result.name}: {result.outcome.value} {result.reason}" for result in results]
        raise RuntimeError("\n".join([*reasons, told, f"exit status {code}"]))
    return told or json.dumps(json.loads(summary(results)))
