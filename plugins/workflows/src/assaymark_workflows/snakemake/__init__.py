"""Snakemake workflows, read statically: linting them with Snakemake itself would execute their Python."""
