from __future__ import annotations

import pytest

from assaymark.subject.documents import LIMIT, Documents, Readme, documents, entries_with, readme
from assaymark.subject.topics import ALL
from assaymark.testing import File, link, tree_of

TEXT = "Tidegrid computes tides on grids that follow the coast, for people who model harbours and estuaries and bays.\n"


def the_readme(files: dict[str, File]) -> Readme:
    found: Readme = readme.provide(tree_of(files))
    return found


def the_documents(files: dict[str, File]) -> Documents:
    found: Documents = documents.provide(tree_of(files))
    return found


@pytest.mark.parametrize(
    "name", ["README.md", "readme.md", "Readme", "README.rst", "README.txt", "README.org", ".github/README.md"]
)
def test_readmes_are_found_whatever_their_name(name: str) -> None:
    assert the_readme({name: TEXT}).path == name


def test_the_readme_that_forges_show_comes_first() -> None:
    files: dict[str, File] = dict.fromkeys(["README.zh.md", "README.rst", "README.md", "docs/README.md"], TEXT)
    assert the_readme(files).path == "README.md"


def test_other_formats_are_no_readme() -> None:
    assert not the_readme({"README.pdf": b"%PDF", "readme.html": TEXT}).present


def test_a_link_is_followed_inside_the_tree_only() -> None:
    assert the_readme({"README.md": link("docs/index.md"), "docs/index.md": TEXT}).page.words > 10
    assert not the_readme({"README.md": link("../secret.md")}).present


def test_binary_and_huge_readmes_do_no_harm() -> None:
    assert the_readme({"README": b"\0\1\2\3" * 1000}).binary
    huge = the_readme({"README.md": ("# Title\n\n" + TEXT * 10) * 10_000})
    assert huge.size > 10 * LIMIT
    assert "description" in huge.topics


FULL = f"""# Tidegrid

{TEXT}
## Getting started

```
pip install tidegrid
```

Run `pytest` for the tests; the [manual](https://x.org/docs) tells more.
See the changelog. Written by Ada. Funded by the sea.
"""


def test_all_topics_are_seen_in_prose_too() -> None:
    assert set(the_readme({"README.md": FULL}).topics) == set(ALL)


@pytest.mark.parametrize(
    ("markup", "heading"),
    [
        ("md", "## Quickstart"),
        ("md", "Installation\n---"),
        ("rst", "Set up\n------"),
        ("org", "* Usage"),
        ("adoc", "== Build"),
    ],
)
def test_a_start_is_recognised_by_many_names(markup: str, heading: str) -> None:
    found = the_readme({f"README.{markup}": f"Text first.\n\n{heading}\n\nWords.\n"})
    assert "getting-started" in found.topics


@pytest.mark.parametrize("text", ["", "\n", "# Install\n", "# Title\n\nTODO\n"])
def test_next_to_nothing_covers_nothing(text: str) -> None:
    assert set(the_readme({"README.md": text}).topics) == set()


def test_guides_are_found_where_forges_look_and_in_the_manual() -> None:
    found = the_documents(
        {
            ".github/CODE-OF-CONDUCT.md": TEXT,
            "docs/dev/contributing_guide.rst": TEXT,
            "SECURITY.md": TEXT,
            "vendor/x/docs/contributing.md": TEXT,
        }
    )
    assert [g.path for g in found.conduct] == [".github/CODE-OF-CONDUCT.md"]
    assert next(g.path for g in found.contributing) == "docs/dev/contributing_guide.rst"
    assert [g.path for g in found.security] == ["SECURITY.md"]


def test_comments_are_not_part_of_a_guide() -> None:
    text = the_documents({"CODE_OF_CONDUCT.md": "a\n<!-- b\nc -->\nd\n"}).conduct[0].text
    assert (text.split(), text.count("\n")) == (["a", "d"], 4)


def test_documentation_is_told_from_other_files() -> None:
    found = the_documents(
        {
            "README.md": TEXT,
            "LICENSE": TEXT,
            "docs/a.md": TEXT,
            "docs/b.pdf": b"%PDF",
            "docs/c.docx": b"PK",
            "docs/requirements.txt": "x",
            "docs/CMakeLists.txt": "x",
            "src/notes.md": TEXT,
            "third_party/docs/d.md": TEXT,
            "CMakeLists.txt": "x",
        }
    )
    assert [p.path for p in found.pages] == ["README.md", "docs/a.md"]
    assert [p.path for p in found.manual] == ["docs/a.md"]
    assert [b.path for b in found.binaries] == ["docs/b.pdf", "docs/c.docx"]


@pytest.mark.parametrize(
    ("path", "text", "version"),
    [
        ("CHANGELOG.md", "# Changelog\n\n## [1.2.0] - 2026-01-01\n", "1.2.0"),
        ("CHANGES.rst", "Version 1.2\n-----------\n", "1.2"),
        ("HISTORY.md", "1.2.0 (2026-01-01)\n------------------\n", "1.2.0"),
        ("NEWS.md", "# tide 1.2.0\n", "1.2.0"),
        ("docs/changelog.rst", "v1.2.0 (2026)\n=============\n", "1.2.0"),
        ("doc/whats-new.rst", ".. _whats-new.1.2.0:\n\nv1.2.0 (Jan 1)\n--------------\n", "1.2.0"),
        ("ChangeLog.md", "## [v1.2.0](https://x.org/tree/v1.2.0) (2026)\n", "1.2.0"),
    ],
)
def test_entries_of_changelogs(path: str, text: str, version: str) -> None:
    logs = the_documents({path: text}).changelogs
    assert [c.path for c in logs] == [path]
    assert list(entries_with(logs[0].versions, version))


def test_an_entry_is_found_however_the_version_is_written() -> None:
    assert list(entries_with(["1.2.0", "1.1"], "v1.2")) == ["1.2.0"]
    assert list(entries_with(["1.2.0"], "1.3.0")) == []


def test_fragments_of_the_next_entry() -> None:
    found = the_documents({"changelog.d/12.added.md": "x", "news/README.md": "x", "src/news/x.py": "x"})
    assert "changelog.d/12.added.md" in found.fragments
