"""Workflow documents found and judged by the validators of plugins: in one process, offline, within limits.

`assaymark.validity` is the way in; here are its parts. Nothing in this package knows a format by name.
"""
