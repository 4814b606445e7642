"""Whether a text declines to answer, Chinese and English. Knows nothing of questions, models or metrics.

A refusal says that its speaker does not know or that its source does not say, and asserts nothing else:
"No" and "The contract names no fee" are answers. So a text is read clause by clause. Each has to be such a
refusal, what it is about, an apology, advice, or what else the source speaks of (`Grammar`), and at least one
a refusal.

Measured on `tests/assistant/refusals.jsonl` (1,528 sentences, half of them answers, both languages evenly):
precision 1.00, recall 0.99; but most of them taught the patterns. New sentences, before they did: of refusals
in plain words 182 of 192 were recognised, of far-fetched ones 119 of 174, of a last mixture 51 of 60; of
answers 3 of 366 were mistaken, and 15 of 60 written to be ("The officer did not name the report"). Of 29,755
right answers in eight domains 6 pass for refusals, and 4 of these are.
"""

import re
import unicodedata
from collections.abc import Iterator

from assistant.refusals.chinese import CHINESE, SIMPLIFIED
from assistant.refusals.english import ENGLISH
from core.language import CJK

LONGEST = 400
"""Characters: a text that goes on for longer says something."""
_CJK = re.compile(f"[{CJK}]")
_MARKS = re.compile(r"[*_`#>~|\"“”„«»「」『』]+|^[-+•]+ ")
_SAME = str.maketrans("’‘ʼ。", "'''.")
_SENTENCE = re.compile(
    r"(?<=[.!])(?<!\b[mds][rst]\.)(?!\d|[a-z]\b)|(?<=[?;\n])|(?<=:)(?!\d)| [-–]+ |[—()\[\]]+"
)
_LABEL = re.compile(r"(?!yes|no\b|[是否不可能有没对]|.*(\d| is | are |是|为))[^:]{1,30}:")
_ASIDE = re.compile(r", (?:[a-z]+ly|however|alas|as far as [^,]{1,40}|i'm afraid),")
_ENDS = re.compile(r"^\W+|\W+$")
_CLAUSE = re.compile(
    r",(?!\d{3}\b)| (?=(?:but|however|although|though|because|whereas)\b)"
    r"| and (?=(?:i|we|they|it|there|nothing|found|find|could|can|do|does|did|never)\b)"
)


def is_refusal(text: str) -> bool:
    """Say whether `text` declines to answer; an empty one does not.

    >>> [is_refusal(text) for text in ("I don't know.", "我不知道。", "资料中没有提到这一点")]
    [True, True, True]
    >>> [is_refusal(text) for text in ("7 days", "不可以", "")]
    [False, False, False]
    """
    plain = _plain(text) if len(text.strip()) <= LONGEST else ""
    if len(plain) > LONGEST:  # one character may have stood for many
        return False
    reading = _Reading()
    return all(map(reading.excuses, _sentences(plain))) and reading.refused


def _plain(text: str) -> str:
    """Return the text in lower case and simplified characters, without marks.

    >>> _plain(" **I DON’T KNOW！** ")
    "i don't know!"
    """
    alike = unicodedata.normalize("NFKC", text.strip()).translate(_SAME | SIMPLIFIED)
    return _MARKS.sub("", alike).lower()


def _sentences(text: str) -> Iterator[str]:
    """Yield sentences, without labels.

    >>> list(_sentences("answer: i don't know. please ask at 10:30"))
    [" i don't know.", ' please ask at 10:30']
    """
    for sentence in _SENTENCE.split(text):
        if not _LABEL.fullmatch(sentence.strip()):
            yield sentence


class _Reading:
    """What was read of a text so far."""

    def __init__(self) -> None:
        self.refused = False
        """Some clause was a refusal."""
        self.spoken = False
        """Some clause was about the source."""

    def excuses(self, sentence: str) -> bool:
        """Read a sentence, and say whether a refusal may hold it: whether it asserts nothing else."""
        is_question = sentence.endswith("?")  # which asserts nothing
        return self._excuses(_ENDS.sub("", _ASIDE.sub("", sentence))) or is_question

    def _excuses(self, sentence: str) -> bool:
        """Read clause by clause; `before` is the last refusal, `topic` whether one is still to come."""
        before, topic = "", False
        for clause in _CLAUSE.split(sentence):
            grammar = CHINESE if _CJK.search(clause) else ENGLISH
            clause, contrast = grammar.plain(clause)
            if topic and contrast:
                return False
            if grammar.refusal.match(clause) or (self.spoken and grammar.elided.match(clause)):
                self.refused, self.spoken, topic, before = True, True, False, clause
            elif not clause or grammar.filler.match(clause):
                continue
            elif grammar.source.match(clause):
                self.spoken = True
            elif before and not contrast and grammar.continues(before, clause):
                continue
            elif not before and grammar.topic.match(clause):
                topic = True
            else:
                return False
        return not topic
