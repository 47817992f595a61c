"""What stands under a heading: something to act on, or only an announcement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assaymark.subject.markup import MARKDOWN, RST
from assaymark.subject.substance import below, passage, shows_code, tells
from assaymark.testing import tree_of

TREE = tree_of({"docs/usage.md": "x" * 300, "docs/thin.md": "x", "examples/a.py": "print()\n"})
EXPLAINED = "Give it a grid, and it writes the height of the tide at each node, hour by hour, into a file. " * 2


@pytest.mark.parametrize(
    ("text", "for_setting_up", "for_use"),
    [
        ("Coming soon.", False, False),
        ("- fast\n- small\n- free\n", False, False),
        ("![a picture](docs/usage.png) [![b](https://img.shields.io/x.svg)](https://tides.test)", False, False),
        ("```sh\npip install tide\ncd tide && make\n```", True, False),
        ("```console\n$ git clone https://example.org/x\n$ ./configure --prefix=/opt\n```", True, False),
        ("```sh\npip install tide\ntide run grid.nc\n```", True, True),
        ("    >>> import tide\n", True, True),
        ("Call `tide run grid.nc` in its folder.", True, True),
        ("Set `verbose` if you like.", False, False),
        ("```bibtex\n@article{x,\n  title = {On tides},\n}\n```", True, False),
        ("```\nsrc/\n├── tide.py\n```", True, False),
        ("| option | meaning |\n| - | - |\n| a | b |\n| c | d |\n", True, True),
        ("See the [manual](https://example.org/docs).", True, True),
        ("See <https://tides.test/funding>.", False, False),
        ("See [here](docs/usage.md).", True, True),
        ("See [here](docs/thin.md).", False, False),
        ("See [here](docs/missing.md) and [above](#usage).", False, False),
        ("See [the examples](examples).", True, True),
        (EXPLAINED, True, True),
    ],
)
def test_what_a_reader_can_act_on(text: str, for_setting_up: bool, for_use: bool) -> None:
    part = passage(text, MARKDOWN, "README.md")
    assert tells(part, TREE, setting_up=True) is for_setting_up
    assert tells(part, TREE, setting_up=False) is for_use


def test_below_a_heading_is_all_up_to_the_next_of_its_kind() -> None:
    text = "# A\n\n## Usage\n\nSoon.\n\n### More\n\n    tide run x\n\n## Licence\n\n    tide --licence\n"
    whole = passage(text, MARKDOWN, "README.md")
    usage = whole.page.headings[1]
    assert shows_code(below(whole, usage))
    assert not shows_code(below(whole, usage, deep=False))
    assert "licence" not in below(whole, usage).text
    assert not shows_code(below(whole, whole.page.headings[0], deep=False))


def test_a_link_whose_address_stands_at_the_end_counts() -> None:
    text = "# A\n\n## Docs\n\nSee the [manual][m].\n\n## Licence\n\nMIT\n\n[m]: https://example.org/docs\n"
    whole = passage(text, MARKDOWN, "README.md")
    assert tells(below(whole, whole.page.headings[1]), TREE, setting_up=False)
    assert not tells(below(whole, whole.page.headings[2]), TREE, setting_up=False)
    rst = "Tide\n====\n\nDocs\n----\n\nSee the manual_.\n\nLicence\n-------\n\nMIT\n\n.. _manual: https://example.org/docs\n"
    whole = passage(rst, RST, "README.rst")
    assert tells(below(whole, whole.page.headings[1]), TREE, setting_up=False)


@given(st.text(alphabet="ab #`[]()<>:_|-=\n$\t.", max_size=300))
def test_any_text_is_taken(text: str) -> None:
    whole = passage(text, MARKDOWN, "README.md")
    for heading in whole.page.headings:
        tells(below(whole, heading), TREE, setting_up=False)
