"""A question that follows on what was said before becomes one that stands alone. Knows nothing of documents.

The generator writes it, once for all strategies: each then answers the same question, with the same help.
What it writes is a text like any other: one line, of limited length, and a question, or it is not used.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.generation.chat import first_line, spoken
from assistant.generation.types import Generation, Generator
from assistant.prompts import standalone
from assistant.types import Answer, Prompt, Question, Timing
from core.language import detect_question

MAX_TOKENS = 80
"""Where a rewritten question is cut, and then not used."""
MAX_CHARS = 300
"""A longer one is not used, and of an earlier question no more is taken."""


@dataclass(frozen=True, slots=True)
class Standalone:
    """What was `asked`, the `question` that says the same without turns, and the call that took, if any."""

    asked: Question
    question: Question
    call: Generation | None = None

    def answered(self, answer: Answer) -> Answer:
        """Return an answer to `question` as one to what was asked, with all that it took."""
        if self.call is None:
            return answer
        timing = answer.timing
        return replace(
            answer,
            question=self.asked,
            standalone=self.question.text,
            usage=self.call.usage + answer.usage,
            timing=Timing(
                timing.retrieval,
                self.call.total + timing.first_token,
                self.call.total + timing.total,
                self.call.alone and timing.alone,
            ),
        )


def condense_many(questions: Sequence[Question], generator: Generator) -> list[Standalone]:
    """Return the questions so that none needs its turns; those that have turns are rewritten in one batch."""
    places = [place for place, question in enumerate(questions) if question.turns]
    prompts = [_prompt(questions[place]) for place in places]
    calls = dict(zip(places, generator.generate(prompts, MAX_TOKENS) if prompts else (), strict=True))
    return [_standalone(question, calls.get(place)) for place, question in enumerate(questions)]


def condense(question: Question, generator: Generator) -> Standalone:
    """Return one question so that it does not need its turns, timed as what a user waits for."""
    if not question.turns:
        return _standalone(question, None)
    *_, call = generator.stream(_prompt(question), MAX_TOKENS)
    return _standalone(question, call)


def _prompt(question: Question) -> Prompt:
    messages = standalone(question.text, question.turns, question.lang)
    return Prompt(messages, prefix=messages[:-1], one_line=True)


def _standalone(question: Question, call: Generation | None) -> Standalone:
    if call is None:
        return Standalone(question, replace(question, turns=()))
    text = _rewritten(call, question) or _joined(question)
    return Standalone(question, replace(question, text=text, turns=()), call)


def _rewritten(call: Generation, question: Question) -> str:
    """Return the question that the model wrote; empty where it wrote none, or one in another language."""
    said = first_line(spoken(call.text)).strip(" \"'“”「」")
    is_whole = call.ending in ("", "stop") and len(said) <= MAX_CHARS
    is_question = said.endswith(("?", "？")) and detect_question(said) == question.lang
    return said if is_whole and is_question else ""


def _joined(question: Question) -> str:
    """Return the question behind the user's last one before it."""
    before = next((turn.content for turn in reversed(question.turns) if turn.role == "user"), "")
    gap = "" if question.lang == "zh" else " "
    return f"{' '.join(before.split())[:MAX_CHARS]}{gap}{question.text}".strip()
