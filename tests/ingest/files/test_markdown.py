import pytest

from ingest.files.cleaning import clean
from ingest.files.loaders import LOADERS, RawDocument


def _text(suffix: str, content: str) -> str:
    (document,) = LOADERS[suffix](content.encode(), f"file{suffix}")
    assert isinstance(document, RawDocument)
    return clean(document.text)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            "Fees\n====\n\nBags\n----\n\nFree.", "# Fees\n\n## Bags\n\nFree.", id="underlined titles"
        ),
        pytest.param("Free.\n\n---\nMore.\n---", "Free.\n\n---\nMore.\n---", id="rules stay"),
        pytest.param("a <!-- x\n# y --> b", "a  b", id="comments go"),
        pytest.param("`<!-- x -->`", "`<!-- x -->`", id="not in code"),
        pytest.param("```\n<!-- x -->\n===\n```", "```\n<!-- x -->\n===\n```", id="nor in a block of it"),
        pytest.param("a <!-- b", "a <!-- b", id="a comment that is never closed"),
        pytest.param(
            "See [the desk][1] and [pier].\n\n[1]: http://a/b 'c'\n[pier]: <http://p>\n[^1]: A note.",
            "See [the desk](http://a/b) and [pier](http://p).\n\n[^1]: A note.",
            id="addresses stand where they are referred to",
        ),
        pytest.param(
            "| Bag | Fee |\n|:--|--:|\n| hold | 5 |\n| a \\| b | 6 |\n\nEnd.",
            "Bag: hold; Fee: 5.\nBag: a | b; Fee: 6.\n\nEnd.",
            id="tables are sentences: no row loses its header",
        ),
        pytest.param(
            "行李 | 费用\n--- | ---\n托运 | 5元", "行李：托运；费用：5元。", id="without bars around"
        ),
    ],
)
def test_what_a_page_sets_apart_is_said(content: str, expected: str) -> None:
    assert _text(".md", content) == expected


@pytest.mark.parametrize("suffix", [".md", ".txt"])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            "行李每件收取八\n元，超过三天的部分每天收取五\n元。",
            "行李每件收取八元，超过三天的部分每天收取五元。",
            id="Chinese, a first line without a mark that ends within a word",
        ),
        pytest.param(
            "退房时间与押金\n押金二百，退房时间为十二点\n整。",
            "退房时间与押金\n押金二百，退房时间为十二点整。",
            id="an unclear line stays",
        ),
        pytest.param(
            "行李处位于候船厅一层，每件收取八\n元。乘坐缆\n车的旅客半价。",
            "行李处位于候船厅一层，每件收取八元。乘坐缆车的旅客半价。",
            id="Chinese, ragged",
        ),
        pytest.param(
            "本办法适用于在我国境内从事旅客运输经营\n活动的企业和其他组织。",
            "本办法适用于在我国境内从事旅客运输经营活动的企业和其他组织。",
            id="Chinese, full lines",
        ),
        pytest.param(
            "1. 行李限重二十公\n斤，超重另付。\n2. 宠物免费。",
            "1. 行李限重二十公斤，超重另付。\n2. 宠物免费。",
            id="items of a list",
        ),
        pytest.param(
            "乘客可以在灯塔\n下面等候，渡轮\n停航时押金全部\n退还。",
            "乘客可以在灯塔下面等候，渡轮停航时押金全部退还。",
            id="a narrow column",
        ),
        pytest.param(
            "旅客在开船前两小时办理退\n票的，收取票价百分之二十的手\n续费；开船后不退。",
            "旅客在开船前两小时办理退票的，收取票价百分之二十的手续费；开船后不退。",
            id="one that is short",
        ),
        pytest.param(
            "门票成人八十元，儿童免\n票。老人凭身份\n证免票。\n开放时间为每天八点至十八\n点，周一闭馆。",
            "门票成人八十元，儿童免票。老人凭身份证免票。\n开放时间为每天八点至十八点，周一闭馆。",
            id="a sentence that begins a line of wrapped text",
        ),
        pytest.param(
            "调整公告\n自五月一日起，早班渡轮由七点改为六\n点半开航。特此公告。\n奥德港客运站\n2026年4月20日",
            "调整公告\n自五月一日起，早班渡轮由七点改为六点半开航。特此公告。\n奥德港客运站\n2026年4月20日",
            id="what is signed below",
        ),
        pytest.param(
            "> 退房时间为中午十二点，逾期按半天房费收\n> 取，请提前整理行李。\n>\n> - 一",
            "> 退房时间为中午十二点，逾期按半天房费收取，请提前整理行李。\n>\n> - 一",
            id="a quotation",
        ),
        pytest.param(
            "The ferry leaves at nine and the\nkeys are at the desk.",
            "The ferry leaves at nine and the keys are at the desk.",
            id="English",
        ),
    ],
)
def test_lines_that_a_width_broke_are_joined(suffix: str, content: str, expected: str) -> None:
    assert _text(suffix, content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param("Price: ~~30~~ 25 euros.", "Price:  25 euros.", id="an old price"),
        pytest.param("票价~~三十元~~二十五元。", "票价二十五元。", id="in Chinese"),
        pytest.param("about ~~ 30 ~~ euros", "about ~~ 30 ~~ euros", id="not with blanks inside"),
        pytest.param("`a ~~b~~ c`\n\n```\n~~d~~\n```", "`a ~~b~~ c`\n\n```\n~~d~~\n```", id="not in code"),
    ],
)
def test_what_is_struck_out_is_not_read(content: str, expected: str) -> None:
    assert _text(".md", content) == expected


@pytest.mark.parametrize("suffix", [".md", ".txt"])
@pytest.mark.parametrize(
    "content",
    [
        pytest.param("床前明月光，\n疑是地上霜。\n举头望明月，\n低头思故乡。", id="verse"),
        pytest.param("轻轻的我走了\n正如我轻轻的来", id="verse without marks"),
        pytest.param(
            "Shall I compare thee to a summer's day?\nThou art more lovely\nAnd temperate.",
            id="English verse",
        ),
        pytest.param("上海市黄浦区\n南京东路100号\n三楼", id="an address"),
        pytest.param("Harbour Office\n12 Pier Road\nAldport", id="an English address"),
        pytest.param("- 标准间，含早餐\n- 大床房，不含早餐。", id="a list"),
        pytest.param("标准间，含早餐\n大床房，不含早餐\n家庭房，含早餐。", id="a list without marks"),
        pytest.param("地点：上海，浦东\n时间：九点\n费用：十元。", id="names and values"),
        pytest.param("关于暂停售票的通知\n因系统维护，本周六暂停售票。", id="a title"),
        pytest.param("票价    120元，含税\n时间    9:00。", id="columns"),
        pytest.param("```\n代码，一\n行。\n```", id="code"),
    ],
)
def test_other_lines_stay(suffix: str, content: str) -> None:
    assert _text(suffix, content) == content
