"""Refusals are told from answers by the grammar of their clauses, in both languages."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.prompts import refusal
from assistant.refusals import LONGEST, chinese, english, is_refusal
from core.language import Lang

LABELLED = [
    json.loads(line)
    for line in Path(__file__).with_name("refusals.jsonl").read_text(encoding="utf-8").splitlines()
]


def figures(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Return precision and recall."""
    called = [row["is_refusal"] for row in rows if is_refusal(row["text"])]
    return sum(called) / len(called), sum(called) / sum(row["is_refusal"] for row in rows)


@pytest.mark.parametrize("langs", [("en",), ("zh",), ("en", "zh")], ids="-".join)
def test_precision_and_recall_on_labelled_sentences(langs: tuple[Lang, ...]) -> None:
    rows = [row for row in LABELLED if row["lang"] in langs]
    precision, recall = figures(rows)
    wrong = [row["text"] for row in rows if is_refusal(row["text"]) != row["is_refusal"]]
    print(f"{'+'.join(langs)}: n {len(rows)}, precision {precision:.3f}, recall {recall:.3f}, wrong {wrong}")
    assert min(precision, recall) >= 0.97


def test_the_labelled_sentences_are_many_balanced_and_different() -> None:
    assert len({row["text"] for row in LABELLED}) == len(LABELLED) >= 400
    for lang in ("en", "zh"):
        labels = [row["is_refusal"] for row in LABELLED if row["lang"] == lang]
        assert len(labels) == len(LABELLED) / 2
        assert sum(labels) == len(labels) / 2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("I don't know.", id="the speaker does not know"),
        pytest.param("我不清楚。", id="the speaker does not know, in Chinese"),
        pytest.param("The passages do not name the pilot.", id="the source does not say"),
        pytest.param("资料没有写明领航员是谁。", id="the source does not say, in Chinese"),
        pytest.param("資料沒有寫明領航員是誰。", id="traditional characters"),
        pytest.param("There is no information about pilots.", id="there is no information"),
        pytest.param("无法确定船的所有者。", id="a noun that ends like a person"),
        pytest.param("Not mentioned in the text.", id="without a subject"),
        pytest.param("未提及", id="without a subject, in Chinese"),
        pytest.param("N/A", id="not available"),
        pytest.param("Who the pilot is, the documents do not say.", id="the question stands first"),
        pytest.param("领航员是谁，文中没有说。", id="the question stands first, in Chinese"),
        pytest.param(
            "The text does not say whether the pilot, the mate or the cook is paid.",
            id="commas in the question",
        ),
        pytest.param(
            "The documents name the ship, but not the pilot.", id="the source speaks of something else"
        ),
        pytest.param(
            "文档只提到了船，没有提到领航员。", id="the source speaks of something else, in Chinese"
        ),
        pytest.param("I'm sorry. The documents do not say.", id="an apology is no answer"),
        pytest.param("I don't know. Please ask the harbour office.", id="advice is no answer"),
        pytest.param("我不知道，请咨询港务局。", id="advice is no answer, in Chinese"),
        pytest.param("Who is the pilot? I do not know.", id="a question is no answer"),
        pytest.param("The text lacks an answer to “Who is the pilot?”", id="a quoted question ends it"),
        pytest.param("Pilot: not mentioned", id="a label is no answer"),
        pytest.param("**I DON’T KNOW**  ", id="marks, case, curly apostrophes and blanks do not count"),
        pytest.param("「我不知道！」", id="Chinese quotation marks do not count"),
        pytest.param(refusal("en"), id="the refusal that is asked for"),
        pytest.param(refusal("zh"), id="the refusal that is asked for, in Chinese"),
    ],
)
def test_a_refusal(text: str) -> None:
    assert is_refusal(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("No.", id="a bare no"),
        pytest.param("不可以", id="a bare no, in Chinese"),
        pytest.param("There is no pilot.", id="nothing is there"),
        pytest.param("Not available after dark", id="not available, with a condition"),
        pytest.param("Unable to land without a pilot.", id="unable to do something else than answer"),
        pytest.param("不能提供领航员", id="unable to do something else than answer, in Chinese"),
        pytest.param("The contract does not mention a pilot.", id="a contract is silent"),
        pytest.param("该条例没有规定领航费。", id="a law is silent"),
        pytest.param("The documents do not need a stamp.", id="documents do something else than answer"),
        pytest.param("该资料无需盖章。", id="documents do something else than answer, in Chinese"),
        pytest.param("The documents of title do not name the pilot.", id="documents of law"),
        pytest.param("The mate did not name the report.", id="somebody else does not say"),
        pytest.param("大副没有在文件中说明原因", id="somebody else does not say, in Chinese"),
        pytest.param("No information desk is open.", id="information that is part of a name"),
        pytest.param("没有信息台", id="information that is part of a name, in Chinese"),
        pytest.param("Pilots who do not know the channel pay double.", id="whom an answer is about"),
        pytest.param("不知道航道的领航员须付双倍。", id="whom an answer is about, in Chinese"),
        pytest.param("未说明的，由船长承担", id="a condition of law"),
        pytest.param("Sorry, but pilots are free of charge.", id="an apology before an answer"),
        pytest.param("I don't know exactly, but a pilot costs 80 euros.", id="an answer after a refusal"),
        pytest.param("我不太确定，但领航费大约是80元。", id="an answer after a refusal, in Chinese"),
        pytest.param(
            "The text does not name him; the pilot sailed in 1931.", id="an answer after a semicolon"
        ),
        pytest.param("I don't know, 80 euros", id="an answer after a comma"),
        pytest.param("80 euros, but I am not sure.", id="a hedge after an answer"),
        pytest.param("80元，不过资料没有说明是否含税。", id="a hedge after an answer, in Chinese"),
        pytest.param("No, the documents do not say that.", id="a verdict before a refusal"),
        pytest.param("", id="an empty text"),
        pytest.param(" \n。", id="a text without words"),
        pytest.param("I'm sorry.", id="an apology alone"),
        pytest.param("Please ask the harbour office.", id="advice alone"),
        pytest.param("I do not know. " * 30, id="a long text"),
    ],
)
def test_no_refusal(text: str) -> None:
    assert not is_refusal(text)


@pytest.mark.parametrize(
    "fragment",
    [
        *(
            "the documents do not ",
            "no information to ",
            "i can not ",
            "that you have given me with ",
            "not ",
        ),
        *("资料没有", "对", "的", "关于的", "无法从", ", ", "(", " ", "?", "A", "\n"),
    ],
)
@pytest.mark.parametrize("size", [LONGEST, 20_000])
def test_hostile_texts_take_no_time(fragment: str, size: int) -> None:
    text = (fragment * size)[: size - 1] + "x"
    start = time.process_time()
    is_refusal(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize("module", [english, chinese], ids=["English", "Chinese"])
def test_every_part_of_the_patterns_is_known(module: Any) -> None:
    grammar = module.ENGLISH if module is english else module.CHINESE
    for pattern in (grammar.refusal, grammar.elided, grammar.source, grammar.filler, grammar.topic):
        assert not any(letter.isupper() for letter in pattern.pattern.replace("\\W", ""))
