"""Which drafts, and which of their wordings, are asked in test, learned in train and watched in dev.

By fact and by time: a fact that train asks is asked by test in other words, and a share of the facts, those
of the newest documents where documents have dates, is asked by test alone. Knows nothing of models.
"""

import hashlib
import math
import random
from collections.abc import Iterator, Sequence

from core import dates
from core.leaks import find_leaks, shingles, similarity
from core.questions import DRAFTED, QuestionRecord
from evaluation.drafting.slots import SHARES
from evaluation.drafting.types import Draft

_UNTAUGHT = 0.2
"""Share of the answerable test questions whose fact no train question asks."""
_REFUSED_IN_TEST = 2 / 3
"""Share of the unanswerable drafts that test asks; the others teach to decline."""
_LEAK = 0.8
"""Likeness of a train question to one of test that gives it away; of two facts questions may be alike."""
_WATCHED = 3
"""One in so many facts that are taught has a dev question, as has one in so many that teach to decline."""


def drafts_for(tested: int) -> dict[str, int]:
    """Return how many drafts of each type give so many test questions, the types in their shares.

    >>> drafts_for(24)
    {'list': 2, 'procedure': 2, 'number': 6, 'yesno': 4, 'short': 7, 'multi_hop': 1, 'unanswerable': 3}
    """
    exact = {kind: share * tested for kind, share in SHARES.items()}
    counts = {kind: int(few) for kind, few in exact.items()}
    largest = sorted(exact, key=lambda kind: counts[kind] - exact[kind])
    for kind in largest[: tested - sum(counts.values())]:  # what rounding down has lost
        counts[kind] += 1
    return {**counts, "unanswerable": int(counts["unanswerable"] / _REFUSED_IN_TEST)}


def as_records(
    drafts: Sequence[Draft], model: str, seed: int, there: Sequence[QuestionRecord] = ()
) -> list[QuestionRecord]:
    """Return the questions that drafts give, test first; `model` wrote them.

    None gives away a test question, nor is one for the test given away, by those that are `there` already.
    """
    proved = [draft for draft in drafts if draft.answers]
    missing = [draft for draft in drafts if not draft.answers]
    apart = set(_test_alone(proved, seed))
    taught = [draft for draft in proved if draft not in apart]
    watched = set(_watched(taught, seed))
    records = [_record(draft, _farthest(draft), "test", model) for draft in apart]
    for draft in taught:
        records += _spread(draft, model, watched=draft in watched)
    tested = math.ceil(_REFUSED_IN_TEST * len(missing))
    for place, draft in enumerate(missing):
        split = "test" if place < tested else "train" if (place - tested + 1) % _WATCHED else "dev"
        records.append(_record(draft, draft.question, split, model))
    order = ("test", "train", "dev")
    return sorted(_without_leaks(records, there), key=lambda one: (order.index(one.split), one.lang, one.id))


def _test_alone(drafts: Sequence[Draft], seed: int) -> list[Draft]:
    """Return the facts that test alone asks: those without other words, then of the newest documents."""
    chance = random.Random(seed)
    order = sorted(drafts, key=lambda draft: chance.random())
    order.sort(key=lambda draft: (bool(draft.wordings), -_day(draft)))
    count = max(round(_UNTAUGHT * len(drafts)), sum(not draft.wordings for draft in drafts))
    return order[:count]


def _watched(taught: Sequence[Draft], seed: int) -> list[Draft]:
    """Return the facts that dev asks as well, of those that have a wording to spare."""
    spare = [draft for draft in taught if len(draft.wordings) > 1]
    return random.Random(seed).sample(spare, min(len(spare), math.ceil(len(taught) / _WATCHED)))


def _day(draft: Draft) -> int:
    """Return the last day that the document's date can mean; 0: it has none."""
    days = dates.spanned(draft.slot.passage.as_of)
    return days.last.toordinal() if days else 0


def _spread(draft: Draft, model: str, *, watched: bool) -> Iterator[QuestionRecord]:
    """Yield a taught fact's questions: test asks in the words that are farthest from the document's."""
    asked = _farthest(draft)
    others = [text for text in (draft.question, *draft.wordings) if text != asked]
    yield _record(draft, asked, "test", model)
    if watched:
        yield _record(draft, others.pop(), "dev", model)
    for text in others:
        yield _record(draft, text, "train", model)


def _farthest(draft: Draft) -> str:
    quoted = shingles(" ".join(chunk.text for chunk in draft.evidence))
    return min((draft.question, *draft.wordings), key=lambda text: similarity(shingles(text), quoted))


def _record(draft: Draft, question: str, split: str, model: str) -> QuestionRecord:
    quotes = [chunk.text for chunk in draft.evidence]  # however it is asked for, a sentence is one fact
    fact = _digest(draft.lang, *(quotes or [draft.question]))
    return QuestionRecord(
        id=f"draft-{_digest(fact, question)}",
        question=question,
        answers=draft.answers,
        evidence_doc_ids=draft.documents,
        evidence_text=tuple(chunk.text for chunk in draft.evidence),
        answer_type=draft.type,
        split=split,
        fact_id=f"fact-{fact}",
        lang=draft.lang,
        origin=DRAFTED,
        model=model,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:10]


def _without_leaks(
    records: Sequence[QuestionRecord], there: Sequence[QuestionRecord]
) -> list[QuestionRecord]:
    """Return the questions but those for training that are nearly in the words of one of test.

    Of new ones and those that are `there` the new one goes, whichever it is for.
    """
    own = {one.id for one in records}
    asked = [*records, *(one for one in there if one.id not in own)]
    test = {one.id: one.in_full for one in asked if one.split == "test"}
    other = {one.id: one.in_full for one in asked if one.split != "test"}
    leaks = {one.train_id for one in find_leaks(other, test, _LEAK)}
    learned = {key: text for key, text in other.items() if key not in own}
    leaks |= {one.train_id for one in find_leaks(test, learned, _LEAK)}
    return [one for one in records if one.id not in leaks]
