"""Checks of services: pure functions of the manifest and of what was observed."""
