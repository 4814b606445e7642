"""Polarity: yes or no by what a text asserts, with and without the question."""

import time

import pytest

from assistant.agreement import polarity

YES, NO, UNKNOWN = 1, -1, 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Yes.", YES, id="yes"),
        pytest.param("Yes — within 14 days", YES, id="yes before a dash"),
        pytest.param("Yes, but not on Sundays", YES, id="yes with a reservation"),
        pytest.param("No", NO, id="no"),
        pytest.param("No, except on Sundays", NO, id="no with a reservation"),
        pytest.param("No it is not", NO, id="no without a comma"),
        pytest.param("**No**", NO, id="marks of Markdown do not count"),
        pytest.param("Answer: No", NO, id="nor does a label"),
        pytest.param("The answer is no.", NO, id="nor an opening"),
        pytest.param("Unfortunately not.", NO, id="nor a courtesy"),
        pytest.param("Of course", YES, id="of course"),
        pytest.param("Of course not", NO, id="of course not"),
        pytest.param("That is correct.", YES, id="correct"),
        pytest.param("I don't think so", NO, id="an opinion"),
        pytest.param("No problem, you may bring it", YES, id="no problem is a yes"),
        pytest.param("It is allowed.", YES, id="allowed"),
        pytest.param("It is not allowed.", NO, id="not allowed"),
        pytest.param("It isn’t allowed", NO, id="a curly apostrophe"),
        pytest.param("Not allowed", NO, id="without a verb"),
        pytest.param("Prohibited", NO, id="prohibited"),
        pytest.param("Not prohibited", YES, id="not prohibited"),
        pytest.param("No dogs are allowed", NO, id="no with a noun"),
        pytest.param("Nobody may enter", NO, id="nobody"),
        pytest.param("Not only adults may enter", YES, id="not only"),
        pytest.param("No later than 5 days before is allowed", YES, id="no later than is a bound"),
        pytest.param("It depends on the ticket.", UNKNOWN, id="it depends"),
        pytest.param("Not necessarily", UNKNOWN, id="not necessarily"),
        pytest.param("Yes and no", UNKNOWN, id="yes and no"),
        pytest.param("I do not know", UNKNOWN, id="no answer"),
        pytest.param("", UNKNOWN, id="nothing"),
        pytest.param("是", YES, id="是"),
        pytest.param("是的。", YES, id="是的"),
        pytest.param("不是", NO, id="不是"),
        pytest.param("否", NO, id="否"),
        pytest.param("可以", YES, id="可以"),
        pytest.param("不可以", NO, id="不可以"),
        pytest.param("“不可以”", NO, id="quotation marks do not count"),
        pytest.param("不可以，儿童须由成人陪同。", NO, id="不可以 with a reason"),
        pytest.param("可以，但需要提前预约", YES, id="可以 with a reservation"),
        pytest.param("能，凭有效证件办理", YES, id="能"),
        pytest.param("不能", NO, id="不能"),
        pytest.param("需要", YES, id="需要"),
        pytest.param("不需要", NO, id="不需要"),
        pytest.param("无需预约", NO, id="无需"),
        pytest.param("無需", NO, id="traditional characters"),
        pytest.param("不用", NO, id="不用"),
        pytest.param("无须", NO, id="无须"),
        pytest.param("不得携带", NO, id="不得"),
        pytest.param("禁止携带", NO, id="禁止"),
        pytest.param("没有", NO, id="没有"),
        pytest.param("尚未", NO, id="未"),
        pytest.param("恐怕不行", NO, id="不行"),
        pytest.param("答：可以", YES, id="a Chinese label"),
        pytest.param("不得不另行购票", YES, id="不得不 is must"),
        pytest.param("并非不可以", YES, id="并非不"),
        pytest.param("不仅可以携带，还可以免费", YES, id="不仅"),
        pytest.param("不一定", UNKNOWN, id="不一定"),
        pytest.param("视情况而定", UNKNOWN, id="视情况"),
        pytest.param("我不知道", UNKNOWN, id="不知道"),
        pytest.param("不动产", UNKNOWN, id="不动产 negates nothing"),
    ],
)
def test_a_text_by_itself(text: str, expected: int) -> None:
    assert polarity(text) == expected


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        pytest.param(
            "The deposit is returned within 14 days", "Is the deposit returned?", YES, id="restated"
        ),
        pytest.param("The deposit is not returned", "Is the deposit returned?", NO, id="restated with not"),
        pytest.param("The pier is old", "Is the deposit returned?", UNKNOWN, id="beside the question"),
        pytest.param(
            "Is the deposit returned?", "Is the deposit returned?", UNKNOWN, id="the question itself"
        ),
        pytest.param(
            "客运公司是不是得担责？", "客运公司是不是得担责？", UNKNOWN, id="the Chinese question itself"
        ),
        pytest.param("It is prohibited", "Is smoking prohibited?", YES, id="both deny"),
        pytest.param("Smoking is allowed", "Is smoking prohibited?", NO, id="only the question denies"),
        pytest.param("It isn't", "Is smoking prohibited?", NO, id="a verdict in the question's verb"),
        pytest.param("It is not refundable", "Isn't it refundable?", NO, id="a rhetorical not is none"),
        pytest.param(
            "According to Article 5, dogs are not allowed", "Are dogs allowed?", NO, id="after an opening"
        ),
        pytest.param(
            "If you have no ticket, you may not board", "May I board without one?", NO, id="a condition"
        ),
        pytest.param("You may board if you are not late", "May I board?", YES, id="a condition at the end"),
        pytest.param(
            "Dogs bite. Therefore they are not allowed.", "Are dogs allowed?", NO, id="a conclusion"
        ),
        pytest.param("It is free of charge", "Is the card free of charge?", YES, id="free of charge, both"),
        pytest.param(
            "You have to pay a fee", "Is the card free of charge?", NO, id="free of charge, the question"
        ),
        pytest.param("You may enter without a visa", "Do I need a visa?", NO, id="without what is asked for"),
        pytest.param("You may board without notice", "May I board?", YES, id="without something else"),
        pytest.param("The rule has been repealed", "Is the rule still valid?", NO, id="repealed"),
        pytest.param("It is no longer valid", "Is the rule still valid?", NO, id="no longer"),
        pytest.param(
            "Goods made to order are excluded", "Does it apply to goods made to order?", NO, id="excluded"
        ),
        pytest.param("不能", "不能退票吗？", YES, id="不能 to 不能…吗 agrees"),
        pytest.param("可以退票", "不能退票吗？", NO, id="可以 to 不能…吗 disagrees"),
        pytest.param("可以", "可以不付吗？", YES, id="可以 to 可以不…吗 agrees"),
        pytest.param("不会", "合同会失效吗？", NO, id="不会 to 会…吗"),
        pytest.param("违法", "这样做违反法律吗？", YES, id="违法 to 违反…吗"),
        pytest.param("是", "这种约定是无效的吗？", YES, id="是 to …无效吗"),
        pytest.param("有效", "这种约定是无效的吗？", NO, id="有效 to …无效吗"),
        pytest.param("没有法律效力", "这句话没有法律效力，对吗？", YES, id="a tag at the end asks nothing"),
        pytest.param("不得登机", "没有证件可以登机吗？", NO, id="a negation before the verb is a condition"),
        pytest.param("没有正当理由不得拒绝", "可以拒绝吗？", NO, id="the same in the answer"),
        pytest.param("救助人不承担民事责任", "救助人可以免责吗？", YES, id="免责 is 不承担责任"),
        pytest.param("免费", "需要付费吗？", NO, id="免费 to 付费"),
        pytest.param("未使用的门票支持退款", "门票可以退吗？", YES, id="未…的 belongs to the noun"),
        pytest.param("未成年人可以参观", "未成年人可以参观吗？", YES, id="未成年人 negates nothing"),
        pytest.param("已经被取代", "旧规则现在还有效吗？", NO, id="取代"),
        pytest.param("不需要提供", "需不需要提供？", NO, id="需不需要 asks and does not negate"),
        pytest.param("能", "能不能退？", YES, id="能不能 asks and does not negate"),
        pytest.param("是否可以：否", "是否可以？", NO, id="an answer after the question"),
    ],
)
def test_a_text_to_its_question(text: str, question: str, expected: int) -> None:
    assert polarity(text, question) == expected


@pytest.mark.parametrize(
    "part", ["不", "no ", "not ", "是不是", "(", "(a", "if ", ", ", ". ", "because ", "免", "without a "]
)
def test_hostile_text_takes_linear_time(part: str) -> None:
    start = time.process_time()
    polarity((part * 20_000)[:20_000], "Is it?")
    assert time.process_time() - start < 1


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        pytest.param("没有护照能不能登机？", "能", YES, id="能不能 behind a condition that negates"),
        pytest.param("没有护照能不能登机？", "不能", NO, id="不能 to it"),
        pytest.param("没有护照能不能登机？", "不能登机", NO, id="不能 in a sentence"),
        pytest.param("火车晚点，没有通知，需不需要赔？", "需要", YES, id="需不需要 is no 不需要"),
        pytest.param("火车晚点，没有通知，需不需要赔？", "不需要", NO, id="不需要 to it"),
        pytest.param("没有护照会不会被拒绝登机？", "会", YES, id="会不会, of what is refused"),
        pytest.param("没有护照会不会被拒绝登机？", "不会被拒绝", NO, id="不会被拒绝"),
        pytest.param("孩子没有身份证能坐飞机吗？", "能", YES, id="能 before 吗"),
        pytest.param("孩子没有身份证能坐飞机吗？", "不能", NO, id="不能 to it, before 吗"),
        pytest.param("没通知的取消要赔钱吗？", "不用", NO, id="要 before 吗"),
        pytest.param("这次没有座位的话可以拒绝登机吗？", "可以", YES, id="可以, not the 有 before it"),
        pytest.param("可以退票吗？", "是的，可以", YES, id="是的 opens no condition"),
        pytest.param("可以退票吗？", "不是的，不可以", NO, id="nor does 不是的"),
        pytest.param("不提前预约是否不能进馆？", "不能进", YES, id="what is asked negates itself"),
        pytest.param("不能退票吗？", "不能", YES, id="不能 at the beginning is asked"),
        pytest.param("社会团体没有许可证会被罚款吗？", "不会", NO, id="no 会 inside a word"),
        pytest.param("故宫有没有夜场？", "没有", NO, id="有没有"),
    ],
)
def test_a_condition_before_what_is_asked_negates_nothing(question: str, text: str, expected: int) -> None:
    assert polarity(text, question) == expected
