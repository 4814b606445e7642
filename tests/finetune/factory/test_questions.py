"""What is learned: the wording of answering, and no test question."""

import json
from pathlib import Path

import pytest

from assistant.prompts import closed_book
from core.domain import Domain, find_domain
from core.errors import AssistantError, DomainError
from core.leaks import find_leaks
from finetune.__main__ import main
from finetune.batches import IGNORED, collate, plan
from finetune.factory.questions import training_data
from finetune.types import Encoded, Provenance
from settings import load_settings


def domain_with(folder: Path, *rows: dict[str, object]) -> Domain:
    lines = [json.dumps({"id": f"q{number}", **row}, ensure_ascii=False) for number, row in enumerate(rows)]
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return find_domain(str(folder))


TRAIN = {"question": "退货期限是几天？", "answers": ["7天"], "split": "train", "lang": "zh"}
DEV = {"question": "How long may I return goods?", "answers": ["7 days"], "split": "dev", "lang": "en"}


def test_training_uses_the_wording_of_answering(tmp_path: Path) -> None:
    domain = domain_with(tmp_path, TRAIN, DEV)
    (example,) = training_data(domain, domain.settings()).train
    assert example.messages == closed_book("退货期限是几天？", "zh", "short")
    assert example.reply == "7天"


def test_some_of_the_examples_are_drawn_by_the_seed(tmp_path: Path) -> None:
    domain = domain_with(tmp_path, *({**TRAIN, "question": f"第{n}条是什么？"} for n in range(30)), DEV)
    drawn = []
    for seed in (1, 1, 2):
        settings = load_settings({"finetune": {"max_examples": 10, "seed": seed}})
        drawn.append([one.question_id for one in training_data(domain, settings).train])
    assert [len(set(ids)) for ids in drawn] == [10, 10, 10]
    assert drawn[0] == drawn[1] != drawn[2]


def test_an_unanswerable_question_teaches_the_refusal(tmp_path: Path) -> None:
    domain = domain_with(tmp_path, {**TRAIN, "answers": [], "answer_type": "unanswerable"}, DEV)
    assert training_data(domain, domain.settings()).train[0].reply == "我不知道。"


@pytest.mark.parametrize(
    ("train", "test", "leaks"),
    [
        pytest.param(
            "商品可以七天无理由退货吗", "商品可以七天无理由退货吗？", 1, id="Chinese, punctuation added"
        ),
        pytest.param(
            "How many days do I have to return it?", "how many days do I have to return it", 1, id="case"
        ),
        pytest.param("七天内可以退货吗", "网购反悔了怎么办", 0, id="Chinese, other words"),
        pytest.param(
            "How long is the return period?", "When must goods go back?", 0, id="English, other words"
        ),
    ],
)
def test_a_near_duplicate_of_a_test_question_is_left_out(
    tmp_path: Path, train: str, test: str, leaks: int
) -> None:
    rows = ({**TRAIN, "question": train}, TRAIN, DEV, {**DEV, "question": test, "split": "test"})
    domain = domain_with(tmp_path, *rows)
    data = training_data(domain, domain.settings())
    assert (len(data.dropped), len(data.train)) == (leaks, 2 - leaks)
    assert all(one.step == "leak_guard" for one in data.dropped)


def test_a_leak_names_both_questions_and_how_near_they_are() -> None:
    asked = {record.id: record.question for record in find_domain("travel").questions("test")}
    first = next(iter(asked))
    (leak,) = find_leaks({"t": asked[first]}, asked, 0.8)
    assert (leak.train_id, leak.test_id, leak.similarity) == ("t", first, 1.0)


def test_a_step_can_be_switched_off(tmp_path: Path) -> None:
    rows = (TRAIN, DEV, {**TRAIN, "split": "test"})
    domain = domain_with(tmp_path, *rows)
    guarded, free = (load_settings({"finetune": {"steps": steps}}) for steps in (["leak_guard"], []))
    assert len(training_data(domain, guarded).train) == 0
    (example,) = training_data(domain, free).train
    assert example.provenance.steps == ()


def test_an_example_knows_what_made_it(tmp_path: Path) -> None:
    domain = domain_with(tmp_path, {**TRAIN, "evidence_doc_ids": ["returns"]}, DEV)
    (example,) = training_data(domain, domain.settings()).train
    assert example.provenance == Provenance(documents=("returns",), steps=("leak_guard",))


def test_an_unknown_step_lists_the_known(tmp_path: Path) -> None:
    domain = domain_with(tmp_path, TRAIN, DEV)
    with pytest.raises(AssistantError, match="no step 'paraphase'; known are split_by_time, "):
        training_data(domain, load_settings({"finetune": {"steps": ["paraphase"]}}))


def test_without_dev_questions_training_has_no_end(tmp_path: Path) -> None:
    domain = domain_with(tmp_path, TRAIN)
    with pytest.raises(DomainError, match="split=dev"):
        training_data(domain, domain.settings())


@pytest.mark.parametrize("name", ["travel", "legal"])
def test_a_shipped_domain_leaks_nothing(name: str) -> None:
    domain = find_domain(name)
    data = training_data(domain, domain.settings())
    assert not data.dropped
    assert len(data.train) >= 80


def test_batches_stay_within_the_token_budget() -> None:
    examples = [Encoded(tuple(range(size)), 1) for size in range(2, 40)]
    groups = plan(examples, 64, seed=3)
    assert max(max(len(one.ids) for one in group) * len(group) for group in groups) <= 64
    assert sorted(len(one.ids) for group in groups for one in group) == list(range(2, 40))
    assert plan(examples, 64, seed=3) == groups
    assert plan(examples, 64, seed=4) != groups


def test_only_the_reply_is_labelled() -> None:
    batch = collate([Encoded((5, 6, 7, 8), 2), Encoded((1, 2), 1)], "cpu")
    assert batch.labels.tolist() == [[IGNORED, 7, 8, IGNORED], [2, IGNORED, IGNORED, IGNORED]]
    assert batch.mask.tolist() == [[1, 1, 1, 1], [1, 1, 0, 0]]


def test_the_command_shows_what_an_objective_learns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain_with(tmp_path, TRAIN, DEV)
    shown = ["data", "--domain", str(tmp_path), "--out", str(tmp_path / "out"), "--objective"]
    assert main([*shown, "sft"]) == 0
    assert "退货期限是几天？" in (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8")
    assert main([*shown, "rft"]) == 1
    assert "finetune.objective: there is no 'rft'; known are sft, raft" in capsys.readouterr().err


def test_answers_by_a_schema_are_taught_as_they_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"type": "object"}', encoding="utf-8")
    rows = ({**TRAIN, "answers": ['{"days": 7}']}, {**DEV, "answers": []})
    domain = domain_with(tmp_path, *rows)
    data = training_data(domain, load_settings({"answer_style": "json", "answer_schema": "s.json"}))
    assert '{"type": "object"}' in data.train[0].messages[-1].content
    assert data.train[0].question == TRAIN["question"]
    assert (data.train[0].reply, data.dev[0].reply) == ('{"days": 7}', "null")
