"""What the benchmarks share: timing of whole processes, and tables. Standard library only."""
