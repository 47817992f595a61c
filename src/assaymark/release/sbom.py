"""What is inside a release, as CycloneDX 1.6 and SPDX 2.3: the same bytes for the same lock, commit and version."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from assaymark.errors import InputError
from assaymark.release.folder import File

if TYPE_CHECKING:
    from assaymark.release.dependencies import Dependency
    from assaymark.release.source import Source

HINT = 'install it: pip install "assaymark[release]"'


def cyclonedx(source: Source, found: Sequence[Dependency], files: Sequence[File]) -> str:
    """CycloneDX as JSON: the release with its files as the main component, and everything locked below it."""
    try:
        from cyclonedx.model.bom import Bom, BomMetaData
        from cyclonedx.model.component import Component, ComponentType
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError as problem:
        raise InputError("SBOMs are written by a library that is not installed", hint=HINT) from problem
    from cyclonedx.model import HashAlgorithm, HashType
    from packageurl import PackageURL

    version = _version(source)
    root = Component(
        name=source.name,
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref=f"{source.name}@{version}",
        licenses=_licences(source.licence),
        purl=PackageURL("pypi", name=source.name.lower(), version=version) if files else None,
        components=[
            Component(
                name=file.name,
                type=ComponentType.FILE,
                bom_ref=file.name,
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=file.sha256)],
            )
            for file in files
        ],
    )
    parts = [
        Component(
            name=each.name,
            version=each.version,
            type=ComponentType.LIBRARY,
            bom_ref=f"{each.name}@{each.version}",
            licenses=_licences(each.licence),
            purl=PackageURL("pypi", name=each.name, version=each.version),
        )
        for each in found
    ]
    metadata = BomMetaData(component=root, timestamp=_moment(source))
    bom = Bom(components=parts, metadata=metadata, serial_number=uuid5(NAMESPACE_URL, _about(source)))
    bom.register_dependency(root, parts)
    # The library names itself with its version, which is no fact about the release.
    bom.metadata.tools.tools.clear()
    bom.metadata.tools.components.clear()
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def spdx(source: Source, found: Sequence[Dependency], files: Sequence[File]) -> str:
    """SPDX 2.3 as JSON. The library checks the document before it writes it."""
    try:
        from spdx_tools.spdx.model import (
            Actor,
            ActorType,
            CreationInfo,
            Document,
            Relationship,
            RelationshipType,
            SpdxNoAssertion,
        )
        from spdx_tools.spdx.writer.json import json_writer
    except ImportError as problem:
        raise InputError("SBOMs are written by a library that is not installed", hint=HINT) from problem
    version = _version(source)
    creation = CreationInfo(
        spdx_version="SPDX-2.3",
        spdx_id="SPDXRef-DOCUMENT",
        name=f"{source.name}-{version}",
        document_namespace=_about(source),
        creators=[Actor(ActorType.TOOL, "assaymark")],
        created=_moment(source).replace(tzinfo=None),
    )
    here = _address(source)
    main = _package("SPDXRef-Package", source.name, version, source.licence, here or SpdxNoAssertion())
    parts = [
        _package(f"SPDXRef-{n}-{_slug(d.name)}", d.name, d.version, d.licence, SpdxNoAssertion())
        for n, d in enumerate(found)
    ]
    relationships = [
        Relationship("SPDXRef-DOCUMENT", RelationshipType.DESCRIBES, main.spdx_id),
        *(Relationship(main.spdx_id, RelationshipType.DEPENDS_ON, p.spdx_id) for p in parts),
    ]
    built = [_built(n, f) for n, f in enumerate(files)]
    relationships += [Relationship(b.spdx_id, RelationshipType.GENERATED_FROM, main.spdx_id) for b in built]
    document = Document(creation, packages=[main, *parts, *built], relationships=relationships)
    out = StringIO()
    try:
        json_writer.write_document_to_stream(document, out)
    except ValueError as problem:
        raise InputError(f"the SBOM would not be SPDX: {problem}") from problem
    return json.dumps(json.loads(out.getvalue()), indent=1, sort_keys=True) + "\n"


def _package(id: str, name: str, version: str, licence: str, address: Any) -> Any:
    from packageurl import PackageURL
    from spdx_tools.spdx.model import ExternalPackageRef, ExternalPackageRefCategory, Package, SpdxNoAssertion

    purl = PackageURL("pypi", name=name.lower(), version=version).to_string()
    declared = _parsed(licence)
    return Package(
        spdx_id=id,
        name=name,
        version=version,
        download_location=address,
        files_analyzed=False,
        license_concluded=SpdxNoAssertion(),
        license_declared=SpdxNoAssertion() if declared is None else declared,
        copyright_text=SpdxNoAssertion(),
        external_references=[ExternalPackageRef(ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl)],
    )


def _built(number: int, file: File) -> Any:
    """A file of the release as a package of its own, by its digest (SPDX wants SHA-1 of what it calls a file)."""
    from spdx_tools.spdx.model import Checksum, ChecksumAlgorithm, Package, PackagePurpose, SpdxNoAssertion

    return Package(
        spdx_id=f"SPDXRef-Built-{number}",
        name=file.name,
        file_name=file.name,
        download_location=SpdxNoAssertion(),
        files_analyzed=False,
        checksums=[Checksum(ChecksumAlgorithm.SHA256, file.sha256)],
        license_concluded=SpdxNoAssertion(),
        license_declared=SpdxNoAssertion(),
        copyright_text=SpdxNoAssertion(),
        primary_package_purpose=PackagePurpose.ARCHIVE,
    )


def _licences(expression: str) -> list[Any]:
    from cyclonedx.contrib.license.factories import LicenseFactory

    return [LicenseFactory().make_from_string(expression)] if expression else []


def _parsed(expression: str) -> Any:
    """An expression as the library wants it; None where SPDX does not know it."""
    from license_expression import ExpressionError, ExpressionParseError

    from assaymark.release.licences import licensing

    try:
        return licensing().parse(expression, validate=True) if expression else None
    except (ExpressionError, ExpressionParseError):
        return None


def _version(source: Source) -> str:
    return source.version.text.removeprefix("v") if source.version else source.commit


def _moment(source: Source) -> datetime:
    return datetime.fromtimestamp(source.time, UTC)


def _address(source: Source) -> str:
    repository = source.opened.subject.repository
    return f"git+https://{repository}@{source.commit}" if repository else ""


def _about(source: Source) -> str:
    """An address of its own for the documents of this release."""
    repository = source.opened.subject.repository or source.name
    return f"https://assaymark.github.io/id/sbom/{repository}/{_version(source)}/{source.commit}"


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "-" for c in name)
