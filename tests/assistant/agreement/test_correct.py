"""Correct: by the kind of question, the traps of each kind, Chinese and English."""

import random
import time

import pytest

from assistant.agreement import correct


def rows(answer_type: str, *cases: tuple[str, str, str, str, float]) -> list[object]:
    return [
        pytest.param(answer_type, text, answer, question, expected, id=f"{answer_type}: {rule}")
        for rule, text, answer, question, expected in cases
    ]


@pytest.mark.parametrize(
    ("answer_type", "text", "answer", "question", "expected"),
    [
        *rows(
            "yesno",
            ("the same word", "Yes", "Yes", "", 1),
            ("the opposite word", "No", "Yes", "", 0),
            ("可以 is not 不可以", "可以", "不可以", "", 0),
            ("不是 is not 是", "不是", "是", "", 0),
            ("否 is not 是", "否", "是", "", 0),
            ("不需要 is not 需要", "不需要", "需要", "", 0),
            ("不应当 is not 应当", "不应当", "应当", "", 0),
            ("length does not count", "Yes", "Yes, the deposit is returned within 14 days", "", 1),
            ("nor does a long answer", "不可以，儿童须由成人陪同。", "不可以", "", 1),
            ("another word of the same sense", "不行", "不可以", "", 1),
            ("是的 for 可以", "是的", "可以，凭有效证件办理", "", 1),
            ("无需 for 不需要", "无需提供", "不需要", "", 1),
            ("a sentence for a word", "It is not allowed.", "Yes, it is allowed.", "", 0),
            ("a restated question", "The deposit is returned.", "Yes", "Is the deposit returned?", 1),
            ("a denied question", "The deposit is kept, not returned.", "Yes", "Is the deposit returned?", 0),
            ("the reason decides", "No registration is needed", "Yes, no registration is needed", "", 1),
            ("a reason denied", "A registration is needed", "Yes, no registration is needed", "", 0),
            ("a hedge is no answer", "It depends.", "Yes", "", 0),
            ("nor is the question again", "Is the deposit returned?", "Yes", "Is the deposit returned?", 0),
            ("except for what is asked", "Open every day except Monday", "No", "Is it open on Monday?", 1),
            ("a choice falls back on tokens", "先付款", "先付款", "先付款还是后付款？", 1),
        ),
        *rows(
            "number",
            ("a decimal point", "35 m", "3.5 m", "", 0),
            ("another number", "14 days", "7 days", "", 0),
            ("a sign", "5 °C", "-5 °C", "", 0),
            ("a range and its digits", "35天", "3-5天", "", 0),
            ("an end of a range", "3天", "3-5天", "", 0),
            ("another currency", "£250", "$250", "", 0),
            ("another unit", "30 hours", "30 days", "", 0),
            ("a missing unit is half", "30", "30 days", "How long?", 0.5),
            ("unless the question has it", "30", "30 days", "How many days?", 1),
            ("unless the question has it, Chinese", "30", "30天", "最多几天？", 1),
            ("百分之几 has it", "20", "20%", "定金最高是百分之几？", 1),
            ("an age has it", "16", "16 years", "From what age?", 1),
            ("or the reference has none", "13 years", "13", "From what age?", 1),
            ("but not in another than asked", "13 hours", "13", "How many days?", 0),
            ("nor with another noun", "30 people", "30 days", "", 0),
            ("working days are half days", "7 days", "7 working days", "", 0.5),
            ("a month is half of 30 days", "one month", "30 days", "", 0.5),
            ("figures and words", "Two hours", "2 hours", "", 1),
            ("both languages", "3,500 yuan", "三千五百元", "", 1),
            ("per cent", "5 percent", "百分之五", "", 1),
            ("a sentence", "The fee is 12.50 euros per person.", "12.50 euros", "", 1),
            ("a decimal comma", "12,50 euros", "12.50 euros", "", 1),
            ("the same time otherwise", "two weeks", "14 days", "", 1),
            ("in the unit asked for", "one week", "7", "How many days?", 1),
            ("a range in words", "between 3 and 5 days", "3-5 days", "", 1),
            ("two values for one", "7 or 14 days", "7 days", "", 0.5),
            ("three values for one", "7, 14 or 30 days", "7 days", "", 1 / 3),
            (
                "values of the question do not count",
                "100元，满500元的部分除外",
                "100元",
                "超过500元要付多少？",
                1,
            ),
            ("nor do other units", "3 days, 10 euros a day", "3 days", "", 1),
            ("nor names", "250 euros, Article 7 of Regulation 261/2004", "250 euros", "", 1),
            ("nor what is denied", "7 days, not 14 days", "7 days", "", 1),
            ("what is denied is not stated", "not 7 days but 14 days", "7 days", "", 0),
            ("what was before is not stated", "raised from 1,288 to 1,519 SDR", "1,519 SDR", "", 1),
            ("all of several", "4小时、24小时", "每天4小时、每周24小时", "", 1),
            ("one of several", "每天4小时", "每天4小时、每周24小时", "", 0.5),
            ("at most for at least", "at most 3 hours", "at least 3 hours", "", 0),
            ("in each other's place", "男20周岁、女22周岁", "男22周岁、女20周岁", "", 0),
            ("in another order", "女20周岁、男22周岁", "男22周岁、女20周岁", "", 1),
            ("nothing for free", "It is free of charge.", "0 euros", "", 1),
            ("no number", "a long time", "7 days", "", 0),
            ("a reference without number", "unlimited", "unlimited", "", 1),
        ),
        *rows(
            "list",
            ("any order", "photo, passport and visa", "passport, visa, photo", "", 1),
            ("two of three", "护照和签证", "护照、签证、照片", "", 2 / 3),
            ("none", "a bicycle", "passport, visa, photo", "", 0),
            ("bullets", "- visa\n- passport", "passport, visa", "", 1),
            (
                "amounts alone",
                "3 months, 10 years",
                "3 months after departure, issued within 10 years",
                "",
                1,
            ),
            ("one item that agrees in part", "a standard format", "a machine-readable format", "", 0.5),
        ),
        *rows(
            "multi_hop",
            ("amounts alone are numbers", "14 days; two years", "14 days and 2 years", "", 1),
            ("half of them", "14 days", "14 days and 2 years", "", 0.5),
            ("in the wrong order", "1年、3年", "3年、1年", "", 0),
            (
                "the wrong way round, told by the question",
                "罚款20元，押金10元",
                "10元、20元",
                "罚款和押金各多少？",
                0,
            ),
            (
                "the right way round, told by the question",
                "押金20元，罚款10元",
                "10元、20元",
                "罚款和押金各多少？",
                1,
            ),
            ("across languages", "15天，百分之二十", "15日、20%", "", 1),
        ),
        *rows(
            "short",
            ("a verdict is yes or no", "不可以", "可以", "", 0),
            ("an amount is a number", "in 1936, in Paris", "1936", "When?", 1),
            ("a date in other words", "It applies from 9 December 2026.", "December 9, 2026", "", 1),
            ("a date without its year is half", "9 December", "9 December 2026", "", 0.5),
            ("the same words", "The Eiffel Tower!", "Eiffel tower", "", 1),
            ("a sentence around it", "由承运人负责赔偿", "承运人", "谁负责赔偿？", 1),
            (
                "the question's words cost nothing",
                "Form S2 certifies it",
                "Form S2",
                "Which form certifies it?",
                1,
            ),
            (
                "a choice is not made by naming both",
                "the coach, not the flight",
                "the flight",
                "flight or coach?",
                0,
            ),
            ("one of several is half", "Paris or Rome", "Rome", "", 0.67),
            ("the question again", "游客该让旅行社承担责任", "组团社", "游客该让哪家旅行社承担责任？", 0),
            ("other words", "the trader", "the consumer", "Who pays?", 0),
            ("the opposite", "旅行社不应当退还余款", "旅行社应当退还余款", "", 0),
            ("the opposite, English", "The carrier must not refund it", "The carrier must refund it", "", 0),
            ("forbidden is not allowed", "Smoking is forbidden", "Smoking is not allowed", "", 0.4),
            ("another amount of the unit", "a fee of 20 euros is due", "a fee of 10 euros is due", "", 0),
            ("nothing", "", "Paris", "", 0),
        ),
        *rows(
            "free_form",
            (
                "the same sense is half at least",
                "可以。",
                "旅客可以凭身份证办理退票",
                "旅客可以退票吗？",
                0.6,
            ),
            (
                "what is conceded does not count",
                "不能退票。",
                "虽然可以改签，但不能退票",
                "可以退票吗？",
                0.75,
            ),
            ("the other is nothing", "不可以。", "旅客可以凭身份证办理退票", "旅客可以退票吗？", 0),
        ),
    ],
)
def test_correct(answer_type: str, text: str, answer: str, question: str, expected: float) -> None:
    assert correct(text, [answer], answer_type, question) == pytest.approx(expected, abs=0.13)


def test_the_best_reference_counts() -> None:
    assert correct("two years", ["24 months of service", "2 years"], "number") == 1


def test_a_refusal_is_right_only_where_nothing_else_is() -> None:
    assert correct("I don't know.", [], "unanswerable", refused=True) == 1
    assert correct("20 euros", [], "unanswerable") == 0
    assert correct("20 euros", [], "number") == 0
    assert correct("I don't know.", ["I don't know."], "short", refused=True) == 0


def test_other_references_say_what_one_leaves_open() -> None:
    assert correct("less than 3 hours", ["at least 3 hours", "3 hours"], "number") == 0


@pytest.mark.parametrize("answer_type", ["yesno", "number", "list", "short"])
@pytest.mark.parametrize("part", ["1 day, ", "不", "a, ", "no ", "中", "(1", "\n"])
def test_hostile_text_takes_linear_time(answer_type: str, part: str) -> None:
    start = time.process_time()
    correct(
        (part * 20_000)[:20_000], ["not 7 days, but 14 days; passport and visa"], answer_type, "How long?"
    )
    assert time.process_time() - start < 1


PIECES = (
    "1 0 12 −3 .5 1,000 1/2 1/0 ½ ² 10^25 0^-1 % $ € eur 元 万 亿 百 十 零 半 个半 月 日 年 点 分 第 条 分之"
    " 廿 两 几 以上 at-least between and or – ~ - pm half quarter dozen thousand one hour days kg °c pounds"
    " may 11/2/2024 99:99 article a4 ( ) 不 没 无 是否 吗 ? 。 . , 、 ; \n yes no not 因此 if 除 免"
    " without free \x00 🙂 İ Ⅳ ① 51/0 ٣"
)


@pytest.mark.parametrize("answer_type", ["yesno", "number", "list", "short"])
def test_no_text_is_an_error(answer_type: str) -> None:
    draw, pieces = random.Random(7), PIECES.split(" ")
    for _ in range(500):
        text, answer, question = (
            draw.choice(["", " "]).join(draw.choices(pieces, k=draw.randint(0, 12))) for _ in range(3)
        )
        assert 0 <= correct(text, [answer], answer_type, question) <= 1, (text, answer, question)
