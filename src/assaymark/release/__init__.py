"""From a judged commit to a published release, in steps that can each be looked at and repeated.

``plan`` and ``check`` look, ``build`` executes the project's build and leaves one folder, ``publish`` takes that folder
to where people find it and executes nothing of the project, ``verify`` holds what was found against what was judged.
The folder is described by its ``release.json`` (`assaymark.release.folder`).
"""
