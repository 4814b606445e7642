"""`python -m assistant ask`, from a folder of documents to an answer, with tiny random models."""

import io
import json
from pathlib import Path

import pytest

from assistant.__main__ import main

FEES = "# Fees\n\nThe hotel refunds the deposit in seven days. Dogs pay 15 euros a night.\n"
YAJIN = "# 押金\n\n酒店在七天内退还押金。宠物每晚15欧元。\n"


@pytest.fixture
def inns(tmp_path: Path, tiny_model: Path, tiny_embedder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A domain of two documents; the environment names the tiny models."""
    documents = tmp_path / "inns" / "documents"
    documents.mkdir(parents=True)
    (documents / "fees.md").write_text(FEES, encoding="utf-8")
    (documents / "押金.md").write_text(YAJIN, encoding="utf-8")
    for key, value in {
        "HOME": tmp_path / "var",
        "THREADS": 1,
        "GENERATOR__MODEL": tiny_model,
        "GENERATOR__DTYPE": "float32",
        "GENERATOR__MAX_NEW_TOKENS": 6,
        "EMBEDDER__MODEL": tiny_embedder,
        "MAX_QUESTION_CHARS": 30,
    }.items():
        monkeypatch.setenv(f"ASSISTANT_{key}", str(value))
    return tmp_path / "inns"


def test_the_answer_and_what_it_cost_are_printed(inns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "When is the deposit refunded?", "--domain", str(inns)]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    assert last.startswith("rag, ")
    assert "prompt tokens (0 cached)" in last


def test_json_is_the_whole_answer(inns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["ask", "押金多久退还？", "--domain", str(inns), "--strategy", "long_context", "--json"]
    assert main(arguments) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["question"]["lang"] == "zh"
    assert [hit["chunk"]["id"] for hit in first["contexts"]] == ["押金.md"]
    assert main(arguments) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["text"] == first["text"]
    assert again["usage"]["cached_tokens"] > 0, "the prefix was stored"


@pytest.mark.parametrize(
    ("lang", "read"),
    [("", {"fees.md", "押金.md"}), ("zh", {"押金.md"}), ("en", {"fees.md"})],
    ids=["both languages", "zh", "en"],
)
def test_passages_come_from_all_languages_or_the_one_asked_for(
    inns: Path, capsys: pytest.CaptureFixture[str], lang: str, read: set[str]
) -> None:
    assert main(["ask", "deposit 多久退还？", "--domain", str(inns), "--lang", lang, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["question"]["lang"] == "zh"
    assert {hit["chunk"]["document_id"] for hit in answer["contexts"]} == read


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["When?", "--strategy", "raq"], "no strategy 'raq'; known are rag", id="strategy"),
        pytest.param(["When?", "--strategy", "fine_tuned"], "python -m finetune train", id="no adapter"),
        pytest.param(["When?", "--lang", "fr"], "there are some in en, zh", id="language"),
        pytest.param([" "], "the question is empty", id="empty question"),
        pytest.param(["很" * 31], "shorten it to 30", id="long question"),
    ],
)
def test_bad_input_is_one_line_and_exit_1(
    inns: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["ask", *arguments, "--domain", str(inns)]) == 1
    captured = capsys.readouterr()
    errors = [line for line in captured.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert captured.out == ""


def test_an_unknown_domain_lists_the_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "When?", "--domain", "nowhere"]) == 1
    assert "known are legal, travel" in capsys.readouterr().err


def test_a_follow_up_is_asked_with_its_turns(inns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = ["--turn", "What does a dog pay?", "--turn", "15 euros."]
    assert main(["ask", "And a cat?", *turns, "--domain", str(inns), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["content"] for one in answer["question"]["turns"]] == turns[1::2]
    assert answer["standalone"] == "What does a dog pay? And a cat?", "a random model writes no question"
    assert answer["usage"]["calls"] == 2


def test_turns_without_an_answer_are_refused(inns: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "And a cat?", "--turn", "A dog?", "--domain", str(inns)]) == 1
    assert "end with an answer" in capsys.readouterr().err


def test_a_chat_remembers_what_was_said(
    inns: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("狗要付多少钱？\n那猫呢？\n"))
    assert main(["chat", "--domain", str(inns)]) == 0
    assert "(狗要付多少钱？那猫呢？)" in capsys.readouterr().out


def test_an_answer_by_a_schema_is_json_and_nothing_else(
    inns: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (inns / "answer.json").write_text('{"enum": [{"days": 7}]}', encoding="utf-8")
    monkeypatch.setenv("ASSISTANT_GENERATOR__MAX_NEW_TOKENS", "40")
    assert main(["ask", "押金多久退还？", "--domain", str(inns), "--schema", str(inns / "answer.json")]) == 0
    assert json.loads(capsys.readouterr().out) in (None, {"days": 7})
    (inns / "domain.toml").write_text(
        'answer_style = "json"\nanswer_schema = "answer.json"\n', encoding="utf-8"
    )
    assert main(["ask", "When?", "--domain", str(inns), "--json"]) == 0
    assert json.loads(json.loads(capsys.readouterr().out)["text"]) in (None, {"days": 7})


def test_json_that_was_cut_is_an_error_and_not_printed(
    inns: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (inns / "answer.json").write_text(f'{{"const": "{"x" * 99}"}}', encoding="utf-8")
    code = main(["ask", "When?", "--domain", str(inns), "--schema", str(inns / "answer.json")])
    printed = capsys.readouterr()
    assert (code, printed.out.strip()) in [(1, ""), (0, "null")]
    assert code == 0 or "raise generator.max_new_tokens" in printed.err
