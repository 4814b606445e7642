"""Follow-ups: a question of the domain behind another about the same document. Knows no prompt.

A strategy here rewrites a follow-up before it answers (`assistant.turns`), and shows an adapter no turns:
what is learned of these serves a merged model that is asked elsewhere. The same rewriting checks them: what
becomes of a follow-up must still ask what it was made from.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from random import Random

from assistant.generation.adapters import RAFT
from assistant.turns import condense_many
from assistant.types import Message, Question
from assistant.writing import QUESTION
from core.language import detect_question, words
from core.questions import Turn
from finetune.factory.admission import LEAK, is_own, near_test
from finetune.factory.calls import NOT_WRITTEN, written
from finetune.factory.facts import LANGUAGE, question_fault
from finetune.factory.types import Dropped, Material
from finetune.factory.wording import follow_up
from finetune.types import Example, Provenance

Pair = tuple[Example, Example]
"""The question before, and the one that follows."""
LOST = "cannot be told from what was said"
NOT_SHORTER = "leaves nothing out"


def converse(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, and follow-ups behind turns, at most `finetune.extra_share` times as many."""
    came = list(examples)
    if material.settings.objective == RAFT:
        material.notes.append("converse is off: who reads passages is asked follow-ups in full")
        return came
    pairs = _drawn(came, material)
    prompts = [
        follow_up(after.record.language, before.question, before.reply, after.question)
        for before, after in pairs
    ]
    texts = [said.get(QUESTION, "") for said in written(material, prompts)]
    asked = {
        f"{after.question_id}+converse1": ((before, after), text)
        for (before, after), text in zip(pairs, texts, strict=True)
    }
    faults = {id: _fault(after, text) for id, ((_, after), text) in asked.items()}
    left = {id: one for id, one in asked.items() if not faults[id]}
    leaks = near_test({id: text for id, (_, text) in left.items()}, material)
    faults.update({id: LEAK for id in leaks})
    left = {id: one for id, one in left.items() if id not in leaks}
    faults.update({id: LOST for id in _lost(left, material)})
    material.dropped.extend(Dropped("converse", id, fault) for id, fault in faults.items() if fault)
    return [*came, *(_made(id, *one, material) for id, one in left.items() if not faults[id])]


def _drawn(came: Sequence[Example], material: Material) -> list[Pair]:
    wanted = round(material.settings.extra_share * len(came))
    pairs = list(_pairs(came, Random(material.settings.seed)))
    return Random(material.settings.seed).sample(pairs, min(wanted, len(pairs)))


def _pairs(came: Sequence[Example], chance: Random) -> Iterator[Pair]:
    """Yield questions about one document in one language that ask for different facts, each at most once."""
    about: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for one in came:
        if is_own(one) and one.record.answers and one.record.evidence_doc_ids:
            about[one.record.language, one.record.evidence_doc_ids[0]].append(one)
    for group in about.values():
        chance.shuffle(group)
        for before, after in zip(group[::2], group[1::2], strict=False):
            if before.record.evidence_text != after.record.evidence_text:
                yield before, after


def _fault(after: Example, text: str) -> str:
    if not text:
        return NOT_WRITTEN
    if detect_question(text) != after.record.language:
        return LANGUAGE
    return "" if len(words(text)) < len(words(after.question)) else NOT_SHORTER


def _lost(asked: Mapping[str, tuple[Pair, str]], material: Material) -> list[str]:
    """Return the ids of the follow-ups that the writer does not lead back to what they were made from."""
    if not asked:
        return []
    questions = [
        Question(id, text, after.record.language, _turns(before))
        for id, ((before, after), text) in asked.items()
    ]
    lost = []
    for one, ((before, after), _) in zip(
        condense_many(questions, material.tools.writer), asked.values(), strict=True
    ):
        text = one.question.text
        if text.startswith(before.question) or question_fault(after.record, text, material.terms):
            lost.append(one.asked.id)
    return lost


def _turns(before: Example) -> tuple[Message, ...]:
    return Message("user", before.question), Message("assistant", before.reply)


def _made(id: str, pair: Pair, text: str, material: Material) -> Example:
    before, after = pair
    *rules, _ = after.messages
    turns = _turns(before)
    return replace(
        after,
        question_id=id,
        messages=(*rules, *turns, Message("user", text)),
        record=replace(
            after.record,
            id=id,
            question=text,
            turns=tuple(Turn(turn.role, turn.content) for turn in turns),
            standalone=after.question,
        ),
        provenance=Provenance(
            tuple(dict.fromkeys((*before.provenance.documents, *after.provenance.documents))),
            after.provenance.steps,
            material.tools.writer.name,
            "converse",
            after.question_id,
        ),
    )
