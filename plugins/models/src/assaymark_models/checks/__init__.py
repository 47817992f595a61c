"""Checks of models, one module for each criterion."""
