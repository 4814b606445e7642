"""The shipped task sets: sound, not given away, and compared with a scripted model."""

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.side_by_side import _domains
from assistant.agreement.entities import read_entities
from assistant.prompts import closed_book
from assistant.registry import Assistant
from assistant.turns import condense_many
from assistant.types import Prompt
from core.domain import DATA, domain_names, find_domain
from core.errors import DomainError
from core.leaks import find_leaks
from evaluation.asking.questions import Choice, choose_questions
from evaluation.check_questions import find_faults, load_material
from evaluation.compare import Plan, compare
from evaluation.metrics import METRICS, choose
from evaluation.report.schema import as_json
from finetune.factory.questions import training_data
from ingest.files.reading import read_documents
from ingest.knowledge_base import open_knowledge_base
from ingest.types import Document
from settings import Settings
from tests.fakes import FakeEmbedder, ScriptedGenerator

TASKS = {
    "regulations": "classification",
    "entities": "entities",
    "summaries": "generation",
    "dialogue": "dialogue",
}
MOST_ALIKE = 0.5


def path_of(name: str) -> str:
    return str(DATA / "tasks" / name)


def documents(folder: Path) -> dict[str, Document]:
    return {one.id: one for one in read_documents(folder) if isinstance(one, Document)}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_set_is_without_fault(name: str) -> None:
    domain = find_domain(path_of(name))
    material, faults = load_material(domain)
    assert faults + find_faults(material, strict=False) == []
    assert domain.settings().task == TASKS[name]
    assert 60 <= len(material.questions) <= 200
    counts = Counter((one.lang, one.split) for one in material.questions)
    assert set(counts) == {(lang, split) for lang in ("en", "zh") for split in ("train", "dev", "test")}
    assert min(counts.values()) >= 6


@pytest.mark.parametrize("name", TASKS)
def test_no_two_splits_ask_in_nearly_the_same_words(name: str) -> None:
    records = find_domain(path_of(name)).questions(follow_ups=None)
    asked = {
        split: {one.id: one.in_full for one in records if one.split == split}
        for split in ("train", "dev", "test")
    }
    for one, other in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert find_leaks(asked[one], asked[other], MOST_ALIKE) == []


def test_a_document_that_stands_in_two_domains_says_the_same() -> None:
    checked = {**documents(DATA / "travel" / "documents"), **documents(DATA / "legal" / "documents")}
    shared = [one for name in TASKS for one in documents(DATA / "tasks" / name / "documents").values()]
    assert all(one.source and one.as_of for one in shared)
    known = [one for one in shared if one.id in checked]
    assert len(known) == len(shared) - 5, "but for those that say in Chinese what EU law says"
    assert all(one.text == checked[one.id].text for one in known)


def test_task_sets_are_no_domains_of_the_lists_and_are_found_by_their_path() -> None:
    assert domain_names() == ["legal", "travel"]
    assert [one.name for one in _domains([])] == ["legal", "travel"]
    with pytest.raises(DomainError, match=r"holds domains and is none: give one of .*tasks/regulations"):
        find_domain("tasks")
    assert find_domain(path_of("entities")).name == "entities"


class Desk:
    """Compares `rag` and `closed_book` on the dev questions of a task set, with a scripted model."""

    def __init__(self, name: str, home: Path, reply: Callable[[Prompt], str]) -> None:
        evaluation = {"bootstrap": 100, "latency_sample": 0}
        self.domain = find_domain(path_of(name))
        overrides = {**self.domain.overrides, "home": home, "evaluation": evaluation}
        self.settings = Settings(**overrides)
        self.references = choose_questions(self.domain, Choice(split="dev"))
        self.right = {one.question: one.answers for one in self.references}
        self.generator = ScriptedGenerator(reply)
        self.assistant = Assistant(self.domain, self.settings, self.generator)
        self.assistant.__dict__["knowledge"] = open_knowledge_base(self.domain, self.settings, FakeEmbedder())

    def report(self, out: Path) -> dict[str, Any]:
        metrics = choose("", self.settings.task)
        assert set(metrics) >= set(METRICS)
        metrics = list(METRICS)  # no judge here
        plan = Plan(
            self.domain, self.settings, self.references, ["rag", "closed_book"], True, metrics, 1, out
        )
        return as_json(compare(plan, self.assistant, lambda line: None))

    def compared(self, out: Path) -> dict[str, dict[str, float | None]]:
        report = self.report(out)
        return {
            arm: {name: one["value"] for name, one in of["metrics"].items()}
            for arm, of in report["strategies"].items()
        }


def reads(prompt: Prompt) -> bool:
    return "===" in prompt.messages[-1].content


def test_labels_are_compared(tmp_path: Path) -> None:
    def reply(prompt: Prompt) -> str:
        labels: list[str] = json.loads(prompt.schema)["enum"]
        if not reads(prompt):
            return json.dumps(labels[0], ensure_ascii=False)  # the same for everything
        record = next(text for text in desk.right if text in prompt.messages[-1].content)
        return json.dumps(next(one for one in desk.right[record] if one in labels), ensure_ascii=False)

    desk = Desk("regulations", tmp_path / "var", reply)
    found = desk.compared(tmp_path / "out")
    assert [found["rag"][name] for name in ("correct", "accuracy", "macro_f1", "within_labels")] == [1.0] * 4
    one_of_five = 2 * 4 / (20 + 4) / 5
    assert found["closed_book"]["accuracy"] == found["closed_book"]["correct"] == 0.2
    assert found["closed_book"]["macro_f1"] == pytest.approx(one_of_five)
    assert found["rag"]["entity_f1"] is None
    assert found["rag"]["recall@5"] is not None


def test_entities_are_compared(tmp_path: Path) -> None:
    def reply(prompt: Prompt) -> str:
        record = next(text for text in desk.right if text in prompt.messages[-1].content)
        named = read_entities(desk.right[record][0])
        kept = {kind: some if reads(prompt) else some[:0] for kind, some in named.items()}
        return json.dumps(kept, ensure_ascii=False)

    desk = Desk("entities", tmp_path / "var", reply)
    found = desk.compared(tmp_path / "out")
    assert found["rag"]["entity_f1"] == found["rag"]["correct"] == 1.0
    assert found["closed_book"]["entity_f1"] == found["closed_book"]["correct"] == 0.0
    assert found["closed_book"]["refusal_precision"] is None, "to list nothing is no refusal"


def test_paragraphs_are_compared(tmp_path: Path) -> None:
    def reply(prompt: Prompt) -> str:
        record = next(text for text in desk.right if text in prompt.messages[-1].content)
        return desk.right[record][0] if reads(prompt) else "I don't know."

    desk = Desk("summaries", tmp_path / "var", reply)
    found = desk.compared(tmp_path / "out")
    assert found["rag"]["rougeL"] == found["rag"]["f1"] == 1.0
    assert found["closed_book"]["correct"] == 0.0
    ends = {prompt.messages[0].content for prompt in desk.generator.asked}
    assert any("short paragraph" in end for end in ends)
    assert not any(prompt.one_line for prompt in desk.generator.asked)


def test_follow_ups_are_compared_in_full(tmp_path: Path) -> None:
    def reply(prompt: Prompt) -> str:
        last = prompt.messages[-1].content
        if "rewrite" in prompt.messages[0].content or "改写" in prompt.messages[0].content:
            return next(one.standalone for one in desk.references if last.endswith(one.question))
        whole = next(one for one in desk.references if one.standalone in last)
        return whole.answers[0] if reads(prompt) else "I don't know."

    desk = Desk("dialogue", tmp_path / "var", reply)
    assert all(one.turns for one in desk.references)
    found = desk.compared(tmp_path / "out")
    assert (found["rag"]["correct"], found["closed_book"]["correct"]) == (1.0, 0.0)


@pytest.mark.parametrize("name", TASKS)
def test_training_teaches_what_is_asked_and_held_to(name: str, tmp_path: Path) -> None:
    """An example is the prompt of `closed_book`, and its reply follows the schema of the form."""
    desk = Desk(name, tmp_path / "var", lambda prompt: "x")
    data = training_data(desk.domain, desk.settings)
    form, style = desk.assistant.form, desk.assistant.style
    assert len(data.train) >= 30
    for example in (*data.train, *data.dev):
        record = example.record
        plain = closed_book(record.in_full, record.language, style)
        assert example.messages == form.asked(plain, record.language)
        assert example.question == record.in_full
        assert example.reply == form.reply(record)
    texts = {one.id: one for one in desk.references}
    asked = condense_many([one.ask() for one in desk.references if not one.turns], desk.generator)
    prompts = desk.assistant.strategy("closed_book")._prepared([one.question for one in asked])  # type: ignore[attr-defined]
    learned = {example.question_id: example.messages for example in data.dev}
    for one, prompt in zip(asked, prompts, strict=True):
        assert texts[one.asked.id].question == one.question.text
        assert learned[one.asked.id] == prompt.messages
