"""The 41 indicators of the RDA and what each weighs: essential 3, important 2, useful 1."""

from __future__ import annotations

ESSENTIAL, IMPORTANT, USEFUL = 3, 2, 1

_ESSENTIAL = """
    RDA-F1-01M RDA-F1-01D RDA-F1-02M RDA-F1-02D RDA-F2-01M RDA-F3-01M RDA-F4-01M RDA-A1-02M RDA-A1-02D RDA-A1-03M
    RDA-A1-03D RDA-A1-04M RDA-A1-04D RDA-A1.1-01M RDA-A2-01M RDA-R1-01M RDA-R1.1-01M RDA-R1.3-01M RDA-R1.3-01D
    RDA-R1.3-02M
"""
_IMPORTANT = """
    RDA-A1-01M RDA-A1-05D RDA-A1.1-01D RDA-I1-01M RDA-I1-01D RDA-I1-02M RDA-I1-02D RDA-I2-01M RDA-I3-01M
    RDA-I3-03M RDA-R1.1-02M RDA-R1.1-03M RDA-R1.2-01M RDA-R1.3-02D
"""
_USEFUL = """
    RDA-A1.2-01D RDA-I2-01D RDA-I3-01D RDA-I3-02M RDA-I3-02D RDA-I3-04M RDA-R1.2-02M
"""
WEIGHTS: dict[str, int] = (
    dict.fromkeys(_ESSENTIAL.split(), ESSENTIAL)
    | dict.fromkeys(_IMPORTANT.split(), IMPORTANT)
    | dict.fromkeys(_USEFUL.split(), USEFUL)
)


def check_of(indicator: str) -> str:
    """``data.rda-a1-1-01m`` for ``RDA-A1.1-01M``: the check that decides an indicator."""
    return "data." + indicator.lower().replace(".", "-")
