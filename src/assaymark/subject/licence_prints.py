"""Fingerprints of a few licence texts that most repositories hold, word for word.

Loading the recogniser costs more than all other file checks together; a text whose words are exactly those of one of
these licences needs no recogniser. Anything else, down to a single word, goes to it.
"""

from __future__ import annotations

import re
from hashlib import sha256

_TITLE = re.compile(
    r"(?i)[\W_]*(?:the )?(?:mit|expat|(?:new |modified |simplified )?bsd|bsd[- ][23][- ]clause|isc)(?: \"?\w[\w-]*\"?)?"
    r" licen[cs]e"
    r"(?: \((?:mit|bsd|expat|isc)\))?[\W_]*"
)
_OWNER = re.compile(r"(?i)[\W_]*(?:copyright|\(c\)|all rights reserved)\b")
_WORDS = re.compile(r"[a-z]+")


def fingerprint(text: str) -> str:
    """SHA-256 over the words, without title and copyright lines."""
    lines = (line for line in text.splitlines() if not (_TITLE.fullmatch(line) or is_owner(line)))
    return sha256(" ".join(_WORDS.findall("\n".join(lines).lower())).encode()).hexdigest()


def is_owner(line: str) -> bool:
    """Whether a line says who holds the rights; a longer one ("Copyright notice and ...") belongs to the text."""
    return len(line) < 120 and (_OWNER.match(line) is not None or line.strip().startswith("©"))


KNOWN: dict[str, str] = {
    "0cf21bdfd1964a97a8615e128534845826afbc887edc95aa5c925cbf64386b5c": "MIT",
    "a55290802e16b868d183408ae04927f021322fc31cf1dd35b38de65a52af8c12": "Apache-2.0",  # with its appendix
    "b24ab0e31f041f4c0e8e86c539676f68c5f6ba3417af53f61322e33cc5c0ad83": "Apache-2.0",  # terms only
    "090f695ed95012d9f51dd862a043063a66c81b8da80111a3fd73361f8e4f2047": "GPL-3.0",
    "53075742228962c7ea381b8242c64602fa32e7b8f52facb6d13ee4f9c596ddfa": "BSD-3-Clause",
    "986c3c3199a93b916c8f2e0aeed57819bcbdcb2cd9d99902dcc9d74b53f93a74": "BSD-2-Clause",
    "7a4d92cdb11d254973a073803be1148a5402f1b2ca67808cdb3ef78b596102cd": "Unlicense",
}
