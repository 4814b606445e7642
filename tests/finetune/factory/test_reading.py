"""Examples with passages: what is read, and what is left to memory."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.domain import find_domain
from core.language import words
from core.questions import QuestionRecord
from finetune.factory.questions import training_data
from finetune.factory.reading import Reading
from finetune.types import Example
from ingest.types import Chunk, Hit
from settings import Finetune, load_settings

FEE = "Entry costs 12 euros for adults."
TEXT = " ".join(
    [*(f"Rule {n} says that nobody may run in hall {n}." for n in range(20)), FEE, "Dogs stay out."]
)
FEE_ZH = "成人票价12元。"
TEXT_ZH = "".join([*(f"第{n}条规定，不得在{n}号厅奔跑。" for n in range(20)), FEE_ZH, "不得带狗入内。"])


def chunk(name: str, text: str) -> Chunk:
    return Chunk(f"{name}#0", name, text, 0, len(text), name)


class Found:
    """The evidence third, after two passages without it."""

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        text = TEXT_ZH if lang == "zh" else TEXT
        rest = text.replace(FEE_ZH, "").replace(FEE, "")
        chunks = [chunk("a", rest), chunk("b", rest), chunk("fees", text), chunk("c", rest)]
        return [[Hit(one, 1.0) for one in chunks] for _ in queries]


def record(id: str, lang: str = "en", answers: tuple[str, ...] = ("12 euros",)) -> QuestionRecord:
    quotes = ((FEE_ZH,) if lang == "zh" else (FEE,)) if answers else ()
    kind = "number" if answers else "unanswerable"
    return QuestionRecord(id, "How much?", answers, ("fees",), quotes, kind, "train", "", lang)


def read(records: Sequence[QuestionRecord], **settings: object) -> list[Example]:
    return Reading(Found(), "short", Finetune(**settings)).examples(records)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_passages_stand_as_they_were_found_and_are_cut_around_the_evidence(lang: str) -> None:
    (example,) = read([record("q", lang)], evidence_share=1.0, passages=3, passage_words=40)
    asked = example.messages[-1].content
    assert [asked.index(f"[{name}]") for name in ("a", "b", "fees")] == sorted(
        asked.index(f"[{name}]") for name in ("a", "b", "fees")
    )
    assert "[c]" not in asked
    shown = asked.split("[fees]\n")[1].split("\n===")[0]
    assert (FEE_ZH if lang == "zh" else FEE) in shown
    assert len(words(shown)) <= 40
    assert shown in (TEXT_ZH if lang == "zh" else TEXT)
    assert example.reply == "12 euros"
    assert example.question == "How much?"
    assert example.provenance.documents == ("fees",)


def test_evidence_longer_than_the_limit_is_kept_whole() -> None:
    (example,) = read([record("q")], evidence_share=1.0, passage_words=10)
    assert FEE in example.messages[-1].content


def test_a_share_is_answered_without_its_evidence() -> None:
    examples = read([record(f"q{n}") for n in range(400)], evidence_share=0.8)
    held = sum(FEE in example.messages[-1].content for example in examples)
    assert 0.74 < held / 400 < 0.86
    assert {example.reply for example in examples} == {"12 euros"}
    assert all(example.messages[-1].content.count("\n[") == 3 for example in examples)


def test_what_has_no_answer_is_refused_over_what_was_found() -> None:
    (example,) = read([record("q", answers=())])
    assert example.reply == "I don't know."
    assert example.messages[-1].content.count("\n[") == 3


def test_the_same_seed_cuts_the_same() -> None:
    one, same, other = (read([record(f"q{n}") for n in range(20)], seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_the_settings_choose_it_and_leaks_are_found_by_the_question(
    tmp_path: Path, tiny_embedder: Path
) -> None:
    (tmp_path / "inns" / "documents").mkdir(parents=True)
    (tmp_path / "inns" / "documents" / "fees.md").write_text(f"# Fees\n\n{TEXT}")
    row = {"answers": ["12 euros"], "evidence_doc_ids": ["fees.md"], "evidence_text": [FEE], "lang": "en"}
    rows = [
        {**row, "id": "a", "question": "How much is it to get in as an adult?", "split": "train"},
        {**row, "id": "b", "question": "What do grown-ups pay at the door?", "split": "train"},
        {**row, "id": "c", "question": "Price for one adult?", "split": "dev"},
        {**row, "id": "d", "question": "How much is it to get in as an adult", "split": "test"},
    ]
    (tmp_path / "inns" / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    domain = find_domain(str(tmp_path / "inns"))
    settings = load_settings(
        {
            "home": tmp_path / "var",
            "embedder": {"model": str(tiny_embedder)},
            "finetune": {"objective": "raft", "evidence_share": 1.0},
        }
    )
    data = training_data(domain, settings)
    assert [one.question_id for one in data.train] == ["b"]
    assert [one.question_id for one in data.dropped] == ["a"]
    assert FEE in data.train[0].messages[-1].content
    assert len(data.train[0].messages) == 2
