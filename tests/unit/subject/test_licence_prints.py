from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from licenseclassifier import identify_license

from assaymark.subject.licence_prints import KNOWN, fingerprint
from assaymark.subject.licences import identify

TEXTS = {p.stem: p.read_text(encoding="utf-8") for p in (Path(__file__).parent / "licence_texts").glob("*.txt")}
TERMS = TEXTS["Apache-2.0"].partition("END OF TERMS AND CONDITIONS")[0]


@pytest.mark.parametrize("id", TEXTS)
def test_the_recogniser_says_the_same(id: str) -> None:
    assert KNOWN[fingerprint(TEXTS[id])] == id
    assert {found.id for found in identify_license(TEXTS[id])} == {id}


def test_every_fingerprint_is_of_a_text_at_hand() -> None:
    assert set(KNOWN) == {fingerprint(t) for t in [*TEXTS.values(), TERMS]}


@pytest.mark.parametrize("id", TEXTS)
def test_titles_owners_and_line_ends_do_not_matter(id: str) -> None:
    text = "Copyright (C) 2020-2026 Somebody Else\r\nAll rights reserved.\r\n" + TEXTS[id].replace("\n", "\r\n  ")
    assert KNOWN[fingerprint(text)] == id


@pytest.mark.parametrize("id", TEXTS)
@pytest.mark.parametrize("more", ["Not for sale.", "\nThis holds for academic use only.\n"])
def test_one_more_sentence_matters(id: str, more: str) -> None:
    assert fingerprint(f"{TEXTS[id]}\n{more}") not in KNOWN
    assert fingerprint(f"{more}\n{TEXTS[id]}") not in KNOWN


def test_the_recogniser_is_not_loaded_for_them() -> None:
    program = (
        "import sys; from assaymark.subject.licences import identify;"
        "identify(sys.stdin.read()); sys.exit('licenseclassifier' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=TEXTS["MIT"], text=True, check=False, timeout=60)
    assert done.returncode == 0
    assert identify(TEXTS["MIT"]).ids == ("MIT",)


def test_the_ways_in_which_copies_differ_do_not_matter() -> None:
    apache = TEXTS["Apache-2.0"].replace("(a) You must", "You must").replace("http://", "https://")
    apache = apache.replace("(c) You must", "3. You must")
    assert KNOWN[fingerprint(apache)] == "Apache-2.0"
    assert KNOWN[fingerprint(f"{TERMS}\n   END OF TERMS AND CONDITIONS\n")] == "Apache-2.0"
    whole = " ".join(TEXTS["BSD-3-Clause"].partition("\n\n")[2].split())
    ours = whole.replace("of the copyright holder nor", "of the Example University, Spam, nor")
    assert ours != whole
    assert KNOWN[fingerprint(ours)] == "BSD-3-Clause"


@pytest.mark.parametrize(
    "line",
    [
        "copyright holder and you cure the violation prior to 30 days after",
        "copyright notice that is included in or attached to the work",
    ],
)
def test_a_wrapped_line_of_the_terms_is_no_owner(line: str) -> None:
    assert fingerprint(f"{TEXTS['MIT']}\n{line}\n") not in KNOWN
