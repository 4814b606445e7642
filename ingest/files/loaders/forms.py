"""Tells a form (`Phone | 0800`) from a table whose first row names its columns. Knows no format.

Only where nothing is marked is it asked. A table taken for a form loses the names of its columns; a form
taken for a table says what nobody wrote (`Name: Phone; Harbour Tours: 0800`).
"""

import re
from collections.abc import Sequence

_LABEL = re.compile(
    r"(?:(?:contact |emergency )?(?:tele|mobile ?|cell ?)?phone|tel\.?|hotline|fax|e-?mail|web ?site"
    r"|(?:postal |home |street |e-?mail )?address|contact(?: person)?|(?:opening |office )?hours"
    r"|date of birth|nationality|gender)(?: (?:no\.?|number))?"
    r"|(?:account|licen[cs]e|passport|registration) (?:no\.?|number)"
    r"|.{0,6}(?:电话|電話|手机|手机号|传真|邮箱|邮件|网址|网站|地址|住址|邮编|邮政编码|姓名|性别|国籍|民族|籍贯|证号"
    r"|证件号码|身份证号码|账号|开户行|开户银行|联系人|负责人|代表人|出生日期|出生年月|成立日期|注册资本|微信号?)",
    re.IGNORECASE,
)
_CONTACT = re.compile(r"\S{1,64}@\S{1,190}\.\S{2,60}|(?:https?://|www\.)\S+|[+0]\d[\d ()/-]{4,20}")
_HEADS = re.compile(
    r"values?|details?|descriptions?|contents?|information|info|data|answers?|meanings?|notes?|remarks?"
    r"|内容|说明|详情|信息|备注|要求|填写内容|值",
    re.IGNORECASE,
)
_KIND = re.compile(
    r"(?:[^\W\d][\w/&'’-]{0,20} ){0,3}(?:prices?|fees?|costs?|rates?|fares?|charges?|amounts?|totals?|sums?"
    r"|numbers?|quantity|counts?|times?|hours?|dates?|days?|periods?|durations?|limits?|discounts?|percentage|status|types?"
    r"|kinds?|categor(?:y|ies)|class|levels?|names?|titles?|persons?|locations?|places?|points?|cit(?:y|ies)|units?"
    r"|countr(?:y|ies)|weights?|sizes?|codes?|reasons?|conditions?|requirements?|rules?|polic(?:y|ies)|deposits?"
    r"|capacity|languages?|check-?(?:in|out))(?: \([^)]{0,30}\))?"
    r"|(?:who|what|when|where|how|which)\b.{0,40}"
    r"|(?!详?见|按|无|另|免|半价|不).{0,8}(?:价格?|费用?|金额|标准|时间|日期|期限|时长|天数|人数|数量|比例|折扣|率|内容"
    r"|说明|要求|名称|地点|城市|类型|类别|等级|方式|条件|范围|单位|编号|押金|面积|容量|语言|原因|事项|政策|规定)"
    r"(?:[（(][^）)]{0,30}[）)])?",
    re.IGNORECASE,
)
"""What a text says that names values: at the left of a form, or over a column."""
_CLASS = re.compile(
    r"items?|topics?|subjects?|questions?|options?|roles?|positions?|项目|事项|类别|问题|职位|序号", re.I
)
"""What stands at the left over things of a kind, and hardly ever before a value."""
_LONGEST = 80
"""Characters: no label is longer."""
_FIGURES = re.compile(r"\d+|[一二三四五六七八九十]+")


def is_form(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether labels stand before values in all rows, the first one too; cells are given line by line.

    >>> is_form([["Name", "Tours"], ["Phone", "0800"]]), is_form([["Name", "Phone"], ["Tours", "0800"]])
    (True, False)
    >>> is_form([["Tour", "Harbour lights"], ["Duration", "3 hours"], ["Price", "40"]])
    True
    """
    if len(rows) < 2 or len(rows[0]) not in (2, 4) or any(map(_is_name, rows[0][1::2])):
        return False
    labels = [_bare(row[-2]) for row in rows[1:]]
    if any(map(_LABEL.fullmatch, labels)):
        return True
    kinds = sum(bool(_KIND.fullmatch(_bare(label))) for row in rows[1:] for label in row[::2])
    if 2 * kinds >= (len(rows) - 1) * len(rows[0]) // 2:
        return True
    contacts = sum(bool(_CONTACT.fullmatch(row[-1].strip())) for row in rows[1:])
    return 0 < contacts < len(rows) - 1


def _is_name(cell: str) -> bool:
    """Tell what names values rather than being one (`Price`, `标准`)."""
    bare = _bare(cell)
    return any(pattern.fullmatch(bare) for pattern in (_LABEL, _HEADS, _KIND))


def are_names(left: str, right: str) -> bool:
    """Tell what stands over two columns from a label and its value."""
    return _is_name(right) or bool(_CLASS.fullmatch(_bare(left)))


def counts_on(column: Sequence[str]) -> bool:
    """Tell a column that counts from its first cell on, which so is one of the others.

    >>> counts_on(["Day 1", "Day 2", "Day 3"]), counts_on(["第一天", "第二天"]), counts_on(["Day", "1", "2"])
    (True, True, False)
    """
    first, *others = (_FIGURES.sub("9", cell.strip()) for cell in column)
    return "9" in first and 2 * others.count(first) > len(others)


def _bare(cell: str) -> str:
    return cell.strip(" :：*　")[:_LONGEST]
