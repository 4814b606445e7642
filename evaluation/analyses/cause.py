"""Why an answer is wrong: one cause each, from what was recorded. Knows nothing of models or reports.

The first that holds is the one, from the corpus over the prompt to the form of the answer: who reads "read
wrongly" knows that the evidence was in the prompt. What the record does not tell is `unknown`, never guessed.
"""

from collections.abc import Callable, Collection, Mapping
from itertools import product

from assistant.agreement import items, polarity, quantities
from assistant.agreement.figures import amounts_of
from assistant.agreement.polarity import asks_yes_or_no, is_verdict
from assistant.agreement.words import content
from assistant.citations import sources
from assistant.types import Answer, Citation
from core.language import detect_passage
from core.quotes import squeezed
from evaluation.metrics.retrieval import quoted, reads
from evaluation.types import Reference, Sample
from ingest.chunking import sentences

CAUSES = {
    "not_in_corpus": "evidence not in the corpus",
    "not_retrieved": "evidence not found",
    "ranked_out": "evidence ranked out of the prompt",
    "cut": "evidence cut from the pack",
    "unknown": "not recorded",
    "answered": "answered though not answerable",
    "refused": "refused though answerable",
    "other_passage": "about another passage",
    "polarity": "read wrongly: yes and no",
    "number": "read wrongly: number",
    "partial": "read wrongly: a part only",
    "language": "wrong language",
    "wording": "right, but long or in other words",
    "loop": "loops",
    "cut_off": "cut off, or nothing said",
    "misread": "read wrongly: otherwise",
    "never_taught": "not learned: never taught",
    "missed": "not learned: taught and missed",
}
"""By the key in report.json, what a reader is told; in the order of asking."""

_PART = 0.25
"""Value from which an answer has a part of what is right; less is some words in common."""
_WHOLE = 0.8
"""Share of the words of a right answer that a text must have to be right in substance."""

_Test = Callable[[Sample, float], bool]
"""Whether something holds of an answer and what it is worth."""


def cause(sample: Sample, correct: float, absent: Collection[str]) -> str:
    """Return the key in `CAUSES` of why an answer is not `correct` (0 to 1, less than 1).

    Args:
        sample: the answer, with passages and citations where it has some.
        correct: the measure's value of it.
        absent: evidence that the corpus has not, see `evaluation.metrics.retrieval.missing`.
    """
    reference, answer = sample.reference, sample.answer
    if not reference.answerable:
        return "answered"
    if reads(answer) and (lost := _lost(reference, answer, absent)):
        return lost
    if answer.abstained:
        return "refused"
    if reads(answer):
        return _first(_READ, sample, correct) or "misread"
    return _first(_SAID, sample, correct) or _unlearned(reference, answer)


def _first(tests: Mapping[str, _Test], sample: Sample, correct: float) -> str:
    return next((name for name, holds in tests.items() if holds(sample, correct)), "")


def _lost(reference: Reference, answer: Answer, absent: Collection[str]) -> str:
    """Return where evidence was lost on its way into the prompt; empty: all of it is there."""
    if reference.evidence_text:
        standing = quoted(reference.evidence_text, answer.contexts)
        causes = {
            _left(one, reference, answer, absent) for one in reference.evidence_text if one not in standing
        }
    elif reference.evidence:
        causes = {_left_document(one, answer, absent) for one in reference.evidence} - {""}
    else:
        causes = {"unknown"}
    return min(causes, key=list(CAUSES).index, default="")


def _left(quote: str, reference: Reference, answer: Answer, absent: Collection[str]) -> str:
    """Return where a quote was left that is not in the prompt."""
    if quote in absent:
        return "not_in_corpus"
    if answer.found:
        return "ranked_out" if quoted([quote], answer.found) else "not_retrieved"
    if answer.ranked is not None and not set(reference.evidence) & set(answer.ranked):
        return "not_retrieved"
    return "cut" if _packs(answer) else "unknown"


def _left_document(id: str, answer: Answer, absent: Collection[str]) -> str:
    """Return where a document was left of which nobody said what is evidence; empty: it is read whole."""
    if id in absent:
        return "not_in_corpus"
    if id in {one for hit in answer.contexts for one in hit.documents}:
        return "" if _packs(answer) else "unknown"
    if answer.ranked is not None and id not in answer.ranked:
        return "not_retrieved"
    return "cut" if _packs(answer) else "ranked_out"


def _packs(answer: Answer) -> bool:
    """Say whether whole documents are read, rather than what a search found."""
    return answer.ranked is None or any(hit.chunk.id == hit.chunk.document_id for hit in answer.contexts)


def _unlearned(reference: Reference, answer: Answer) -> str:
    """Return what was amiss in the teaching; a model without an adapter was taught nothing."""
    if not answer.adapter:
        return "never_taught"
    return {True: "missed", False: "never_taught", None: "unknown"}[reference.taught]


def _is_elsewhere(sample: Sample, correct: float) -> bool:
    """Say whether the answer says what stands in another passage, and can be from no other document."""
    answer = sample.answer
    if is_verdict(answer.text) or not answer.citations or len(sources(answer.text, answer.contexts)) > 1:
        return False
    return not any(_is_near(sample, one) for one in answer.citations)


def _is_near(sample: Sample, citation: Citation) -> bool:
    """Say whether a cited sentence stands in a paragraph of the evidence, or beside one."""
    reference = sample.reference
    chunk = next(hit.chunk for hit in sample.answer.contexts if hit.chunk.id == citation.chunk_id)
    if not reference.evidence_text:
        return chunk.document_id in reference.evidence
    paragraphs = list(filter(None, map(squeezed, chunk.text.split("\n"))))
    parts = [squeezed(part) for quote in reference.evidence_text for part in sentences(quote)]
    evidence = [place for place, text in enumerate(paragraphs) if any(part in text for part in parts)]
    cited = [place for place, text in enumerate(paragraphs) if squeezed(citation.quote) in text]
    return any(abs(one - other) <= 1 for one, other in product(evidence, cited))


def _is_opposite(sample: Sample, correct: float) -> bool:
    """Say whether a yes stands for a no."""
    reference, text = sample.reference, sample.answer.text
    asks = reference.type == "yesno" or any(map(is_verdict, reference.answers))
    if not asks and not asks_yes_or_no(reference.in_full):
        return False
    right = {polarity(one, reference.in_full) for one in reference.answers} - {0}
    return correct == 0 and polarity(text, reference.in_full) in {-one for one in right}


def _has_other_amounts(sample: Sample, correct: float) -> bool:
    """Say whether the first right answer has amounts, and the text one that none of them has."""
    reference = sample.reference
    rights = [[one for one in amounts_of(answer) if not one.weak] for answer in reference.answers]
    known = {reading for one in quantities(reference.in_full) for reading in one.readings}
    said = [one for one in quantities(sample.answer.text) if not one.weak and not one.readings & known]
    wanted = [one for amounts in rights for one in amounts]
    return bool(rights[0]) and any(not any(one.equals(right) for right in wanted) for one in said)


def _is_part(sample: Sample, correct: float) -> bool:
    """Say whether something of what is right is there and something missing."""
    several = any(len(items(one)) > 1 for one in sample.reference.answers)
    return correct >= _PART and several and not _is_whole(sample, correct)


def _is_whole(sample: Sample, correct: float) -> bool:
    """Say whether the words of a right answer are there, but for those of the question."""
    said, asked = content(sample.answer.text), content(sample.reference.in_full)
    new = (content(one) - asked for one in sample.reference.answers)
    return correct > 0 and any(len(one & said) >= _WHOLE * len(one) for one in new if one)


def _is_foreign(sample: Sample, correct: float) -> bool:
    question = sample.answer.question
    return detect_passage(sample.answer.text, question.lang) != question.lang


def _loops(sample: Sample, correct: float) -> bool:
    return sample.answer.ending == "loop"


def _is_cut_off(sample: Sample, correct: float) -> bool:
    return sample.answer.ending == "length" or _says_nothing(sample, correct)


def _says_nothing(sample: Sample, correct: float) -> bool:
    return not sample.answer.text.strip()


_READ: Mapping[str, _Test] = {
    "other_passage": _is_elsewhere,
    "polarity": _is_opposite,
    "number": _has_other_amounts,
    "partial": _is_part,
    "language": _is_foreign,
    "wording": _is_whole,
    "loop": _loops,
    "cut_off": _is_cut_off,
}
"""What may be amiss with an answer whose evidence is in the prompt."""
_SAID: Mapping[str, _Test] = {"language": _is_foreign, "wording": _is_whole, "cut_off": _says_nothing}
"""The same of a model that answers from what it learned; one that loops or is cut off knew no better."""
