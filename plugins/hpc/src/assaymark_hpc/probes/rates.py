"""How fast memory and the files of the working folder are, in GB/s: the best of three, by Python's own copying.

A sanity check for a node that is a tenth as fast as it should be, no benchmark: one process, one core.
"""

import os
import sys
import time
from pathlib import Path

SIZE = 256 * 2**20
BLOCK = 8 * 2**20
NAME = Path(".assaymark-rates")


def memory() -> float:
    """Copying from one place to another: each byte is read and written."""
    source, target = bytearray(SIZE), bytearray(SIZE)
    best = 0.0
    for _ in range(3):
        begun = time.perf_counter()
        target[:] = source
        best = max(best, 2 * SIZE / max(time.perf_counter() - begun, 1e-9) / 1e9)
    return best


def files() -> float:
    """Writing until it is on the disk; reading would be answered from memory."""
    block = os.urandom(BLOCK)
    best = 0.0
    try:
        for _ in range(3):
            begun = time.perf_counter()
            with NAME.open("wb") as file:
                for _ in range(SIZE // BLOCK):
                    file.write(block)
                file.flush()
                os.fsync(file.fileno())
            best = max(best, SIZE / max(time.perf_counter() - begun, 1e-9) / 1e9)
    finally:
        if NAME.exists():
            NAME.unlink()
    return best


if __name__ == "__main__":
    sys.stdout.write(f"ASSAYMARK_RATES memory={memory():.3f} files={files():.3f}\n")
