"""Ophidia workflows: native JSON, and CWL that Ophidia's converter turns into tasks."""
