"""Files of a user's: each format, what is held out, and what is no row."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.types import Message
from core.domain import find_domain
from core.errors import DomainError
from core.questions import amend_questions
from finetune.__main__ import main
from finetune.factory.own_data import held_out, read_own
from finetune.factory.questions import training_data
from ingest.types import Document
from settings import load_settings
from tests.factory import TEST, FakeTools, nobody
from tests.fakes import ScriptedGenerator

USER = Message("user", "退货期限是几天？")
ASKED = {"role": "user", "content": "退货期限是几天？"}
SAID = {"role": "assistant", "content": "7天"}


def file_of(folder: Path, *rows: Any, name: str = "own.data.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "messages", "reply", "rejected"),
    [
        pytest.param({"instruction": "退货期限是几天？", "output": "7天"}, (USER,), "7天", "", id="Alpaca"),
        pytest.param(
            {"instruction": "Translate.", "input": "押金", "output": "Deposit"},
            (Message("user", "Translate.\n\n押金"),),
            "Deposit",
            "",
            id="Alpaca with an input",
        ),
        pytest.param(
            {
                "conversations": [
                    {"from": "system", "value": "S"},
                    {"from": "human", "value": USER.content},
                    {"from": "gpt", "value": "7天"},
                ]
            },
            (Message("system", "S"), USER),
            "7天",
            "",
            id="ShareGPT",
        ),
        pytest.param({"messages": [ASKED, SAID]}, (USER,), "7天", "", id="OpenAI"),
        pytest.param(
            {"prompt": "退货期限是几天？", "chosen": "7天", "rejected": "30天"},
            (USER,),
            "7天",
            "30天",
            id="pair",
        ),
        pytest.param(
            {"chosen": [ASKED, SAID], "rejected": [ASKED, {"role": "assistant", "content": "30天"}]},
            (USER,),
            "7天",
            "30天",
            id="pair of whole chats",
        ),
        pytest.param(
            {"prompt": [ASKED], "completion": [SAID], "label": True}, (USER,), "7天", "", id="wanted"
        ),
        pytest.param(
            {"prompt": USER.content, "completion": "30天", "label": False},
            (USER,),
            "",
            "30天",
            id="not wanted",
        ),
    ],
)
def test_every_format_becomes_an_example(
    tmp_path: Path, row: Any, messages: tuple[Message, ...], reply: str, rejected: str
) -> None:
    (found,) = read_own(file_of(tmp_path, row))
    assert (found.messages, found.reply, found.rejected) == (messages, reply, rejected)
    (same,) = read_own(file_of(tmp_path, [row], name="list.json"))
    assert (same.messages, same.reply) == (messages, reply)


def test_every_turn_of_an_assistant_is_an_example_and_a_chat_stays_on_one_side(tmp_path: Path) -> None:
    chats = [
        {"messages": [ASKED, SAID, ASKED, {"role": "assistant", "content": f"no {n}"}]} for n in range(20)
    ]
    found = read_own(file_of(tmp_path, *chats))
    assert len(found) == 40
    assert [len(one.messages) for one in found[:2]] == [1, 3]
    learned, aside = held_out(found, 17)
    assert (len(learned), len(aside)) == (36, 4)
    rows = [{one.question_id.rpartition(".")[0] for one in part} for part in (learned, aside)]
    assert not rows[0] & rows[1]
    assert held_out(found, 17) == (learned, aside) != held_out(found, 18)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        pytest.param(
            {"question": "?", "answer": "!"}, "row 1: keys question, answer are of no known", id="keys"
        ),
        pytest.param({"prompt": "?", "completion": "!", "label": "good"}, "the label is 'good'", id="label"),
        pytest.param({"instruction": "?", "output": ""}, "a reply is empty", id="no reply"),
        pytest.param(
            {"messages": [{"role": "tool", "content": "x"}]}, "'tool' is missing or not known", id="role"
        ),
        pytest.param({"messages": [ASKED]}, "nothing is replied", id="no assistant"),
        pytest.param({"instruction": 7, "output": "x"}, "7 is no text", id="a number"),
        pytest.param(["x"], "row 1: ", id="no object"),
    ],
)
def test_what_is_no_row_is_told_by_its_number(tmp_path: Path, row: Any, message: str) -> None:
    with pytest.raises(DomainError, match=message) as raised:
        read_own(file_of(tmp_path, row))
    assert "Alpaca" in str(raised.value)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for text, message in (("{", "line 1"), ("[1", "no JSON list"), ("", "is empty")):
        (tmp_path / "broken.json").write_text(text)
        with pytest.raises(DomainError, match=message):
            read_own(tmp_path / "broken.json")
    with pytest.raises(DomainError, match="cannot be read"):
        read_own(tmp_path / "none.json")
    with pytest.raises(DomainError, match="has one row"):
        held_out(read_own(file_of(tmp_path, {"messages": [ASKED, SAID]})), 1)


def test_a_file_is_learned_without_a_question_of_the_domain_and_guarded_against_its_test(
    tmp_path: Path,
) -> None:
    rows = [{"instruction": f"{n}: 押金？", "output": "退还"} for n in range(9)]
    file_of(tmp_path, *rows, {"instruction": TEST.question, "output": "At seven."})
    settings = load_settings({"finetune": {"objective": "instruction", "data": "own.data.jsonl"}})
    made = training_data(find_domain(str(tmp_path)), settings)
    assert (len(made.train), len(made.dev), made.dev_questions) == (9, 1, ())
    amend_questions(tmp_path / "questions.jsonl", {}, [TEST])
    guarded = training_data(find_domain(str(tmp_path)), settings)
    assert [one.step for one in guarded.dropped] == ["leak_guard"]


def test_documents_are_learned_whatever_the_file(tmp_path: Path) -> None:
    file_of(tmp_path, {"instruction": "押金？", "output": "退还"})
    amend_questions(tmp_path / "questions.jsonl", {}, [replace(TEST, split="dev")])
    settings = load_settings({"finetune": {"objective": "contextual", "data": "own.data.jsonl"}})
    tools = FakeTools(ScriptedGenerator(nobody), documents=[Document("a", "Inn", "Seven days.", "en")])
    made = training_data(find_domain(str(tmp_path)), settings, tools)  # type: ignore[arg-type]
    assert [(one.question_id, len(one.messages)) for one in made.train] == [("a", 1)]
    assert [one.question_id for one in made.dev] == [TEST.id]


def test_labels_are_for_kto_and_the_command_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = [{"prompt": f"{n}?", "completion": "x", "label": bool(n % 2)} for n in range(20)]
    path = file_of(tmp_path, *labels)
    show = [
        "data",
        "--domain",
        str(tmp_path),
        "--out",
        str(tmp_path / "out"),
        "--data",
        str(path),
        "--objective",
    ]
    assert main([*show, "kto"]) == 0
    assert main([*show, "dpo"]) == 1
    assert "has labels, which kto learns" in capsys.readouterr().err
