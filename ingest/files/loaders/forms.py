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


def is_form(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether labels stand before values in all rows, the first one too; cells are given line by line.

    >>> is_form([["Name", "Tours"], ["Phone", "0800"]]), is_form([["Name", "Phone"], ["Tours", "0800"]])
    (True, False)
    """
    if len(rows) < 2 or len(rows[0]) not in (2, 4) or any(map(_is_name, rows[0][1::2])):
        return False
    labels = [_bare(row[-2]) for row in rows[1:]]
    if any(map(_LABEL.fullmatch, labels)):
        return True
    contacts = sum(bool(_CONTACT.fullmatch(row[-1].strip())) for row in rows[1:])
    return 0 < contacts < len(rows) - 1


def _is_name(cell: str) -> bool:
    return bool(_LABEL.fullmatch(_bare(cell)) or _HEADS.fullmatch(_bare(cell)))


def _bare(cell: str) -> str:
    return cell.strip(" :：*　")
