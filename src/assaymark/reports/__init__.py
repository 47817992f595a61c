"""One module per format, each with ``render(assessment) -> str``; all are drawn from the assessment alone."""
