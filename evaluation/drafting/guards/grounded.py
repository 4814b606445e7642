"""What the answer of a draft names stands in its quotes, and not in its question already."""

from collections.abc import Iterator, Sequence

from assistant.agreement import quantities
from assistant.agreement.words import content
from evaluation.check_questions import numerals
from evaluation.drafting.types import Bench, Draft

_SHARED = 0.6
"""Share of the words of an answer that stand in the quotes; other endings and small words are its own."""


def grounded(drafts: Sequence[Draft], bench: Bench) -> Iterator[Draft]:
    """Yield the drafts whose answer is taken from the quotes; yes and no, and nothing, are not."""
    for draft in drafts:
        if fault := _fault(draft):
            bench.drop("grounded", draft, fault)
        else:
            yield draft


def _fault(draft: Draft) -> str:
    if draft.type in ("yesno", "unanswerable"):
        return ""
    (answer,) = draft.answers
    said = content(answer)
    if said and said <= content(draft.question):
        return "the question says the answer"
    if draft.type == "multi_hop":  # its answer may be reckoned from both
        return ""
    quoted = " ".join(chunk.text for chunk in draft.evidence)
    if draft.type == "number" and _stated(answer, quoted):
        return ""
    figures = {one for one in numerals(answer) if one[0].isdigit()}
    if not figures <= numerals(quoted):
        return "a number of the answer does not stand in the quote"
    if len(said & content(quoted)) < _SHARED * len(said):
        return "the answer does not stand in the quote"
    return ""


def _stated(answer: str, quoted: str) -> bool:
    """Whether the amounts of an answer stand in the quotes, in figures or in words."""
    known, said = quantities(quoted), quantities(answer)
    return bool(said) and all(any(one.equals(other) for other in known) for one in said)
