"""Each format: what its rows say, what it keeps of a question, and what comes back."""

import json
from dataclasses import replace
from typing import Any

import pytest

from core.questions import DRAFTED, QuestionRecord, Turn
from evaluation.formats import FORMATS
from evaluation.formats.said import identity

RECORD = QuestionRecord(
    id="q1",
    question="退货期限是几天？",
    answers=("7天", "七天"),
    evidence_doc_ids=("returns", "faq"),
    evidence_text=("七天内可以退货。", "a | b"),
    answer_type="number",
    split="dev",
    fact_id="f1",
    lang="zh",
    trap="expired",
)
NOBODY_KNOWS = replace(
    RECORD, id="q2", question="Who pays?", answers=(), answer_type="unanswerable", lang="en",
    evidence_doc_ids=(), evidence_text=(), fact_id="", trap="",
)  # fmt: skip
FOLLOW_UP = replace(
    NOBODY_KNOWS,
    id="q3",
    question="And abroad?",
    answers=("30 days",),
    answer_type="short",
    turns=(Turn("user", "How long may I return it?"), Turn("assistant", "7 days.")),
    standalone="How long may I return it from abroad?",
)
TURNS = FOLLOW_UP.turns
CHAT = {"role": "user", "content": "When?"}


def read(name: str, row: dict[str, Any]) -> QuestionRecord:
    assert FORMATS[name].fits(row)
    return FORMATS[name].read(row)


def again(name: str, record: QuestionRecord) -> QuestionRecord:
    return read(name, json.loads(json.dumps(FORMATS[name].write(record))))


@pytest.mark.parametrize("name", FORMATS)
def test_question_and_best_answer_survive_every_format(name: str) -> None:
    found = again(name, RECORD)
    assert (found.question, found.answers[0], found.lang) == ("退货期限是几天？", "7天", "zh")


@pytest.mark.parametrize("name", FORMATS)
def test_a_question_without_an_answer_comes_back_as_one(name: str) -> None:
    found = again(name, NOBODY_KNOWS)
    assert (found.answers, found.answer_type) == ((), "unanswerable")


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if "turns" in one.keeps])
def test_turns_survive_where_a_format_has_them(name: str) -> None:
    found = again(name, FOLLOW_UP)
    assert (found.question, found.turns, found.answers) == ("And abroad?", TURNS, ("30 days",))


@pytest.mark.parametrize("name", ["csv", "ragas"])
def test_without_turns_a_question_is_written_as_it_stands_alone(name: str) -> None:
    assert again(name, FOLLOW_UP).question == "How long may I return it from abroad?"
    with pytest.raises(ValueError, match="no standalone says it without them"):
        FORMATS[name].write(replace(FOLLOW_UP, standalone=""))


@pytest.mark.parametrize("name", [name for name, one in FORMATS.items() if "answers" in one.keeps])
def test_all_answers_survive_where_a_format_has_them(name: str) -> None:
    assert again(name, RECORD).answers == ("7天", "七天")


def test_our_own_format_keeps_everything() -> None:
    drafted = replace(FOLLOW_UP, origin=DRAFTED, model="writer", reviewed=True)
    assert [again("ours", one) for one in (RECORD, NOBODY_KNOWS, drafted)] == [RECORD, NOBODY_KNOWS, drafted]


def test_a_table_keeps_all_but_turns_and_drafting() -> None:
    assert [again("csv", one) for one in (RECORD, NOBODY_KNOWS)] == [RECORD, NOBODY_KNOWS]


def test_ids_are_those_of_the_words_where_a_row_has_none() -> None:
    first = read("alpaca", {"instruction": "How long?", "input": "", "output": "7 days"})
    second = read("openai-evals", {"input": "how  long？", "ideal": "a week"})
    assert first.id == second.id == identity("How long?")
    assert read("alpaca", {"instruction": "How long?", "input": "Shoes", "output": "14"}).id != first.id


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param("", (), id="an empty answer"),
        pytest.param("文档中没有提到这一点。", (), id="a refusal, Chinese"),
        pytest.param("I don't know.", (), id="a refusal, English"),
        pytest.param("No.", ("No.",), id="a no is an answer"),
        pytest.param("不可以", ("不可以",), id="so is one in Chinese"),
    ],
)
def test_an_empty_answer_or_a_refusal_means_that_there_is_none(
    answer: str, expected: tuple[str, ...]
) -> None:
    found = read("alpaca", {"instruction": "可以退货吗？", "input": "", "output": answer})
    assert found.answers == expected
    assert found.answer_type == ("short" if expected else "unanswerable")


@pytest.mark.parametrize(
    ("name", "row", "question", "answers"),
    [
        pytest.param(
            "alpaca", {"instruction": "Translate.", "input": "Hallo", "output": "Hello"},
            "Translate.\n\nHallo", ("Hello",), id="alpaca: the input stands below the instruction",
        ),
        pytest.param(
            "sharegpt",
            {"conversations": [{"from": "system", "value": "Be brief."}, {"from": "human", "value": "几天？"},
                               {"from": "gpt", "value": "7天"}]},
            "几天？", ("7天",), id="sharegpt: a system's words are none of the question",
        ),
        pytest.param(
            "sharegpt",
            {"conversations": [CHAT, {"role": "assistant", "content": "Now"}]},
            "When?", ("Now",), id="sharegpt with the keys of its heirs",
        ),
        pytest.param(
            "openai-chat",
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "When?"}]},
                          {"role": "assistant", "content": "Now"}]},
            "When?", ("Now",), id="openai-chat: content in parts",
        ),
        pytest.param(
            "openai-evals",
            {"input": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "When?"}],
             "ideal": ["Now", "At once"]},
            "When?", ("Now", "At once"), id="openai-evals: any of several is ideal",
        ),
        pytest.param(
            "openai-evals", {"input": [{"role": "system", "content": "1+1?"}], "ideal": 2},
            "1+1?", ("2",), id="openai-evals: a system's message where there is nothing else, a number",
        ),
        pytest.param(
            "openai-evals", {"item": {"input": "Capital of France?", "ideal": "Paris"}},
            "Capital of France?", ("Paris",), id="evals API",
        ),
        pytest.param(
            "openai-evals", {"item": {"ticket_text": "No sound", "correct_label": "Hardware"}, "sample": {}},
            "No sound", ("Hardware",), id="evals API: the names of its guide",
        ),
        pytest.param(
            "ragas", {"question": "When?", "ground_truth": "Now", "contexts": ["Now."]},
            "When?", ("Now",), id="ragas before 0.2",
        ),
        pytest.param(
            "ragas", {"question": "When?", "ground_truths": "['Now', 'At once']", "contexts": "[]"},
            "When?", ("Now", "At once"), id="ragas before 0.1, in a table",
        ),
        pytest.param(
            "ragas",
            {"user_input": [{"type": "human", "content": "When?"}, {"type": "ai", "content": "Soon"}],
             "reference": "Now"},
            "When?", ("Now",), id="ragas: what the system replied is not the reference",
        ),
        pytest.param(
            "csv", {"问题": "几天？", "标准答案": "7天｜七天"}, "几天？", ("7天", "七天"), id="csv, Chinese",
        ),
        pytest.param(
            "csv", {"Question:": "When?", "Answer 1": "Now", "Answer 2": "At once", "Answer 3": ""},
            "When?", ("Now", "At once"), id="csv: several columns of answers",
        ),
        pytest.param("csv", {"Q": "When?", "A": "Now"}, "When?", ("Now",), id="csv: Q and A"),
        pytest.param(
            "csv", {"题目": "哪天？", "A": "周一", "B": "周二", "答案（用|分隔）": "A"}, "哪天？", ("A",),
            id="csv: A is a choice where there is a column for answers",
        ),
        pytest.param(
            "csv", {"question": "When?", "answer": ["Now"], "extra": 1}, "When?", ("Now",), id="csv: or JSON",
        ),
        pytest.param(
            "csv", {"question": "Which?", "answer": "[3, 4]"}, "Which?", ("[3, 4]",),
            id="csv: an interval is no list",
        ),
        pytest.param(
            "csv", {"question": "Which?", "answers": "['a', 'b']"}, "Which?", ("a", "b"),
            id="csv: a list in a cell is one",
        ),
    ],
)  # fmt: skip
def test_what_a_row_says(name: str, row: dict[str, Any], question: str, answers: tuple[str, ...]) -> None:
    found = read(name, row)
    assert (found.question, found.answers) == (question, answers)


def test_the_last_exchange_is_asked_and_those_before_are_its_turns() -> None:
    said = ["Hello!", "How long may I return it?", "", "7 days.", "And abroad?", "30 days"]
    speakers = ["gpt", "human", "human", "gpt", "human", "gpt"]
    row = {"conversations": [{"from": a, "value": b} for a, b in zip(speakers, said, strict=True)]}
    found = read("sharegpt", row)
    assert (found.question, found.turns, found.answers) == ("And abroad?", TURNS, ("30 days",))


def test_passages_are_evidence_and_what_a_system_found_is_none() -> None:
    hops = ["<1-hop>\n\nDogs pay.", "<2-hop>\n\nCats do not."]
    row = {"user_input": "Who pays?", "reference": "Dogs", "reference_contexts": hops}
    assert read("ragas", row).evidence_text == ("Dogs pay.", "Cats do not.")
    found = {"user_input": "Who pays?", "reference": "Dogs", "retrieved_contexts": ["Dogs pay."]}
    assert read("ragas", found).evidence_text == ()
    assert [*FORMATS["ragas"].leaves(found)] == ["retrieved_contexts, which say what a system found"]
    measured = {"question": "Who?", "answer": "Cats", "ground_truth": "Dogs", "contexts": ["Cats."]}
    assert (read("ragas", measured).answers, read("ragas", measured).evidence_text) == (("Dogs",), ())


@pytest.mark.parametrize(
    ("stated", "field", "expected"),
    [
        pytest.param({"split": "Validation"}, "split", "dev", id="validation is dev"),
        pytest.param({"划分": "训练集"}, "split", "train", id="a split in Chinese"),
        pytest.param({"split": "holdout"}, "split", "holdout", id="another split stays"),
        pytest.param({"类型": "是非题"}, "answer_type", "yesno", id="a type in Chinese"),
        pytest.param({"type": "Free_Form"}, "answer_type", "free_form", id="another type stays"),
        pytest.param({"lang": "zh-CN"}, "lang", "zh", id="a language with its region"),
        pytest.param({"语言": "英文"}, "lang", "en", id="a language in Chinese"),
        pytest.param({"文档": "a.md|b.md"}, "evidence_doc_ids", ("a.md", "b.md"), id="several documents"),
        pytest.param({"依据": "七天内。"}, "evidence_text", ("七天内。",), id="a quote"),
        pytest.param({"编号": 7}, "id", "7", id="a number as id"),
        pytest.param({"fact_id": "f", "备注": "x"}, "fact_id", "f", id="a fact"),
    ],
)
def test_what_else_a_table_says(stated: dict[str, Any], field: str, expected: object) -> None:
    assert getattr(read("csv", {"question": "几天？", "answer": "7天", **stated}), field) == expected


def test_of_a_table_the_columns_that_nobody_knows_are_told() -> None:
    row = {"question": "几天？", "答案": "7天", "备注": "x", "note": ""}
    assert [*FORMATS["csv"].leaves(row)] == ["column 备注"]


@pytest.mark.parametrize(
    ("name", "row", "reason"),
    [
        pytest.param("ours", {"question": "?", "answers": "7"}, "answers must be a list", id="ours: no list"),
        pytest.param("ours", {"answers": []}, "'question' is missing", id="ours: no question"),
        pytest.param("ours", {"question": None, "answers": []}, "or no text", id="ours: a null question"),
        pytest.param("alpaca", {"instruction": "?"}, "key 'output' is missing", id="alpaca: no output"),
        pytest.param("alpaca", {"instruction": "", "output": "x"}, "the question is empty", id="no question"),
        pytest.param("alpaca", {"instruction": "?", "output": None}, "output is null", id="a null answer"),
        pytest.param("alpaca", {"instruction": "?", "output": float("nan")}, "is null", id="NaN is null"),
        pytest.param("alpaca", {"instruction": "?", "output": {}}, "output is no text", id="an object"),
        pytest.param(
            "alpaca", {"instruction": "?", "output": "", "history": ["a"]}, "no list of pairs", id="a history"
        ),
        pytest.param("openai-chat", {"messages": [CHAT]}, "does not end with an answer", id="no answer"),
        pytest.param("openai-chat", {"messages": []}, "does not end with an answer", id="no messages"),
        pytest.param("openai-chat", {"messages": "When?"}, "the messages are no list", id="no list"),
        pytest.param("openai-chat", {"messages": ["When?"]}, "message 1 does not say whom", id="no speaker"),
        pytest.param(
            "openai-chat", {"messages": [{"role": "assistant", "content": "Hello"}]}, "asks nothing",
            id="no user",
        ),
        pytest.param(
            "openai-chat", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "holds more than text", id="a picture",
        ),
        pytest.param(
            "sharegpt",
            {"conversations": [{"from": "human", "value": "<image> What?"}, {"from": "gpt", "value": "Cup"}]},
            "about an image", id="sharegpt: a picture",
        ),
        pytest.param("openai-evals", {"input": "When?"}, "there is no right answer: .* ideal", id="no ideal"),
        pytest.param("openai-evals", {"item": {"ideal": "x"}}, "there is no question: .* input", id="input"),
        pytest.param("ragas", {"user_input": "?", "reference": None}, "reference is null", id="ragas: null"),
        pytest.param("ragas", {"user_input": "?"}, "there is no reference", id="ragas: no reference"),
        pytest.param("csv", {"问题": "?"}, "no column for the answer; .* answer or 答案", id="no column"),
        pytest.param("csv", {"答案": "x"}, "no column for the question; .* question or 问题", id="nor this"),
        pytest.param(
            "csv", {"question": "?", "query": "?", "answer": ""}, "question and query may both be meant",
            id="two columns",
        ),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_read_says_why(name: str, row: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        FORMATS[name].read(row)
