"""GitHub Actions workflows and action metadata, examined by an installed linter in one call."""
