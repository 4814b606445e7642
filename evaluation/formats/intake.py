"""Which of the questions that were read are new to a domain. Knows nothing of formats or documents.

A question is the same where it asks the same in the same words, turns included, whatever its id: so a file
that is imported twice adds nothing, and no question stands in two splits. One whose id is there in much the
same words is the same before somebody mended it. What the domain has is never changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from core.language import words
from core.questions import QuestionRecord
from evaluation.formats.reading import Reading
from evaluation.formats.said import identity, words_of
from evaluation.formats.types import Passed

SPLIT = "test"
"""What a question is for where neither its file nor the command says it."""
_MENDED = 0.5
"""The share of all their words that a question and its mended form have in common."""


@dataclass(slots=True)
class Taken:
    """What is taken of a file: new questions, how many are there already, and what needs a look.

    `differing` are there with other words or answers, which stay; `renamed` had another question's id.
    """

    reading: Reading
    records: list[QuestionRecord] = field(default_factory=list)
    there: int = 0
    differing: list[Passed] = field(default_factory=list)
    renamed: list[Passed] = field(default_factory=list)


def take(readings: Iterable[Reading], known: Iterable[QuestionRecord], split: str = "") -> list[Taken]:
    """Return what is new of some files, file by file; `split` wins over what they say."""
    own = _Known(known)
    return [own.take(reading, split) for reading in readings]


class _Known:
    """The questions that are there so far, by their words and ids."""

    def __init__(self, records: Iterable[QuestionRecord]) -> None:
        self._by_words: dict[Sequence[str], QuestionRecord] = {}
        self._by_id: dict[str, QuestionRecord] = {}
        for record in records:
            self._add(record)

    def take(self, reading: Reading, split: str) -> Taken:
        """Return what is new of a file, and know it from now on."""
        taken = Taken(reading)
        for record in reading.records:
            same = self._by_words.get(_words(record)) or self._mended(record)
            if same is None:
                taken.records.append(
                    self._named(replace(record, split=split or record.split or SPLIT), taken)
                )
            elif _words(same) == _words(record) and _covers(same, record):
                taken.there += 1
            else:
                reason = f"question {same.id!r} is there with other words or answers, which stay"
                taken.differing.append(Passed(record.line, reason))
        return taken

    def _mended(self, record: QuestionRecord) -> QuestionRecord | None:
        """Return the question that this one was before somebody mended its words; None: there is none."""
        own = self._by_id.get(identity(record.question, record.turns))
        other = own or self._by_id.get(record.id)
        if own or other is None:
            return own
        mine, theirs = set(words(record.question)), set(words(other.question))
        return other if len(mine & theirs) >= _MENDED * len(mine | theirs) else None

    def _named(self, record: QuestionRecord, taken: Taken) -> QuestionRecord:
        """Return a question under an id of its own."""
        if record.id in self._by_id:
            own = identity(record.question, record.turns)
            taken.renamed.append(
                Passed(record.line, f"id {record.id!r} is another question's; it is {own} now")
            )
            record = replace(record, id=own)
        self._add(record)
        return record

    def _add(self, record: QuestionRecord) -> None:
        self._by_words.setdefault(_words(record), record)
        self._by_id.setdefault(record.id, record)


def _covers(known: QuestionRecord, record: QuestionRecord) -> bool:
    """Say whether a question has the answers of another, or neither has any."""
    has_answers = bool(known.answers) == bool(record.answers)
    return has_answers and {*known.answers} >= {*record.answers}


def _words(record: QuestionRecord) -> tuple[str, ...]:
    return words_of(record.question, record.turns)
