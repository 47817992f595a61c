"""One rank of an MPI program by ctypes alone: prints its rank, the number of ranks, and the sum of all ranks.

Runs inside the image under test, with any Python 3; needs nothing but the MPI library there. MPICH (and what shares its
binary interface) and Open MPI name their handles differently: which one it is, is asked of the library itself.
"""

import ctypes
import ctypes.util
import sys
import time
from pathlib import Path
from typing import Any


def library() -> ctypes.CDLL:
    """The first MPI library that can be loaded."""
    names = [ctypes.util.find_library("mpi"), "libmpi.so", "libmpi.so.40", "libmpi.so.12", "libmpich.so.12"]
    places = ("usr/lib", "usr/lib/*-linux-gnu", "usr/lib64", "usr/local/lib", "opt/*/lib")
    names += [str(found) for place in places for found in sorted(Path("/").glob(place + "/libmpi*.so*"))]
    for name in filter(None, names):
        try:
            return ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
    raise SystemExit("there is no MPI library in the image")


def main() -> None:
    """Start MPI, ask who is there, and add up."""
    mpi = library()
    world: Any
    integer: Any
    add: Any
    try:  # Open MPI: handles are addresses of these
        world = ctypes.byref(ctypes.c_char.in_dll(mpi, "ompi_mpi_comm_world"))
        integer = ctypes.byref(ctypes.c_char.in_dll(mpi, "ompi_mpi_int"))
        add = ctypes.byref(ctypes.c_char.in_dll(mpi, "ompi_mpi_op_sum"))
    except ValueError:  # MPICH: handles are numbers
        world, integer, add = (ctypes.c_int(n) for n in (0x44000000, 0x4C000405, 0x58000003))
    mpi.MPI_Init(None, None)
    rank, size, total = ctypes.c_int(-1), ctypes.c_int(-1), ctypes.c_int(-1)
    mpi.MPI_Comm_rank(world, ctypes.byref(rank))
    mpi.MPI_Comm_size(world, ctypes.byref(size))
    begun = time.time()
    mpi.MPI_Allreduce(ctypes.byref(rank), ctypes.byref(total), 1, integer, add, world)
    took = time.time() - begun
    sys.stdout.write(f"ASSAYMARK_MPI rank={rank.value} size={size.value} sum={total.value} seconds={took:.6f}\n")
    sys.stdout.flush()
    mpi.MPI_Finalize()


if __name__ == "__main__":
    main()
