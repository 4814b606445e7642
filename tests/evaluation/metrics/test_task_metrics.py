"""What labels and entities are measured by, in Chinese and English."""

import json
from collections.abc import Sequence

import pytest

from assistant.types import Answer
from core.domain import DATA, find_domain
from core.questions import from_row
from evaluation.asking.questions import Choice, choose_questions
from evaluation.metrics import METRICS, NAMES, choose
from evaluation.metrics.judged import JUDGED
from evaluation.types import Reference, Sample, reference, restrict
from settings import Label

LABELS = tuple(Label(en=en, zh=zh) for en, zh in (("air", "航空"), ("rail", "铁路"), ("ship", "船舶")))


def labelled(
    text: str, *right: str, lang: str = "en", refused: bool = False, labels: tuple[Label, ...] = LABELS
) -> Sample:
    asked = Reference("Which?", right, (), "label", "test", lang=lang, labels=labels)
    return Sample(asked, Answer(asked.ask(), text, "rag", abstained=refused))


def listing(text: str, *right: dict[str, list[str]], refused: bool = False) -> Sample:
    answers = tuple(json.dumps(one, ensure_ascii=False) for one in right)
    asked = Reference("What?", answers, (), "entities", "test")
    return Sample(asked, Answer(asked.ask(), text, "rag", abstained=refused))


def value(metric: str, samples: Sequence[Sample]) -> float | None:
    return METRICS[metric].score(samples).value


@pytest.mark.parametrize(
    ("text", "right", "lang", "score", "within"),
    [
        pytest.param("rail", "rail", "en", 1.0, 1.0, id="the label"),
        pytest.param('"rail"', "rail", "en", 1.0, 1.0, id="in quotation marks, as JSON has it"),
        pytest.param("Rail.", "rail", "en", 1.0, 1.0, id="case and full stop"),
        pytest.param('"铁路"', "铁路", "zh", 1.0, 1.0, id="Chinese"),
        pytest.param("air", "rail", "en", 0.0, 1.0, id="another label"),
        pytest.param("bus", "rail", "en", 0.0, 0.0, id="none of the labels: wrong, and counted"),
        pytest.param("It is rail.", "rail", "en", 0.0, 0.0, id="a sentence is no label"),
        pytest.param("", "rail", "en", 0.0, 0.0, id="nothing"),
    ],
)
def test_a_label_is_right_as_a_whole(text: str, right: str, lang: str, score: float, within: float) -> None:
    samples = [labelled(text, right, lang=lang)]
    assert value("correct", samples) == value("accuracy", samples) == score
    assert value("within_labels", samples) == within


def test_a_label_may_be_said_in_either_language() -> None:
    record = from_row({"id": "1", "question": "Which?", "answers": ["rail"], "answer_type": "label"})
    asked = reference(record, labels=LABELS)
    assert asked.answers == ("rail", "铁路")
    samples = [Sample(asked, Answer(asked.ask(), "铁路", "rag"))]
    for metric in ("correct", "accuracy", "macro_f1", "within_labels"):
        assert value(metric, samples) == 1.0


@pytest.mark.parametrize(
    ("pairs", "score"),
    [
        pytest.param([("air", "air"), ("rail", "rail")], 1.0, id="all right"),
        pytest.param(
            [("air", "air"), ("air", "air"), ("air", "rail")],
            (4 / 5 + 0) / 2,
            id="a label that is never said has F1 0",
        ),
        pytest.param(
            [("air", "air"), ("ship", "air"), ("rail", "rail")],
            (2 / 3 + 1) / 2,
            id="a label that no question wants is left out, and its answer lacks",
        ),
        pytest.param(
            [("air", "air"), ("bus", "air"), ("rail", "rail")], (2 / 3 + 1) / 2, id="none of the labels"
        ),
        pytest.param(
            [("航空", "air"), ("air", "航空"), ("铁路", "ship")], (1 + 0) / 2, id="two names, one label"
        ),
        pytest.param([("rail", "air"), ("air", "rail")], 0.0, id="all wrong"),
    ],
)
def test_macro_f1(pairs: list[tuple[str, str]], score: float) -> None:
    assert value("macro_f1", [labelled(*pair) for pair in pairs]) == pytest.approx(score)


def test_of_two_right_labels_the_one_that_is_said_counts() -> None:
    samples = [labelled("rail", "air", "rail"), labelled("air", "air")]
    assert (value("accuracy", samples), value("macro_f1", samples)) == (1.0, 1.0)
    samples = [labelled("ship", "air", "rail"), labelled("air", "air"), labelled("rail", "rail")]
    assert value("macro_f1", samples) == pytest.approx((2 / 3 + 1) / 2), "a miss counts at the first"


def test_where_no_labels_are_known_right_answers_are_the_labels() -> None:
    samples = [labelled("spam", "spam", labels=()), labelled("x", "ham", labels=())]
    assert (value("accuracy", samples), value("macro_f1", samples)) == (0.5, 0.5)
    assert value("within_labels", samples) is None


def test_a_refusal_is_no_label() -> None:
    samples = [labelled("I don't know.", "air", refused=True), labelled("air", "air")]
    assert (value("accuracy", samples), value("within_labels", samples)) == (0.5, 0.5)


def test_macro_f1_of_a_part_is_that_of_the_part() -> None:
    samples = [labelled("air", "air"), labelled("air", "rail"), labelled("铁路", "铁路", lang="zh")]
    score = METRICS["macro_f1"].score(samples)
    assert restrict(score, [0, 2]).value == 1.0
    assert restrict(score, [1]).value == 0.0
    assert score.per_question == (1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("text", "right", "score"),
    [
        pytest.param('{"amount": ["250 euros"]}', {"amount": ["250 euros"], "place": []}, 1.0, id="same"),
        pytest.param('{"金额": ["２５０欧元"]}', {"金额": ["250欧元"]}, 1.0, id="Chinese, full width"),
        pytest.param('{"amount": ["EUR 250"]}', {"amount": ["250 euros"]}, 0.0, id="another surface"),
        pytest.param('{"place": ["7 days"]}', {"period": ["7 days"]}, 0.0, id="another kind"),
        pytest.param(
            '{"place": ["Rome", "Rome"]}', {"place": ["Rome"]}, 2 / 3, id="listed twice, named once"
        ),
        pytest.param(
            '{"place": ["Rome"]}', {"place": ["Rome", "Rome"]}, 2 / 3, id="listed once, named twice"
        ),
        pytest.param(
            '{"地点": ["上海"], "期限": ["7日"]}', {"地点": ["上海"], "期限": ["21日"]}, 0.5, id="one of two"
        ),
        pytest.param('```json\n{"place": ["Rome"]}\n```', {"place": ["Rome"]}, 1.0, id="in a fence"),
        pytest.param('{"place": ["Rome"', {"place": ["Rome"]}, 0.0, id="cut off"),
        pytest.param("Rome", {"place": ["Rome"]}, 0.0, id="no JSON"),
        pytest.param('{"place": []}', {"place": [], "period": []}, 1.0, id="nothing named, nothing listed"),
        pytest.param('{"place": ["Rome"]}', {"place": []}, 0.0, id="nothing named"),
        pytest.param("I don't know.", {"place": ["Rome"]}, 0.0, id="a refusal"),
    ],
)
def test_entity_f1_of_one_sentence(text: str, right: dict[str, list[str]], score: float) -> None:
    samples = [listing(text, right)]
    assert value("entity_f1", samples) == pytest.approx(score)
    assert value("correct", samples) == pytest.approx(score)


def test_entities_count_alike_over_all_sentences() -> None:
    samples = [
        listing('{"place": ["Rome", "Oslo", "Bonn"]}', {"place": ["Rome", "Oslo", "Bonn"]}),
        listing('{"place": ["Paris"]}', {"place": ["Nice"]}),
    ]
    score = METRICS["entity_f1"].score(samples)
    assert score.value == 3 / 4, "micro, where the mean of sentences is a half"
    assert score.per_question == (1.0, 0.0)
    assert restrict(score, [1]).value == 0.0
    assert value("correct", samples) == 0.5


def test_of_several_references_the_best_counts() -> None:
    sample = listing('{"place": ["Rome"]}', {"place": ["the city of Rome"]}, {"place": ["Rome"]})
    assert value("entity_f1", [sample]) == 1.0


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "within_labels", "entity_f1"])
def test_they_do_not_apply_to_other_questions(metric: str) -> None:
    asked = Reference("How long?", ("7 days",), (), "number", "test")
    other = Sample(asked, Answer(asked.ask(), "7 days", "rag"))
    score = METRICS[metric].score([other])
    assert (score.value, score.per_question) == (None, (None,))
    both = METRICS[metric].score([other, labelled("air", "air"), listing("{}", {"place": []})])
    assert (both.value, both.n) == (1.0, 1)


def test_a_judge_reads_only_what_is_an_answer_unless_it_is_asked_to() -> None:
    assert choose("", "dialogue") == list(NAMES)
    for task in ("classification", "entities", "generation"):
        assert choose("", task) == list(METRICS)
    assert choose("rougeL,ragas_faithfulness", "generation") == ["rougeL", "ragas_faithfulness"]
    assert set(JUDGED).isdisjoint(METRICS)


def test_the_labels_of_a_domain_reach_its_references() -> None:
    references = choose_questions(find_domain(str(DATA / "tasks" / "regulations")), Choice(split="dev"))
    assert {tuple(label.zh for label in one.labels) for one in references} == {
        ("航空", "铁路", "客车", "船舶", "包价旅游")
    }
