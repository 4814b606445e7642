"""What a judge weighs: whether a claim about a passage holds, in both languages. Knows nothing of models.

A passage is the prefix of all claims about it, so that it is read once.
"""

from dataclasses import dataclass
from typing import Literal

from assistant.types import Message, Prompt
from core.language import Lang
from ingest.chunking import sentences

Kind = Literal["supported", "useful"]
"""Whether a passage says what a statement says; whether it helped to arrive at an answer."""
CHOICES: dict[Lang, tuple[str, str]] = {"en": ("yes", "no"), "zh": ("是", "否")}
"""The reply that a claim holds, and the other one."""
_PASSAGE: dict[Lang, str] = {
    "en": "Here is a passage of a document.\n\n{passage}",
    "zh": "以下是文件中的一段文字。\n\n{passage}",
}
_STATEMENT: dict[Lang, str] = {
    "en": "Question: {question}\nAnswer: {answer}",
    "zh": "问题：{question}\n回答：{answer}",
}
_ASKED: dict[Kind, dict[Lang, str]] = {
    "supported": {
        "en": "According to the passage, is this answer correct? Reply yes or no.",
        "zh": "根据这段文字，这个回答正确吗？请只回答“是”或“否”。",
    },
    "useful": {
        "en": "Is the passage useful for arriving at this answer? Reply yes or no.",
        "zh": "这段文字对得出这个回答有用吗？请只回答“是”或“否”。",
    },
}


@dataclass(frozen=True, slots=True)
class Claim:
    """That `passage` supports `statement`, or is useful for it."""

    kind: Kind
    lang: Lang
    passage: str
    statement: str

    @property
    def prompt(self) -> Prompt:
        """The claim as a question to be answered with one of `CHOICES`."""
        passage = Message("system", _PASSAGE[self.lang].format(passage=self.passage))
        asked = Message("user", f"{self.statement}\n\n{_ASKED[self.kind][self.lang]}")
        return Prompt((passage, asked), prefix=(passage,))


def statement(question: str, answer: str, lang: Lang) -> str:
    """Return an answer with its question, so that it says something by itself."""
    return _STATEMENT[lang].format(question=question, answer=answer)


def statements(question: str, answer: str, lang: Lang) -> list[str]:
    r"""Return each sentence of an answer with the question; at least one.

    >>> statements("May I?", "Yes. For a day.", "en")
    ['Question: May I?\nAnswer: Yes.', 'Question: May I?\nAnswer: For a day.']
    """
    return [statement(question, one, lang) for one in sentences(answer) or [answer]]
