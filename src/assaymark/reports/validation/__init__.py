"""Reports of a validation: each module turns a `Validation` into text."""
