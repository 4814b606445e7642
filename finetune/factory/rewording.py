"""Other words for what is asked, by the writer: paraphrase, restructure, back_translate. Knows no rules.

Replies that are sentences are reworded as well; shorter ones stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence

from assistant.writing import QUESTION
from core.language import detect_question, words
from finetune.factory.admission import Draft, admit, is_own
from finetune.factory.calls import NOT_WRITTEN, written
from finetune.factory.types import Dropped, Material
from finetune.factory.wording import ANSWER, OTHER, manners, reword, translate
from finetune.types import Example

_SENTENCE = 7
"""Words from which a reply is a sentence: shorter ones are facts, of which there is one wording."""
_NOT_TRANSLATED = "was not translated"


def paraphrase(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, and questions that ask the same in other words, `finetune.variants` of each."""
    return _in_manners("paraphrase", list(examples), material)


def restructure(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, and their questions with another voice, or their clauses in another order."""
    return _in_manners("restructure", list(examples), material)


def back_translate(examples: Iterable[Example], material: Material) -> list[Example]:
    """Return the examples, and their questions as they come back from the other language."""
    came = list(examples)
    own = list(filter(is_own, came))
    there = written(
        material, [translate(OTHER[one.record.language], one.question, _sentence(one)) for one in own]
    )
    ways = [(one, _crossed(one, said)) for one, said in zip(own, there, strict=True)]
    for one, said in ways:
        if not said:
            material.dropped.append(Dropped("back_translate", one.question_id, _NOT_TRANSLATED))
    gone = [(one, said) for one, said in ways if said]
    back = written(
        material, [translate(one.record.language, said[QUESTION], said.get(ANSWER, "")) for one, said in gone]
    )
    jobs = [(one, 1) for one, _ in gone]
    return _with_drafts("back_translate", came, _drafts("back_translate", jobs, back, material), material)


def _in_manners(step: str, came: list[Example], material: Material) -> list[Example]:
    jobs = [
        (one, number)
        for one in came
        if is_own(one)
        for number in range(1, 1 + min(material.settings.variants, manners(step, one.record.language)))
    ]
    prompts = [
        reword(step, number - 1, one.record.language, one.question, _sentence(one)) for one, number in jobs
    ]
    drafts = _drafts(step, jobs, written(material, prompts), material)
    return _with_drafts(step, came, drafts, material)


def _drafts(
    step: str, jobs: Sequence[tuple[Example, int]], said: Sequence[Mapping[str, str]], material: Material
) -> list[Draft]:
    """Return what was written as drafts; nothing where nothing was."""
    drafts = []
    for (one, number), text in zip(jobs, said, strict=True):
        if _is_whole(one, text):
            drafts.append(Draft(one, number, text[QUESTION], text.get(ANSWER, "")))
        else:
            material.dropped.append(Dropped(step, f"{one.question_id}+{step}{number}", NOT_WRITTEN))
    return drafts


def _with_drafts(
    step: str, came: list[Example], drafts: Sequence[Draft], material: Material
) -> list[Example]:
    if not drafts:
        return came
    return [*came, *admit(step, drafts, came, material, material.tools.writer.name)]


def _sentence(example: Example) -> str:
    """Return the reply if it is a sentence that says something; empty: it stays as it is."""
    is_sentence = bool(example.record.answers) and len(words(example.reply)) >= _SENTENCE
    return example.reply if is_sentence else ""


def _is_whole(example: Example, said: Mapping[str, str]) -> bool:
    return QUESTION in said and (ANSWER in said or not _sentence(example))


def _crossed(example: Example, said: Mapping[str, str]) -> Mapping[str, str]:
    """Return a translation; nothing where it is not whole, or not in the other language."""
    if not _is_whole(example, said) or detect_question(said[QUESTION]) == example.record.language:
        return {}
    return said
