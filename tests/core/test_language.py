"""Which language a question or a passage is in, where it borrows from the other."""

import time

import pytest

from core.language import Lang, detect_passage, detect_question


@pytest.mark.parametrize(
    ("question", "lang"),
    [
        pytest.param("late check-out 多少钱", "zh", id="more English words than Han characters"),
        pytest.param("Interrail pass 退票", "zh", id="keywords, the Chinese ones last"),
        pytest.param("EU261 compensation 航班延误", "zh", id="keywords, a number of a law"),
        pytest.param("Windows Pro activation key error 0x8 怎么办", "zh", id="a long English term"),
        pytest.param("Lord of the Rings 门票多少钱", "zh", id="a name with English grammar"),
        pytest.param("Terms of Service 是什么意思", "zh", id="a term with English grammar"),
        pytest.param("What does 退票 mean?", "en", id="a Chinese word in an English question"),
        pytest.param("What is 不可抗力?", "en", id="more Han characters than English words"),
        pytest.param("Does 北京南站 have lockers?", "en", id="a Chinese name in an English question"),
        pytest.param("Is 7天无理由退货 available for e-books?", "en", id="a Chinese term of seven"),
        pytest.param("Is the deposit (押金) refundable?", "en", id="an English word, translated"),
        pytest.param("12.50", "en", id="figures alone"),
        pytest.param("", "en", id="nothing"),
    ],
)
def test_a_question_is_in_the_language_that_asks_it(question: str, lang: Lang) -> None:
    assert detect_question(question) == lang


@pytest.mark.parametrize(
    ("text", "document", "lang"),
    [
        pytest.param("Excess luggage is charged 15 yuan per kilogram.", "zh", "en", id="clearly English"),
        pytest.param("超重行李每公斤收费十五元。", "en", "zh", id="clearly Chinese"),
        pytest.param("A late check-out（延迟退房）costs 80 yuan.", "zh", "zh", id="both: as the document"),
        pytest.param("A late check-out（延迟退房）costs 80 yuan.", "en", "en", id="both, in English"),
        pytest.param("12.50 | 13.00 | 14.50", "zh", "zh", id="figures: as the document"),
        pytest.param("Harbour Hotel", "zh", "zh", id="a few words: as the document"),
        pytest.param("", "zh", "zh", id="nothing: as the document"),
    ],
)
def test_a_passage_leaves_the_language_of_its_document_only_clearly(
    text: str, document: Lang, lang: Lang
) -> None:
    assert detect_passage(text, document) == lang


@pytest.mark.parametrize("text", ["a" * 10**6, "a " * 10**6, "什么" * 10**6, "怎 " * 10**6])
def test_a_long_text_takes_linear_time(text: str) -> None:
    start = time.process_time()
    detect_question(text)
    short = time.process_time() - start
    start = time.process_time()
    detect_question(text * 2)
    assert time.process_time() - start < 8 * short + 0.5
