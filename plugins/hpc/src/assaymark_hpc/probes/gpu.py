"""What the GPUs do, by the driver's own library and ctypes alone: how many, which, and whether one computes rightly.

Runs inside the image under test, or on a host, with any Python 3. A kernel of ten instructions adds two numbers on
each of many threads; the driver translates it for whatever GPU there is.
"""

import ctypes
import sys
from typing import Any

COUNT = 1024
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


def main() -> None:
    """Print one line; end with 1 when something is wrong."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError as problem:
        raise SystemExit(f"the driver's library is not in the container: {problem}") from problem

    def call(name: str, *words: Any) -> None:
        code = getattr(cuda, name)(*words)
        if code != 0:
            text = ctypes.c_char_p()
            cuda.cuGetErrorString(code, ctypes.byref(text))
            raise SystemExit(f"{name}: {(text.value or b'an unknown error').decode()} ({code})")

    call("cuInit", 0)
    count, version, device = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
    call("cuDeviceGetCount", ctypes.byref(count))
    call("cuDriverGetVersion", ctypes.byref(version))
    right = 0
    name = ctypes.create_string_buffer(100)
    for number in range(count.value):
        call("cuDeviceGet", ctypes.byref(device), number)
        call("cuDeviceGetName", name, 100, device)
        context, module, function, memory = (ctypes.c_void_p() for _ in range(4))
        call("cuCtxCreate_v2", ctypes.byref(context), 0, device)
        call("cuModuleLoadData", ctypes.byref(module), PTX)
        call("cuModuleGetFunction", ctypes.byref(function), module, b"add")
        call("cuMemAlloc_v2", ctypes.byref(memory), COUNT * 4)
        data = (ctypes.c_uint32 * COUNT)(*range(COUNT))
        call("cuMemcpyHtoD_v2", memory, data, COUNT * 4)
        size = ctypes.c_uint32(COUNT)
        words = (ctypes.c_void_p * 2)(
            ctypes.cast(ctypes.pointer(memory), ctypes.c_void_p), ctypes.cast(ctypes.pointer(size), ctypes.c_void_p)
        )
        call("cuLaunchKernel", function, COUNT // 128, 1, 1, 128, 1, 1, 0, None, words, None)
        call("cuCtxSynchronize")
        call("cuMemcpyDtoH_v2", data, memory, COUNT * 4)
        right += list(data) == [2 * n for n in range(COUNT)]
        call("cuCtxDestroy_v2", context)
    driver = f"{version.value // 1000}.{version.value % 1000 // 10}"
    called = name.value.decode("ascii", "replace").replace(" ", "_")
    sys.stdout.write(f"ASSAYMARK_GPU count={count.value} right={right} driver={driver} name={called}\n")


if __name__ == "__main__":
    main()
