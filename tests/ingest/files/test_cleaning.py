import random
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.files.cleaning import clean, clean_line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a\r\nb\rc\u2028d\x0ce", "a\nb\nc\nd\ne", id="every line end becomes a newline"),
        pytest.param("退票\u200b费\ufeff：\x00 5%", "退票费： 5%", id="invisible characters go"),
        pytest.param("lug\u00adgage", "luggage", id="soft hyphens go"),
        pytest.param("fee \ud83d due", "fee  due", id="half surrogates go, SQLite refuses them"),
        pytest.param("一\n \n\u3000\n\n二", "一\n\n二", id="a run of blank lines becomes one"),
        pytest.param("cafe\u0301", "café", id="accents are composed"),
        pytest.param("６½ kg（约）① Ⅳ", "６½ kg（约）① Ⅳ", id="compatibility forms stay, a quote must match"),
        pytest.param("⼈⺠⽇", "人民日", id="radicals that a PDF writer put for characters"),
        pytest.param("a  b   c", "a  b   c", id="blanks inside a line stay, a quote must match"),
        pytest.param("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧", id="joiners stay, emoji need them"),
        pytest.param(" \n\t ", "", id="blank becomes empty"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text(alphabet=st.characters()))
def test_cleaned_text_can_be_stored(text: str) -> None:
    clean(text).encode("utf-8")


def test_a_line_stays_one_line() -> None:
    assert clean_line("\n Fees \n\n and\u2028 charges ") == "Fees and charges"


def test_marks_without_end_are_put_in_order_at_once() -> None:
    rng = random.Random(17)
    marks = "".join(rng.choice("\u0301\u0316\u0345\u0344\u05b0\u3099") for _ in range(300))
    assert clean(f"é{marks}x") == unicodedata.normalize("NFC", f"é{marks}x")
    assert len(clean("b" + "\u0301\u0316" * 500_000)) == 1_000_001  # Unicode's own way takes half an hour
