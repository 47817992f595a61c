"""An image at rest -> `assaymark.image.Image`: its configuration and the files that a container would see."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assaymark.errors import InputError
from assaymark.image import Image, Layer
from assaymark.images import folder, packed
from assaymark.images.content import Look
from assaymark.images.scan import Scan
from assaymark.images.source import Manifest, Source, manifest, opened


def read(path: str | Path, architecture: str | None = None, look: Look | None = None) -> Image:
    """The image at a path: OCI layout (folder or archive), ``docker save``, unpacked folder, squashfs or SIF.

    ``architecture`` chooses among several; ``look`` reads what is compiled. Raises InputError when it is none, damaged,
    or other than its digests.
    """
    where = Path(path)
    if folder.is_root(where):
        return _in_place(where, look)
    if where.is_file() and (found := packed.packed(where)) is not None:
        return _packed(where, found, look)
    with opened(where) as source:
        chosen = manifest(source, architecture)
        scan = Scan(source.refused, look)
        for number, blob in enumerate(chosen.layers):
            scan.add(source, number, blob)
        return _image(str(path), chosen, scan, source)


def _in_place(where: Path, look: Look | None) -> Image:
    tree = folder.Tree(where)
    scan = Scan(_refusal(where), look)
    unpacked, count = scan.files(0, tree, whole=True)
    digest, notes = folder.digest_of(where, tree)
    layer = Layer(digest=digest, stored=unpacked, unpacked=unpacked, files=count)
    return _unconfigured(where, "folder", scan, layer, notes=notes)


def _packed(where: Path, found: packed.Packed, look: Look | None) -> Image:
    digest = packed.digest_of(where)
    scan = Scan(_refusal(where), look)
    with packed.listed(where, found) as members:
        unpacked, count = scan.files(0, members, whole=True)
    layer = Layer(digest=digest, stored=where.stat().st_size, unpacked=unpacked, files=count)
    notes = {"digest": "of the file itself"} | (
        {"signature": "there is one; it was not verified"} if found.signed else {}
    )
    told = {"architecture": found.architecture, "referrers": found.referrers}
    return _unconfigured(where, found.form, scan, layer, notes=notes, **told)


def _refusal(where: Path) -> Any:
    return lambda why: InputError(why, where=str(where))


def _unconfigured(where: Path, form: str, scan: Scan, layer: Layer, **told: Any) -> Image:
    """An image whose frame keeps no configuration: what Apptainer puts into the files takes its place."""
    told["architecture"] = told.get("architecture") or _common(scan)
    return Image(
        path=str(where),
        digest=layer.digest,
        format=form,
        system="linux" if told["architecture"] else "",
        entrypoint=(_RUNSCRIPT,) if _RUNSCRIPT.lstrip("/") in scan.members else (),
        labels=_apptainer_labels(scan.contents.texts.get(_LABELS, b"")),
        layers=(layer,),
        members=scan.members,
        configured=False,
        **_contents(scan),
        **told,
    )


def _common(scan: Scan) -> str:
    """The processor that most programs are made for: some bring files for others."""
    from collections import Counter

    machines = Counter(binary.machine for binary in scan.contents.binaries.values() if binary.loader)
    return machines.most_common(1)[0][0] if machines else ""


_RUNSCRIPT, _LABELS = "/.singularity.d/runscript", ".singularity.d/labels.json"


def _apptainer_labels(text: bytes) -> dict[str, str]:
    try:
        return _pairs(json.loads(text)) if text else {}
    except (ValueError, RecursionError):
        return {}


def _contents(scan: Scan) -> dict[str, Any]:
    found = scan.contents
    return {
        "heads": found.heads,
        "texts": found.texts,
        "binaries": found.binaries,
        "unread": tuple(sorted(found.unread)),
    }


def _image(path: str, found: Manifest, scan: Scan, source: Source) -> Image:
    config: Any = found.config.get("config") or {}
    if not isinstance(config, dict):
        raise source.refused("the configuration is malformed")
    return Image(
        path=path,
        digest=found.digest,
        format=found.format,
        architecture=_text(found.config.get("architecture")),
        system=_text(found.config.get("os")),
        user=_text(config.get("User")),
        entrypoint=_words(config.get("Entrypoint")),
        command=_words(config.get("Cmd")),
        environment=_environment(config.get("Env")),
        labels=_pairs(config.get("Labels")) | dict(found.annotations),
        created=_text(found.config.get("created")),
        history=_history(found.config.get("history")),
        layers=tuple(scan.layers),
        members=scan.members,
        wasted=scan.wasted,
        referrers=found.referrers,
        **_contents(scan),
    )


def _text(value: Any) -> str:
    return value[:1000] if isinstance(value, str) else ""


def _words(value: Any) -> tuple[str, ...]:
    return tuple(w for w in value if isinstance(w, str)) if isinstance(value, list) else ()


def _pairs(value: Any) -> dict[str, str]:
    return {str(k): _text(v) for k, v in list(value.items())[:1000]} if isinstance(value, dict) else {}


def _environment(value: Any) -> dict[str, str]:
    pairs = (word.partition("=") for word in _words(value))
    return {name: content for name, _, content in pairs if name}


def _history(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(_text(step.get("created_by")) for step in value[:1000] if isinstance(step, dict))
