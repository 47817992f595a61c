"""Whether statements in envelopes may be believed: who signed each, and whether the verifier trusts them.

An own key vouches, whoever has it; that nobody made the statements up, as a workflow shows, it cannot say.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from assaymark.badges import did, dsse, jose, term
from assaymark.badges.keys import needs_sign
from assaymark.badges.verify import Answer, Known, Says, Unresolved, key_of, overall, shown
from assaymark.records import NamedTuple

OWN_KEY = "own key: whoever has it says so; weaker than a workflow, for nothing shows that it was not made up"
LIMIT = 1_000


class Judged(NamedTuple):
    """All answers, and the statements whose signature holds."""

    answers: tuple[Answer, ...]
    statements: tuple[dict[str, Any], ...]

    @property
    def vouched(self) -> str:
        """By whom: an ``own key`` when every signature holds, else ``nobody``."""
        held = [a.says for a in self.answers if a.about == "signature"]
        return "own key" if held and all(says is Says.YES for says in held) else "nobody"

    @property
    def says(self) -> Says:
        """All answers together."""
        return overall(self.answers)


def lines_of(content: bytes) -> list[bytes]:
    """The envelopes of a file with one in each line."""
    return [line for line in content.splitlines() if line.strip()]


def judge(lines: Sequence[bytes], known: Known) -> Judged:
    """Look at envelopes, each by itself and beside the others; ``known`` brings issuers and their documents."""
    needs_sign()
    if not lines:
        return Judged((Answer("signature", Says.NO, "there is no envelope"),), ())
    if len(lines) > LIMIT:
        return Judged((Answer("signature", Says.NO, f"there are more than {LIMIT:,} envelopes"),), ())
    signed: list[dsse.Signed] = []
    answers: list[Answer] = []
    for number, line in enumerate(lines, start=1):
        where = f"envelope {number}: " if len(lines) > 1 else ""
        try:
            signed.append(dsse.verified(line, lambda issuer, kid: key_of(issuer, kid, known)))
        except Unresolved as problem:
            answers.append(Answer("signature", Says.UNKNOWN, f"{where}{problem}"))
        except (jose.Unsigned, did.BadIdentity) as problem:
            answers.append(Answer("signature", Says.NO, f"{where}{problem}"))
    if not answers:
        told = f"it holds in {len(signed)} envelopes" if len(signed) > 1 else "it holds"
        answers = [Answer("signature", Says.YES, told), Answer("vouched", Says.YES, OWN_KEY)]
    answers += [_issuer(issuer, known) for issuer in sorted({s.issuer for s in signed})]
    # Signed together, statements mostly share their term: it is told once.
    answers += dict.fromkeys(answer for one in signed for answer in term.answers(one.issuer, one.statement, known))
    answers += _twice(signed)
    return Judged(shown(answers), tuple(s.statement for s in signed))


def _issuer(issuer: str, known: Known) -> Answer:
    if issuer in known.issuers:
        return Answer("issuer", Says.YES, f"{issuer}, whom you trust; it signed with a key of its own")
    if known.issuers:
        return Answer("issuer", Says.NO, f"{issuer}, is not one that you trust")
    return Answer("issuer", Says.UNKNOWN, f"{issuer}; whom to trust is yours to say (--issuer)")


def _twice(signed: Iterable[dsse.Signed]) -> Iterator[Answer]:
    """One issuer says one thing about one subject: of two such statements it is open which one counts."""
    seen: set[str] = set()
    for issuer, statement in signed:
        digests = [s["digest"] for s in statement["subject"]]
        what = json.dumps([issuer, statement["predicateType"], digests], sort_keys=True)
        if what in seen:
            yield Answer("once", Says.NO, f"two statements {statement['predicateType']} about the same subject")
        seen.add(what)
