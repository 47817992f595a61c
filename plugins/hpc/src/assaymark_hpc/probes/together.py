"""One sum over all GPUs of a node, by NCCL or RCCL and ctypes alone: one process, one communicator for each GPU.

Runs inside the image under test with any Python 3; needs the library that it tries, and the runtime that this uses.
"""

import ctypes
import sys
from pathlib import Path
from typing import Any

COUNT = 1024
FLOAT, SUM, HOST_TO_DEVICE, DEVICE_TO_HOST = 7, 0, 1, 2


def library(*names: str) -> Any:
    """The first that can be loaded, or None; those beside Python's packages are looked at too."""
    stems = {name.split(".so")[0] for name in names}
    beside = [str(found) for place in sys.path for found in sorted(Path(place).glob("nvidia/*/lib/lib*.so*"))]
    for name in [*names, *(path for path in beside if path.rsplit("/", 1)[1].split(".so")[0] in stems)]:
        try:
            return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
    return None


def main() -> None:
    """Print one line; end with another status when something is wrong."""
    runtime, prefix = library("libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0", "libcudart.so"), "cuda"
    names = ("libnccl.so.2", "libnccl.so")
    if runtime is None:
        runtime, prefix = library("libamdhip64.so", "libamdhip64.so.7", "libamdhip64.so.6"), "hip"
        names = ("librccl.so.1", "librccl.so")
    together = library(*names)
    if runtime is None or together is None:
        raise SystemExit("neither NCCL with CUDA's runtime nor RCCL with HIP is in the image")

    def call(of: Any, name: str, *words: Any) -> None:
        code = getattr(of, name)(*words)
        if code != 0:
            raise SystemExit(f"{name} failed with {code}")

    count, version = ctypes.c_int(), ctypes.c_int()
    call(runtime, prefix + "GetDeviceCount", ctypes.byref(count))
    call(together, "ncclGetVersion", ctypes.byref(version))
    number = count.value
    worlds = (ctypes.c_void_p * number)()
    call(together, "ncclCommInitAll", worlds, number, None)
    buffers = [ctypes.c_void_p() for _ in range(number)]
    size = COUNT * 4
    for rank, buffer in enumerate(buffers):
        call(runtime, prefix + "SetDevice", rank)
        call(runtime, prefix + "Malloc", ctypes.byref(buffer), ctypes.c_size_t(size))
        data = (ctypes.c_float * COUNT)(*[float(rank + 1)] * COUNT)
        call(runtime, prefix + "Memcpy", buffer, data, ctypes.c_size_t(size), HOST_TO_DEVICE)
    call(together, "ncclGroupStart")
    for rank, buffer in enumerate(buffers):
        call(runtime, prefix + "SetDevice", rank)
        world = ctypes.c_void_p(worlds[rank])
        call(together, "ncclAllReduce", buffer, buffer, ctypes.c_size_t(COUNT), FLOAT, SUM, world, None)
    call(together, "ncclGroupEnd")
    right = 0
    for rank, buffer in enumerate(buffers):
        call(runtime, prefix + "SetDevice", rank)
        call(runtime, prefix + "DeviceSynchronize")
        data = (ctypes.c_float * COUNT)()
        call(runtime, prefix + "Memcpy", data, buffer, ctypes.c_size_t(size), DEVICE_TO_HOST)
        right += list(data) == [number * (number + 1) / 2] * COUNT
    sys.stdout.write(f"ASSAYMARK_NCCL count={number} right={right} version={version.value}\n")


if __name__ == "__main__":
    main()
