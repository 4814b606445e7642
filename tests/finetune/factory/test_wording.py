"""What the writer is told: an example that keeps the rules, in both languages, of no shipped domain."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

import finetune.factory.wording as wording
from core.domain import find_domain
from core.language import Lang, detect_question
from core.leaks import find_leaks
from core.terms import Terms
from finetune.factory.facts import question_fault, reply_fault
from tests.factory import EN, ZH

WORDS = tomllib.loads(Path(wording.__file__).with_name("wording.toml").read_text(encoding="utf-8"))
LANGUAGES: tuple[Lang, ...] = ("en", "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("step", ["paraphrase", "restructure"])
def test_the_examples_pass_the_check_that_answers_have_to_pass(step: str, lang: Lang) -> None:
    example = WORDS[lang]["example"]
    record = replace(
        EN if lang == "en" else ZH,
        question=example["question"],
        answers=(example["answer"],),
        evidence_text=(),
        answer_type="short",
    )
    for manner in range(wording.manners(step, lang)):
        prompt = wording.reword(step, manner, lang, "?", "!")
        shown = json.loads(prompt.messages[2].content)
        assert question_fault(record, shown["question"], Terms()) == "", shown
        assert reply_fault(record, example["answer"], shown["answer"]) == ""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_prompts_are_in_the_language_that_is_written(lang: Lang) -> None:
    prompts = [
        wording.reword("paraphrase", 0, lang, "?"),
        wording.translate(lang, "?"),
        wording.follow_up(lang, "?", "!", "?"),
    ]
    for prompt in prompts:
        assert detect_question(prompt.messages[0].content) == lang
        assert detect_question(json.loads(prompt.messages[2].content)["question"]) == lang
        assert prompt.prefix == prompt.messages[:3]
        assert json.loads(prompt.schema)["required"] == ["question"]


@pytest.mark.parametrize("name", ["travel", "legal"])
def test_no_example_is_near_a_question_of_a_shipped_domain(name: str) -> None:
    shown = {
        f"{lang}{place}": way["shown"]
        for lang in LANGUAGES
        for ways in WORDS[lang]["manners"].values()
        for place, way in enumerate(ways)
    }
    asked = {one.id: one.in_full for one in find_domain(name).questions(follow_ups=None)}
    assert not find_leaks(shown, asked, 0.3)
