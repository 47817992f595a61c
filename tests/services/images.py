"""Images made in the test: a busybox of the host in a tar, as ``docker save`` and as an OCI layout. No registry."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

APPLETS = ("sh", "cat", "echo", "sleep", "true", "false", "id", "ls", "touch", "env", "mkdir", "rm", "wc")
# What a reporter inside a pod needs of an image.
APPLETS += ("date", "od", "tr", "uname", "kill", "tail", "setsid", "ln")
CONFIG: dict[str, Any] = {
    "User": "1000:1000",
    "Cmd": ["/bin/tool", "--version"],
    "Env": ["PATH=/usr/bin:/bin"],
    "Labels": {
        "org.opencontainers.image.source": "https://example.org/lab/tool",
        "org.opencontainers.image.revision": "a" * 40,
        "org.opencontainers.image.version": "1.2.3",
        "org.opencontainers.image.licenses": "Apache-2.0",
        "org.opencontainers.image.base.digest": "sha256:" + "b" * 64,
    },
}


@dataclass(frozen=True)
class File:
    """A member of a layer; ``link`` makes it a symbolic link, ``hard`` a hard one."""

    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    link: str | None = None
    hard: str | None = None
    folder: bool = False
    kind: bytes | None = None


Layer = Mapping[str, File]


@dataclass(frozen=True)
class Made:
    """What an image consists of before it is written."""

    layers: Sequence[Layer]
    config: Mapping[str, Any] = field(default_factory=lambda: CONFIG)
    architecture: str = "amd64"
    history: Sequence[str] = ("COPY rootfs / # buildkit",)


def busybox() -> Layer:
    """A root file system that runs: busybox (statically linked), a tool with a version, an SBOM."""
    # Where there is none it can be made, but not run: who runs it is marked so.
    program = shutil.which("busybox")
    files: dict[str, File] = {name: File(folder=True, mode=0o755) for name in ("bin", "etc", "tmp", "usr", "usr/share")}
    files["tmp"] = File(folder=True, mode=0o1777)
    files["bin/busybox"] = File(Path(program).read_bytes() if program else b"", 0o755)
    files |= {f"bin/{name}": File(link="busybox") for name in APPLETS}
    files["bin/tool"] = File(b"#!/bin/sh\necho tool 1.2.3\n", 0o755)
    files["etc/passwd"] = File(b"root:x:0:0::/:/bin/sh\ntool:x:1000:1000::/tmp:/bin/sh\n")
    files["etc/group"] = File(b"root:x:0:\ntool:x:1000:\n")
    files["usr/share/sbom.spdx.json"] = File(b'{"spdxVersion": "SPDX-2.3"}')
    return files


def linked(*programs: tuple[str, Path]) -> Layer:
    """Programs and libraries of this machine at these places, with all that they are linked to, and the folders."""
    files: dict[str, File] = {}
    for name, program in programs:
        files[name] = File(program.read_bytes(), 0o755)
        told = subprocess.run(["ldd", str(program)], check=True, capture_output=True, text=True).stdout
        for line in told.splitlines():
            words = [w for w in line.split() if w.startswith("/")]
            if words:
                each = "lib/" + Path(line.split()[0]).name
                files[each] = File(Path(words[-1]).resolve().read_bytes(), 0o755)
                if "ld-linux" in each:
                    files["lib64/" + Path(each).name] = files[each]
    return with_folders(files)


def with_folders(files: Layer) -> Layer:
    """With the folders above each file."""
    above = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    return dict(sorted({**{name: File(folder=True, mode=0o755) for name in above}, **files}.items()))


_USED = (
    "import sys, sysconfig, ctypes, ctypes.util, re, pathlib, time, os\n"
    "files = {m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)}\n"
    "print(sysconfig.get_path('stdlib'), *files, sep='\\n')"
)


def python() -> Layer:
    """The Python of the tests with as much of its library as our probes need."""
    program = Path(sys.executable).resolve()
    told = subprocess.run([str(program), "-I", "-c", _USED], check=True, capture_output=True, text=True).stdout
    library, *files = told.splitlines()
    used = [Path(f) for f in files if Path(f).is_relative_to(library) and "site-packages" not in f]
    place = f"usr/lib/python{sys.version_info.major}.{sys.version_info.minor}"
    used += [Path(library, "encodings", name) for name in ("ascii.py", "latin_1.py")]
    compiled = [(f"{place}/{f.relative_to(library)}", f) for f in used if f.suffix == ".so"]
    text = {f"{place}/{f.relative_to(library)}": File(f.read_bytes()) for f in used if f.suffix == ".py"}
    return with_folders({**linked(("usr/bin/python3", program), *compiled), **text})


def tar_of(layer: Layer) -> bytes:
    """A layer's bytes, the same for the same files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, file in layer.items():
            info = tarfile.TarInfo(name)
            info.mode, info.uid, info.gid = file.mode, file.uid, file.uid
            if file.kind is not None:
                info.type = file.kind
            elif file.folder:
                info.type = tarfile.DIRTYPE
            elif file.link is not None:
                info.type, info.linkname = tarfile.SYMTYPE, file.link
            elif file.hard is not None:
                info.type, info.linkname = tarfile.LNKTYPE, file.hard
            info.size = len(file.content) if info.isreg() else 0
            tar.addfile(info, io.BytesIO(file.content))
    return out.getvalue()


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _config(made: Made, tars: Sequence[bytes]) -> bytes:
    return json.dumps(
        {
            "architecture": made.architecture,
            "os": "linux",
            "created": "2026-11-01T00:00:00Z",
            "config": dict(made.config),
            "rootfs": {"type": "layers", "diff_ids": [digest_of(t) for t in tars]},
            "history": [{"created_by": line} for line in made.history],
        }
    ).encode()


def docker_archive(made: Made, path: Path) -> Path:
    """As ``docker save`` writes it."""
    tars = [tar_of(layer) for layer in made.layers]
    config = _config(made, tars)
    name = digest_of(config).removeprefix("sha256:") + ".json"
    members = {f"{n}/layer.tar": data for n, data in enumerate(tars)} | {name: config}
    listed = [{"Config": name, "RepoTags": ["lab/tool:1"], "Layers": [f"{n}/layer.tar" for n in range(len(tars))]}]
    members["manifest.json"] = json.dumps(listed).encode()
    with tarfile.open(path, "w") as tar:
        for each, data in members.items():
            info = tarfile.TarInfo(each)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def oci_layout(made: Made, folder: Path, annotations: Mapping[str, str] | None = None) -> Path:
    """An OCI layout with gzipped layers."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, media: str) -> dict[str, Any]:
        digest = digest_of(data)
        (blobs / digest.removeprefix("sha256:")).write_bytes(data)
        return {"mediaType": media, "digest": digest, "size": len(data)}

    tars = [tar_of(layer) for layer in made.layers]
    kind = "application/vnd.oci.image"
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{kind}.manifest.v1+json",
        "config": put(_config(made, tars), f"{kind}.config.v1+json"),
        "layers": [put(gzip.compress(t, mtime=0), f"{kind}.layer.v1.tar+gzip") for t in tars],
        "annotations": dict(annotations or {}),
    }
    entry = put(json.dumps(manifest).encode(), f"{kind}.manifest.v1+json")
    (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [entry]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder
