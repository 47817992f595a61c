"""Readers of metadata and package files, loaded only where such a file lies in the root."""
