"""Documents are recognised however their text is written down."""

from __future__ import annotations

import codecs
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.validation.detect import as_utf8, detector, formats, loaded

TEXT = "toy: 1\nbad größe\n"
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_document_is_recognised_in_every_encoding_of_unicode(toy: ModuleType, encoding: str) -> None:
    data = TEXT.encode(encoding)
    assert as_utf8(data) == TEXT.encode()
    assert [v.id for v in formats("a.toy", data, [toy.validator()])] == ["toy"]


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE])
def test_a_mark_alone_is_no_document(mark: bytes) -> None:
    assert as_utf8(mark) == b""


@given(st.binary(max_size=60))
def test_no_bytes_break_it(data: bytes) -> None:
    as_utf8(data).decode("utf-8", "replace")


def test_a_detector_by_name_is_the_one_that_is_imported(toy: ModuleType) -> None:
    named = toy.validator(detect="toy_validator:detect")
    assert detector(named)("a.toy", TEXT.encode())
    assert loaded("toy_validator:detect") is toy.detect


def test_a_detector_that_is_not_there_is_no_document_overlooked(toy: ModuleType) -> None:
    with pytest.raises(ModuleNotFoundError):
        formats("a.toy", TEXT.encode(), [toy.validator(detect="no_such_module:detect")])
