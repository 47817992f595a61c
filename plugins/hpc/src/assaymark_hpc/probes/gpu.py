"""What the GPUs do, by the driver's own library and ctypes alone: how many, which, how fast, and whether each adds up.

Runs inside the image under test, or on a host, with any Python 3. NVIDIA by the CUDA driver, AMD by HIP. A kernel of
ten instructions adds two numbers on each of many threads; the driver translates it for whatever GPU there is.
"""

import ctypes
import re
import sys
import time
from pathlib import Path
from typing import Any

COUNT = 1024
BYTES, SIZE, TIMES = ctypes.c_size_t(COUNT * 4), 256 * 2**20, 10
LARGE = ctypes.c_size_t(SIZE)
# For compute capability 5.0 and whatever came later.
PTX = b"""
.version 6.0
.target sm_50
.address_size 64
.visible .entry add(.param .u64 a, .param .u32 n) {
  .reg .pred %p; .reg .b32 %r<6>; .reg .b64 %d<4>;
  ld.param.u64 %d1, [a]; ld.param.u32 %r1, [n];
  mov.u32 %r2, %ctaid.x; mov.u32 %r3, %ntid.x; mov.u32 %r4, %tid.x;
  mad.lo.s32 %r5, %r2, %r3, %r4;
  setp.ge.u32 %p, %r5, %r1;
  @%p ret;
  cvta.to.global.u64 %d1, %d1;
  mul.wide.u32 %d2, %r5, 4; add.s64 %d3, %d1, %d2;
  ld.global.u32 %r1, [%d3]; add.s32 %r1, %r1, %r5; st.global.u32 [%d3], %r1;
  ret;
}
\0"""
# The same for AMD, which HIP's compiler in the image translates.
SOURCE = b"""extern "C" __global__ void add(unsigned* a, unsigned n) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) a[i] += i;
}
\0"""
CUDA_RUNTIMES = (
    "usr/local/cuda*/lib64/libcudart.so.*",
    "usr/lib*/*-linux-gnu/libcudart.so.*",
    "opt/conda/lib/libcudart.so.*",
)


def library(*names: str) -> Any:
    """The first that can be loaded, or None."""
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    return None


def caller(driver: Any, explain: Any) -> Any:
    """What calls a function of a library by its name, and ends the probe when that fails."""

    def call(name: str, *words: Any) -> None:
        code = getattr(driver, name)(*words)
        if code != 0:
            raise SystemExit(f"{name}: {explain(code)} ({code})")

    return call


def works(call: Any, names: Any, load: Any) -> "tuple[bool, float]":
    """Whether one GPU adds rightly, and how many GB a second its memory copies. Its context is current."""
    memory, other = ctypes.c_void_p(), ctypes.c_void_p()
    function = load()
    call(names["alloc"], ctypes.byref(memory), BYTES)
    data = (ctypes.c_uint32 * COUNT)(*range(COUNT))
    call(names["to"], memory, data, BYTES)
    size = ctypes.c_uint32(COUNT)
    words = (ctypes.c_void_p * 2)(
        ctypes.cast(ctypes.pointer(memory), ctypes.c_void_p), ctypes.cast(ctypes.pointer(size), ctypes.c_void_p)
    )
    call(names["launch"], function, COUNT // 128, 1, 1, 128, 1, 1, 0, None, words, None)
    call(names["wait"])
    call(names["from"], data, memory, BYTES)
    right = list(data) == [2 * n for n in range(COUNT)]
    call(names["free"], memory)
    call(names["alloc"], ctypes.byref(memory), LARGE)
    call(names["alloc"], ctypes.byref(other), LARGE)
    call(names["copy"], other, memory, LARGE)
    call(names["wait"])
    begun = time.perf_counter()
    for _ in range(TIMES):
        call(names["copy"], other, memory, LARGE)
    call(names["wait"])
    took = time.perf_counter() - begun
    call(names["free"], memory)
    call(names["free"], other)
    return right, 2 * SIZE * TIMES / max(took, 1e-9) / 1e9


CUDA = {
    "alloc": "cuMemAlloc_v2",
    "free": "cuMemFree_v2",
    "to": "cuMemcpyHtoD_v2",
    "from": "cuMemcpyDtoH_v2",
    "copy": "cuMemcpyDtoD_v2",
    "launch": "cuLaunchKernel",
    "wait": "cuCtxSynchronize",
}
HIP = {
    "alloc": "hipMalloc",
    "free": "hipFree",
    "to": "hipMemcpyHtoD",
    "from": "hipMemcpyDtoH",
    "copy": "hipMemcpyDtoD",
    "launch": "hipModuleLaunchKernel",
    "wait": "hipDeviceSynchronize",
}


def nvidia(cuda: Any) -> "dict[str, str]":
    """What the CUDA driver says and does."""

    def explain(code: int) -> str:
        text = ctypes.c_char_p()
        cuda.cuGetErrorString(code, ctypes.byref(text))
        return (text.value or b"an unknown error").decode()

    call = caller(cuda, explain)
    call("cuInit", 0)
    count, version, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    call("cuDeviceGetCount", ctypes.byref(count))
    call("cuDriverGetVersion", ctypes.byref(version))
    right, speeds = 0, []
    name = ctypes.create_string_buffer(100)

    def load() -> Any:
        module, function = ctypes.c_void_p(), ctypes.c_void_p()
        call("cuModuleLoadData", ctypes.byref(module), PTX)
        call("cuModuleGetFunction", ctypes.byref(function), module, b"add")
        return function

    for number in range(count.value):
        context = ctypes.c_void_p()
        call("cuDeviceGet", ctypes.byref(device), number)
        call("cuDeviceGetName", name, 100, device)
        call("cuCtxCreate_v2", ctypes.byref(context), 0, device)
        good, speed = works(call, CUDA, load)
        right += good
        speeds.append(speed)
        call("cuCtxDestroy_v2", context)
    found = {"count": count.value, "right": right, "kind": "nvidia", "driver": dotted(version.value)}
    found.update(installed=installed(), runtime=cuda_runtime(), name=name.value.decode("ascii", "replace"))
    return told(found, speeds)


def amd(hip: Any) -> "dict[str, str]":
    """What HIP says and does."""

    def explain(code: int) -> str:
        hip.hipGetErrorString.restype = ctypes.c_char_p
        return (hip.hipGetErrorString(code) or b"an unknown error").decode()

    call = caller(hip, explain)
    call("hipInit", 0)
    count, version, runtime, device = (ctypes.c_int() for _ in range(4))
    call("hipGetDeviceCount", ctypes.byref(count))
    call("hipDriverGetVersion", ctypes.byref(version))
    call("hipRuntimeGetVersion", ctypes.byref(runtime))
    right, speeds = 0, []
    name = ctypes.create_string_buffer(100)
    for number in range(count.value):
        call("hipSetDevice", number)
        call("hipDeviceGet", ctypes.byref(device), number)
        call("hipDeviceGetName", name, 100, device)
        good, speed = works(call, HIP, lambda: compiled(call))
        right += good
        speeds.append(speed)
    found = {"count": count.value, "right": right, "kind": "amd", "driver": hip_version(version.value)}
    found.update(installed=amd_installed(), runtime=hip_version(runtime.value))
    found.update(name=name.value.decode("ascii", "replace"))
    return told(found, speeds)


def compiled(call: Any) -> Any:
    """Our kernel, translated by HIP's own compiler for the GPU that is set."""
    compiler = library("libhiprtc.so", "libhiprtc.so.7", "libhiprtc.so.6", "libhiprtc.so.5")
    if compiler is None:
        raise SystemExit("HIP's compiler (libhiprtc) is not in the image")
    make = caller(compiler, lambda code: "HIP's compiler failed")
    program, size, module, function = ctypes.c_void_p(), ctypes.c_size_t(), ctypes.c_void_p(), ctypes.c_void_p()
    make("hiprtcCreateProgram", ctypes.byref(program), SOURCE, b"add.hip", 0, None, None)
    make("hiprtcCompileProgram", program, 0, None)
    make("hiprtcGetCodeSize", program, ctypes.byref(size))
    code = ctypes.create_string_buffer(size.value)
    make("hiprtcGetCode", program, code)
    call("hipModuleLoadData", ctypes.byref(module), code)
    call("hipModuleGetFunction", ctypes.byref(function), module, b"add")
    return function


def dotted(number: int) -> str:
    """12040 is 12.4."""
    return f"{number // 1000}.{number % 1000 // 10}"


def hip_version(number: int) -> str:
    """60140091 is 6.1."""
    return f"{number // 10_000_000}.{number // 100_000 % 100}"


def installed() -> str:
    """The version of NVIDIA's driver on the node."""
    nvml = library("libnvidia-ml.so.1")
    text = ctypes.create_string_buffer(100)
    if nvml is not None and nvml.nvmlInit_v2() == 0 and nvml.nvmlSystemGetDriverVersion(text, 100) == 0:
        return text.value.decode("ascii", "replace")
    return first(r"Kernel Module\S*(?:\s+for \S+)?\s+(\d[\d.]+)", "/proc/driver/nvidia/version")


def amd_installed() -> str:
    """The version of AMD's driver on the node; what comes with the kernel has none."""
    return first(r"(\S+)", "/sys/module/amdgpu/version")


def first(pattern: str, path: str) -> str:
    """What a pattern finds in a small file."""
    try:
        with Path(path).open(encoding="ascii", errors="replace") as file:
            found = re.search(pattern, file.read(4096))
    except OSError:
        return "unknown"
    return found.group(1) if found else "unknown"


def cuda_runtime() -> str:
    """The newest CUDA runtime library in the image; ``none`` where there is none of its own."""
    names = ["libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so"]
    for pattern in CUDA_RUNTIMES:
        names += sorted(map(str, Path("/").glob(pattern)), reverse=True)
    for place in sys.path:
        names += sorted(map(str, Path(place).glob("nvidia/cu*/lib/libcudart.so.*")), reverse=True)
    version = ctypes.c_int()
    best = 0
    for name in names:
        cudart = library(name)
        if cudart is not None and cudart.cudaRuntimeGetVersion(ctypes.byref(version)) == 0:
            best = max(best, version.value)
    return dotted(best) if best else "none"


def told(found: "dict[str, Any]", speeds: "list[float]") -> "dict[str, str]":
    """Words without blanks; of several GPUs the slowest counts."""
    if speeds:
        found["memory"] = f"{min(speeds):.1f}"
    return {key: re.sub(r"\s+", "_", str(value)) or "unknown" for key, value in found.items()}


def main() -> None:
    """Print one line; end with another status when something is wrong."""
    cuda = library("libcuda.so.1")
    hip = None if cuda else library("libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so.5")
    if cuda is None and hip is None:
        raise SystemExit(
            "neither NVIDIA's driver library (libcuda.so.1) nor AMD's (libamdhip64.so) is in the container"
        )
    found = nvidia(cuda) if cuda else amd(hip)
    sys.stdout.write("ASSAYMARK_GPU " + " ".join(f"{key}={value}" for key, value in found.items()) + "\n")


if __name__ == "__main__":
    main()
