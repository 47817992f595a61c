"""CWL 1.0, 1.1 and 1.2: structure, references, links, expressions, values and the OGC Application Package profile."""
