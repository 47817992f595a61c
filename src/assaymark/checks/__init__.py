"""Built-in checks, one family per file.

Every `Check` found at the top level of a module in this package is offered to the catalogue: to add a check, add a
function decorated with ``@check`` to its family's file, and name its id in ``criteria/``.
"""
