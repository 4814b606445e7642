"""Lists: what is an item, and whether it stands in another text."""

import time

import pytest

from assistant.agreement import items
from assistant.agreement.items import share_found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("passport, visa, photo", ["passport", "visa", "photo"], id="commas"),
        pytest.param(
            "a passport, a visa, and a photo.", ["passport", "visa", "photo"], id="a comma before and"
        ),
        pytest.param("passport; visa; photo", ["passport", "visa", "photo"], id="semicolons"),
        pytest.param("passport/visa/photo", ["passport", "visa", "photo"], id="strokes"),
        pytest.param("- passport\n- visa\n* photo", ["passport", "visa", "photo"], id="bullets"),
        pytest.param(
            "1. passport\n2) visa\n(3) photo", ["passport", "visa", "photo"], id="numbering on lines"
        ),
        pytest.param("1) passport 2) visa", ["passport", "visa"], id="numbering in a line"),
        pytest.param("repair or replacement", ["repair", "replacement"], id="or alone"),
        pytest.param(
            "name and address, date", ["name and address", "date"], id="and within an item before others"
        ),
        pytest.param("the URL (http, https), a name", ["url (http, https)", "name"], id="commas in brackets"),
        pytest.param(
            "EUR 1,000, two nights", ["eur 1000", "two nights"], id="a thousands separator is no comma"
        ),
        pytest.param("护照、签证、照片", ["护照", "签证", "照片"], id="顿号"),
        pytest.param("护照，签证；照片", ["护照", "签证", "照片"], id="Chinese comma and semicolon"),
        pytest.param("护照、签证以及照片", ["护照", "签证", "照片"], id="以及"),
        pytest.param("护照和签证", ["护照", "签证"], id="和"),
        pytest.param("护照或者签证", ["护照", "签证"], id="或者"),
        pytest.param(
            "姓名或者名称、权限和期限",
            ["姓名或者名称", "权限", "期限"],
            id="或者 within an item before others",
        ),
        pytest.param("①护照②签证", ["护照", "签证"], id="figures in circles"),
        pytest.param("山西、安徽、贵州等3省", ["山西", "安徽", "贵州"], id="a count at the end"),
        pytest.param("Paris", ["paris"], id="one item"),
        pytest.param(" , ", [], id="no item"),
    ],
)
def test_what_is_an_item(text: str, expected: list[str]) -> None:
    assert items(text) == expected


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        pytest.param("photo, passport and visa", "passport, visa, photo", 1, id="any order"),
        pytest.param("passport and visa", "passport, visa, photo", 2 / 3, id="two of three"),
        pytest.param(
            "You need your passport, a visa and two photos.", "passport, visa, photo", 1, id="in a sentence"
        ),
        pytest.param("a bicycle", "passport, visa, photo", 0, id="something else"),
        pytest.param("a passport but no visa", "passport, visa", 1 / 2, id="denied with no"),
        pytest.param("a passport, not a visa", "passport, visa", 1 / 2, id="denied with not"),
        pytest.param("everything except a visa", "passport, visa", 0, id="excepted"),
        pytest.param("a passport, a visa, a hat", "passport, visa", 1, id="more than asked for"),
        pytest.param("undue pressure", "coercion, undue influence", 0, id="half of an item is not most"),
        pytest.param("照片、护照、签证", "护照、签证、照片", 1, id="any order, Chinese"),
        pytest.param("护照和签证", "护照、签证、照片", 2 / 3, id="two of three, Chinese"),
        pytest.param("请携带护照、签证以及照片", "护照、签证、照片", 1, id="in a sentence, Chinese"),
        pytest.param("自行车", "护照、签证、照片", 0, id="something else, Chinese"),
        pytest.param(
            "外交、公务", "外交签证、公务签证、普通签证", 2 / 3, id="what tells items apart suffices"
        ),
        pytest.param("签证", "外交签证、公务签证、普通签证", 0, id="what they share does not"),
        pytest.param("入境旅游", "出境旅游、边境旅游", 0, id="nor what looks alike"),
        pytest.param("护照，无需签证", "护照、签证", 1 / 2, id="denied with 无需"),
        pytest.param(
            "80 euros and 2 nights", "EUR 80 per night, two nights", 1, id="an amount tells its item"
        ),
        pytest.param(
            "EUR 430 by land", "EUR 430 by air, EUR 300 by land", 0, id="unless another is in its unit"
        ),
        pytest.param("over 18 and under 70", "under 18 and over 70", 0, id="bounds count"),
    ],
)
def test_share_found(text: str, answer: str, expected: float) -> None:
    assert share_found(text, answer) == pytest.approx(expected)


@pytest.mark.parametrize("part", ["a,", "a and ", "、", "和", "(", "(a,", "1. ", "- \n", "1天、", "①"])
def test_hostile_text_takes_linear_time(part: str) -> None:
    start = time.process_time()
    share_found((part * 20_000)[:20_000], "passport, visa and photo")
    assert time.process_time() - start < 1
