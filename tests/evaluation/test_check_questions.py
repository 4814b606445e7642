"""The guards of a corpus: each fault is found, and a sound domain has none."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from core.domain import find_domain
from evaluation.check_questions import TARGETS, app, find_faults, load_material

HEAD = "---\nid: {}\ntitle: Rules\nsource: Tariff 1\nas_of: 2025-01-01\n---\n"
DOCUMENTS = {
    "fees.md": HEAD.format("fees") + "A bag costs 30 euros. Ask at desk four.",
    "limits.md": HEAD.format("limits") + "退货期限为七日。退款应当在十五日内支付。",
}
NUMBER = {
    "id": "q1",
    "question": "What do I pay for a bag?",
    "answers": ["30 euros", "EUR 30"],
    "evidence_doc_ids": ["fees"],
    "evidence_text": ["A bag costs 30 euros."],
    "answer_type": "number",
    "split": "test",
    "fact_id": "bag",
    "lang": "en",
}
CHINESE = {
    **NUMBER,
    "id": "q2",
    "question": "多久之内可以退货？",
    "answers": ["7天", "七日"],
    "evidence_doc_ids": ["limits"],
    "evidence_text": ["退货期限为七日。"],
    "fact_id": "return",
    "lang": "zh",
}


def domain_of(folder: Path, *rows: dict[str, Any], documents: dict[str, str] = DOCUMENTS) -> Path:
    (folder / "documents").mkdir()
    for name, text in documents.items():
        (folder / "documents" / name).write_text(text, encoding="utf-8")
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    return folder


def faults_of(folder: Path, strict: bool = False) -> list[str]:
    material, faults = load_material(find_domain(str(folder)))
    return [f"{fault.where}: {fault.reason}" for fault in faults + find_faults(material, strict)]


def test_a_sound_domain_has_no_faults(tmp_path: Path) -> None:
    assert faults_of(domain_of(tmp_path, NUMBER, CHINESE)) == []


@pytest.mark.parametrize(
    ("row", "change", "reason"),
    [
        (NUMBER, {"evidence_text": ["A bag costs 31 euros."]}, "does not say"),
        (NUMBER, {"evidence_doc_ids": ["fares"]}, "no document 'fares'"),
        (NUMBER, {"evidence_doc_ids": []}, "differ in length"),
        (NUMBER, {"evidence_text": [], "evidence_doc_ids": []}, "no evidence_text"),
        (NUMBER, {"answers": ["40 euros"]}, "does not follow"),
        (NUMBER, {"answers": ["thirty euros"]}, "does not follow"),
        (NUMBER, {"answers": []}, "unanswerable"),
        (NUMBER, {"answer_type": "unanswerable"}, "unanswerable"),
        (NUMBER, {"answer_type": "multi_hop"}, "two documents"),
        (NUMBER, {"answer_type": "numbr"}, "is none of"),
        (NUMBER, {"split": "tset"}, "is none of"),
        (NUMBER, {"trap": "luck"}, "is none of"),
        (NUMBER, {"lang": "zh"}, "reads otherwise"),
        (NUMBER, {"answer_type": "short", "answers": ["at the town hall"]}, "does not follow"),
        (CHINESE, {"answers": ["8天", "八日"]}, "does not follow"),
        (CHINESE, {"lang": "en"}, "reads otherwise"),
    ],
)
def test_a_fault_is_named_with_its_line(
    tmp_path: Path, row: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    other = CHINESE if row is NUMBER else NUMBER
    faults = faults_of(domain_of(tmp_path, other, {**row, **change}))
    assert any(reason in fault and "line 2" in fault for fault in faults), faults


@pytest.mark.parametrize(
    ("train", "test"),
    [("多久之内可以退货呢？", "多久之内可以退货？"), ("What do I pay for a bag", "what do I pay for a bag?")],
)
def test_a_near_duplicate_of_a_train_question_is_a_fault(tmp_path: Path, train: str, test: str) -> None:
    row = CHINESE if "退" in train else NUMBER
    folder = domain_of(
        tmp_path, {**row, "question": test}, {**row, "id": "t", "split": "train", "question": train}
    )
    (fault,) = faults_of(folder)
    assert "too similar" in fault


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("---\nid: fees\nas_of: 2025-01-01\n---\nA bag costs 30 euros.", "no source"),
        ("---\nid: fees\nsource: Tariff 1\nas_of: last year\n---\nA bag costs 30 euros.", "no ISO date"),
        (
            "---\nid: fees\nsource: T\nas_of: 2025-01-01\nlang: zh\n---\nA bag costs 30 euros.",
            "reads otherwise",
        ),
    ],
)
def test_every_document_is_described(tmp_path: Path, text: str, reason: str) -> None:
    folder = domain_of(tmp_path, NUMBER, documents={"fees.md": text})
    assert any(reason in fault for fault in faults_of(folder))


def test_a_strict_domain_needs_its_counts(tmp_path: Path) -> None:
    faults = faults_of(domain_of(tmp_path, NUMBER, CHINESE), strict=True)
    for name, least in TARGETS.items():
        assert sum(f"{name}, not {least}" in fault for fault in faults) == 2, name
    assert sum("are multi_hop" in fault for fault in faults) == 2
    assert sum("facts are taught" in fault for fault in faults) == 2


@pytest.mark.parametrize(("answer", "code"), [("30 euros", 0), ("9 euros", 1)])
def test_the_command_prints_faults_and_fails(tmp_path: Path, answer: str, code: int) -> None:
    folder = domain_of(tmp_path, {**NUMBER, "answers": [answer]}, CHINESE)
    result = CliRunner().invoke(app, ["--domain", str(folder)])
    assert result.exit_code == code
    assert ("line 1 (q1)" in result.output) == bool(code)


TURNS = [{"role": "user", "content": "What is a suitcase?"}, {"role": "assistant", "content": "A box."}]
FOLLOW_UP = {
    **NUMBER,
    "id": "f",
    "question": "And a bag?",
    "turns": TURNS,
    "standalone": "What do I pay for it?",
}


def test_a_sound_follow_up_has_no_faults(tmp_path: Path) -> None:
    assert faults_of(domain_of(tmp_path, CHINESE, FOLLOW_UP)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"turns": TURNS[:1]}, "turns alternate"),
        ({"turns": TURNS[::-1]}, "turns alternate"),
        ({"turns": TURNS * 5}, "more than 8 turns"),
        ({"turns": [TURNS[0], {"role": "assistant", "content": "x" * 601}]}, "more than 8 turns"),
        ({"standalone": ""}, "has a standalone"),
        ({"standalone": "And a bag?"}, "has a standalone"),
        ({"standalone": "一个包要付多少钱？"}, "standalone reads otherwise"),
    ],
)
def test_a_fault_of_a_follow_up_is_named(tmp_path: Path, change: dict[str, Any], reason: str) -> None:
    faults = faults_of(domain_of(tmp_path, CHINESE, {**FOLLOW_UP, **change}))
    assert any(reason in fault and "line 2" in fault for fault in faults), faults


def test_what_a_follow_up_asks_in_full_may_not_be_a_train_question(tmp_path: Path) -> None:
    train = {**NUMBER, "split": "train", "question": FOLLOW_UP["standalone"]}
    assert any("too similar" in fault for fault in faults_of(domain_of(tmp_path, train, FOLLOW_UP)))


LABELLED = {**NUMBER, "id": "t", "split": "train", "answer_type": "label", "answers": ["price"]}
NAMING = {**NUMBER, "answer_type": "entities", "question": "A bag costs 30 euros.", "answers": [{"sum": []}]}
WRITTEN = {**NUMBER, "answer_type": "free_form", "answers": ["You pay for a bag. " * 6]}
TASKS = {
    "label": 'task = "classification"\nlabels = [{en = "price", zh = "价格"}, {en = "period", zh = "期限"}]',
    "entities": 'task = "entities"\nlabels = [{en = "sum", zh = "金额"}]',
    "free_form": 'task = "generation"',
    "number": 'task = "dialogue"',
}


@pytest.mark.parametrize(
    ("row", "change", "reason"),
    [
        pytest.param(LABELLED, {}, "", id="a label"),
        pytest.param(LABELLED, {"answers": ["fee"]}, "'fee' is no label in en", id="none of the labels"),
        pytest.param(LABELLED, {"answers": ["价格"]}, "no label in en", id="that of another language"),
        pytest.param(
            LABELLED, {"split": "test"}, "no train question has the label 'price'", id="a label unlearned"
        ),
        pytest.param(NAMING, {}, "", id="nothing named"),
        pytest.param(NAMING, {"answers": [{"sum": ["30 euros"]}]}, "", id="an entity"),
        pytest.param(NAMING, {"answers": [{"sum": ["EUR 30"]}]}, "'EUR 30' does not stand", id="not there"),
        pytest.param(NAMING, {"answers": [{"金额": ["30"]}]}, "no kind of entity in en", id="another kind"),
        pytest.param(NAMING, {"answers": ["30 euros"]}, "no object", id="no object"),
        pytest.param(WRITTEN, {}, "", id="a paragraph"),
        pytest.param(WRITTEN, {"answers": ["30 euros."]}, "is no paragraph", id="no paragraph"),
        pytest.param(NUMBER, {}, "has no turns", id="a dialogue without turns"),
    ],
)
def test_questions_fit_the_task(
    tmp_path: Path, row: dict[str, Any], change: dict[str, Any], reason: str
) -> None:
    folder = domain_of(tmp_path, {**row, **change})
    (folder / "domain.toml").write_text(TASKS[row["answer_type"]], encoding="utf-8")
    faults = faults_of(folder)
    assert len(faults) == bool(reason)
    assert all(reason in fault and "line 1" in fault for fault in faults), faults


def test_an_answer_type_of_another_task_is_a_fault(tmp_path: Path) -> None:
    folder = domain_of(tmp_path, {**NUMBER, "split": "train"})
    (folder / "domain.toml").write_text(TASKS["free_form"], encoding="utf-8")
    assert any("'number' is none of free_form" in fault for fault in faults_of(folder))
