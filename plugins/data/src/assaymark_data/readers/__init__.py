"""One reader per metadata format, each ``tree -> Record | None``: None when the document is of another format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assaymark_data.record import Record

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element


def of_tree(tree: Any, where: str) -> Record | None:
    """The record in a JSON document."""
    from assaymark_data.readers import datacite, dcat, frictionless, ro_crate, schema_org, stac

    for reader in (
        ro_crate.read,
        stac.read,
        frictionless.read,
        datacite.read,
        dcat.read,
        schema_org.read,
    ):
        if found := reader(tree, where):
            return found
    return None


def of_element(root: Element, where: str) -> Record | None:
    """The record in an XML document."""
    from assaymark_data.readers import datacite, dublin_core, iso

    return datacite.read_xml(root, where) or iso.read_xml(root, where) or dublin_core.read_xml(root, where)
