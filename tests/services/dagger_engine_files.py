"""Directories and files of the stand-in: read from the host, made in queries, or taken out of containers."""

from __future__ import annotations

import fnmatch
import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from dagger_engine import Engine, Node, Refused

# Path within the directory -> content; None is a folder without anything in it.
Files = dict[str, bytes | None]


class Program(bytes):
    """The content of a file that may be executed."""


def of_host(path: str, exclude: list[str]) -> Files:
    """A folder of this machine without what is excluded; links are left out."""
    root = Path(path)
    if not root.is_dir():
        raise Refused(f"Host.directory: no such directory: {path}")
    found: Files = {}
    for folder, folders, names in os.walk(root):
        inside = Path(folder).relative_to(root)
        folders[:] = [n for n in folders if not _excluded((inside / n).as_posix(), exclude)]
        for name in names:
            file = Path(folder, name)
            if not _excluded((inside / name).as_posix(), exclude) and not file.is_symlink():
                data = file.read_bytes()
                found[(inside / name).as_posix()] = Program(data) if os.access(file, os.X_OK) else data
    return found


def _excluded(path: str, patterns: list[str]) -> bool:
    for pattern in patterns:
        tail = pattern.removeprefix("**/")
        if fnmatch.fnmatchcase(path, pattern.rstrip("/")) or (
            tail != pattern and fnmatch.fnmatchcase(path.rpartition("/")[2], tail.rstrip("/"))
        ):
            return True
    return False


def inside(path: str, folder: str = "") -> str:
    """A path as the maps have it: no slash in front, nothing relative."""
    joined = PurePosixPath("/", folder, path)
    return str(joined).strip("/")


def put(files: Files, path: str, more: Files) -> Files:
    """With a directory laid over it."""
    path = inside(path)
    out = {k: v for k, v in files.items() if not (v is None and path.startswith(f"{k}/"))}
    if not more:
        return out | {path: None} if path else out
    return out | {inside(name, path): data for name, data in more.items()}


def below(files: Mapping[str, bytes | None], path: str) -> Files:
    """What lies below a path. Refused when there is no such directory."""
    path = inside(path)
    if not path:
        return dict(files)
    found = {k[len(path) + 1 :]: v for k, v in files.items() if k.startswith(f"{path}/")}
    if not found and not (path in files and files[path] is None):
        raise Refused(f"lstat /{path}: no such file or directory")
    return found


def one(files: Mapping[str, bytes | None], path: str) -> bytes:
    """A file. Refused when there is none."""
    data = files.get(inside(path))
    if data is None:
        raise Refused(f"lstat /{inside(path)}: no such file or directory")
    return data


def directory(engine: Engine, node: Node, of_container: Callable[[Node, str], Files]) -> Files:
    """The content of a ``Directory`` node; ``of_container`` takes one out of a container."""

    def again(id: Any) -> Files:
        return directory(engine, engine.node(id), of_container)

    given, parent = node.arguments, node.parent
    if node.field == "directory":
        if parent is None:
            return {}
        if parent.type == "Host":
            return of_host(given["path"], given.get("exclude") or [])
        if parent.type == "Container":
            return of_container(parent, given["path"])
        return below(directory(engine, parent, of_container), given["path"])
    if parent is None or parent.type != "Directory":
        raise Refused(f"{node.type}.{node.field}: this stand-in does not know it")
    files = directory(engine, parent, of_container)
    if node.field == "withNewDirectory":
        return put(files, given["path"], {})
    if node.field == "withNewFile":
        return put(files, "", {inside(given["path"]): given["contents"].encode()})
    if node.field == "withDirectory":
        return put(files, given["path"], again(given["source"]))
    if node.field == "withFile":
        data = file(engine, engine.node(given["source"]), of_container)
        return put(files, "", {inside(given["path"]): data})
    if node.field == "withoutDirectory":
        gone = inside(given["path"])
        return {k: v for k, v in files.items() if k != gone and not k.startswith(f"{gone}/")}
    raise Refused(f"Directory.{node.field}: this stand-in does not know it")


def file(engine: Engine, node: Node, of_container: Callable[[Node, str], Files]) -> bytes:
    """The content of a ``File`` node."""
    given, parent = node.arguments, node.parent
    if node.field == "asTarball":
        assert parent is not None
        members = of_container(parent, "")  # it must have been made
        return b"OCI " + hashlib.sha256(repr(sorted(members)).encode()).hexdigest().encode()
    if node.field != "file":
        raise Refused(f"File from {node.field}: this stand-in does not know it")
    if parent is None:
        return str(given["contents"]).encode()
    if parent.type == "Host":
        path = Path(given["path"])
        if not path.is_file():
            raise Refused(f"Host.file: no such file: {path}")
        return path.read_bytes()
    if parent.type == "Container":
        folder, _, name = inside(given["path"]).rpartition("/")
        return one(of_container(parent, folder), name)
    return one(directory(engine, parent, of_container), given["path"])


def export(files: Files, target: str) -> str:
    """Write a directory to this machine; gives the place."""
    root = Path(target)
    root.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        place = root / name
        if data is None:
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            place.chmod(0o755 if isinstance(data, Program) else 0o644)
    return str(root)


def entries(files: Files) -> list[str]:
    """The names in it; folders end in a slash, as in the engine."""
    return sorted({k.partition("/")[0] + ("/" if "/" in k or v is None else "") for k, v in files.items()})
