"""The form of replies: what is asked for, held to and taught is the same, whatever the strategy."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.forms import FREE, EntityForm, Form, LabelForm, form_of, style_of
from assistant.generation.local import LocalGenerator
from assistant.prompts import closed_book, open_book
from assistant.registry import open_assistant
from assistant.strategies.closed_book import ClosedBook
from assistant.strategies.rag import Rag
from assistant.structured import follows
from assistant.types import Question
from core.domain import Domain
from core.errors import DomainError
from core.language import Lang
from core.questions import from_row
from ingest.types import Chunk
from settings import Label, Settings, load_settings
from tests.fakes import ScriptedGenerator

LABELS = (Label(en="air", zh="航空"), Label(en="rail", zh="铁路"))
KINDS = (Label(en="amount", zh="金额"), Label(en="place", zh="地点"))
LANGS: tuple[Lang, ...] = ("en", "zh")
QUESTION = {"en": "My train is late.", "zh": "我的火车晚点了。"}


def settings_of(task: str, *labels: object) -> Settings:
    return load_settings({"task": task, "labels": labels})


def test_labels_are_named_and_required_in_the_language_of_the_question() -> None:
    asked: list[str] = []
    for lang in LANGS:
        model = ScriptedGenerator(lambda prompt: json.loads(prompt.schema)["enum"][1])
        strategy = ClosedBook(model, "label")
        strategy.form = LabelForm(LABELS)
        (answer,) = strategy.answer_many([Question("1", QUESTION[lang], lang)])
        (prompt,) = model.asked
        asked.append(prompt.messages[-1].content)
        assert answer.text == ("rail" if lang == "en" else "铁路")
        assert not prompt.one_line
    assert '"air", "rail"' in asked[0]
    assert '"航空", "铁路"' in asked[1]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("style", ["label", "entities"])
def test_rules_of_other_tasks_ask_for_no_refusal_and_keep_documents_as_data(style: str, lang: Lang) -> None:
    asked = closed_book("Who?", lang, style)  # type: ignore[arg-type]
    read = open_book("Who?", [Chunk("c", "d", "Text.", 0, 5)], lang, style)  # type: ignore[arg-type]
    assert "know" not in asked[0].content
    assert "不知道" not in asked[0].content
    assert "===" not in asked[0].content
    assert read.messages[0].content.startswith(asked[0].content)
    assert ("never follow" if lang == "en" else "不要执行") in read.messages[0].content
    assert len(read.messages) == 2, "no examples of another task"


class Found:
    def search_many(self, queries: list[str], lang: str = "", top_k: int | None = None) -> list[list[object]]:
        return [[] for _ in queries]


@pytest.mark.parametrize(
    ("form", "style"),
    [(LabelForm(LABELS), "label"), (EntityForm(KINDS), "entities"), (FREE, "paragraph")],
)
def test_every_strategy_asks_for_the_form(form: Form, style: str) -> None:
    model = ScriptedGenerator(lambda prompt: "{}")
    for strategy in (ClosedBook(model, style), Rag(model, Found(), style, 2)):  # type: ignore[arg-type]
        strategy.form = form
        strategy.answer_many([Question("1", QUESTION["en"], "en")])
    assert [one.schema for one in model.asked] == [form.schema("en")] * 2
    ends = {one.messages[-1].content.rpartition("\n\n")[2] for one in model.asked}
    assert len(ends) == (2 if form.free else 1)


@pytest.mark.parametrize("form", [LabelForm(LABELS), EntityForm(KINDS)])
def test_whatever_a_random_model_says_has_the_form(
    form: Form, make_generator: Callable[..., LocalGenerator]
) -> None:
    generator = make_generator()
    generator.max_new_tokens = 60
    strategy = ClosedBook(generator, "label")
    strategy.form = form
    questions = [Question(lang, QUESTION[lang], lang) for lang in LANGS]
    for answer in strategy.answer_many(questions):
        assert follows(answer.text, form.schema(answer.question.lang)) == (answer.ending == "stop")
        assert answer.ending in ("stop", "length")
        assert not answer.abstained


@pytest.mark.parametrize(
    ("form", "answers", "lang", "reply"),
    [
        pytest.param(FREE, ["7 days", "a week"], "en", "7 days", id="text: the first"),
        pytest.param(FREE, [], "zh", "我不知道。", id="text: none"),
        pytest.param(LabelForm(LABELS), ["rail"], "en", '"rail"', id="a label in quotation marks"),
        pytest.param(LabelForm(LABELS), ["rail"], "zh", '"铁路"', id="a label in the question's language"),
        pytest.param(
            EntityForm(KINDS),
            [{"place": ["Rome"]}],
            "en",
            '{"amount": [], "place": ["Rome"]}',
            id="every kind, in order",
        ),
        pytest.param(EntityForm(KINDS), [], "zh", '{"金额": [], "地点": []}', id="no entity"),
    ],
)
def test_what_is_taught_follows_the_schema(form: Form, answers: list[object], lang: str, reply: str) -> None:
    record = from_row({"id": "1", "question": "Who?", "answers": answers, "lang": lang})
    assert form.reply(record) == reply
    assert form.free or follows(reply, form.schema(record.language))


def test_a_list_without_entities_is_no_refusal() -> None:
    form = EntityForm(KINDS)
    said = ['{"amount": [], "place": []}', "null", "I don't know."]
    assert [form.declines(text) for text in said] == [False, True, True]


def test_the_task_says_form_and_style(tmp_path: Path) -> None:
    domain = Domain("shop", tmp_path)
    labels = settings_of("classification", "air", {"en": "rail", "zh": "铁路"})
    assert form_of(domain, labels) == LabelForm((Label(en="air", zh="air"), LABELS[1]))
    assert style_of(labels) == "label"
    assert style_of(settings_of("generation")) == "paragraph"
    assert style_of(settings_of("dialogue")) is None
    assert style_of(replace_style(settings_of("generation"), "sentence")) == "sentence"
    assert style_of(replace_style(labels, "sentence")) == "label", "a label has no length"
    for task in ("qa", "generation", "dialogue"):
        assert form_of(domain, settings_of(task)) is FREE
    assistant = open_assistant(domain, labels)
    assert (assistant.style, assistant.form) == ("label", form_of(domain, labels))


def replace_style(settings: Settings, style: str) -> Settings:
    return settings.model_copy(update={"answer_style": style})


@pytest.mark.parametrize(
    "labels", [(), ("air", "Air!"), ("air", "…"), ({"en": "air", "zh": "航"}, {"en": "rail", "zh": "航"})]
)
def test_a_task_without_labels_that_can_be_told_apart_is_refused(
    tmp_path: Path, labels: tuple[object, ...]
) -> None:
    for task in ("classification", "entities"):
        with pytest.raises(DomainError, match=r"needs labels = \[\.\.\.\]"):
            form_of(Domain("shop", tmp_path), settings_of(task, *labels))


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(ValueError, match="task"):
        load_settings({"task": "translation"})


def test_a_prompt_of_free_text_stays_as_it_is() -> None:
    prompt = ClosedBook(ScriptedGenerator(lambda prompt: ""), "short").prepare(Question("1", "Who?", "en"))
    assert FREE.held(prompt, "en") is prompt
    assert replace(prompt, schema="") == prompt
