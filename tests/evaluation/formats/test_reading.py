"""Files of questions: their format is told by what is in them, and one line says what is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.errors import AssistantError
from evaluation.formats.reading import read_file

ALPACA = {"instruction": "When?", "input": "", "output": "Now"}
CHAT = {"messages": [{"role": "user", "content": "When?"}, {"role": "assistant", "content": "Now"}]}
SHAREGPT = {"conversations": [{"from": "human", "value": "When?"}, {"from": "gpt", "value": "Now"}]}
ROWS: dict[str, dict[str, Any]] = {
    "ours": {"id": "q1", "question": "When?", "answers": ["Now"]},
    "alpaca": ALPACA,
    "sharegpt": SHAREGPT,
    "openai-chat": CHAT,
    "openai-evals": {"item": {"question": "When?", "answer": "Now"}},
    "csv": {"question": "When?", "answer": "Now"},
    "ragas": {"user_input": "When?", "reference": "Now", "reference_contexts": []},
}


def lines(*rows: Any) -> str:
    return "\n".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in rows)


def file(folder: Path, text: str | bytes, name: str = "q.jsonl") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize("name", ROWS)
def test_a_format_is_told_by_what_is_in_the_file(name: str, tmp_path: Path) -> None:
    for text in (lines(ROWS[name]), json.dumps([ROWS[name]], indent=1)):
        reading = read_file(file(tmp_path, text))
        assert reading.format == name
        assert [one.question for one in reading.records] == ["When?"]


CHINESE = "问题,答案,文档\n几天？,7天|七天,退货.md\n谁付？,,\n"


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(CHINESE.encode(), id="UTF-8"),
        pytest.param(CHINESE.encode("utf-8-sig"), id="UTF-8 with its mark, as Excel saves it"),
        pytest.param(CHINESE.encode("gbk"), id="GBK, as Excel saves CSV in China"),
        pytest.param(CHINESE.encode("gb18030"), id="GB18030"),
        pytest.param(CHINESE.replace(",", "\t").encode("utf-16"), id="Excel's Unicode text"),
    ],
)
def test_a_table_in_the_encodings_of_spreadsheets(data: bytes, tmp_path: Path) -> None:
    reading = read_file(file(tmp_path, data, "q.csv"))
    first, second = reading.records
    assert (first.question, first.answers, first.evidence_doc_ids) == (
        "几天？",
        ("7天", "七天"),
        ("退货.md",),
    )
    assert (second.answers, second.answer_type, second.lang) == ((), "unanswerable", "zh")


def test_a_table_of_ragas_has_lists_in_its_cells(tmp_path: Path) -> None:
    text = ',user_input,reference_contexts,reference\n0,When?,"[\'Now, he said.\', ""It\'s now.""]",Now\n'
    reading = read_file(file(tmp_path, text, "q.csv"))
    assert reading.format == "ragas"
    assert reading.records[0].evidence_text == ("Now, he said.", "It's now.")


def test_bad_rows_are_named_by_line_and_stop_nothing(tmp_path: Path) -> None:
    empty = {**ALPACA, "instruction": " "}
    reading = read_file(file(tmp_path, lines(ALPACA, "{torn", empty, CHAT, "", {**ALPACA, "input": "x"})))
    assert [one.line for one in reading.records] == [1, 6]
    assert [(line, reason.split(":")[0]) for line, reason in reading.passed] == [
        (2, "it is not JSON"),
        (3, "the question is empty"),
        (4, "key 'instruction' is missing"),
    ]


def test_half_a_character_is_a_bad_row(tmp_path: Path) -> None:
    reading = read_file(file(tmp_path, '{"instruction": "\\ud83d?", "output": "x"}\n' + lines(ALPACA)))
    assert [one.line for one in reading.records] == [2]
    assert "half a character" in reading.passed[0].reason


def test_what_has_no_place_in_a_question_is_counted(tmp_path: Path) -> None:
    told = {"messages": [{"role": "system", "content": "Be brief."}, *CHAT["messages"]]}
    assert read_file(file(tmp_path, lines(told, told, CHAT))).left_out == {"system messages": 2}


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        pytest.param(
            lines({**ALPACA, **CHAT}),
            "auto",
            "line 1: this may be alpaca or openai-chat; say which, with --format alpaca",
            id="two formats in a row",
        ),
        pytest.param(
            lines(ALPACA, CHAT), "auto", "line 1: this may be alpaca or openai-chat", id="two in a file"
        ),
        pytest.param(
            lines("", {"frage": "Wann?", "antwort": "Nun"}),
            "auto",
            "line 2: 'frage', 'antwort' are the names of no known format .* question or 问题",
            id="an unknown one",
        ),
        pytest.param(
            "Frage;Antwort\nWann?;Nun", "auto", "line 2: 'Frage', 'Antwort' are the names of no", id="a table"
        ),
        pytest.param(
            lines(SHAREGPT),
            "alpaca",
            "line 1: key 'instruction' is missing; no row is alpaca, .* like sharegpt: --format sharegpt",
            id="the wrong one was named",
        ),
        pytest.param(
            lines({**ALPACA, "output": None}), "auto", "line 1: output is null; .* no row is", id="bad"
        ),
        pytest.param(
            lines("{torn", "{"), "auto", "line 1: it is not JSON.* no row can be read", id="no JSON"
        ),
        pytest.param("question,answer\n", "auto", "holds no questions; write one a line", id="a header"),
        pytest.param("", "auto", "holds no questions", id="an empty file"),
        pytest.param(
            lines(ALPACA), "alpacca", "no format 'alpacca'; known are ours, alpaca", id="a misspelt one"
        ),
        pytest.param(b"\x00\x01\x02", "auto", "q.jsonl holds binary data", id="binary data"),
    ],
)
def test_a_file_without_a_good_row_is_one_line_of_error(
    text: str | bytes, wanted: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(AssistantError, match=message) as error:
        read_file(file(tmp_path, text), wanted)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param(
            "q.xlsx", "is no text; save it in the spreadsheet as CSV, and import that", id="a workbook"
        ),
        pytest.param("q.parquet", "is no text; write it as JSON Lines", id="a parquet file"),
        pytest.param("gone.csv", "cannot be read: No such file", id="no file"),
        pytest.param("", "cannot be read: Is a directory", id="a folder"),
    ],
)
def test_what_is_no_file_of_text_says_what_to_do(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(AssistantError, match=message):
        read_file(tmp_path / name)
