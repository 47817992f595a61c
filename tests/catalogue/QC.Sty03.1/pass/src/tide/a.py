import os  # noqa: F401 -- offered to users of the module
