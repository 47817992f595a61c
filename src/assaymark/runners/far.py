"""The folder of a job on the other side of a login node: pushed before the job starts, its parts brought back after.

What comes back is only what was asked for, as plain files of a bounded size; no link of either side is followed.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import shlex
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from assaymark.errors import InputError
from assaymark.job import Handle, Job
from assaymark.runners import folder as folders
from assaymark.runners.login import Login, said

VERDICTS = ("result.json", "started", "host", "why")
SECONDS = 600.0
READY = ".assaymark-ready"
# Names on standard input, one a line; what is a plain file and is reached through no link goes into an archive.
_PACK = (
    "while IFS= read -r n; do p=$n; "
    'while :; do [ ! -h "$p" ] || { p=; break; }; case $p in */*) p=${p%/*} ;; *) break ;; esac; done; '
    '[ -z "$p" ] || [ ! -f "$n" ] || printf "./%s\\n" "$n"; done | tar -cf - --no-recursion -T -'
)


@dataclass(frozen=True, slots=True)
class Far:
    """``work`` is a folder there that login node and nodes both see."""

    login: Login
    work: str

    def place(self, folder: Path, job: Job) -> Mapping[str, str]:
        """Where the job will lie: its id, and an ending that is ours alone."""
        ours = f"{os.uname().nodename}:{folder}".encode("utf-8", "surrogateescape")
        name = f"{job.id}-{hashlib.sha256(ours).hexdigest()[:8]}"
        found = {"login": self.login.host, "work": self.work, "folder": f"{self.work}/jobs/{name}"}
        if self.login.port:
            found["port"] = str(self.login.port)
        return found | ({"config": self.login.config} if self.login.config else {})

    def push(self, handle: Handle) -> None:
        """The folder as it was prepared. InputError when it did not arrive whole."""
        far = shlex.quote(handle.place["folder"])
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as archive:
            for name in ("limits", "command", *folders.SCRIPTS, "job.json", folders.REPORTER, "in"):
                path = Path(handle.folder, name)
                if path.exists():
                    archive.add(path, name, filter=_plain)
        script = f"umask 077; mkdir -p {far} && chmod 700 {far} && tar -C {far} -xf -"
        done = self.login.shell(script, input=data.getvalue(), timeout=SECONDS)
        if done.returncode != 0:
            raise InputError(f"the job cannot be copied to {self.login.host}: {said(done)}", where=handle.id)

    def bring(self, handle: Handle, wanted: Iterable[int]) -> None:
        """The verdicts that are there; nothing when nobody can be asked."""
        known = {(i, name) for i in wanted for name in VERDICTS}
        known = {(i, n) for i, n in known if n == "result.json" or not _here(handle, i, n).exists()}
        self._pull(handle, {f"runs/{i}/{name}": _here(handle, i, name) for i, name in known}, folders.LIMIT)

    def bring_logs(self, handle: Handle, index: int, limit: int) -> None:
        """The last bytes of both streams."""
        run = shlex.quote(f"{handle.place['folder']}/runs/{index}")
        for name in ("out", "err"):
            done = self.login.shell(f"[ ! -f {run}/{name} ] || tail -c {int(limit)} {run}/{name}", limit=limit + 4096)
            if done.returncode == 0:
                _write(_here(handle, index, name), done.stdout)

    def bring_outputs(self, handle: Handle, index: int) -> None:
        """The files that were asked for."""
        wanted = {}
        for name in folders.asked_outputs(handle.folder):
            if not Path(name).is_absolute() and ".." not in Path(name).parts and "\n" not in name:
                wanted[str(Path("runs", str(index), "work", name))] = _here(handle, index, "work") / name
        self._pull(handle, wanted, folders.OUTPUT_LIMIT)

    def forget(self, handle: Handle) -> None:
        """Remove the folder there."""
        done = self.login.shell(f"rm -rf {shlex.quote(handle.place['folder'])}", timeout=SECONDS)
        if done.returncode != 0:
            raise InputError(f"{self.login.host} keeps the job: {said(done)}", where=handle.id)

    def _pull(self, handle: Handle, wanted: Mapping[str, Path], most: int) -> None:
        if not wanted:
            return
        script = f"cd {shlex.quote(handle.place['folder'])} && {_PACK}"
        names = "".join(f"{name}\n" for name in sorted(wanted)).encode("utf-8", "surrogateescape")
        done = self.login.shell(script, input=names, timeout=SECONDS, limit=most * 4 + len(wanted) * 4096)
        if done.returncode != 0:
            return
        try:
            with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
                for member in archive:
                    place = wanted.get(member.name.removeprefix("./"))
                    stream = archive.extractfile(member) if place and member.isreg() and member.size <= most else None
                    if place and stream:
                        _write(place, stream.read())
        except (tarfile.TarError, EOFError, ValueError, OSError):
            # Cut short on the way: the next time brings the rest.
            return

    def staged(self, name: str, root: Path, beside: Path) -> Path:
        """An unpacked image on the other side, under its digest; copied once. ``beside`` has room for an archive.

        Raises InputError when it cannot be copied.
        """
        import tempfile

        far = f"{self.work}/images/{name}"
        quoted = shlex.quote(far)
        asked = self.login.shell(f"[ -f {quoted}/{READY} ] && echo ready || mkdir -p {quoted}")
        if asked.returncode != 0:
            raise InputError(f"no image can be kept at {self.login.host}: {said(asked)}", where=far)
        if asked.stdout.strip() == b"ready":
            return Path(far, "root")
        part = f"{far}/.{secrets.token_hex(8)}"
        with tempfile.TemporaryDirectory(dir=beside, prefix=".staging-") as folder:
            packed = Path(folder, "image.tar.gz")
            with tarfile.open(packed, "w:gz", compresslevel=1) as archive:
                archive.add(root, "root", filter=_plain)
            self.login.put(packed, f"{part}.tar.gz")
        # Another controller may have been quicker: then its copy stays.
        script = (
            f"mkdir {part} && tar -C {part} -xzf {part}.tar.gz && "
            f"{{ [ -d {quoted}/root ] || mv {part}/root {quoted}/root; }} && : > {quoted}/{READY}; "
            f"code=$?; rm -rf {part} {part}.tar.gz; exit $code"
        )
        done = self.login.shell(script, timeout=1800)
        if done.returncode != 0:
            raise InputError(f"the image cannot be unpacked at {self.login.host}: {said(done)}", where=far)
        return Path(far, "root")

    def staged_file(self, file: Path, folder: str = "images") -> Path:
        """A file named after its content on the other side; copied once. InputError when it cannot be copied."""
        far = f"{self.work}/{folder}/{file.name}"
        quoted = shlex.quote(far)
        asked = self.login.shell(f"[ -f {quoted} ] && echo ready || mkdir -p {shlex.quote(self.work)}/{folder}")
        if asked.returncode != 0:
            raise InputError(f"nothing can be kept at {self.login.host}: {said(asked)}", where=far)
        if asked.stdout.strip() != b"ready":
            part = f"{far}.{secrets.token_hex(8)}"
            self.login.put(file, part)
            done = self.login.shell(f"mv {shlex.quote(part)} {quoted}")
            if done.returncode != 0:
                raise InputError(f"the file cannot be kept at {self.login.host}: {said(done)}", where=far)
        return Path(far)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever unpacks it there owns it."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def _here(handle: Handle, index: int, name: str) -> Path:
    return folders.copy(handle.folder, index) / name


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folders.write(path, data)
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise InputError(f"what the job wrote cannot be kept: {reason}", where=str(path)) from problem
