"""Tokens: what the deletion of punctuation must not do to a number, and what it should do to words."""

import time

import pytest

from assistant.agreement import exact_match, f1, tokens


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param("35 m", "3.5 m", id="a decimal point counts"),
        pytest.param("1.5%", "15%", id="a decimal point counts before a per cent sign"),
        pytest.param("12.5元", "125元", id="a decimal point counts before a Chinese unit"),
        pytest.param("1,250 euros", "12.50 euros", id="a thousands separator is no decimal point"),
        pytest.param(".5 m", "5 m", id="a leading decimal point counts"),
        pytest.param("1,5 h", "15 h", id="a comma that groups no thousands does not join"),
        pytest.param("0,123", "0123", id="no thousands after a zero"),
        pytest.param("3-5 days", "35 days", id="a range is not one number"),
        pytest.param("2～3人", "23人", id="a full-width range is not one number"),
        pytest.param("30%-50%", "3050%", id="a range of percentages is not one number"),
        pytest.param("-5 °C", "5 °C", id="a minus counts"),
        pytest.param("−5 °C", "5 °C", id="a typographic minus counts"),
        pytest.param("–5 °C", "5 °C", id="an en dash before a number is a minus"),
        pytest.param("-$5", "$5", id="a minus before a currency counts"),
        pytest.param("UTC+1", "UTC-1", id="the sign of a time zone counts"),
        pytest.param("A-12", "A −12", id="a hyphen is no minus"),
        pytest.param("Clause 11.2", "Clause 1.12", id="clause numbers keep their points"),
        pytest.param("11/2/2024", "1/12/2024", id="dates keep their strokes"),
        pytest.param("£250", "$250", id="currencies differ"),
        pytest.param("€250", "250", id="a currency sign counts"),
        pytest.param("5%", "5", id="a per cent sign counts"),
        pytest.param("3‰", "3%", id="per mille is not per cent"),
        pytest.param("1/2", "12", id="a fraction is not its digits"),
        pytest.param("½", "12", id="a vulgar fraction is not its digits"),
        pytest.param("1½", "11/2", id="a mixed fraction keeps its parts apart"),
        pytest.param("10²", "102", id="a power is not its digits"),
        pytest.param("10:30", "1030", id="a time keeps its colon"),
        pytest.param("1:10", "11:0", id="a ratio keeps its colon"),
        pytest.param("≥18", "<18", id="comparisons count before a number"),
        pytest.param("3*5", "35", id="no mark joins two numbers"),
        pytest.param("5(3)", "53", id="no bracket joins two numbers"),
        pytest.param("第1.2条", "第12条", id="points count between Chinese characters"),
        pytest.param("不可以", "可以", id="a negation counts"),
        pytest.param("Not allowed", "Allowed", id="an English negation counts"),
    ],
)
def test_what_differs_does_not_match(text: str, other: str) -> None:
    assert (exact_match(text, other), exact_match(other, text)) == (0, 0)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param("上午10：30", "上午10:30", id="a full-width colon"),
        pytest.param("3～5天", "3~5天", id="a full-width tilde"),
        pytest.param("3–5 days", "3-5 days", id="an en dash in a range"),
        pytest.param("3—5天", "3~5天", id="an em dash in a range"),
        pytest.param("3 - 5 days", "3-5 days", id="blanks around the mark of a range"),
        pytest.param("1，000元", "1000元", id="a full-width thousands separator"),
        pytest.param("1,234,567", "1234567", id="two thousands separators"),
        pytest.param("1\u00a0250 euros", "1,250 euros", id="a no-break space between thousands"),
        pytest.param("10 000 euros", "10,000 euros", id="a blank before three zeros"),
        pytest.param("$1,000.50", "$1000.50", id="thousands with decimals"),
        pytest.param("１．５倍", "1.5倍", id="full-width digits and point"),
        pytest.param("６．５％", "6.5 %", id="a full-width per cent sign, and a blank before it"),
        pytest.param("1／3", "1/3", id="a full-width stroke"),
        pytest.param("½", "1/2", id="a vulgar fraction"),
        pytest.param("12306。", "12306", id="a Chinese full stop at the end"),
        pytest.param("30 kg.", "30 kg", id="a full stop at the end"),
        pytest.param("12:30.", "12:30", id="a full stop after a time"),
        pytest.param("（5）", "5", id="full-width brackets"),
        pytest.param("5℃", "5 °C", id="a degree sign that NFKC takes apart"),
        pytest.param("−5℃", "-5 °C", id="both kinds of minus"),
        pytest.param("+5 °C", "5 °C", id="a plus says nothing"),
        pytest.param("≧18岁", ">=18岁", id="spellings of at least"),
        pytest.param("e-mail", "email", id="a hyphen in a word is deleted"),
        pytest.param("A-12", "A12", id="a hyphen after a letter is deleted"),
        pytest.param("24-hour rule", "24 hour rule", id="a hyphen after a number separates"),
        pytest.param("5 p.m.", "5 pm", id="points of an abbreviation are deleted"),
        pytest.param("don’t", "don't", id="a curly apostrophe"),
        pytest.param("passport,visa", "passport, visa", id="a comma separates words"),
        pytest.param("The Fee", "a fee", id="case and articles do not count"),
    ],
)
def test_what_is_the_same_matches(text: str, other: str) -> None:
    assert exact_match(text, other) == 1
    assert f1(text, other) == 1


@pytest.mark.parametrize(
    ("text", "right", "expected"),
    [
        pytest.param("35 m", "3.5 m", 1 / 2, id="only the unit of four tokens is shared"),
        pytest.param("3.5 米以上", "35 米以上", 3 / 4, id="all but the number is shared"),
        pytest.param("3-5 days", "35 days", 1 / 3, id="a range shares its unit"),
        pytest.param("3 to 5 days", "3-5 days", 3 / 4, id="the bounds of a range count one by one"),
        pytest.param("cat cat", "cat", 2 / 3, id="repeats count once"),
        pytest.param("", "", 1, id="nothing equals nothing"),
        pytest.param("", "7", 0, id="nothing is no answer"),
    ],
)
def test_f1(text: str, right: str, expected: float) -> None:
    assert f1(text, right) == pytest.approx(expected)


HOSTILE = (
    "1",
    "1,",
    "1,000",
    "1 000 ",
    "-",
    "~",
    "1-",
    "1/",
    "1.",
    "'",
    "a-",
    "中",
    "￥",
    "<",
    "½",
    "²",
    "utc ",
    "ﷺ",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_text_takes_linear_time(part: str) -> None:
    start = time.process_time()
    tokens((part * 20_000)[:20_000])
    assert time.process_time() - start < 1
