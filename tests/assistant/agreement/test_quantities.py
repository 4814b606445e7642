"""Quantities: one value in many spellings, and values that only look alike."""

import time

import pytest

from assistant.agreement import quantities
from assistant.agreement.amounts import Quantity


def only(text: str) -> Quantity:
    found = [one for one in quantities(text) if not one.weak] or list(quantities(text))
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        # Numbers.
        pytest.param("3,000 yuan", "3000元", id="a thousands separator, a unit in the other language"),
        pytest.param("三千元", "0.3万元", id="Chinese words and a decimal of 万"),
        pytest.param("1.5万", "15,000", id="万 is ten thousand"),
        pytest.param("4500万", "45 million", id="万 and million"),
        pytest.param("1亿2000万元", "120 million yuan", id="亿 and 万 together"),
        pytest.param("3万5千", "35000", id="万 and 千 together"),
        pytest.param("10k", "10000", id="k is a thousand"),
        pytest.param("€10m", "10 million euros", id="m after a currency is million"),
        pytest.param("USD 1.5 billion", "15亿美元", id="billion and 亿"),
        pytest.param("two hundred and fifty", "250", id="English hundreds"),
        pytest.param("one million two hundred thousand", "1,200,000", id="English millions and thousands"),
        pytest.param("twenty-one days", "21 days", id="an English number with a hyphen"),
        pytest.param("a dozen eggs", "12 eggs", id="a dozen"),
        pytest.param("half a dozen eggs", "6 eggs", id="half a dozen"),
        pytest.param("一千零五十", "1050", id="a Chinese zero within"),
        pytest.param("一百五", "150", id="a Chinese tail without its scale"),
        pytest.param("廿一天", "21 days", id="廿 is twenty"),
        pytest.param("二〇二五年", "2025年", id="Chinese digits one by one"),
        pytest.param("两天", "2天", id="两 is two"),
        pytest.param("伍佰元", "500元", id="Chinese financial numerals"),
        pytest.param("兩萬元", "20000元", id="traditional numerals"),
        pytest.param("-5 °C", "−5℃", id="two kinds of minus"),
        pytest.param("minus 5 degrees", "零下5度", id="a sign in words"),
        pytest.param("10^25", "10²⁵", id="a power, raised"),
        # Parts.
        pytest.param("1/2", "half", id="a fraction and its word"),
        pytest.param("½", "50 %", id="a half is 50 per cent"),
        pytest.param("三分之一", "one third", id="a third in both languages"),
        pytest.param("四分之三", "3/4", id="three quarters"),
        pytest.param("百分之五", "5%", id="百分之"),
        pytest.param("百分之二点五", "2.5 per cent", id="百分之 with 点"),
        pytest.param("5 percent", "５％", id="percent and a full-width sign"),
        pytest.param("5‰", "0.5%", id="per mille"),
        pytest.param("八成", "80 per cent", id="成 is a tenth"),
        pytest.param("1½ hours", "90 minutes", id="a mixed fraction"),
        # Units.
        pytest.param("€250", "250 euros", id="the euro's sign and name"),
        pytest.param("EUR 250", "250欧元", id="the euro's code and Chinese name"),
        pytest.param("EUR250", "€ 250", id="a code without a blank"),
        pytest.param("$1,000", "1000 dollars", id="the dollar's sign and name"),
        pytest.param("US$ 5", "5美元", id="the dollar of the United States"),
        pytest.param("¥100", "100块钱", id="the yuan's sign and colloquial name"),
        pytest.param("人民币40万元", "400,000 yuan", id="a currency before and after"),
        pytest.param("£220", "220 pounds", id="pounds may be money"),
        pytest.param("5 lbs", "5 pounds", id="pounds may be weight"),
        pytest.param("€0.50", "50 cents", id="cents"),
        pytest.param("3元5角", "3.5元", id="元 and 角 together"),
        pytest.param("1,519 SDR", "1519特别提款权", id="special drawing rights"),
        pytest.param("332计算单位", "332 units of account", id="units of account are special drawing rights"),
        pytest.param("30kg", "30公斤", id="kilograms"),
        pytest.param("3000米", "3 km", id="metres and kilometres"),
        pytest.param("120厘米", "1.2 m", id="centimetres"),
        pytest.param("100 ml", "0.1升", id="millilitres"),
        pytest.param("100 km/h", "100公里/小时", id="a speed"),
        pytest.param("7 business days", "7个工作日", id="working days"),
        pytest.param("15 calendar days", "15天", id="calendar days are days"),
        pytest.param("18周岁", "18 years", id="years of age are years"),
        pytest.param("三倍", "3 times", id="倍 is times"),
        pytest.param("双倍", "2倍", id="double"),
        pytest.param("三晚", "3 nights", id="nights"),
        pytest.param("2 further months", "两个月", id="a word between number and unit"),
        pytest.param("14-day", "14 days", id="a hyphen between number and unit"),
        # Time.
        pytest.param("半年", "6个月", id="half a year is six months"),
        pytest.param("twelve months", "1 year", id="twelve months are a year"),
        pytest.param("一周", "7 days", id="a week is seven days"),
        pytest.param("two weeks", "14 days", id="two weeks are fourteen days"),
        pytest.param("a fortnight", "14天", id="a fortnight"),
        pytest.param("48 hours", "two days", id="48 hours are two days"),
        pytest.param("240小时", "10天", id="240 hours are ten days"),
        pytest.param("一个半小时", "90分钟", id="一个半小时"),
        pytest.param("两个半月", "2.5个月", id="两个半月"),
        pytest.param("an hour and a half", "1.5 hours", id="an hour and a half"),
        pytest.param("half an hour", "30 min", id="half an hour"),
        pytest.param("a quarter of an hour", "一刻钟", id="a quarter of an hour"),
        pytest.param("两年半", "30 months", id="半 after a unit"),
        pytest.param("2小时30分钟", "2.5 hours", id="hours and minutes together"),
        pytest.param("1 hour and 30 minutes", "90 minutes", id="hours and minutes with and"),
        pytest.param("1年6个月", "18个月", id="years and months together"),
        # Ranges.
        pytest.param("3-5 days", "3 to 5 days", id="a range in words"),
        pytest.param("3～5天", "三到五天", id="a Chinese range in words"),
        pytest.param("between 3 and 5 days", "3至5天", id="between"),
        pytest.param("3天-5天", "3–5 days", id="a unit at both ends"),
        pytest.param("两三天", "2-3 days", id="两三"),
        pytest.param("5万元以上20万元以下", "5万元至20万元", id="以上 and 以下 together"),
        pytest.param("1至3万元", "1万元到3万元", id="the lower end shares 万"),
        pytest.param("5000到5万元", "5000元至50000元", id="but not where it is above"),
        pytest.param("not more than 120 and not less than 24 hours", "24 to 120 hours", id="both bounds"),
        pytest.param("-10 to -5 °C", "零下10到零下5度", id="a range below zero"),
        pytest.param("22时至次日8时", "晚上10点到次日早上8点", id="a range of times over midnight"),
        # Dates and times of day.
        pytest.param("2025年3月4日", "4 March 2025", id="a date in both languages"),
        pytest.param("2025-03-04", "March 4th, 2025", id="an ISO date"),
        pytest.param("8/31/17", "August 31, 2017", id="a date with two figures of a year"),
        pytest.param("15th day of June, 2015", "June 15, 2015", id="a date as contracts have it"),
        pytest.param("下午3点", "15:00", id="下午"),
        pytest.param("3 pm", "15:00", id="pm"),
        pytest.param("10：30", "10:30", id="a full-width colon"),
        pytest.param("上午十点半", "10:30 a.m.", id="点半"),
        pytest.param("noon", "中午12点", id="noon"),
        pytest.param("half past five in the afternoon", "17:30", id="half past"),
        pytest.param("a quarter to nine", "8:45", id="a quarter to"),
        pytest.param("3点", "下午3点", id="an hour without part of the day may be in the afternoon"),
        # Names.
        pytest.param("第三条", "Article 3", id="an article"),
        pytest.param("第一", "first", id="an ordinal"),
        pytest.param("3rd", "第三", id="an ordinal in figures"),
        pytest.param("the twelfth", "第十二", id="an ordinal above ten"),
        pytest.param("1:100", "1：100", id="a ratio"),
        # Bounds.
        pytest.param("3 hours or more", "at least 3 hours", id="at least"),
        pytest.param("不超过24小时", "up to 24 hours", id="at most"),
        pytest.param("no later than 20 days before", "at least 20 days before", id="counted back"),
    ],
)
def test_one_value_has_many_spellings(text: str, other: str) -> None:
    assert only(text).equals(only(other))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        pytest.param("35 m", "3.5 m", id="a decimal point"),
        pytest.param("1.5万", "15万", id="a decimal point before 万"),
        pytest.param("5 °C", "-5 °C", id="a sign"),
        pytest.param("1/2", "12", id="a fraction"),
        pytest.param("1:1000", "1:100", id="a ratio"),
        pytest.param("£250", "$250", id="currencies"),
        pytest.param("5 US dollars", "5 Canadian dollars", id="dollars of two countries"),
        pytest.param("¥5", "€5", id="yuan and euro"),
        pytest.param("30 hours", "30 days", id="hours and days"),
        pytest.param("1 month", "30 days", id="a month is not thirty days"),
        pytest.param("7 working days", "7 days", id="working days are not days"),
        pytest.param("5 percentage points", "5%", id="percentage points are not per cent"),
        pytest.param("100 km/h", "100 km", id="a speed is no distance"),
        pytest.param("5 miles", "5 km", id="miles and kilometres"),
        pytest.param("10 MB", "10 GB", id="megabytes and gigabytes"),
        pytest.param("3人", "3倍", id="people and times"),
        pytest.param("half an hour", "half", id="half an hour is no half"),
        pytest.param("3-5 days", "35 days", id="a range and its digits"),
        pytest.param("3-5 days", "3 days", id="a range and its end"),
        pytest.param("at least 3 days", "at most 3 days", id="bounds in two directions"),
        pytest.param("不满18周岁", "18周岁以上", id="Chinese bounds in two directions"),
        pytest.param("Clause 11.2", "Clause 1.12", id="clauses"),
        pytest.param("Clause 1.1", "Clause 1.10", id="a clause is no decimal"),
        pytest.param("第3天", "3天", id="the third day is not three days"),
        pytest.param("11/2/2024", "1/12/2024", id="dates"),
        pytest.param("2 June", "6 February", id="day and month"),
        pytest.param("3 pm", "3 am", id="afternoon and night"),
        pytest.param("上午3点", "下午3点", id="上午 and 下午"),
        pytest.param("3月", "3个月", id="March is not three months"),
        pytest.param("UTC+1", "UTC-1", id="time zones"),
    ],
)
def test_values_that_only_look_alike(text: str, other: str) -> None:
    assert not only(text).equals(only(other))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("一般来说，旅客不得携带", id="一般 is no number"),
        pytest.param("万一发生事故，千万不要慌", id="nor are 万一 and 千万"),
        pytest.param("十分重要", id="十分 is very"),
        pytest.param("单位：万元", id="a unit without number"),
        pytest.param("有一点远", id="一点 is a bit"),
        pytest.param("几百人", id="some hundreds"),
        pytest.param("the second contract of a third party", id="ordinals are weak"),
        pytest.param("one of the doors", id="one of"),
        pytest.param("for a day", id="a day may be no amount"),
    ],
)
def test_words_that_state_no_amount(text: str) -> None:
    assert all(one.weak for one in quantities(text))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        pytest.param(
            "Article 7 of Regulation 261/2004 grants 250 euros", {"#7", "#261/2004", "EUR"}, id="English"
        ),
        pytest.param("依据第1088条第2款赔偿500元", {"#1088", "#2", "CNY"}, id="Chinese"),
        pytest.param("Form S2 on A4, case C-402/07", {"#s2", "#a4", "#c-402/07"}, id="codes"),
        pytest.param("电话010-62176655", {"#01062176655"}, id="a telephone number"),
        pytest.param("Directive 90/314/EEC", {"#90/314"}, id="a stroke that is no fraction"),
    ],
)
def test_names_are_no_amounts(text: str, units: set[str]) -> None:
    assert {unit for one in quantities(text) for unit in one.units} == units


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("not 14 days but 7", id="not"),
        pytest.param("7天，而不是14天", id="而不是"),
        pytest.param("7 days rather than 14 days", id="rather than"),
        pytest.param("不再是14天", id="不再是"),
        pytest.param("raised from 14 to 21 days", id="what was before"),
        pytest.param("14天延长至21天", id="what was before, in Chinese"),
    ],
)
def test_what_is_denied_is_not_stated(text: str) -> None:
    denied = [one for one in quantities(text) if one.denied]
    assert [int(reading.low) for one in denied for reading in one.readings] in ([14], [14 * 1440])


HOSTILE = (
    "1",
    "1,",
    "1.",
    "1/",
    "1–",
    "1天",
    "1 day ",
    "一",
    "百",
    "亿",
    "半年",
    "第1",
    "a ",
    "one ",
    "half ",
    "3点",
    "10:",
)
HOSTILE += (
    "1月",
    "$1",
    "eur ",
    "−",
    "1^9",
    "a1",
    "not ",
    "1 to ",
    "(1",
    "1)",
    "三分之",
    "²",
    "not more than 1 and ",
)


@pytest.mark.parametrize("part", HOSTILE)
def test_hostile_text_takes_linear_time(part: str) -> None:
    start = time.process_time()
    quantities((part * 20_000)[:20_000])
    assert time.process_time() - start < 1
