"""What the checks of services look at: the manifest, and what was seen when ``assaymark service`` asked the service."""

from __future__ import annotations

from dataclasses import dataclass

from assaymark.api import FactUnavailable, InputError, Options, Tree, fact
from assaymark_services.manifest import Manifest, looks_like, read
from assaymark_services.observe import Observed

REMEDY = "assaymark service MANIFEST"
NAMES = ("**/service.toml", "**/*.service.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that is a manifest of a service: what it says, or what is wrong with it."""

    path: str
    manifest: Manifest | None = None
    problem: str = ""


@fact
def service_documents(tree: Tree, options: Options) -> tuple[Document, ...]:
    """Every manifest of a service in the repository. None of them is acted on."""
    return tuple(d for entry in tree.glob(*NAMES) if (d := _document(tree.text(entry.path), entry.path, options)))


def _document(text: str, path: str, options: Options) -> Document | None:
    if not looks_like(text):
        return None
    try:
        table = read(text, path)
    except InputError as wrong:
        return Document(path=path, problem=str(wrong).replace("\n", ";"))
    root = options.root.resolve() if options.root else None
    return Document(
        path=path, manifest=Manifest(name=path, text=text, data=table, path=root / path if root else None, root=root)
    )


@fact
def service_manifest(service_documents: tuple[Document, ...]) -> Manifest:
    """The manifest: that of the verb, else the one that the repository holds."""
    whole = [d.manifest for d in service_documents if d.manifest]
    if not service_documents:
        raise FactUnavailable("the repository holds no manifest of a service (service.toml)", remedy=REMEDY)
    if len(whole) != 1 or len(service_documents) > 1:
        said = f"{len(service_documents)} manifests of services, {len(whole)} of them valid"
        raise FactUnavailable(said, remedy=f"judge each: {REMEDY}")
    return whole[0]


@fact
def service_observed() -> Observed:
    """What the service answered."""
    raise FactUnavailable("the service was not contacted", remedy=REMEDY)


FACTS = (service_documents, service_manifest, service_observed)
