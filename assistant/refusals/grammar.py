"""What the clauses of a refusal look like, in English and Chinese. Knows nothing of whole texts.

A pattern is a regular expression in which words in CAPITALS stand for the parts of its language.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grammar:
    """The kinds of clauses of one language, each matched from the clause's beginning."""

    spelling: tuple[tuple[re.Pattern[str], str], ...]
    """What is replaced first, so that the patterns need not allow for it: short forms, adverbs."""
    lead: re.Pattern[str]
    """Words before the clause proper: conjunctions, apologies."""
    contrast: re.Pattern[str]
    """Those that set a clause off from the one before it: "but"."""
    refusal: re.Pattern[str]
    """A speaker who does not know, or a source that does not say."""
    elided: re.Pattern[str]
    """The same without its subject, after a clause that had it: "..., but do not name the fee"."""
    bare: re.Pattern[str]
    """The end of a refusal that leaves out what it is about, so that nothing can add to that."""
    unfinished: re.Pattern[str]
    """The end of a refusal in the middle of a question, which the next clause finishes."""
    source: re.Pattern[str]
    """What the source speaks of instead."""
    filler: re.Pattern[str]
    """Apologies and advice."""
    topic: re.Pattern[str]
    """What a refusal is about, said before it: "As for the fee, ..."."""
    asked: re.Pattern[str]
    """A question that goes on after a comma: ", nor when it is due"."""
    noun: re.Pattern[str]
    """Something else that goes on after a comma: ", or of boats"."""

    def plain(self, clause: str) -> tuple[str, bool]:
        """Return the clause proper in plain spelling, and whether it is set off from the one before."""
        for pattern, instead in self.spelling:
            clause = pattern.sub(instead, clause)
        clause = " ".join(clause.split())
        contrast = self.contrast.match(clause) is not None
        return self.lead.sub("", clause, count=1), contrast

    def continues(self, before: str, clause: str) -> bool:
        """Return whether `clause` goes on with what a refusal is about."""
        if self.asked.match(clause) or self.unfinished.search(before):
            return True
        return not self.bare.search(before) and self.noun.match(clause) is not None


def pattern(parts: Mapping[str, str], *alternatives: str) -> re.Pattern[str]:
    """Return the expression that matches any of `alternatives`, once names of `parts` stand for those.

    >>> pattern({"SOURCE": "text|passages?"}, "the SOURCE says", "it says").pattern
    'the (?:text|passages?) says|it says'
    """
    names = re.compile("|".join(sorted(parts, key=len, reverse=True)))

    def expand(pattern: str) -> str:
        return names.sub(lambda name: f"(?:{expand(parts[name[0]])})", pattern)

    return re.compile("|".join(expand(alternative) for alternative in alternatives))
