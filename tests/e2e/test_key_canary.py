"""A signing key as a canary: whatever is run with it around, it is in no argument list, log, report or file.

Each command runs as a process of its own with the key in its environment or in a file. What it starts is seen by an
audit hook (arguments and environment), what it is by ``/proc``; what it says and writes is searched for every form.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

pytestmark = pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="there is no /proc to look at")
RUN = """\
import json, os, sys
def hook(event, args, place=sys.argv.pop(1)):
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"):
        given = args[3] if event == "subprocess.Popen" else args[2] if len(args) > 2 else None
        given = dict(os.environ if given is None else given)
        told = {"event": event, "words": [str(a) for a in args[:2]], "env": given}
        with open(place, "a") as file:
            file.write(json.dumps(told, default=str) + "\\n")
sys.addaudithook(hook)
from assaymark.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
FILES = {"README.md": "# T\n\nA tool.\n", "t.py": "X = 1\n", "pyproject.toml": '[project]\nname = "t"\nversion = "1"\n'}


class Key:
    """A key made for this test, and every form in which it could be told."""

    def __init__(self) -> None:
        private = ed25519.Ed25519PrivateKey.generate()
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.pem = private.private_bytes(*form).decode()
        raw = private.private_bytes_raw()
        public = private.public_key().public_bytes_raw()
        url = base64.urlsafe_b64encode
        self.jwk = json.dumps(
            {"kty": "OKP", "crv": "Ed25519", "d": url(raw).decode().rstrip("="), "x": url(public).decode().rstrip("=")}
        )
        body = "".join(self.pem.splitlines()[1:-1])
        # The first bytes of every such PEM are alike; the rest is the secret.
        self.forms = (
            body[24:],
            raw.hex(),
            url(raw).decode()[:40],
            base64.b64encode(raw).decode()[:40],
            base64.b64encode(self.pem.encode()).decode()[48:120],
            repr(raw)[2:-1],
        )

    def in_(self, text: str) -> list[str]:
        return [form for form in self.forms if form in text or form.upper() in text]


class Watched:
    """Runs commands and remembers all that they said, started and were; ``code`` None stands for 0 or 2."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said, self.seen = folder, "", set[str]()

    def run(self, *words: str | Path, code: int | None = 0, key: str | None = None) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "ASSAYMARK_SIGNING_KEY"}
        environment |= {"ASSAYMARK_SIGNING_KEY": key} if key else {}
        command = [sys.executable, "-P", "-c", RUN, str(self.folder / "started.jsonl"), *map(str, words), "--verbose"]
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        ) as process:
            watcher = threading.Thread(target=self._watch, args=(process,), daemon=True)
            watcher.start()
            told, _ = process.communicate(timeout=120)
            watcher.join(timeout=30)
        self.said += told.decode("utf-8", "replace")
        assert process.returncode in ((0, 2) if code is None else (code,)), self.said

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        while process.poll() is None:
            for place in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    if os.getsid(int(place.parent.name)) == process.pid:
                        self.seen.add(place.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace"))
                except (OSError, ValueError):
                    continue
            time.sleep(0.01)

    def started(self) -> Iterator[dict[str, object]]:
        file = self.folder / "started.jsonl"
        yield from (json.loads(line) for line in file.read_text().splitlines())


def written(folder: Path) -> Iterator[tuple[str, str]]:
    for file in folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            yield str(file), file.read_bytes().decode("utf-8", "replace")


@pytest.mark.parametrize("how", ["environment", "file", "jwk"])
def test_a_signing_key_is_nowhere_to_be_found(how: str, repository: Callable[..., Path], tmp_path: Path) -> None:
    key = Key()
    content = key.jwk if how == "jwk" else key.pem
    file = tmp_path / "key" / "key.pem"
    file.parent.mkdir()
    file.write_text(content)
    file.chmod(0o600)
    root = repository(FILES)
    subprocess.run(["git", "remote", "add", "origin", "https://github.com/o/n.git"], cwd=root, check=True)
    out = tmp_path / "out"
    watched = Watched(tmp_path)
    given: list[str | Path] = ["--key", file] if how == "file" else []
    around = None if how == "file" else content
    watched.run("assess", root, "--no-cache", "--select", "QC.Lic,QC.Sty01", "--output", out, key=content)
    watched.run("provenance", "export", out, "--output", out / "prov", key=content)
    assert not list(out.rglob("*.dsse.jsonl"))
    watched.run("provenance", "export", out, "--output", out / "signed", "--sign", *given, key=around)
    sealed = out / "signed" / "statements.dsse.jsonl"
    watched.run("provenance", "check", sealed, code=3, key=content)
    # Nothing to sign: said with the key at hand.
    watched.run("badge", "issue", out, *given, code=2, key=around)
    watched.run("badge", "did", *given, key=around)
    watched.run("badge", "did", "--issuer", "did:web:issuer.example", *given, key=around)
    status = tmp_path / "out" / "status.jwt"
    watched.run("badge", "revoke", status, "--url", "https://issuer.example/s", "--index", "7", *given, key=around)
    # A key that is broken, of another kind, or in the place of something else.
    broken = tmp_path / "key" / "broken.pem"
    for wrong in (content[:-40], content.replace("Ed25519", "Ed448"), f"x{content}", content + content):
        broken.write_text(wrong)
        broken.chmod(0o600)
        if wrong != content:
            watched.run("badge", "did", "--key", broken, code=None)
            watched.run("provenance", "export", out, "--output", out / "no", "--key", broken, code=None)
    watched.run("badge", "verify", file, code=1)
    watched.run("verify", file, code=3, key=content)
    file.unlink()
    broken.unlink()

    started = list(watched.started())
    assert any("git" in str(call["words"]) for call in started)
    assert any("assaymark" in line for line in watched.seen)
    for call in started:
        assert "ASSAYMARK_SIGNING_KEY" not in call["env"], call["words"]  # type: ignore[operator]
        assert key.in_(json.dumps(call)) == []
    assert key.in_("\n".join(watched.seen)) == []
    assert key.in_(watched.said) == []
    assert [name for name, text in written(tmp_path) if key.in_(text)] == []


def test_the_canary_would_be_seen(tmp_path: Path) -> None:
    """A program that passes a key on is caught in each of the places that are looked at."""
    key = Key()
    leaky = f"import subprocess, sys\nsubprocess.run(['sleep', '0.5', {key.pem!r}], stderr=subprocess.DEVNULL)\n"
    watched = Watched(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", leaky], start_new_session=True)
    watched._watch(process)
    assert process.wait(timeout=30) == 0
    assert key.in_("\n".join(watched.seen).replace("\n", "")) != []
    assert key.in_(f"key is {key.pem}") != []
    assert key.in_(f"key is {key.jwk}") != []
