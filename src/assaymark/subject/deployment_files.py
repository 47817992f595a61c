"""The fact ``deployment_files``: how the software gets deployed, as code that lies in the repository."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assaymark.api import Entry, Tree, fact
from assaymark.patterns import late
from assaymark.records import NamedTuple
from assaymark.subject.languages import is_foreign
from assaymark.subject.packaging_files import ASIDE, container_files

_HEAD = 16_384
_MAX_YAML = 600
# Tools that set up machines or clusters; the rest are recipes that one of these (or a person) runs.
MANAGERS = frozenset(
    (
        "Docker Compose",
        "Kubernetes",
        "Helm",
        "Kustomize",
        "Ansible",
        "Terraform",
        "TOSCA",
        "Puppet",
        "Chef",
        "Salt",
        "Nomad",
        "RADL",
    )
)
_FAMILY = {"Helm": "Kubernetes", "Kustomize": "Kubernetes"}
# For files that few projects have, so compiled on use.
_KUBERNETES = r"(?m)^kind:[ \t]*[\"']?(?:Deployment|StatefulSet|DaemonSet|CronJob|Job|Pod|Service|Ingress)\b"
_PLAY = r"(?m)^-[ \t]+(?:name:[^\n]*\n[ \t]+)?hosts:"
_START = late(r"^[ \t]*(?:CMD|ENTRYPOINT)\b", re.MULTILINE | re.IGNORECASE)
# Bases that start their server by themselves: a last stage on one of them needs no command of its own.
_SERVER = late(r"(?i)[ \t]*FROM[ \t]+(?:--\S+[ \t]+)?(?:\S+/)?(?:nginx|httpd|caddy|tomcat|jetty|wildfly)\b")
_STAGE = late(r"^[ \t]*FROM[ \t]", re.MULTILINE | re.IGNORECASE)
_FROM_CONTEXT = late(r"^[ \t]*(?:COPY|ADD)\s+(?!.*--from=)\S", re.MULTILINE | re.IGNORECASE)
_IMAGE = r"(?m)^[ \t]*-?[ \t]*image:[ \t]*[\"']?(?P<name>[\w./:${}@-]+?)[\"']?\s*(?:#.*)?$"
_BUILD = r"(?m)^[ \t]+build:"
_VERSION = r"(?m)^[ \t]*(?P<key>appVersion|version):[ \t]*[\"']?(?P<value>v?\d[\w.+-]*)[\"']?"
_RECIPE = (
    r"(?m)\{%-?\s?set version\s?=\s?[\"'](?P<jinja>\d[\w.+-]*)[\"']"
    r"|^(?:package|context):\s*\n(?:[ \t]+\w+:[^\n]*\n){0,5}?"
    r"[ \t]+version:[ \t]*[\"']?(?P<plain>\d[\w.+-]*)"
)
_NAMES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("Docker Compose", late(r"(?:.*/)?(?:docker-)?compose[\w.-]*\.ya?ml", re.IGNORECASE)),
    ("Helm", late(r"(?:.*/)?Chart\.yaml")),
    ("Kustomize", late(r"(?:.*/)?kustomization\.ya?ml")),
    ("Ansible", late(r"(?:.*/)?(?:roles/[^/]+/tasks/main|playbooks?/[^/]+)\.ya?ml|tasks/main\.yml|galaxy\.yml")),
    ("Terraform", late(r".*\.(?:tf|tofu)")),
    ("Apptainer", late(r"(?:.*/)?Singularity[\w.-]*|.*\.def")),
    ("Spack", late(r"(?:.*/)?spack\.yaml|(?:.*/)?(?:spack|spack_repo|packages)/(?:.*/)?package\.py")),
    ("EasyBuild", late(r".*\.eb")),
    ("conda", late(r"(?:.*/)?(?:conda|recipes?|conda[.-]recipes?)/(?:.*/)?(?:meta|recipe)\.yaml|meta\.yaml")),
    ("Nix", late(r"flake\.nix|default\.nix|nix/.*\.nix")),
    ("Guix", late(r"guix\.scm")),
    ("Nomad", late(r".*\.nomad(?:\.hcl)?")),
    ("Puppet", late(r".*\.pp")),
    ("Chef", late(r"(?:.*/)?cookbooks/.*\.rb")),
    ("Salt", late(r".*\.sls")),
    ("RADL", late(r".*\.radl")),
    ("systemd", late(r".*\.service")),
    ("platform", late(r"Procfile|app\.yaml|fly\.toml|render\.yaml|serverless\.ya?ml|netlify\.toml|vercel\.json")),
)
_SURE = {
    "Docker Compose": late(
        r"^[\"']?(?:services|include|version)[\"']?[ \t]*:|^[ \t]+(?:image|build)[ \t]*:", re.MULTILINE
    ),
    "Apptainer": late(r"^[ \t]*Bootstrap:", re.MULTILINE | re.IGNORECASE),
    "Spack": late(r"spack"),
    "systemd": late(r"^\[Unit\]", re.MULTILINE),
    "Puppet": late(r"\bclass\b|\bnode\b"),
    # What only publishes documentation deploys no software.
    "platform": late(
        r"\A(?!.*\bpublish\s*=\s*[\"'][^\"'\n]*(?:\bdocs?\b|documentation|storybook|\.vitepress/|_build/html))"
        r"(?!.*\bcommand\s*=\s*[\"'][^\"'\n]*\b(?:mkdocs|sphinx-build|mdbook|docusaurus)\b).*\S",
        re.DOTALL,
    ),
}
_SERVICE_SIGNS = late(r"(?:.*/)?(?:wsgi|asgi|manage)\.py|(?:.*/)?(?:openapi|swagger)\.(?:ya?ml|json)|.*\.service")


class Deployment(NamedTuple):
    """One file of the deployment, and the tool it is written for."""

    kind: str
    path: str


class ImageUse(NamedTuple):
    """An image that a deployment starts; ``tag`` is '' when it names none, and may be a variable."""

    path: str
    line: int
    name: str
    tag: str


class StatedVersion(NamedTuple):
    """A version of the software that a deployment states."""

    path: str
    line: int
    key: str
    value: str


class DeploymentFiles(NamedTuple):
    """The deployment module, as far as it lies here.

    ``from_source`` are the files that build what they deploy from this very commit; ``services`` are signs that the
    software runs as a service.
    """

    files: tuple[Deployment, ...] = ()
    images: tuple[ImageUse, ...] = ()
    versions: tuple[StatedVersion, ...] = ()
    from_source: tuple[str, ...] = ()
    services: tuple[str, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The tools that are used, by name."""
        return tuple(sorted({f.kind for f in self.files}))

    @property
    def managers(self) -> tuple[str, ...]:
        """The configuration managers among them; Helm and Kustomize are ways to write Kubernetes."""
        return tuple(sorted({_FAMILY.get(k, k) for k in self.kinds if k in MANAGERS}))

    def first(self, kind: str) -> str:
        """The first file of a kind."""
        return next(f.path for f in self.files if f.kind == kind)


@fact
def deployment_files(tree: Tree) -> DeploymentFiles:
    """Told by name, and by content where a name says too little; examples, tests and documentation are left out."""
    files: list[Deployment] = []
    services: list[str] = []
    unsure: list[Entry] = []
    for entry in tree:
        if entry.is_symlink or entry.is_submodule or ASIDE.search(entry.path) or is_foreign(entry.path):
            continue
        if _SERVICE_SIGNS.fullmatch(entry.path):
            services.append(entry.path)
        kind = _by_name(tree, entry)
        if kind:
            files.append(Deployment(kind, entry.path))
        elif entry.path.endswith((".yml", ".yaml")) and len(unsure) < _MAX_YAML:
            unsure.append(entry)
    files.extend(_by_content(tree, unsure))
    from_source = []
    for entry in container_files(tree):
        text = tree.text(entry.path, _HEAD)
        if _START.search(text) or _SERVER.match(text[_last_stage(text) :]):
            files.append(Deployment("container image", entry.path))
            if _FROM_CONTEXT.search(text):
                from_source.append(entry.path)
    files.sort(key=lambda f: (f.path, f.kind))
    images, versions = _stated(tree, files)
    from_source += [f.path for f in files if f.kind == "Docker Compose" and re.search(_BUILD, tree.text(f.path, _HEAD))]
    return DeploymentFiles(
        files=tuple(files),
        images=images,
        versions=versions,
        from_source=tuple(sorted(from_source)),
        services=tuple(services),
    )


def _last_stage(text: str) -> int:
    return max((found.start() for found in _STAGE.finditer(text)), default=0)


def _by_name(tree: Tree, entry: Entry) -> str:
    for kind, pattern in _NAMES:
        if pattern.fullmatch(entry.path):
            sure = _SURE.get(kind)
            return kind if sure is None or sure.search(tree.text(entry.path, _HEAD)[:_HEAD]) else ""
    return ""


def _by_content(tree: Tree, entries: list[Entry]) -> Iterator[Deployment]:
    for entry in entries:
        if entry.path.startswith("."):
            continue
        text = tree.text(entry.path, _HEAD)[:_HEAD]
        if "tosca_definitions_version" in text:
            yield Deployment("TOSCA", entry.path)
        elif "apiVersion:" in text and re.search(_KUBERNETES, text):
            yield Deployment("Kubernetes", entry.path)
        elif "hosts:" in text and re.search(_PLAY, text):
            yield Deployment("Ansible", entry.path)


def _stated(tree: Tree, files: list[Deployment]) -> tuple[tuple[ImageUse, ...], tuple[StatedVersion, ...]]:
    images: list[ImageUse] = []
    versions: list[StatedVersion] = []
    for file in files:
        if file.kind in ("Docker Compose", "Kubernetes"):
            text = tree.text(file.path, _HEAD)
            for found in re.finditer(_IMAGE, text):
                name, tag = _image(found["name"])
                images.append(ImageUse(file.path, text.count("\n", 0, found.start("name")) + 1, name, tag))
        elif file.kind == "conda":
            text = tree.text(file.path, _HEAD)
            for found in re.finditer(_RECIPE, text):
                line = text.count("\n", 0, found.start()) + 1
                versions.append(StatedVersion(file.path, line, "version", found["jinja"] or found["plain"]))
        elif file.kind == "Helm" or file.path == "galaxy.yml":
            text = tree.text(file.path, _HEAD)
            wanted = "appVersion" if file.kind == "Helm" else "version"
            for found in re.finditer(_VERSION, text):
                if found["key"] == wanted:
                    line = text.count("\n", 0, found.start("key")) + 1
                    versions.append(StatedVersion(file.path, line, wanted, found["value"]))
    return tuple(images), tuple(versions)


def _image(text: str) -> tuple[str, str]:
    """Name and tag; a tag that is (or holds) a variable is ``$``, a digest counts as a tag."""
    if "$" in text:
        return text.partition("$")[0].rstrip(":"), "$"
    name, at, digest = text.partition("@")
    if at:
        return name, digest
    name, _, tag = text.rpartition(":")
    return (text, "") if not name or "/" in tag else (name, tag)
