"""Fingerprints of a few licence texts that most repositories hold, word for word.

Loading the recogniser costs more than all other file checks together; a text whose words are exactly those of one of
these licences needs no recogniser. Anything else, down to a single word, goes to it.
"""

from __future__ import annotations

from hashlib import sha256

from assaymark.patterns import late

_TITLE = late(
    r"(?i)[\W_]*(?:the )?(?:mit|expat|(?:new |modified |simplified )?bsd|bsd[- ][23][- ]clause|isc)(?: \"?\w[\w-]*\"?)?"
    r" licen[cs]e"
    r"(?: \((?:mit|bsd|expat|isc)\))?[\W_]*"
)
_OWNER = late(r"(?i)[\W_]*(?:copyright|\(c\)|all rights reserved)\b")
_RIGHTS = late(
    r"(?i)[\W_]*(?:copyright\b[\W_]*(?:\(c\)|©|[\[<{]|.{0,60}\b(?:19|20)\d\d\b)"
    # Apache-2.0 has a clause that some number with "(c)".
    r"|\(c\)(?! You must retain)|©|all rights reserved\b)"
)
_END = late(r"(?i)[\W_]*end of terms and conditions[\W_]*")
# Each of the three has one of these: nearly all lines have none, which is quicker to see.
_SIGNS = ("licen", "end of terms", "copyright", "(c)", "all rights")
_ADDRESS = late(r"https?://\S+")
_WORDS = late(r"[a-z]{2,}")  # a lone letter numbers a paragraph
_NAMED = late(r"\bneither the names? of (?:\w+ ){1,8}nor the names of (?:its|any|their) contributors\b")


def fingerprint(text: str) -> str:
    """SHA-256 over the words, without title, owners, addresses and numbering."""
    lines = (line for line in text.splitlines() if len(line) >= 120 or not _is_frame(line))
    words = " ".join(_WORDS.findall(_ADDRESS.sub(" ", "\n".join(lines).lower())))
    # Whose name may not be used is as free as who holds the rights.
    return sha256(_NAMED.sub("neither the name nor the names of contributors", words).encode()).hexdigest()


def _is_frame(line: str) -> bool:
    """Whether a line names the licence, who holds the rights, or the end."""
    if line.isascii():
        low = line.lower()
        if not any(sign in low for sign in _SIGNS):
            return False
    return bool(_TITLE.fullmatch(line) or _END.fullmatch(line) or _RIGHTS.match(line))


def is_owner(line: str) -> bool:
    """Whether a line says who holds the rights; a longer one ("Copyright notice and ...") belongs to the text."""
    return len(line) < 120 and (_OWNER.match(line) is not None or line.strip().startswith("©"))


KNOWN: dict[str, str] = {
    "3346c203353b286e2021c9b077352db1dea97d9ce7043ac910dee821f174a656": "MIT",
    "8b1647d8d6840298e9f2dd8dd707ea1d9df5be759dea3dca6bb351f647df97d0": "Apache-2.0",  # with its appendix
    "f57ece04ca37c5e71a4692ada754d7308273d34ed2015aee6a1c713ba029b35c": "Apache-2.0",  # terms only
    "d5ab624ee62454779b85ba70d826ceb4b32c3243e86978cd1d0df15e4a1fbb9c": "GPL-3.0",
    "200c737cc9c4e4932952988add48e72bc8e9707f28249b1a4015661f168dc7f4": "BSD-3-Clause",
    "969096095458619e1d848ac09f25633dfd04a444358cf08235f311aba6248cfe": "BSD-2-Clause",
    "ccbbef83a5ca794700f8ecee9564e7b7795e0e6b82b8b18b2cbc369ffe106e0f": "Unlicense",
}
