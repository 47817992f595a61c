"""TOSCA templates (Simple Profile in YAML): types, requirements, functions and files, each at its place."""
