"""Units and currencies, Chinese and English, by what they measure. Knows no numbers.

A spelling may mean several units ("pounds" are money or weight, `$` is any dollar). Units are one only where
that is beyond dispute: hours and days, months and years; a month is not 30 days, nor a working day a day.
"""

import re
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as so many of what it is measured in."""

    name: str
    factor: Fraction


# Blanks between spellings, `_` within one; Latin spellings that have a plural in -s are given without it.
_TABLE = (
    ("minute", "1/60", "second sec 秒 秒钟"),
    ("minute", "1", "minute min 分钟 分"),
    ("minute", "15", "刻钟"),
    ("minute", "60", "hour hr h 小时 钟头"),
    ("minute", "1440", "day calendar_day 天 日 自然日 日历日"),
    ("minute", "10080", "week wk 周 星期 礼拜"),
    ("minute", "20160", "fortnight"),
    ("working day", "1", "working_day business_day workday 工作日"),
    ("night", "1", "night 晚 夜"),
    ("month", "1", "month 个月"),
    ("month", "3", "季度"),
    ("month", "12", "year yr 年 岁 周岁 足岁 周年 年度"),
    ("month", "120", "decade"),
    ("month", "1200", "century centuries 世纪"),
    ("metre", "1/1000", "mm millimetre millimeter 毫米"),
    ("metre", "1/100", "cm centimetre centimeter 厘米 公分"),
    ("metre", "1", "m metre meter 米 公尺"),
    ("metre", "1000", "km kilometre kilometer 公里 千米"),
    ("metre", "1609344/1000", "mile 英里"),
    ("metre", "1852", "nautical_mile 海里"),
    ("metre", "3048/10000", "foot feet ft 英尺"),
    ("metre", "254/10000", "inch inches 英寸"),
    ("metre", "9144/10000", "yard 码"),
    (
        "km/h",
        "1",
        "km/h kph kilometres_per_hour kilometers_per_hour km_per_hour km_an_hour kilometres_an_hour"
        " 公里/小时 公里每小时 千米/小时",
    ),
    ("mph", "1", "mph miles_per_hour"),
    ("square metre", "1", "m2 sqm sq_m square_metre square_meter 平方米 平米 平方"),
    ("square metre", "10000", "hectare ha 公顷"),
    ("square metre", "1000000", "km2 sq_km square_kilometre square_kilometer 平方公里 平方千米"),
    ("square mile", "1", "square_mile sq_mi"),
    ("acre", "1", "acre 英亩"),
    ("mu", "1", "亩"),
    ("cubic metre", "1", "m3 cubic_metre cubic_meter 立方米"),
    ("litre", "1/1000", "ml millilitre milliliter 毫升"),
    ("litre", "1/100", "cl centilitre"),
    ("litre", "1", "l litre liter 升 公升"),
    ("gram", "1/1000", "mg milligram 毫克"),
    ("gram", "1", "g gram gramme 克"),
    ("gram", "1000", "kg kilo kilogram kilogramme 公斤 千克"),
    ("gram", "500", "斤"),
    ("gram", "1000000", "tonne metric_ton ton 吨"),
    ("gram", "45359237/100000", "lb pound 磅"),
    ("ounce", "1", "oz ounce 盎司"),
    ("gallon", "1", "gallon 加仑"),
    ("kilobyte", "1", "kb kilobyte"),
    ("megabyte", "1", "mb megabyte"),
    ("gigabyte", "1", "gb gigabyte"),
    ("terabyte", "1", "tb terabyte"),
    ("watt hour", "1", "wh watt_hour 瓦时"),
    ("watt hour", "1000", "kwh kilowatt_hour 千瓦时 度"),
    ("mah", "1", "mah 毫安时 毫安"),
    ("watt", "1", "w watt 瓦"),
    ("watt", "1000", "kw kilowatt 千瓦"),
    ("volt", "1", "v volt 伏"),
    ("decibel", "1", "db decibel 分贝"),
    ("celsius", "1", "°c degrees_celsius degrees_c degrees_centigrade celsius degree 摄氏度 度"),
    ("fahrenheit", "1", "°f degrees_fahrenheit degrees_f fahrenheit degree 华氏度"),
    ("degree", "1", "° degree 度"),
    ("%", "1", "% percent per_cent pct"),
    ("%", "1/10", "‰ per_mille"),
    ("%", "10", "成"),
    ("percentage point", "1", "percentage_point pp 百分点"),
    ("discount", "1", "折"),
    ("factor", "1", "time fold x 倍"),
    ("occasion", "1", "time 次 回 趟 遍"),
    ("score", "1", "分"),
    ("CNY", "1", "¥ cny rmb yuan renminbi 元 元人民币 块 块钱 圆 人民币"),
    ("CNY", "1/10", "角 毛"),
    ("CNY", "1/100", "分"),
    ("JPY", "1", "¥ jpy yen 日元 日圆"),
    ("EUR", "1", "€ eur euro 欧元"),
    ("EUR", "1/100", "cent euro_cent 欧分"),
    ("USD", "1", "$ us$ usd us_dollar american_dollar dollar 美元 美金 us_$"),
    ("USD", "1/100", "cent 美分"),
    ("AUD", "1", "$ a$ au$ aud australian_dollar dollar 澳元"),
    ("CAD", "1", "$ c$ ca$ cad canadian_dollar dollar 加元"),
    ("HKD", "1", "$ hk$ hkd hong_kong_dollar dollar 港元 港币"),
    ("SGD", "1", "$ s$ sgd singapore_dollar dollar 新加坡元 新元"),
    ("NZD", "1", "$ nz$ nzd new_zealand_dollar dollar 新西兰元"),
    ("TWD", "1", "nt$ twd 新台币 台币"),
    ("MOP", "1", "mop 澳门元"),
    ("GBP", "1", "£ gbp pound pounds_sterling sterling 英镑"),
    ("GBP", "1/100", "p pence penny 便士"),
    ("CHF", "1", "chf swiss_franc franc 瑞士法郎"),
    ("KRW", "1", "₩ krw won 韩元 韩币"),
    ("INR", "1", "₹ inr rupee 卢比"),
    ("RUB", "1", "₽ rub rouble ruble 卢布"),
    ("THB", "1", "฿ thb baht 泰铢 铢"),
    ("SEK", "1", "sek swedish_krona swedish_kronor 瑞典克朗"),
    ("DKK", "1", "dkk danish_krone danish_kroner 丹麦克朗"),
    ("NOK", "1", "nok norwegian_krone norwegian_kroner 挪威克朗"),
    ("PLN", "1", "pln zloty złoty zlotych 兹罗提"),
    ("CZK", "1", "czk czech_crown czech_koruna koruna 捷克克朗"),
    ("HUF", "1", "huf forint 福林"),
    ("TRY", "1", "₺ turkish_lira lira 土耳其里拉 里拉"),
    ("MYR", "1", "myr rm ringgit 林吉特 马币"),
    ("VND", "1", "₫ vnd dong 越南盾"),
    ("IDR", "1", "idr rupiah 印尼盾"),
    ("AED", "1", "aed dirham 迪拉姆"),
    ("BRL", "1", "r$ brl brazilian_real reais"),
    ("SDR", "1", "sdr special_drawing_right unit_of_account 特别提款权 计算单位"),
)
MONEY = frozenset(name for name, _, _ in _TABLE if name.isupper())


def _is_latin(spelling: str) -> bool:
    return spelling[-1].isascii() and spelling[-1].isalpha()


def _spellings() -> dict[str, frozenset[Unit]]:
    found: dict[str, set[Unit]] = {}
    for name, factor, spellings in _TABLE:
        for spelling in spellings.split():
            words = spelling.replace("_", " ")
            first, _, rest = words.partition(" of ")
            plural = f"{first}s of {rest}" if rest else f"{words}s"
            for one in {words, plural} if _is_latin(words) else {words}:
                found.setdefault(one, set()).add(Unit(name, Fraction(factor)))
    return {spelling: frozenset(units) for spelling, units in found.items()}


UNITS = _spellings()
"""What each spelling can mean."""


def _alternatives(spellings: list[str]) -> str:
    longest_first = sorted(spellings, key=len, reverse=True)
    return "|".join(
        re.escape(one).replace(r"\ ", "[ -]") + ("(?![a-z])" if _is_latin(one) else "")
        for one in longest_first
    )


_FILLERS = "further|more|additional|extra|full|whole|consecutive|successive|entire|clear|calendar|other"
UNIT = rf"(?:{_alternatives(list(UNITS))})"
"""A pattern of one unit; m2 is no m."""
AFTER = re.compile(rf"[)\]]?[ -]?(?:(?:{_FILLERS}) ){{0,2}}个?(?P<unit>{UNIT})(?!性)")
"""A unit after its number: 14 calendar days, two (2) years, 3个工作日."""
_PREFIXES = [
    one for one in UNITS if one[-1] in "$€£¥₩₹₽฿₺₫" or one.upper() in MONEY or one in ("rmb", "rm", "人民币")
]
BEFORE = re.compile(rf"(?P<unit>(?<![a-z])(?:{_alternatives(_PREFIXES)})) ?(?:约 ?)?$")
"""A currency before its number: EUR 40, 人民币40万."""
