from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assaymark.subject import licences as lic
from assaymark.subject.licences import Licences, expression_ids, identify, is_spdx, licences, open_source, osi_approved
from assaymark.testing import File, link, tree_of

MIT = """Copyright (c) 2026 Ada Example

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
EDITED = MIT.replace("to deal in the", "to deal at once and gladly in the whole and undivided")


def read(**files: File) -> Licences:
    found: Licences = licences.provide(tree_of(files))
    return found


def test_a_text_is_recognised() -> None:
    found = identify(MIT)
    assert (found.kind, found.ids) == (lic.RECOGNISED, ("MIT",))
    assert found.coverage > 0.95


def test_a_stray_edit_does_not_hide_a_licence() -> None:
    found = identify(EDITED)
    assert (found.kind, found.ids) == (lic.ALTERED, ("MIT",))


def test_added_terms_do() -> None:
    assert identify(EDITED + "\nFor academic institutes only.\n").kind == lic.LEGAL
    assert identify(MIT + "\nFor academic institutes only.\n").restriction


def test_terms_in_a_copyright_line_are_seen() -> None:
    found = identify(MIT.replace("Ada Example", "Ada Example, for non-commercial use"))
    assert not found.known


def test_a_licence_lost_in_prose_does_not_count() -> None:
    found = identify("The sea is wide and we have much to tell about the rights of its holders. " * 60 + MIT)
    assert not found.known


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", lic.NOT_A_LICENCE),
        ("MIT", lic.NOT_A_LICENCE),
        ("Lorem ipsum dolor sit amet " * 80, lic.NOT_A_LICENCE),
        ("See LICENSE-MIT or LICENSE-APACHE, at your option.", lic.POINTER),
        ("YEAR: 2026\nCOPYRIGHT HOLDER: Ada\n", lic.TEMPLATE),
        ("\0\1\2" * 400, lic.NOT_A_LICENCE),
    ],
)
def test_what_is_not_a_known_licence(text: str, kind: str) -> None:
    assert identify(text).kind == kind


def test_a_restriction_takes_back_what_the_licence_gives() -> None:
    found = identify(MIT + "\nThe Commons Clause applies.\n")
    assert found.restriction == MIT.count("\n") + 2
    assert not found.known


@given(st.text(max_size=300))
@settings(max_examples=40)
def test_no_text_breaks_it(text: str) -> None:
    assert identify(text).kind in {lic.LEGAL, lic.POINTER, lic.TEMPLATE, lic.NOT_A_LICENCE, lic.RECOGNISED, lic.ALTERED}


@pytest.mark.parametrize(
    "name", ["LICENSE", "licence.md", "COPYING.txt", "LICENSE-MIT", "LICENSE.MIT", "MIT-LICENSE.txt", "UNLICENSE"]
)
def test_names_people_use(name: str) -> None:
    assert read(**{name: MIT}).ids == ("MIT",)


@pytest.mark.parametrize(
    "name", ["license.py", "licenses.json", "src/LICENSE", "licenses/NUMPY_LICENSE", "license_header.tmpl"]
)
def test_other_files_are_left_alone(name: str) -> None:
    assert read(**{name: MIT}).files == ()


def test_reuse_names_the_licence_in_the_file_name() -> None:
    found = read(**{"LICENSES/MIT.txt": MIT, "LICENSES/notes.txt": "x"})
    assert [f.path for f in found.root] == ["LICENSES/MIT.txt"]


def test_the_root_counts_before_a_folder_of_licences() -> None:
    found = read(**{"LICENSE": MIT, "LICENSES/CC0-1.0.txt": "CC0 " * 50})
    assert [f.path for f in found.known] == ["LICENSE"]


def test_a_link_within_the_tree_is_followed_and_no_other() -> None:
    files: dict[str, File] = {"LICENSE": link("legal/text"), "legal/text": MIT}
    assert read(**files).ids == ("MIT",)
    assert read(LICENSE=link("../../etc/passwd")).files == ()
    assert read(LICENSE=link("/etc/passwd")).files == ()
    assert read(LICENSE=link("COPYING"), COPYING=link("LICENSE")).files == ()


def test_a_huge_file_is_not_read() -> None:
    found = read(LICENSE="x" * (lic.LIMIT + 1))
    assert [f.kind for f in found.files] == [lic.LEGAL]


def test_spdx_ids_and_who_approves_of_them() -> None:
    assert osi_approved("GPL-3.0")
    assert osi_approved("GPL-3.0-or-later")
    assert osi_approved("Apache-2.0")
    assert not osi_approved("JSON")
    assert not osi_approved("CC-BY-NC-4.0")
    assert open_source("CC0-1.0")
    assert not open_source("CC-BY-NC-4.0")
    assert is_spdx("mit")
    assert not is_spdx("Apache License, Version 2.0")


def test_expressions_are_taken_apart() -> None:
    assert expression_ids("(MIT OR Apache-2.0) AND BSD-3-Clause") == ("MIT", "Apache-2.0", "BSD-3-Clause")
    assert expression_ids("MIT/Apache-2.0") == ("MIT", "Apache-2.0")
