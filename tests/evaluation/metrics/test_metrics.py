"""Metrics of answers: the numbers, Chinese and English."""

from dataclasses import replace

import pytest
import sacrebleu

from assistant.types import Answer, Question
from core.errors import AssistantError
from core.language import Lang
from evaluation.metrics import METRICS, NAMES, choose
from evaluation.metrics.retrieval import mrr, ndcg, recall
from evaluation.types import Reference, Sample
from ingest.types import Chunk, Hit

TEXT_METRICS = ("exact_match", "f1", "rouge1", "rouge2", "rougeL")


def sample(
    text: str,
    *right: str,
    lang: Lang = "en",
    abstained: bool = False,
    contexts: tuple[Hit, ...] = (),
    ranked: tuple[str, ...] | None = None,
    quotes: tuple[str, ...] = (),
) -> Sample:
    kind = "short" if right else "unanswerable"
    reference = Reference("q?", right, ("d1", "d2"), kind, "test", "q", lang, quotes)
    asked = Question("q", "q?", lang)
    return Sample(
        reference, Answer(asked, text, "rag", contexts=contexts, abstained=abstained, ranked=ranked)
    )


def value(metric: str, *samples: Sample) -> float | None:
    return METRICS[metric].score(samples).value


@pytest.mark.parametrize(
    ("text", "right", "expected"),
    [
        pytest.param("Paris", ("Paris",), 1.0, id="the same"),
        pytest.param("cat cat", ("cat",), 2 / 3, id="repeats count once"),
        pytest.param("in Paris", ("London", "Paris"), 2 / 3, id="best reference"),
        pytest.param("the cat", ("a cat",), 1.0, id="articles do not count"),
        pytest.param("A", ("a",), 1.0, id="an article that is all there is counts"),
        pytest.param("“1,000”.", ("1000",), 1.0, id="punctuation is deleted"),
        pytest.param("$1,000", ("1000",), 2 / 3, id="marks of a number's value stay"),
        pytest.param("don’t", ("don't",), 1.0, id="a curly apostrophe is an apostrophe"),
        pytest.param("需要七天", ("七天",), 2 / 3, id="a Chinese character is a token"),
        pytest.param("７天，无理由", ("7天无理由",), 1.0, id="full width is half width"),
        pytest.param("GDPR第17条", ("gdpr 第17条",), 1.0, id="mixed scripts"),
        pytest.param("维生素A", ("维生素",), 6 / 7, id="no articles in Chinese"),
        pytest.param("", ("Paris",), 0.0, id="an empty answer"),
    ],
)
def test_f1(text: str, right: tuple[str, ...], expected: float) -> None:
    assert value("f1", sample(text, *right)) == pytest.approx(expected)


@pytest.mark.parametrize("metric", TEXT_METRICS)
@pytest.mark.parametrize(
    ("sentence", "lang"),
    [
        pytest.param("旅行社应当在七日内退还余款。", "zh", id="Chinese"),
        pytest.param("The agency refunds the rest within 7 days.", "en", id="English"),
    ],
)
def test_identical_sentences_score_one(metric: str, sentence: str, lang: Lang) -> None:
    assert value(metric, sample(sentence, sentence, lang=lang)) == 1.0
    assert value("bleu", sample(sentence, sentence, lang=lang)) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        pytest.param("rouge1", 4 / 5, id="unigrams: 4 of 5 and 4 of 5"),
        pytest.param("rouge2", 3 / 4, id="bigrams: 3 of 4 and 3 of 4"),
        pytest.param("rougeL", 4 / 5, id="longest common subsequence: 4"),
    ],
)
def test_rouge_counts_chinese_characters(metric: str, expected: float) -> None:
    assert value(metric, sample("七天内退款", "七天内退钱", lang="zh")) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("abstained", "expected"),
    [pytest.param(True, 1.0, id="refused"), pytest.param(False, 0.0, id="answered")],
)
@pytest.mark.parametrize("metric", ["exact_match", "f1"])
def test_where_no_answer_is_right_only_a_refusal_is(metric: str, abstained: bool, expected: float) -> None:
    assert value(metric, sample("我不知道。", abstained=abstained)) == expected


def test_correct_goes_by_the_type_of_the_question() -> None:
    answers = [
        sample("不可以", "可以", lang="zh"),
        sample("fourteen days", "14 days"),
        sample("photo and visa", "visa, photo, passport"),
        sample("我不知道。", abstained=True),
        sample("I don't know.", "Paris", abstained=True),
    ]
    types = ("yesno", "number", "list", "unanswerable", "short")
    asked = [
        Sample(replace(one.reference, type=kind), one.answer)
        for one, kind in zip(answers, types, strict=True)
    ]
    score = METRICS["correct"].score(asked)
    assert score.per_question == (0.0, 1.0, pytest.approx(2 / 3), 1.0, 0.0)
    assert score.value == pytest.approx((1 + 2 / 3 + 1) / 5)


def test_correct_is_given_the_question() -> None:
    one = sample("30", "30 days")
    asked = replace(one.reference, type="number", question="How many days?")
    assert METRICS["correct"].score([Sample(asked, one.answer)]).value == 1.0
    assert METRICS["correct"].score([one]).value == 0.5


def test_correct_comes_first_and_names_its_rules() -> None:
    signature = METRICS["correct"].score([sample("x", "x")]).signature
    assert next(iter(METRICS)) == "correct"
    assert signature.startswith("correct|yesno:sense,number:value+unit,list:items,")
    assert "|refs:best|norm:nfkc+lower+nopunct(but of numbers)" in signature


@pytest.mark.parametrize("metric", ["rouge1", "rouge2", "rougeL", "bleu"])
def test_overlap_does_not_apply_where_no_answer_is_right(metric: str) -> None:
    score = METRICS[metric].score([sample("x"), sample("x y", "x y")])
    assert score.per_question[0] is None
    assert score.n == 1


def test_bleu_of_one_language_is_sacrebleus() -> None:
    texts = ["The agency refunds the money in seven days", "Bring your passport to the desk"]
    right = ["The agency refunds the rest within seven days", "Bring the passport to the desk"]
    expected = sacrebleu.BLEU(tokenize="13a", effective_order=True).corpus_score(texts, [right]).score
    score = METRICS["bleu"].score([sample(*pair) for pair in zip(texts, right, strict=True)])
    assert score.value == pytest.approx(expected)
    assert "tok:13a" in score.signature
    assert "n:2" in score.signature


def test_bleu_of_two_languages_is_weighted_by_their_questions() -> None:
    english = [sample("Bring your passport to the desk", "Bring the passport to the desk")]
    chinese = [sample("请携带护照到柜台", "请带护照到柜台办理", lang="zh")] * 3
    en, zh = value("bleu", *english), value("bleu", *chinese)
    assert en is not None
    assert zh is not None
    score = METRICS["bleu"].score([*english, *chinese])
    assert score.value == pytest.approx((en + 3 * zh) / 4)
    assert "tok:zh" in score.signature
    assert "weighted by n" in score.signature


def test_bleu_takes_any_number_of_references() -> None:
    score = METRICS["bleu"].score(
        [sample("in seven days", "in seven days", "in a week"), sample("ten", "ten")]
    )
    assert score.value == pytest.approx(100.0)
    assert "nrefs:var" in score.signature


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        pytest.param("refusal_precision", 1 / 2, id="one of two refusals was right"),
        pytest.param("refusal_recall", 1 / 3, id="one of three was refused"),
    ],
)
def test_refusals(metric: str, expected: float) -> None:
    samples = [
        sample("我不知道。", abstained=True),
        sample("x"),
        sample("x"),
        sample("I don't know.", "Paris", abstained=True),
        sample("Paris", "Paris"),
    ]
    assert value(metric, *samples) == pytest.approx(expected)


@pytest.mark.parametrize("metric", ["refusal_precision", "refusal_recall"])
def test_without_refusals_there_is_no_number(metric: str) -> None:
    assert value(metric, sample("Paris", "Paris")) is None


@pytest.mark.parametrize(
    ("measure", "ranked", "evidence", "expected"),
    [
        pytest.param(recall(1), "ab", "a", 1.0, id="found first"),
        pytest.param(recall(1), "ba", "a", 0.0, id="found too late"),
        pytest.param(recall(5), "xaab", "abc", 2 / 3, id="two of three documents"),
        pytest.param(mrr(10), "xxa", "a", 1 / 3, id="third passage"),
        pytest.param(mrr(10), "xxxxxxxxxxa", "a", 0.0, id="eleventh passage"),
        pytest.param(ndcg(10), "ab", "ab", 1.0, id="ideal order"),
        pytest.param(ndcg(10), "acb", "ab", 0.919721, id="one of two found at rank 3"),
        pytest.param(ndcg(10), "", "a", 0.0, id="nothing found"),
    ],
)
def test_rankings(measure: object, ranked: str, evidence: str, expected: float) -> None:
    assert measure(list(ranked), set(evidence)) == pytest.approx(expected, abs=1e-6)  # type: ignore[operator]


def hit(document: str, text: str = "text", start: int = 0) -> Hit:
    return Hit(Chunk(f"{document}#{start}", document, text, start, start + len(text)), 1.0)


def test_rankings_are_of_what_was_searched_for() -> None:
    searched = sample("x", "x", contexts=(hit("other"),), ranked=("other", "d1"))
    packed = sample("x", "x", contexts=(hit("d1"), hit("d2")))
    nothing = sample("x", "x", ranked=())
    score = METRICS["recall@5"].score([searched, packed, nothing, sample("x", ranked=("d1",))])
    assert score.per_question == (0.5, None, 0.0, None)


def test_a_ranking_is_looked_at_for_ten_documents_whatever_the_prompt_holds() -> None:
    tenth, eleventh = ((*(f"x{number}" for number in range(rank - 1)), "d1", "d2") for rank in (9, 11))
    scores = METRICS["recall@10"].score(
        [sample("x", "x", contexts=(hit("x0"),), ranked=ranked) for ranked in (tenth, eleventh)]
    )
    assert scores.per_question == (1.0, 0.0)


@pytest.mark.parametrize(
    ("contexts", "share"),
    [
        pytest.param((hit("d1", "Dogs pay ten euros."), hit("d2", "七天内退还")), 1.0, id="both quotes"),
        pytest.param((hit("d1", "Dogs pay ten euros."),), 0.5, id="one of two"),
        pytest.param((hit("d1", "Dogs"), hit("d2", "退还")), 0.0, id="none"),
        pytest.param((hit("d1", "Dogs  pay\nten euros."),), 0.5, id="blanks do not count"),
        pytest.param(
            (hit("d1", "ten euros.", start=10), hit("d1", "Dogs pay ")), 0.5, id="over two passages in a row"
        ),
        pytest.param(
            (hit("d1", "pay ten euros.", start=5), hit("d1", "Dogs pay ")), 0.5, id="over two that overlap"
        ),
        pytest.param(
            (hit("d1", "ten euros.", start=99), hit("d1", "Dogs pay ")), 0.0, id="over two that do not meet"
        ),
    ],
)
def test_evidence_in_the_prompt(contexts: tuple[Hit, ...], share: float) -> None:
    asked = sample("x", "x", contexts=contexts, quotes=("Dogs pay ten euros", "七天内退还"))
    assert METRICS["evidence@k"].score([asked]).per_question == (share,)


def test_evidence_applies_to_what_reads() -> None:
    quotes = ("Dogs",)
    nothing_found = sample("x", "x", ranked=(), quotes=quotes)
    from_memory = sample("x", "x", quotes=quotes)
    unanswerable = sample("x", contexts=(hit("d1"),), quotes=quotes)
    score = METRICS["evidence@k"].score([nothing_found, from_memory, unanswerable])
    assert score.per_question == (0.0, None, None)


@pytest.mark.parametrize("metric", METRICS)
def test_no_questions_no_number(metric: str) -> None:
    score = METRICS[metric].score([])
    assert (score.value, score.n) == (None, 0)


def test_metrics_are_chosen_by_name() -> None:
    assert choose("") == list(NAMES)
    assert choose("bleu, f1,bleu") == ["bleu", "f1"]
    with pytest.raises(
        AssistantError, match=r"'fl': known are correct, exact_match, f1.*ragas_context_recall"
    ):
        choose("f1,fl")
