"""Readers of continuous-integration definitions, one module per family; `assaymark.subject.workflows` is the fact."""
