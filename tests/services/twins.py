"""Broken twins of images, and the criteria of the catalogue at which each must fail: tables for whole runs of `smoke`.

Every sub-criterion has one (tests/offload/test_twins.py).
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import images
from images import CONFIG, File, Layer, Made


def changed(**files: File) -> Made:
    return Made([{**images.busybox(), **{name.replace("__", "/"): file for name, file in files.items()}}])


def tool(script: str) -> Made:
    return changed(bin__tool=File(f"#!/bin/sh\n{script}\n".encode(), 0o755))


TWINS: Mapping[str, tuple[Callable[[], Made], set[str]]] = {
    "fails": (lambda: tool("exit 1"), {"IMG.Run03", "IMG.Run04", "IMG.Run05", "IMG.Run06", "IMG.Run08"}),
    "writes beside itself": (lambda: tool("touch /bin/cache && echo tool 1.2"), {"IMG.Run04"}),
    "wants its own user": (lambda: tool('[ "$(id -u)" = 65532 ] || exit 1; echo tool 1.2'), {"IMG.Run05"}),
    "wants a network": (lambda: tool("[ $(cat /proc/net/dev | wc -l) -gt 3 ] || exit 1; echo tool 1.2"), {"IMG.Run06"}),
    "says another version": (lambda: tool("echo tool 2"), {"IMG.Run08"}),
    "adds to what it writes": (
        lambda: changed(bin__sh=File(
            b'#!/bin/busybox sh\nbusybox sh "$@"\ncode=$?\n[ ! -f copied.txt ] || echo >> copied.txt\nexit $code\n',
            0o755,
        )), {"IMG.Run07"},
    ),
    "sets a home of its own": (
        lambda: changed(bin__sh=File(b'#!/bin/busybox sh\nexport HOME=/root\nexec busybox sh "$@"\n', 0o755)),
        {"IMG.Run19"},
    ),
    "has a file for a home": (lambda: changed(home=File(b"no folder")), {"IMG.Run19"}),
    "hides failures": (
        lambda: changed(bin__sh=File(b"#!/bin/busybox sh\n/bin/busybox sh \"$@\"\nexit 0\n", 0o755)),
        {"IMG.Run02", "IMG.Run08"},
    ),
}  # fmt: skip # a table of cases
# Where nothing but a read-only root is to be had, who needs another one does not start at all.
ONLY_READ_ONLY = {"writes beside itself": {"IMG.Run03", "IMG.Run04", "IMG.Run05", "IMG.Run06", "IMG.Run08"}}

DOES = """case $1 in
serve) trap 'exit 0' TERM; while :; do sleep 1; done ;;
result) echo 42 > r.txt ;;
speed) echo 9.5 GB/s ;;
*) echo tool 1.2.3 ;;
esac"""
MORE_TWINS = {
    "good": (DOES, set()),
    "does not listen": (DOES.replace("'exit 0' TERM", "'' TERM"), {"IMG.Run11"}),
    "differs": (DOES.replace("echo 42", "cat /proc/sys/kernel/random/uuid"), {"IMG.Run12"}),
    "is slow": (DOES.replace("9.5", "8.5"), {"IMG.Run13"}),
}


KEY = b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
SITE = "usr/lib/python3.11/site-packages"
MODULE = f"{SITE}/one/fast.cpython-311-x86_64-linux-gnu.so"
PACKAGE = {
    f"{SITE}/one-1.0.dist-info/METADATA": File(b"Name: one\n"),
    "usr/bin/python3.11": File(b"#!/bin/sh\n", 0o755),
}
NO_PLACE = {"Labels": {k: v for k, v in CONFIG["Labels"].items() if not k.endswith("base.digest")}}
NO_LICENCE = {"Labels": {k: v for k, v in CONFIG["Labels"].items() if not k.endswith("licenses")}}


def like(*, config: Mapping[str, object] | None = None, **files: File) -> Made:
    """The good image with another configuration, or other files."""
    return replace(changed(**files), config={**CONFIG, **(config or {})})


def with_files(files: Layer) -> Made:
    return Made([{**images.busybox(), **files}])


def compiled(name: str, *words: str, source: str = "") -> File:
    """A library or program by the compiler of this machine, which asks for nothing but what is said."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        for each in [w for w in words if w.startswith("-l")]:
            stub = f"lib{each.removeprefix('-l')}.so"
            _cc(folder, "-o", stub, "-shared", f"-Wl,-soname,{stub}.1", "x.c", source="")
        _cc(folder, "-o", name, "-L.", "-Wl,--no-as-needed", "x.c", *words, source=source)
        return File(Path(folder, name).read_bytes(), 0o755)


def _cc(folder: str, *words: str, source: str) -> None:
    Path(folder, "x.c").write_text(source)
    subprocess.run(["gcc", "-nostdlib", *words], cwd=folder, check=True, capture_output=True)


START = "void _start(void) { for (;;); }\n"
# The oldest kernel that it runs on, as the C library writes it.
NEW_KERNEL = START + (
    '__asm__(".pushsection .note.ABI-tag,\\"a\\",@note; .long 4,16,1; .asciz \\"GNU\\"; "\n'
    '".long 0,99,0,0; .popsection");\n'
)
RECIPE = "FROM debian:12\n"
AT_REST: Mapping[str, tuple[Callable[[], Made], str]] = {
    "IMG.Fit01": (like, 'architecture = "arm64"'),
    "IMG.Fit02": (lambda: like(config={"Cmd": ["/bin/none"]}), ""),
    "IMG.Fit03": (lambda: like(data=File(b"x" * 4_000_000)), "max_size = 4_000_000"),
    "IMG.Fit04": (lambda: Made([images.busybox(), {"bin/busybox": images.busybox()["bin/busybox"]}]), ""),
    "IMG.Fit05": (lambda: with_files({"bin/gone": compiled("gone", "-lgone", source=START)}), 'start = ["/bin/gone"]'),
    "IMG.Fit06": (lambda: with_files({**PACKAGE, MODULE: compiled("fast.so", "-shared", "-lgone")}), ""),
    "IMG.Fit07": (
        lambda: with_files({n.replace("bin/python3.11", "bin/python3.12"): f for n, f in PACKAGE.items()}), ""
    ),
    "IMG.Fit08": (lambda: with_files({"bin/new": compiled("new", source=NEW_KERNEL)}), ""),
    "IMG.Fit09": (
        lambda: with_files({"usr/local/cuda/lib64/libcudart.so.13.0.48": File(b"x")}), '[site]\ndriver = "550.54"'
    ),
    "IMG.Fit10": (
        lambda: with_files({"usr/lib/libmpi.so.40": compiled("m.so", "-shared", "-Wl,-soname,libmpi.so.40")}),
        '[mpi]\nlauncher = ["srun", "--mpi=pmi2"]',
    ),
    "IMG.Ori01": (lambda: like(config=NO_LICENCE), ""),
    "IMG.Ori02": (lambda: like(config=NO_PLACE), ""),
    "IMG.Ori03": (lambda: with_files({"usr/share/sbom.spdx.json": File()}), ""),
    "IMG.Ori04": (like, 'recipe = "Dockerfile"'),
    "IMG.Sec01": (lambda: like(home__u__id_ed25519=File(KEY)), ""),
    "IMG.Sec02": (lambda: like(bin__su=File(b"x", 0o4755)), ""),
    "IMG.Sec03": (lambda: like(etc__conf=File(b"x", 0o666)), ""),
    "IMG.Sec04": (lambda: like(config={"User": "root"}), ""),
}  # fmt: skip # a table of cases


APPTAINER = """#!{python}
import os, sys
words = sys.argv[1:]
if words == ["--version"]:
    sys.exit(print("apptainer version 1.4.1"))
assert words.pop(0) == "exec", words
bind, home, nv = None, [], False
argv = ["bwrap", "--unshare-user", "--uid", "1000", "--clearenv"]
while words[0].startswith("--"):
    match words.pop(0):
        case "--bind":
            bind = words.pop(0).split(":")
        case "--home":
            outside, inside = words.pop(0).split(":")
            home = ["--tmpfs", os.path.dirname(inside), "--bind", outside, inside]
            argv += ["--setenv", "HOME", inside]
        case "--pwd":
            argv += ["--chdir", words.pop(0)]
        case "--network":
            assert words.pop(0) == "none"
            argv.append("--unshare-net")
        case "--nv":
            nv = True
        case "--containall" | "--no-home" | "--cleanenv" | "--no-eval" | "--net":
            pass
        case unknown:
            sys.exit("unknown flag: " + unknown)
for name, value in os.environ.items():
    if name.startswith("APPTAINERENV_"):
        argv += ["--setenv", name.removeprefix("APPTAINERENV_"), value]
image = words.pop(0)
if nv and os.path.isdir(image + "/opt/driver"):
    # The libraries of the site's driver, where the image has a place for them.
    home += ["--ro-bind", "{driver}", "/opt/driver"]
    argv += ["--setenv", "LD_LIBRARY_PATH", "/opt/driver"]
root = ["--ro-bind", image, "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--bind", *bind, *home]
os.execvp("bwrap", [*argv[:1], *root, *argv[1:], "--", *words])
"""


CUDA = """
#include <stdlib.h>
#include <string.h>
typedef unsigned long size;
int cuInit(unsigned f) { return 0; }
int cuDeviceGetCount(int *c) { *c = 2; return 0; }
int cuDriverGetVersion(int *v) { *v = 12060; return 0; }
int cuDeviceGet(int *d, int n) { *d = n; return 0; }
int cuDeviceGetName(char *s, int n, int d) { strcpy(s, "Stand-in"); return 0; }
int cuCtxCreate_v2(void **c, unsigned f, int d) { *c = c; return 0; }
int cuCtxDestroy_v2(void *c) { return 0; }
int cuModuleLoadData(void **m, const void *data) { *m = m; return 0; }
int cuModuleGetFunction(void **f, void *m, const char *n) { *f = f; return 0; }
int cuMemAlloc_v2(void **p, size n) { *p = malloc(n); return 0; }
int cuMemFree_v2(void *p) { free(p); return 0; }
int cuMemcpyHtoD_v2(void *to, const void *from, size n) { memcpy(to, from, n); return 0; }
int cuMemcpyDtoH_v2(void *to, const void *from, size n) { memcpy(to, from, n); return 0; }
int cuMemcpyDtoD_v2(void *to, const void *from, size n) { return 0; }
int cuCtxSynchronize(void) { return 0; }
int cuGetErrorString(int e, const char **s) { *s = "none"; return 0; }
int cuLaunchKernel(void *f, unsigned a, unsigned b, unsigned c, unsigned x, unsigned y, unsigned z, unsigned s, void *t,
                   void **words, void **more) {
  unsigned *memory = *(unsigned **)words[0], n = *(unsigned *)words[1], i;
  for (i = 0; i < n; i++) memory[i] += i;
  return 0;
}
"""
CUDART = """
#include <stdlib.h>
#include <string.h>
int cudaRuntimeGetVersion(int *v) { *v = RUNTIME; return 0; }
int cudaGetDeviceCount(int *c) { *c = 2; return 0; }
int cudaSetDevice(int n) { return 0; }
int cudaMalloc(void **p, unsigned long n) { *p = malloc(n); return 0; }
int cudaMemcpy(void *to, const void *from, unsigned long n, int how) { memcpy(to, from, n); return 0; }
int cudaDeviceSynchronize(void) { return 0; }
"""
NCCL = """
static float *from[2], *to[2];
static unsigned long many;
static int asked;
int ncclGetVersion(int *v) { *v = 22105; return 0; }
int ncclCommInitAll(void **worlds, int n, const int *d) { while (n--) worlds[n] = worlds; return 0; }
int ncclGroupStart(void) { asked = 0; return 0; }
int ncclAllReduce(float *a, float *b, unsigned long n, int type, int op, void *world, void *stream) {
  from[asked] = a; to[asked++] = b; many = n; return 0;
}
int ncclGroupEnd(void) {
  for (unsigned long i = 0; ADDS && i < many; i++) { float s = from[0][i] + from[1][i]; to[0][i] = s; to[1][i] = s; }
  return 0;
}
"""


@dataclass(frozen=True)
class Brings:
    """What an image for GPUs brings: the version of CUDA's runtime, and whether NCCL adds anything up."""

    runtime: int = 12_040
    adds: int = 1


def library(folder: Path, name: str, source: str, *defined: str) -> File:
    (folder / "x.c").write_text(source)
    argv = ["gcc", "-w", "-shared", "-fPIC", "-o", name, *(f"-D{each}" for each in defined), "x.c"]
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return File((folder / name).read_bytes(), 0o755)


def for_gpus(folder: Path, python: Layer, brings: Brings) -> Made:
    """Python, a runtime and NCCL; the driver is the site's."""
    files = {
        "opt/driver": File(folder=True, mode=0o755),
        "lib/libcudart.so.12": library(folder, "libcudart.so.12", CUDART, f"RUNTIME={brings.runtime}"),
        "lib/libnccl.so.2": library(folder, "libnccl.so.2", NCCL, f"ADDS={brings.adds}"),
    }
    return with_files({**python, **files})


# Each shows too that what the other lacks is seen where it is there.
GPU_TWINS: Mapping[str, tuple[Brings, set[str]]] = {
    "a runtime that is newer than the driver": (Brings(runtime=13_000), {"IMG.Run15"}),
    "an NCCL that adds nothing up": (Brings(adds=0), {"IMG.Run16"}),
}
# A clock that runs a million times as fast makes memory slow.
SLOW = b"import time\nreal = time.perf_counter\ntime.perf_counter = lambda: real() * 1e6\n"
ONCE = "/bin/busybox sleep 16; echo tool 1.2.3"
SPEED_TWINS: Mapping[str, tuple[Layer, set[str]]] = {
    "memory is slow": ({"usr/lib/python3.11/sitecustomize.py": File(SLOW)}, {"IMG.Run18"}),
    "it starts late": ({"bin/tool": File(f"#!/bin/sh\n{ONCE}\n".encode(), 0o755)}, {"IMG.Run17"}),
}
# Those that have a test of their own: the file, and its name.
ELSEWHERE = {
    "IMG.Run01": ("test_smoke.py", "test_a_broken_site_is_not_blamed_on_the_image"),
    "IMG.Run09": ("test_mpi.py", "test_two_ranks_are_one_world_or_it_is_said"),
    "IMG.Run10": ("test_smoke.py", "test_a_gpu_that_computes_wrongly_fails_there"),
    "IMG.Run14": ("test_mpi.py", "test_what_is_slower_on_more_ranks_fails_at_its_scaling"),
}
