"""The model's own words where they are right: S3FT. Knows no objective.

Gupta et al., 2025 (arXiv:2502.08130): its own answer if that is judged equal to the reference, else its own
wording of the reference if judged equal, else the reference. Where it departs from the paper: `correct`
judges, no model; answers are greedy, one each; a refusal that is right is kept as the reference says it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.agreement import correct
from assistant.types import Prompt
from finetune.factory.calls import said, written
from finetune.factory.types import Dropped, Material
from finetune.factory.wording import ANSWER, reword
from finetune.types import Example

OWN = "its own answer is right"
REWORDED = "its own wording of the reply is right"
GIVEN = "the reply as it is"


def self_select(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples with the replies that are most the model's own; all that were not are counted."""
    came = list(examples)
    if not came:
        return []
    writer = material.tools.writer
    prompts = [Prompt(one.messages, one_line=material.style == "short") for one in came]
    own = [said(one, material.style).text for one in writer.generate(prompts)]
    left = [one for one, text in zip(came, own, strict=True) if _answered(one) and not _is_equal(text, one)]
    reworded = dict(zip((one.question_id for one in left), _reworded(left, material), strict=True))
    selected = []
    for one, text in zip(came, own, strict=True):
        texts = ((text, OWN), (reworded.get(one.question_id, ""), REWORDED))
        chosen, reason = next((way for way in texts if _is_equal(way[0], one)), (one.reply, GIVEN))
        if reason == GIVEN:
            material.dropped.append(Dropped("self_select", one.question_id, GIVEN))
        model = one.provenance.model if reason == GIVEN else writer.name
        selected.append(replace(one, reply=chosen, provenance=replace(one.provenance, model=model)))
    return selected


def _reworded(examples: Sequence[Example], material: Material) -> list[str]:
    prompts = [reword("paraphrase", 0, one.record.language, one.question, one.reply) for one in examples]
    return [text.get(ANSWER, "") for text in written(material, prompts)]


def _answered(example: Example) -> bool:
    return bool(example.record.answers)


def _is_equal(text: str, example: Example) -> bool:
    record = example.record
    if not text or not record.answers:
        return False
    return correct(text, record.answers, record.answer_type, record.in_full) >= 1
