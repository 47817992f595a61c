"""udocker, which no test machine has: one of ours stands in for it, and takes what its help and its parser take."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import images
import pytest
from images import File, Made
from offloading import NEEDS

# In the words of its help; it passes over words that are empty, and what it is not told to bind it does not.
UDOCKER = """#!{python}
import os, sys
general, words = [], [w for w in sys.argv[1:] if w]
while words[0].startswith("-"):
    general.append(words.pop(0))
assert set(general) <= {"--allow-root", "-q"}, general
if words == ["version"]:
    sys.exit(print("version: 1.3.17"))
assert words.pop(0) == "run" and os.environ["UDOCKER_DIR"] and os.environ["UDOCKER_DEFAULT_EXECUTION_MODE"] == "P1"
root, argv = None, ["bwrap", "--unshare-user", "--gid", "1000", "--clearenv"]
while words[0].startswith("-"):
    option, _, value = words.pop(0).partition("=")
    match option:
        case "--location":
            root = ["--bind", value, "/", "--dev", "/dev", "--proc", "/proc"]
        case "--user":
            argv += ["--uid", value]
        case "--volume":
            argv += ["--bind", *value.split(":")]
        case "--workdir":
            argv += ["--chdir", value]
        case "--env":
            argv += ["--setenv", *value.split("=", 1)]
        case "--nobanner":
            pass
        case unknown:
            sys.exit("Error: unknown option " + unknown)
words.pop(0)
if words[0].startswith("/") and not os.path.lexists(root[1] + words[0]):
    print("Error: command not found or has no execute bit set: ", words, file=sys.stderr)
    sys.exit(2)
os.execvp("bwrap", [argv[0], *root, *argv[1:], "--", *words])
"""
MANIFEST = """
image = "tool.tar"
start = ["/bin/tool"]
[[test]]
name = "version"
command = ["tool", "--version"]
contains = "tool 1.2"
"""


@pytest.mark.service(*NEEDS["bubblewrap"])
@pytest.mark.parametrize(
    ("script", "wrong"), [("echo tool 1.2.3", set()), ("touch /bin/cache && echo tool 1.2", {3, 4, 6, 8})]
)
def test_a_verdict_by_its_documented_words(
    script: str, wrong: set[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in (("udocker", UDOCKER.replace("{python}", sys.executable)), ("id", "#!/bin/sh\necho 1000\n")):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("ASSAYMARK_WORK", str(tmp_path / "state"))
    tool = File(f"#!/bin/sh\n{script}\n".encode(), 0o755)
    files = {**images.busybox(), "bin/tool": tool, "etc/passwd": File(b"root:x:0:0::/:/bin/sh\n")}
    images.docker_archive(Made([files]), tmp_path / "tool.tar")
    (tmp_path / "smoke.toml").write_text(MANIFEST)
    argv = [sys.executable, "-m", "assaymark", "smoke", "smoke.toml", "--runner", "container", "--engine", "udocker"]
    argv += ["--output", "out", "--gate", "silver"]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == (1 if wrong else 0), done.stderr
    told = json.loads((tmp_path / "out/assessment.json").read_text())
    assert told["run"]["facts"]["engine"] == "udocker 1.3.17"
    found = {s["id"]: s["outcome"] for s in told["subcriteria"]}
    # Who calls it is a user whom the image does not know: where it starts, that is shown.
    expected = {n: "failed" if n in wrong else "unknown" if wrong and n == 5 else "passed" for n in range(1, 9)}
    assert {n: found[f"IMG.Run{n:02}"] for n in expected} == expected
