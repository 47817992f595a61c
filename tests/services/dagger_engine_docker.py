"""A back end that really runs the steps, in a Docker Engine of the test (`docker_engine`). Not a Dagger engine.

A step is ``docker create`` + ``docker cp`` + ``docker start`` on the state so far, which is then taken over as a flat
image; environment, folder and secrets are kept beside it, so that no secret stays in an image. Folders of this machine
can be mounted read-only, so that small images can hold large programs. There is no registry but one on 127.0.0.1.
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import tarfile
import tempfile
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import dagger_engine_files as filing
from dagger_engine import Engine, ExecFailed, Node, Refused, expected
from dagger_engine_files import Files, Program

# What Docker itself ends with when a container could not be run.
ENGINE_FAILED = 125


@dataclass(frozen=True)
class Box:
    """A container so far; ``files`` are not in the image yet."""

    image: str
    files: Files = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    mounted: Mapping[str, str] = field(default_factory=dict)
    caches: Mapping[str, str] = field(default_factory=dict)
    login: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    workdir: str = "/"
    labels: Mapping[str, str] = field(default_factory=dict)
    code: int = 0
    stdout: str = ""
    stderr: str = ""


class Docker:
    """``images`` maps references to what the engine holds; ``volumes`` are mounted read-only at their own place."""

    def __init__(
        self, host: str, images: Mapping[str, str], *, volumes: tuple[str, ...] = (), network: str = "none"
    ) -> None:
        self.host, self.images, self.volumes, self.network = host, images, volumes, network
        self.made: list[str] = []
        self.secrets_seen: list[str] = []
        self._boxes: dict[str, Box | Exception] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def docker(self, *words: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        """Docker's client. Refused when it fails."""
        done = self._asked(*words, data=data)
        if done.returncode:
            raise Refused(f"docker {words[0]}: {done.stderr.decode(errors='replace')[-500:]}")
        return done

    def _asked(self, *words: str, data: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
        command = ["docker", "-H", self.host, *words]
        return subprocess.run(command, input=data, capture_output=True, timeout=300, check=False)

    def force(self, engine: Engine, node: Node) -> None:
        """Evaluate it."""
        if node.type == "Container":
            self.box(engine, node)
        elif node.type == "Directory":
            self._directory(engine, node)
        elif node.type == "File":
            self._file(engine, node)

    def leaf(self, engine: Engine, node: Node, name: str, arguments: Mapping[str, Any]) -> Any:
        """A scalar."""
        if node.type == "Container":
            box = self.box(engine, node)
            if name in ("exitCode", "stdout", "stderr"):
                return {"exitCode": box.code, "stdout": box.stdout, "stderr": box.stderr}[name]
            if name == "publish":
                return self._published(engine, box, arguments)
        if node.type == "Directory":
            files = self._directory(engine, node)
            if name == "export":
                return filing.export(files, arguments["path"])
            if name == "entries":
                return filing.entries(filing.below(files, arguments.get("path") or ""))
        if node.type == "File":
            data = self._file(engine, node)
            if name == "contents":
                return data.decode()
            if name == "size":
                return len(data)
        raise Refused(f"{node.type}.{name}: this back end does not know it")

    def _published(self, engine: Engine, box: Box, arguments: Mapping[str, Any]) -> str:
        """One platform only: Docker Engine pushes no index."""
        address = arguments["address"]
        variants = [self.box(engine, engine.node(id)) for id in arguments.get("platformVariants") or ()]
        if len(variants) > 1:
            raise Refused("Container.publish: this back end has one platform")
        for host, (user, password) in box.login.items():
            self.docker("login", "--username", user, "--password-stdin", host, data=password.encode())
        image = self._flat(variants[0] if variants else box)
        self.docker("tag", image, address)
        told = self.docker("push", address).stdout.decode()
        found = re.search(r"digest: (sha256:[0-9a-f]{64})", told)
        if not found:
            raise Refused(f"Container.publish: no digest in {told!r}")
        return f"{address}@{found[1]}"

    def _directory(self, engine: Engine, node: Node) -> Files:
        return filing.directory(engine, node, lambda box, path: self._taken(engine, box, path))

    def _file(self, engine: Engine, node: Node) -> bytes:
        if node.field == "asTarball":
            assert node.parent is not None
            return self.docker("save", self._flat(self.box(engine, node.parent))).stdout
        return filing.file(engine, node, lambda box, path: self._taken(engine, box, path))

    def _taken(self, engine: Engine, node: Node, path: str) -> Files:
        box = self.box(engine, node)
        # Without the folders of this machine: they are not in the image, and large.
        container = self._created(box, ["/none"], volumes=())
        try:
            done = self._asked("cp", f"{container}:/{filing.inside(path)}", "-")
            if done.returncode:
                raise Refused(f"lstat /{filing.inside(path)}: {done.stderr.decode(errors='replace')[-200:]}")
        finally:
            self._asked("rm", "--force", container)
        return _untarred(done.stdout)

    def box(self, engine: Engine, node: Node) -> Box:
        """The container that a node describes; evaluated once, also when it fails."""
        with self._guard:
            lock = self._locks.setdefault(node.digest, threading.Lock())
        with lock:
            if node.digest not in self._boxes:
                try:
                    self._boxes[node.digest] = self._step(engine, node)
                except (ExecFailed, Refused) as problem:
                    self._boxes[node.digest] = problem
        found = self._boxes[node.digest]
        if isinstance(found, Exception):
            raise found
        return found

    def _step(self, engine: Engine, node: Node) -> Box:
        given = node.arguments
        if node.field == "dockerBuild":
            return self._built(engine, node)
        if node.parent is None:
            return Box("")
        box = self.box(engine, node.parent)
        name = node.field
        if name == "from":
            return self._from(box, given["address"])
        if name == "withExec":
            return self._executed(box, list(given["args"]), given["expect"])
        if name in ("withDirectory", "withMountedDirectory"):
            files = self._directory(engine, engine.node(given["source"]))
            return replace(box, files=filing.put(box.files, given["path"], files))
        if name == "withFile":
            data = self._file(engine, engine.node(given["source"]))
            return replace(box, files=filing.put(box.files, "", {filing.inside(given["path"]): data}))
        if name == "withNewFile":
            new: Files = {filing.inside(given["path"]): given["contents"].encode()}
            return replace(box, files=filing.put(box.files, "", new))
        if name == "withEnvVariable":
            return replace(box, environment={**box.environment, given["name"]: given["value"]})
        if name == "withLabel":
            return replace(box, labels={**box.labels, given["name"]: given["value"]})
        if name == "withWorkdir":
            return replace(box, workdir=given["path"])
        if name == "withMountedCache":
            return replace(box, caches={**box.caches, given["path"]: engine.node(given["cache"]).digest})
        if name == "withSecretVariable":
            return replace(box, secrets={**box.secrets, given["name"]: self._secret(engine, given["secret"])})
        if name == "withMountedSecret":
            return replace(box, mounted={**box.mounted, given["path"]: self._secret(engine, given["source"])})
        if name == "withRegistryAuth":
            login = (given["username"], self._secret(engine, given["secret"]))
            return replace(box, login={**box.login, given["address"]: login})
        raise Refused(f"Container.{name}: this back end does not know it")

    def _secret(self, engine: Engine, id: str) -> str:
        import os

        scheme, _, name = engine.node(id).arguments["uri"].partition("://")
        if scheme != "env" or name not in os.environ:
            raise Refused(f"Query.secret: cannot find {scheme}://{name}")
        self.secrets_seen.append(name)
        return os.environ[name]

    def _from(self, box: Box, address: str) -> Box:
        if address not in self.images:
            raise Refused(f"failed to resolve source metadata for {address}: not found")
        image = self.images[address]
        told = json.loads(self.docker("image", "inspect", image).stdout)[0]["Config"]
        known = dict(each.split("=", 1) for each in told.get("Env") or ())
        return replace(box, image=image, environment=known, workdir=told.get("WorkingDir") or "/")

    def _built(self, engine: Engine, node: Node) -> Box:
        assert node.parent is not None
        given = node.arguments
        with tempfile.TemporaryDirectory() as folder:
            filing.export(self._directory(engine, node.parent), folder)
            words = ["build", "--quiet", "--file", str(Path(folder, given["dockerfile"])), "--network", "none"]
            for each in given.get("buildArgs") or ():
                words += ["--build-arg", f"{each['name']}={each['value']}"]
            done = self._asked(*words, folder)
        if done.returncode:
            raise ExecFailed(["docker", "build"], done.returncode, "", done.stderr.decode(errors="replace"))
        image = done.stdout.decode().strip().splitlines()[-1]
        self.made.append(image)
        return replace(self._from(Box(""), image) if image in self.images else Box(image))

    def _created(self, box: Box, argv: list[str], volumes: tuple[str, ...] | None = None) -> str:
        """A container that is not started yet, with the files in it."""
        name = f"step-{uuid.uuid4().hex}"
        words = [
            "create",
            "--init",
            "--name",
            name,
            "--network",
            self.network,
            "--workdir",
            box.workdir,
            "--entrypoint",
            argv[0],
        ]
        for path in self.volumes if volumes is None else volumes:
            words += ["--volume", f"{path}:{path}:ro"]
        for path, key in box.caches.items():
            words += ["--volume", f"cache-{key}:{path}"]
        for key, value in {**box.environment, **box.secrets}.items():
            words += ["--env", f"{key}={value}"]
        self.docker(*words, box.image or self._scratch(), *argv[1:])
        files = filing.put(box.files, "", {filing.inside(p): v.encode() for p, v in box.mounted.items()})
        if files:
            self.docker("cp", "-", f"{name}:/", data=_tarred(files))
        return name

    def _scratch(self) -> str:
        return self.docker("import", "-", data=_tarred({"etc": None})).stdout.decode().strip()

    def _executed(self, box: Box, argv: list[str], expect: str) -> Box:
        container = self._created(box, argv)
        try:
            done = self._asked("start", "--attach", container)
            state = json.loads(self.docker("inspect", container).stdout)[0]["State"]
            code = int(state["ExitCode"])
            if state["Error"] or code == ENGINE_FAILED:
                if "executable file not found" not in state["Error"] and "no such file" not in state["Error"]:
                    raise Refused(f"the container could not be run: {state['Error'] or done.stderr.decode()}")
                code = 127
            stdout, stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
            if not expected(expect, code):
                raise ExecFailed(argv, code, stdout, stderr)
            image = self._imported(container, ())
        finally:
            self._asked("rm", "--force", container)
        # Folders that hold nothing are there now, as all else.
        return replace(box, image=image, files={}, code=code, stdout=stdout, stderr=stderr)

    def _imported(self, container: str, changes: tuple[str, ...]) -> str:
        exported = self.docker("export", container).stdout
        words = [word for change in changes for word in ("--change", change)]
        image = self.docker("import", *words, "-", data=exported).stdout.decode().strip()
        with self._guard:
            self.made.append(image)
        return image

    def _flat(self, box: Box) -> str:
        """An image of the state, with its labels and its environment, without any secret."""
        container = self._created(replace(box, secrets={}, mounted={}), ["/none"])
        try:
            changes = [f"LABEL {json.dumps(k)}={json.dumps(v)}" for k, v in box.labels.items()]
            changes += [f"ENV {k}={json.dumps(v)}" for k, v in box.environment.items()]
            return self._imported(container, (*changes, f"WORKDIR {box.workdir}"))
        finally:
            self._asked("rm", "--force", container)


def _tarred(files: Files) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            if data is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
                tar.addfile(info)
            else:
                info.size, info.mode = len(data), 0o755 if isinstance(data, Program) else 0o644
                tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _untarred(data: bytes) -> Files:
    """The members below the one folder (or the file) that ``docker cp`` gives; links are left out."""
    files: Files = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar:
            name = member.name.partition("/")[2].rstrip("/")
            if member.isdir() and name:
                files[name] = None
            elif member.isreg():
                content = tar.extractfile(member)
                assert content is not None
                read = content.read()
                files[name or member.name] = Program(read) if member.mode & 0o100 else read
    # Only folders without anything in them stand for themselves.
    return {k: v for k, v in files.items() if v is not None or not any(o.startswith(f"{k}/") for o in files)}
