"""The bytes of a document as text: UTF-8 and nothing else, because that is what engines read."""

from __future__ import annotations

import json

from assaymark_workflows.source.node import Malformed


def decoded(data: bytes) -> str:
    """The text without a byte order mark. Raises `Malformed` where it is no UTF-8."""
    encoding = json.detect_encoding(data[:4])
    if not encoding.startswith("utf-8"):
        raise Malformed(f"the text is {encoding[:6].upper()}; engines read UTF-8")
    try:
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = before.rpartition(b"\n")[2].decode("utf-8").removeprefix("\ufeff")
        message = f"not UTF-8 text: the byte 0x{data[error.start]:02x} cannot stand here"
        raise Malformed(message, before.count(b"\n") + 1, len(line) + 1) from None
