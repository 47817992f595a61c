"""Facts about the subject, gathered once and by name; one module per family of facts.

Every `Fact` found at the top level of a module in this package is offered to checks: to add a fact, add a function
decorated with ``@fact`` here and touch nothing else.
"""
