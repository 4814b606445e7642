"""The command: questions into a domain's folder and out of it, and what it says of them."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from core.domain import find_domain
from evaluation.check_questions import find_faults, load_material
from evaluation.formats import FORMATS
from evaluation.questions import app

RETURNS = "---\ntitle: 退货\nlang: zh\n---\n七天内\n可以退货。运费由买家承担。"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "var"))
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "returns.md").write_text(RETURNS, encoding="utf-8")
    return folder


def run(*arguments: Any) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def rows(shop: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (shop / "questions.jsonl").read_text("utf-8").splitlines()]


def table(shop: Path, text: str, encoding: str = "gbk") -> Path:
    path = shop.parent / "q.csv"
    path.write_text(text, encoding=encoding)
    return path


def test_a_chinese_table_becomes_questions_with_their_evidence(shop: Path) -> None:
    path = table(
        shop,
        "问题,答案,依据,文档\n几天可以退货？,7天|七天,七天内可以退货,\n谁付运费？,买家,,退货\n有赠品吗？,,,\n",
    )
    result = run("import", path, "--domain", shop)
    assert result.exit_code == 0, result.output
    first, second, third = rows(shop)
    assert (first["answers"], first["split"], first["lang"]) == (["7天", "七天"], "test", "zh")
    assert (first["evidence_doc_ids"], first["evidence_text"]) == (["returns.md"], ["七天内\n可以退货"])
    assert second["evidence_doc_ids"] == ["returns.md"]
    assert (third["answers"], third["answer_type"]) == ([], "unanswerable")
    assert result.stdout.splitlines() == [
        f"{path} (csv): 3 taken, 0 there already, 0 passed over",
        "  taken as without an answer (empty, or a refusal): line 4",
        "evidence: 1 of 1 passages found in the domain's documents",
        f"3 questions added to {shop / 'questions.jsonl'}: test 3; zh 3; an answer 2, no answer 1",
    ]


def test_the_same_file_again_adds_nothing_and_changes_nothing(shop: Path) -> None:
    mine = '{"id": "mine",  "question": "谁付运费？", "answers": ["买家"], "asked_by": "Ann"}\n'
    (shop / "questions.jsonl").write_text(mine, encoding="utf-8")
    path = table(shop, "问题,答案\n谁付运费？,卖家\n几天可以退货？,7天\n")
    assert (
        "line 2: question 'mine' is there with other words or answers"
        in run("import", path, "--domain", shop).stdout
    )
    before = (shop / "questions.jsonl").read_text("utf-8")
    assert before.startswith(mine)
    assert len(rows(shop)) == 2
    again = run("import", path, path, "--domain", shop)
    assert "0 taken, 1 there already, 1 passed over" in again.stdout
    assert f"nothing to add to {shop / 'questions.jsonl'}" in again.stdout
    assert (shop / "questions.jsonl").read_text("utf-8") == before


def test_the_first_bad_rows_are_named_and_the_others_counted(shop: Path) -> None:
    path = shop.parent / "q.jsonl"
    path.write_text('{"instruction": "?", "output": "x"}\n' + "{\n" * 7)
    result = run("import", path, "--domain", shop, "--split", "dev")
    assert result.exit_code == 0
    assert [line.split(":")[0] for line in result.stdout.splitlines()[1:7]] == [
        *(f"  line {number}" for number in range(2, 7)),
        "  and 2 more",
    ]
    assert rows(shop)[0]["split"] == "dev"


def test_passages_that_no_document_holds_are_left_out_and_counted(shop: Path) -> None:
    path = shop.parent / "q.jsonl"
    row = {
        "user_input": "有赠品吗？",
        "reference": "有",
        "reference_contexts": ["赠品如下", "运费由买家承担"],
    }
    path.write_text(json.dumps({**row, "retrieved_contexts": ["x"]}), encoding="utf-8")
    result = run("import", path, "--domain", shop)
    assert "evidence: 1 of 2 passages found in the domain's documents" in result.stdout
    assert "left out: retrieved_contexts, which say what a system found (of 1 row)" in result.stdout
    assert rows(shop)[0]["evidence_text"] == ["运费由买家承担"]


def test_without_documents_questions_are_taken_without_their_passages(shop: Path) -> None:
    (shop / "returns.md").unlink()
    path = shop.parent / "q.jsonl"
    path.write_text(json.dumps({"user_input": "Why?", "reference": "Due", "reference_contexts": ["Due."]}))
    result = run("import", path, "--domain", shop)
    assert (result.exit_code, rows(shop)[0]["evidence_text"]) == (0, [])
    assert "0 of 1 passages found in the domain's documents" in result.stdout


def test_of_a_bad_file_beside_a_good_one_nothing_is_added(shop: Path) -> None:
    good, bad = table(shop, "问题,答案\n谁？,他\n"), shop.parent / "bad.csv"
    bad.write_text("Frage,Antwort\nWer?,Er\n")
    result = run("import", good, bad, "--domain", shop)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert f"{bad}, line 2: 'Frage', 'Antwort' are the names of no known format" in result.stderr
    assert not (shop / "questions.jsonl").exists()


def test_follow_ups_and_unknown_splits_say_how_they_are_asked(shop: Path) -> None:
    path = shop.parent / "q.jsonl"
    said = [("human", "谁？"), ("gpt", "他"), ("human", "几天？"), ("gpt", "7天")]
    path.write_text(json.dumps({"conversations": [{"from": a, "value": b} for a, b in said]}))
    assert (
        "1 with turns before the question; ask them with: compare --turns"
        in run("import", path, "--domain", shop).stdout
    )
    other = table(shop, "question,answer,split\nWhy?,Due,holdout\n")
    assert "no command asks split holdout by itself" in run("import", other, "--domain", shop).stdout


SUFFIX = {name: one.suffixes[0] for name, one in FORMATS.items()}


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_exported_is_there_when_it_is_imported(name: str, shop: Path, tmp_path: Path) -> None:
    lines = [
        {"id": "a", "question": "几天可以退货？", "answers": ["7天", "七天"], "split": "dev"},
        {"id": "b", "question": "Who pays?", "answers": ["=the buyer"], "split": "test", "lang": "en"},
        {"id": "c", "question": "Any gift?", "answers": [], "answer_type": "unanswerable", "fact_id": "f"},
    ]
    lines[0] |= {"evidence_doc_ids": ["returns.md"], "evidence_text": ["七天内\n可以退货"]}
    (shop / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    out = tmp_path / f"out{SUFFIX[name]}"
    result = run("export", "--domain", shop, "--format", name, "--out", out)
    assert result.stdout.startswith(f"3 questions written to {out} ({name})\n")
    assert "further right answers (of 1 questions)" in result.stdout or "answers" in FORMATS[name].keeps
    again = run("import", out, "--domain", shop)
    assert f"({name}): 0 taken, 3 there already, 0 passed over" in again.stdout
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "returns.md").write_text(RETURNS, encoding="utf-8")
    assert f"({name}): 3 taken" in run("import", out, "--domain", tmp_path / "other").stdout
    assert [row["answers"][:1] for row in rows(tmp_path / "other")] == [["7天"], ["=the buyer"], []]


def test_an_exported_table_opens_in_a_spreadsheet_and_runs_nothing(shop: Path, tmp_path: Path) -> None:
    line = {"id": "a", "question": "=cmd|'/c calc'!A1", "answers": ["-5 °C", "零下5度"], "split": "test"}
    (shop / "questions.jsonl").write_text(json.dumps(line))
    out = tmp_path / "q.csv"
    run("export", "--domain", shop, "--format", "csv", "--out", out, "--split", "test")
    assert out.read_bytes().startswith("\ufeff".encode())
    (row,) = csv.DictReader(out.read_text("utf-8-sig").splitlines())
    assert (row["question"], row["answers"]) == ("'=cmd|'/c calc'!A1", "'-5 °C|零下5度")


@pytest.mark.parametrize(
    ("name", "out", "message"),
    [
        pytest.param("csv", "q.jsonl", "csv is written to .csv or .tsv", id="another suffix"),
        pytest.param("xml", "q.xml", "no format 'xml'; known are ours", id="an unknown format"),
        pytest.param("ours", "shop/questions.jsonl", "is there already", id="a file that is there"),
        pytest.param("csv", "shop/q.csv", "among the documents of shop, where its answers", id="a document"),
        pytest.param("ours", "gone/q.jsonl", "No such file or directory", id="no folder"),
    ],
)
def test_an_export_that_cannot_be_is_one_line(
    name: str, out: str, message: str, shop: Path, tmp_path: Path
) -> None:
    before = '{"id": "a", "question": "Why?", "answers": ["Due"]}'
    (shop / "questions.jsonl").write_text(before)
    result = run("export", "--domain", shop, "--format", name, "--out", tmp_path / out)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert message in result.stderr
    assert (shop / "questions.jsonl").read_text() == before


def test_questions_among_the_documents_are_refused_since_every_search_would_find_them(shop: Path) -> None:
    path = table(shop, "问题,答案\n谁？,他\n").rename(shop / "q.csv")
    result = run("import", path, "--domain", shop)
    assert "lies among the documents of shop" in result.stderr
    assert not (shop / "questions.jsonl").exists()
    (shop / "documents").mkdir()
    assert run("import", path, "--domain", shop).exit_code == 0, "beside them it is none"


def test_a_follow_up_that_cannot_stand_alone_is_passed_over(shop: Path, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Due."}]
    lines = [
        {"id": "a", "question": "When?", "answers": ["Now"]},
        {"id": "b", "question": "And?", "turns": turns},
    ]
    (shop / "questions.jsonl").write_text("\n".join(map(json.dumps, lines)))
    result = run("export", "--domain", shop, "--format", "ragas", "--out", tmp_path / "q.jsonl")
    assert "passed over: b: it follows on turns, and no standalone says it without them" in result.stdout


def test_what_was_imported_passes_the_checks_of_a_domain(shop: Path) -> None:
    path = table(shop, "问题,答案,依据\n退货要在几天之内提出？,七天内,七天内可以退货\n有赠品吗？,,\n")
    run("import", path, "--domain", shop)
    material, faults = load_material(find_domain(str(shop)))
    found = faults + find_faults(material, strict=False)
    assert [one for one in found if one.where.startswith("questions.jsonl")] == []
