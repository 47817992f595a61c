"""Nextflow workflows, read statically: their language is Groovy, which only its own compiler understands."""
