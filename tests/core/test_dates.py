"""Dates in the spellings that documents have, and what is none."""

import time

import pytest

from core.dates import readings, spanned


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04",
        "2026-3-4",
        "2026/03/04",
        "2026.3.4",
        "20260304",
        "2026年3月4日",
        "2026 年 03 月 04 号",
        "２０２６年３月４日",
        "二〇二六年三月四日",
        "26年3月4日",
        "2026年3月4日（星期三）",
        "截至2026年3月4日",
        "自2026年3月4日起施行",
        "发布日期：2026年3月4日",
        "更新时间：2026-03-04 10:00",
        "公元2026年3月4日",
        "2026—03—04",
        "Published on 4 March 2026",
        "since 4 March 2026",
        "2026年3月4日上午10时30分",
        "4 March 2026",
        "4th of March, 2026",
        "March 4, 2026",
        "Mar. 4th 2026",
        "4-Mar-2026",
        "2026-Mar-04",
        "Wed, 04 Mar 2026 10:00:00 +0000",
        "as of 4 March 2026",
        "04.03.2026",
        "2026-03-04T10:00:00",
        "2026-03-04T10:00Z",
        "2026-03-04 10:00:00.5+08:00",
        "2026-03-04 10:00 UTC",
        "20260304T100000Z",
    ],
)
def test_a_day_in_many_spellings(text: str) -> None:
    assert [[str(day) for day in days] for days in readings(text)] == [["2026-03-04"] * 2]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        pytest.param("2025", "2025-01-01", "2025-12-31", id="a year"),
        pytest.param("2025年", "2025-01-01", "2025-12-31", id="a year in Chinese"),
        pytest.param("2024-02", "2024-02-01", "2024-02-29", id="a month of a leap year"),
        pytest.param("March 2026", "2026-03-01", "2026-03-31", id="a month by its name"),
        pytest.param("2026年3月", "2026-03-01", "2026-03-31", id="a month in Chinese"),
        pytest.param("03/2026", "2026-03-01", "2026-03-31", id="a month before its year"),
        pytest.param("late March 2026", "2026-03-01", "2026-03-31", id="a part of a month is the month"),
        pytest.param("2026年3月下旬", "2026-03-21", "2026-03-31", id="the last days of a month"),
        pytest.param("Q1 2025", "2025-01-01", "2025-03-31", id="a quarter"),
        pytest.param("fourth quarter of 2025", "2025-10-01", "2025-12-31", id="a quarter in words"),
        pytest.param("2025年第三季度", "2025-07-01", "2025-09-30", id="a quarter in Chinese"),
        pytest.param("2025年下半年", "2025-07-01", "2025-12-31", id="half a year"),
        pytest.param("2026-W10", "2026-03-02", "2026-03-08", id="a week"),
        pytest.param("2024-2025", "2024-01-01", "2025-12-31", id="two years"),
        pytest.param("2025-03-01/2025-04-15", "2025-03-01", "2025-04-15", id="an interval"),
        pytest.param("2025年3月1日至2025年4月15日", "2025-03-01", "2025-04-15", id="an interval in Chinese"),
        pytest.param("1–15 March 2025", "2025-03-01", "2025-03-15", id="days of one month"),
        pytest.param("March to May 2025", "2025-03-01", "2025-05-31", id="months of one year"),
        pytest.param("2025年3月1日至15日", "2025-03-01", "2025-03-15", id="days of one month in Chinese"),
        pytest.param("2025年3月至5月", "2025-03-01", "2025-05-31", id="months of one year in Chinese"),
        pytest.param("2025年元月", "2025-01-01", "2025-01-31", id="the first month"),
        pytest.param("2025年度", "2025-01-01", "2025-12-31", id="a business year in Chinese"),
        pytest.param("03/04/2025", "2025-03-04", "2025-04-03", id="March or April is from one to the other"),
        pytest.param("13/04/2025", "2025-04-13", "2025-04-13", id="there is no thirteenth month"),
    ],
)
def test_less_than_a_day_is_an_interval(text: str, first: str, last: str) -> None:
    days = spanned(text)
    assert days is not None
    assert (str(days.first), str(days.last)) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "昨天",
        "last year",
        "2026-13-45",
        "2026-02-30",
        "2026年2月30日",
        "2026年0月",
        "31/02/2026",
        "31 April 2026",
        "March",
        "10/10",
        "3",
        "1772668800",
        "9999-99-99",
        "version 3",
        "2026-W60",
        "10:00",
        "15-1 March 2026",
        "2026年3月15日至1日",
    ],
)
def test_what_is_no_date_has_no_reading(text: str) -> None:
    assert readings(text) == ()


@pytest.mark.parametrize(
    "text",
    ["2026-" * 400, "九" * 1000, "1/" * 50, "10:00 " * 16, "2026-03-01/" * 9, "1 - " * 25, "2年至" * 33],
)
def test_what_means_harm_takes_no_time(text: str) -> None:
    start = time.perf_counter()
    assert readings(text) == ()
    assert time.perf_counter() - start < 0.2
