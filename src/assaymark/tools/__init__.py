"""External programs: what each is (manifest), where it is (locate), how it is run and read, and what that proves.

The way of a tool: `manifest` reads its description, `plan` decides whether it applies to this subject, `locate` finds
the program, `sanitise` makes its configuration harmless, `run` starts it and judges whether it really ran, a parser
turns its report into findings, and `verdict` turns those into evidence. A new tool is one manifest.
"""
