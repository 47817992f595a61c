"""Readers of task runners: what ``tox``, ``nox``, ``make``, ``npm run`` and their like would start, read and "
"never run."""
