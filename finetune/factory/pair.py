"""Beside a right reply a wrong one: what the base model itself answers. Knows no objective.

Where it is right, or declines to answer what it should know, the example stays without a pair.
"""

from collections.abc import Iterable
from dataclasses import replace

from assistant.agreement import correct
from assistant.types import Prompt
from finetune.factory.calls import Said, said
from finetune.factory.types import Dropped, Material
from finetune.types import Example

DECLINED = "no pair: it declined to answer"
RIGHT = "no pair: its own answer is right, or in part"
SILENT = "no pair: it said nothing"
_WRONG = 0.2
"""`correct` of an answer that is wrong; one that is in part right teaches nothing by being rejected."""


def pair(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, those that the base model answers wrongly with its answer as the rejected one."""
    came = list(examples)
    if not came:
        return []
    prompts = [Prompt(one.messages, one_line=material.style == "short") for one in came]
    writer = material.tools.writer
    own = [said(generation, material.style) for generation in writer.generate(prompts)]
    paired = []
    for example, answer in zip(came, own, strict=True):
        if reason := _fault(example, answer):
            material.dropped.append(Dropped("pair", example.question_id, reason))
            paired.append(example)
        else:
            provenance = replace(example.provenance, model=writer.name)
            paired.append(replace(example, rejected=answer.text, provenance=provenance))
    return paired


def _fault(example: Example, answer: Said) -> str:
    """Return why an answer is no wrong one; empty where it is."""
    record = example.record
    if not answer.text:
        return SILENT
    if answer.declines:
        return DECLINED if record.answers else RIGHT
    value = correct(answer.text, record.answers, record.answer_type, record.in_full)
    return RIGHT if value > _WRONG else ""
