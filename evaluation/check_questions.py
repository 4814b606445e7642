"""Check a domain's documents and questions: is what they ask answered there, and is nothing given away?

    python -m evaluation.check_questions --domain travel [--strict]

Knows nothing of models. A domain that is shipped, or `--strict`, must also hold the counts of `TARGETS`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from assistant.agreement import tokens
from core.command_line import plain_errors
from core.domain import DATA, Domain, find_domain
from core.errors import DocumentError
from core.language import detect, detect_question
from core.leaks import find_leaks
from core.questions import ROLES, QuestionRecord
from evaluation.asking.tasks import TYPES as TYPES
from evaluation.asking.tasks import misfits, types_of
from ingest.files.loaders import LOADERS
from ingest.files.reading import read_documents
from ingest.types import Document

SPLITS = ("train", "dev", "test")
TRAPS = ("", "expired", "jurisdiction", "premise")
MAX_SIMILARITY = 0.6
"""Jaccard index of word pairs (Chinese: character pairs) from which two questions are near-duplicates."""
TARGETS = {"documents": 24, "test": 80, "dev": 20, "train": 240, "traps": 8, "follow-ups": 20}
"""Least counts in each language of a shipped domain."""
RARE_SHARE = 0.1
"""Least share of multi-hop and of unanswerable questions in a strict test set."""
TAUGHT = (0.75, 0.85)
"""Share of a strict test set's answerable questions whose fact at least two train questions ask as well."""
MAX_TURNS, MAX_TURN_CHARS = 8, 600
"""The most turns before a follow-up, and the longest."""
_SHARED_TOKENS = 0.5
_NUMERAL = re.compile(r"\d+(?:[.,]\d+)*|[〇零一二两三四五六七八九十百千万亿半]+|[A-Za-z]+")
_NUMBER_WORDS = re.compile(
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    "|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|million|half|quarter|third|double|twice"
    "|single|first|second"
)


class Fault(NamedTuple):
    """What is wrong, and where."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Material:
    """A domain's documents by id, its questions, and for a question the most similar train question."""

    domain: Domain
    documents: dict[str, Document]
    questions: Sequence[QuestionRecord]
    similarity: dict[str, float]

    def where(self, record: QuestionRecord) -> str:
        """Return the line and id of a question."""
        return f"questions.jsonl, line {record.line} ({record.id})"

    def quoted(self, record: QuestionRecord) -> str:
        """Return all quotes of a question as one text."""
        return "\n".join(record.evidence_text)


def load_material(domain: Domain) -> tuple[Material, list[Fault]]:
    """Read a domain; files that cannot be read are faults.

    Raises:
        DomainError: there are no questions, or a line is broken.
    """
    documents, faults = {}, []
    for item in read_documents(domain.documents, domain.settings().max_file_mb, but=domain.own_files):
        if isinstance(item, DocumentError):
            faults.append(Fault("documents", str(item)))
        else:
            documents[item.id] = item
    questions = domain.questions(follow_ups=None)
    asked = {record.id: record.in_full for record in questions if record.split == "test"}
    learned = {record.id: record.in_full for record in questions if record.split != "test"}
    nearest = {leak.train_id: leak.similarity for leak in find_leaks(asked, learned, limit=0.01)}
    return Material(domain, documents, questions, nearest), faults


def documents_are_described(material: Material) -> Iterator[Fault]:
    """Every document names its title, its source and the day at which it was true."""
    for document in material.documents.values():
        if Path(document.source).suffix.lower() in LOADERS:  # a file that names none is its own source
            yield Fault(document.id, "names no source")
        try:
            date.fromisoformat(document.as_of)
        except ValueError:
            yield Fault(document.id, f"as_of {document.as_of!r} is no ISO date")
        if detect(document.text) != document.lang:
            yield Fault(document.id, f"is labelled {document.lang} but reads otherwise")


def questions_are_labelled(material: Material) -> Iterator[Fault]:
    """Splits, traps and languages are known ones and right."""
    for record in material.questions:
        where = material.where(record)
        for name, value, known in (
            ("split", record.split, SPLITS),
            ("trap", record.trap, TRAPS),
        ):
            if value not in known:
                yield Fault(where, f"{name} {value!r} is none of {', '.join(filter(None, known))}")
        if detect_question(record.question) != record.lang:
            yield Fault(where, f"is labelled {record.lang} but reads otherwise")
        if (record.answer_type == "unanswerable") == bool(record.answers):
            yield Fault(where, "an unanswerable question has no answers, any other has")


def questions_fit_the_task(material: Material) -> Iterator[Fault]:
    """Answer types are those of the task, and answers have its form."""
    for record, reason in misfits(material.questions, material.domain.settings()):
        yield Fault(material.where(record), reason)


def turns_lead_to_a_question(material: Material) -> Iterator[Fault]:
    """Before a follow-up user and assistant take turns; what it asks is also said in words that need none."""
    for record in material.questions:
        where, roles = material.where(record), [turn.role for turn in record.turns]
        if roles != list(ROLES) * (len(roles) // 2):
            yield Fault(where, "turns alternate, from the user's to the assistant's")
        if len(roles) > MAX_TURNS or any(len(turn.content) > MAX_TURN_CHARS for turn in record.turns):
            yield Fault(where, f"has more than {MAX_TURNS} turns, or one of over {MAX_TURN_CHARS} characters")
        if record.turns and record.standalone in ("", record.question):
            yield Fault(where, "a question with turns has a standalone that differs from it")
        if record.standalone and detect_question(record.standalone) != record.lang:
            yield Fault(where, f"is labelled {record.lang} but its standalone reads otherwise")


def quotes_exist(material: Material) -> Iterator[Fault]:
    """Every quote stands word for word in its document."""
    for record in material.questions:
        where = material.where(record)
        if record.answers and not record.evidence_text:
            yield Fault(where, "has answers but no evidence_text")
        if len(record.evidence_doc_ids) != len(record.evidence_text):
            yield Fault(where, "evidence_doc_ids and evidence_text differ in length")
        for name, quote in zip(record.evidence_doc_ids, record.evidence_text, strict=False):
            if name not in material.documents:
                yield Fault(where, f"there is no document {name!r}")
            elif quote not in material.documents[name].text:
                yield Fault(where, f"{name} does not say {quote!r}")
        if record.answer_type == "multi_hop" and len(set(record.evidence_doc_ids)) < 2:
            yield Fault(where, "multi_hop needs evidence from two documents")


def answers_follow(material: Material) -> Iterator[Fault]:
    """The numerals of a number, and half the words of a short answer, stand in the quotes."""
    for record in material.questions:
        quoted = material.quoted(record)
        if record.answer_type == "number":
            known = numerals(quoted)
            if not any((found := numerals(answer)) and found <= known for answer in record.answers):
                yield Fault(material.where(record), f"{record.answers[:1]} does not follow from {quoted!r}")
        elif record.answer_type == "short":
            shares = (_share(tokens(answer), tokens(quoted)) for answer in record.answers)
            if max(shares, default=0.0) < _SHARED_TOKENS:
                yield Fault(material.where(record), f"{record.answers[:1]} does not follow from {quoted!r}")


def nothing_is_given_away(material: Material) -> Iterator[Fault]:
    """No test question is a near-duplicate of a train or dev question, and none is asked twice."""
    for record in material.questions:
        if (near := material.similarity.get(record.id, 0.0)) >= MAX_SIMILARITY:
            yield Fault(material.where(record), f"a train or dev question is too similar ({near:.2f})")
    texts = Counter(record.in_full for record in material.questions)
    for record in material.questions:
        if texts[record.in_full] > 1:
            yield Fault(material.where(record), "is asked twice in the same words")


def counts_are_met(material: Material) -> Iterator[Fault]:
    """A strict domain is large and mixed enough in each of its languages."""
    taught = Counter(record.fact_id for record in material.questions if record.split == "train")
    for lang in sorted({record.lang for record in material.questions}):
        everything = [record for record in material.questions if record.lang == lang]
        asked = [record for record in everything if not record.turns]
        test = [record for record in asked if record.split == "test"]
        answerable = [record for record in test if record.answers]
        facts = [taught[record.fact_id] for record in answerable]
        counts = {
            "documents": sum(document.lang == lang for document in material.documents.values()),
            "traps": sum(bool(record.trap) for record in test),
            "follow-ups": len(everything) - len(asked),
            **Counter(record.split for record in asked),
        }
        for name, least in TARGETS.items():
            if counts.get(name, 0) < least:
                yield Fault(f"{material.domain.name}, {lang}", f"{counts.get(name, 0)} {name}, not {least}")
        for kind in ("multi_hop", "unanswerable"):
            if (found := sum(record.answer_type == kind for record in test)) < RARE_SHARE * len(test):
                yield Fault(f"{material.domain.name}, {lang}", f"{found} of {len(test)} test are {kind}")
        for record, times in zip(answerable, facts, strict=True):
            if times == 1:
                yield Fault(material.where(record), "its fact has one train question: none, or at least two")
        share = sum(times > 1 for times in facts) / max(1, len(facts))
        if not TAUGHT[0] <= share <= TAUGHT[1]:
            yield Fault(f"{material.domain.name}, {lang}", f"{share:.0%} of the test facts are taught")


CHECKS: tuple[Callable[[Material], Iterable[Fault]], ...] = (
    documents_are_described,
    questions_are_labelled,
    questions_fit_the_task,
    turns_lead_to_a_question,
    quotes_exist,
    answers_follow,
    nothing_is_given_away,
)


def find_faults(material: Material, strict: bool) -> list[Fault]:
    """Return what every check finds, with `strict` of the counts as well."""
    checks = (*CHECKS, counts_are_met) if strict else CHECKS
    return list(chain.from_iterable(check(material) for check in checks))


def numerals(text: str) -> frozenset[str]:
    """Return the numbers that `text` names, in digits without separators, or in words.

    >>> sorted(numerals("EUR 1,200 within two days")), sorted(numerals("七日内，10%"))
    (['1200', 'two'], ['10', '七'])
    """
    found = (match.group().lower().replace(",", "") for match in _NUMERAL.finditer(text))
    return frozenset(
        one for one in found if not one.isascii() or one[0].isdigit() or _NUMBER_WORDS.fullmatch(one)
    )


def _share(part: Sequence[str], whole: Sequence[str]) -> float:
    return len(set(part) & set(whole)) / max(1, len(set(part)))


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    domain: Annotated[str, typer.Option(help="Name under data/, or the path of a domain folder.")],
    strict: Annotated[bool, typer.Option("--strict", help="Hold the counts of a shipped domain.")] = False,
) -> None:
    """Check documents and questions; exit code 1 and a line for each fault."""
    with plain_errors():
        where = find_domain(domain)
        material, faults = load_material(where)
        faults += find_faults(material, strict or where.folder.parent == DATA)
        _print(material)
        for fault in faults:
            print(f"{fault.where}: {fault.reason}")
        print(f"{len(faults)} faults")
        if faults:
            raise typer.Exit(1)


def _print(material: Material) -> None:
    from rich.console import Console
    from rich.table import Table

    taught = Counter(record.fact_id for record in material.questions if record.split == "train")
    types = types_of(material.domain.settings())
    columns: dict[str, list[QuestionRecord]] = defaultdict(list)
    for record in sorted(
        material.questions, key=lambda record: (record.lang, bool(record.turns), record.split)
    ):
        columns[f"{record.lang} {record.split}{' turns' if record.turns else ''}"].append(record)
    rows: dict[str, Callable[[QuestionRecord], bool]] = {
        **{name: lambda record, name=name: record.answer_type == name for name in types},  # type: ignore[misc]
        "traps": lambda record: bool(record.trap),
        "taught facts": lambda record: bool(record.answers and record.fact_id) and taught[record.fact_id] > 1,
    }
    table = Table(title=f"{material.domain.name}: {len(material.documents)} documents")
    for name in ("", *columns):
        table.add_column(name, justify="right" if name else "left")
    table.add_row("questions", *(str(len(records)) for records in columns.values()))
    for name, belongs in rows.items():
        table.add_row(name, *(str(sum(map(belongs, records))) for records in columns.values()))
    near = [max(material.similarity.get(one.id, 0.0) for one in records) for records in columns.values()]
    table.add_row("nearest", *(f"{value:.2f}" if value else "" for value in near))
    Console().print(table)


if __name__ == "__main__":
    app()
