"""A GitHub of our own on 127.0.0.1 whose every exchange keeps to GitHub's own OpenAPI description.

Tests use the fixture ``fake_github`` (`tests/conftest.py`). It answers from its state (`state.State`), checks each
request and each answer against the description, and writes down what broke it; the fixture fails a test that broke it
without saying so (``fake.violations.clear()``). Faults are laid with ``fake.fail(...)``.
"""

from .server import FakeGitHub

__all__ = ["FakeGitHub"]
