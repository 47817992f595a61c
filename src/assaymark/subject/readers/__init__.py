"""Readers that load a library of their own; imported only when a document is read."""
