"""What a level looks like outside assaymark: a picture, an endpoint document, and a signed credential.

Everything is a pure function of its input: an assessment gives a `model.Badge`, a badge gives the same bytes wherever
it is drawn. The templates, colours and text widths lie in the data folder ``badges``.
"""
