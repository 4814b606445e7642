"""A dictionary: which words become a term, and which stay."""

from pathlib import Path

import pytest

from core.errors import DomainError
from core.language import Lang
from core.terms import Terms, read_terms

ROWS = """term,variants,language
denied boarding,bumping | involuntary denied boarding,en
carrier,airline;airline company,en
Regulation 261/2004,EU261|Regulation (EC) No 261/2004|261/2004,
定金,订金|订房定金,zh
行李额,免费行李额度；行李限额,zh
"""


@pytest.fixture
def terms(tmp_path: Path) -> Terms:
    path = tmp_path / "terms.csv"
    path.write_text(ROWS, encoding="utf-8-sig")
    return read_terms(path)


@pytest.mark.parametrize(
    ("text", "lang", "unified"),
    [
        pytest.param("Is bumping paid?", "en", "Is denied boarding paid?", id="a variant becomes its term"),
        pytest.param("Bumping, is it paid?", "en", "Denied boarding, is it paid?", id="a capital stays"),
        pytest.param("jumping, bumpings", "en", "jumping, bumpings", id="Latin: whole words only"),
        pytest.param("Which airline company?", "en", "Which carrier?", id="Latin: the longest first"),
        pytest.param("the airline\n company", "en", "the carrier", id="Latin: any blanks between words"),
        pytest.param(
            "involuntary denied boarding, denied boarding",
            "en",
            "denied boarding, denied boarding",
            id="Latin: a term inside a variant goes with it",
        ),
        pytest.param(
            "Regulation 261/2004", "en", "Regulation 261/2004", id="a variant inside its term is left alone"
        ),
        pytest.param("ＥＵ２６１?", "en", "Regulation 261/2004?", id="full width does not count"),
        pytest.param("酒店订金能退吗", "zh", "酒店定金能退吗", id="Chinese: no borders of words"),
        pytest.param("订房定金多少", "zh", "定金多少", id="Chinese: the longest first"),
        pytest.param(
            "乘EU261航班", "zh", "乘Regulation 261/2004航班", id="Chinese: Latin between characters"
        ),
        pytest.param(
            "bumping 的订金", "en", "denied boarding 的订金", id="a term of the other language stays"
        ),
        pytest.param("What is the deposit?", "en", "What is the deposit?", id="other words stay as they are"),
        pytest.param("行李限额", "zh", "行李额", id="Chinese: the other semicolon joins variants, too"),
    ],
)
def test_one_term_stands_for_its_variants(terms: Terms, text: str, lang: Lang, unified: str) -> None:
    assert terms.unified(text, lang) == unified
    assert terms.unified(unified, lang) == unified


@pytest.mark.parametrize(
    ("text", "lang", "spoken_of"),
    [
        pytest.param("bumping by an airline", "en", {"denied boarding", "carrier"}, id="English"),
        pytest.param("定金与免费行李额度", "zh", {"定金", "行李额"}, id="Chinese"),
    ],
)
def test_a_text_speaks_of_a_term_by_any_of_its_words(
    terms: Terms, text: str, lang: Lang, spoken_of: set[str]
) -> None:
    assert terms.spoken_of(text, lang) == spoken_of


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        pytest.param(
            "term,variants\n", "no column 'language'; its first line is term,variants,", id="column"
        ),
        pytest.param("term,variants,language\n,a,en\n", "line 2: the term is empty", id="no term"),
        pytest.param("term,variants,language\na,b,fr\n", "line 2: language 'fr'", id="language"),
        pytest.param(
            "term,variants,language\na,x,en\nb,X,\n", "line 3: 'X' stands for 'a' already", id="two terms"
        ),
    ],
)
def test_a_broken_line_is_refused_by_number(tmp_path: Path, rows: str, message: str) -> None:
    (tmp_path / "terms.csv").write_text(rows, encoding="utf-8")
    with pytest.raises(DomainError, match=message):
        read_terms(tmp_path / "terms.csv")


def test_without_a_dictionary_nothing_changes(tmp_path: Path) -> None:
    none = read_terms(tmp_path / "terms.csv")
    assert none.unified("Bumping? 订金？", "en") == "Bumping? 订金？"
    assert none.spoken_of("订金", "zh") == frozenset()
