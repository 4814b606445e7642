"""Examples that nobody asks for: the documents themselves, and a learning prompt before each. Knows no model.

The learning prompts are of the kinds of arXiv:2503.09032 (apply, explore, reflect, summarise, key concepts,
question, compare, criticise), in words of our own, one for each document by the seed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

from assistant.prompts import titled
from assistant.types import Message
from core.language import Lang
from finetune.factory.types import Material
from finetune.types import NO_RECORD, Example, Provenance
from ingest.types import Document

LEARNING: dict[Lang, tuple[str, ...]] = {
    "en": (
        "While you read, think how this can be applied to a real case.",
        "Explore how the ideas of the following text hang together.",
        "Reflect on what the following text means for those whom it concerns.",
        "Be ready to summarise the main points of the following text.",
        "Watch for the key concepts of the following text and how each is defined.",
        "Ask yourself which questions the following text answers.",
        "Compare what the following text says with what you already know.",
        "Read the following text critically: which conditions and exceptions does it state?",
    ),
    "zh": (
        "阅读时想一想，下面的内容在实际情形中怎样运用。",
        "探究下面这段文字中各个要点之间的联系。",
        "思考下面的内容对有关的人意味着什么。",
        "读完以后，要能概括下面这段文字的要点。",
        "留意下面这段文字的关键概念，以及各自的定义。",
        "问问自己：下面这段文字回答了哪些问题？",
        "把下面的内容与你已经知道的比较一下。",
        "带着批判的眼光读下面这段文字：它规定了哪些条件和例外？",
    ),
}


def document_examples(documents: Iterable[Document]) -> list[Example]:
    """Return each document, under its title as a prompt shows it, as an example without a question."""
    return [
        Example(
            one.id,
            (),
            titled(one.title, one.text),
            Provenance(documents=(one.id,)),
            asked=one.title or one.id,
            record=replace(NO_RECORD, id=one.id, lang=one.lang),
        )
        for one in documents
    ]


def learning_prompts(examples: Iterable[Example], material: Material) -> Sequence[Example]:
    """Return the documents with a prompt before each that says how to read it."""
    learned = []
    for one in examples:
        said = Random(f"{material.settings.seed}|{one.question_id}").choice(LEARNING[one.record.language])
        learned.append(replace(one, messages=(Message("system", f"{said}\n\n"),)))
    return learned
