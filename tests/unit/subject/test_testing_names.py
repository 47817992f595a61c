from __future__ import annotations

import pytest

from assaymark.subject.testing_names import in_tests


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests/test_a.py", True),
        ("t/basic.t", True),
        ("tide/fake_sgml.py", False),
        ("tide/mocks.py", True),
        ("src/test/java/org/tide/ATest.java", True),
        ("pkg/mocks/store.go", True),
        ("src/main/java/org/tide/test/Builder.java", False),
        ("core/src/main/java/org/tide/mock/Notary.java", False),
        ("src/tide/model.py", False),
    ],
)
def test_what_is_compiled_into_the_artefact_is_no_test(path: str, expected: bool) -> None:
    assert in_tests(path) is expected
