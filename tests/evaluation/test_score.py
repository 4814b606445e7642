"""Scoring answers that another system wrote, through the command line."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evaluation.score import app

QUESTIONS = [
    {"id": "1", "question": "How long?", "answers": ["7 days"], "split": "test", "lang": "en"},
    {"id": "2", "question": "多久？", "answers": ["七天"], "split": "test", "lang": "zh"},
    {"id": "3", "question": "Who is king?", "answers": [], "answer_type": "unanswerable", "split": "test"},
    {"id": "4", "question": "Old?", "answers": ["yes"], "split": "train", "lang": "en"},
]


@pytest.fixture
def domain(tmp_path: Path) -> Path:
    folder = tmp_path / "inn"
    folder.mkdir()
    lines = [json.dumps(row, ensure_ascii=False) for row in QUESTIONS]
    (folder / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def scored(domain: Path, text: str, *options: str) -> tuple[int, str, str]:
    predictions = domain / "predictions.jsonl"
    predictions.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, [str(predictions), "--domain", str(domain), *options])
    return result.exit_code, result.stdout, result.stderr


def test_json_has_n_values_and_signatures(domain: Path) -> None:
    text = '{"id": "1", "text": "The 7 days"}\n\n{"id": "2", "text": "需要七天"}\n'
    code, out, _ = scored(domain, text, "--json")
    report = json.loads(out)
    assert code == 0
    assert (report["n"], report["missing"]) == (2, 1)
    assert report["metrics"]["correct"]["value"] == 1.0
    assert report["metrics"]["exact_match"]["value"] == 0.5
    assert report["metrics"]["f1"]["value"] == pytest.approx((1 + 2 / 3) / 2)
    assert "tok:zh" in report["metrics"]["bleu"]["signature"]
    assert "recall@1" not in report["metrics"]


def test_questions_about_one_document_count_as_one(domain: Path) -> None:
    """All of two documents right is [0.34, 1.00]; of four it would be [0.51, 1.00]."""
    rows = [
        {"id": str(place), "question": "?", "answers": ["yes"], "evidence_doc_ids": [document]}
        for place, document in enumerate(["pool", "pool", "dogs", "dogs"])
    ]
    (domain / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    _, out, _ = scored(domain, "\n".join(f'{{"id": "{place}", "text": "Yes."}}' for place in range(4)))
    assert "f1                 1.00 [0.34, 1.00] (n=4)" in out


def test_refusals_are_recognised(domain: Path) -> None:
    _, out, _ = scored(
        domain, '{"id": "3", "text": "我不知道。"}\n{"id": "1", "text": "I don\'t know."}', "--json"
    )
    metrics = json.loads(out)["metrics"]
    assert metrics["f1"]["value"] == 0.5
    assert (metrics["refusal_precision"]["value"], metrics["refusal_recall"]["value"]) == (0.5, 1.0)


def test_an_empty_answer_is_neither_right_nor_a_refusal(domain: Path) -> None:
    _, out, _ = scored(domain, '{"id": "3", "text": " "}\n{"id": "1", "text": ""}', "--json")
    metrics = json.loads(out)["metrics"]
    assert (metrics["f1"]["value"], metrics["exact_match"]["value"]) == (0.0, 0.0)
    assert metrics["refusal_recall"]["value"] == 0.0
    assert "refusal_precision" not in metrics


def test_for_people_there_is_a_line_per_metric(domain: Path) -> None:
    code, out, _ = scored(domain, '{"id": "1", "text": "7 days"}')
    assert code == 0
    assert "f1                 1.00 [0.21, 1.00] (n=1)" in out
    assert "1 predictions; 2 test questions have none" in out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param('{"id": "1", "text": "x"}\n{"id":', "line 2: ", id="broken JSON"),
        pytest.param('\n{"id": "9", "text": "x"}', "line 2: no question has the id '9'", id="an unknown id"),
        pytest.param('{"id": "1"}', 'line 1: not an object with "id" and a "text"', id="no text"),
        pytest.param('{"id": "1", "text": null}', "line 1: not an object", id="a text that is none"),
        pytest.param('["1", "x"]', "line 1: not an object", id="no object"),
        pytest.param(
            '{"id": 1, "text": "a"}\n{"id": "1", "text": "b"}', "line 2: id '1' is there twice", id="twice"
        ),
        pytest.param("", "holds no predictions", id="an empty file"),
    ],
)
def test_bad_predictions_are_one_line_that_names_the_line(domain: Path, text: str, message: str) -> None:
    code, out, err = scored(domain, text)
    assert (code, out) == (1, "")
    assert message in err
    assert err.count("\n") == 1


def test_a_broken_question_is_named_by_its_line(domain: Path) -> None:
    with (domain / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.write('\n{"id": "5"')
    code, _, err = scored(domain, '{"id": "1", "text": "x"}')
    assert code == 1
    assert "line 5" in err


def test_a_missing_file_and_an_unknown_domain(tmp_path: Path, domain: Path) -> None:
    missing = CliRunner().invoke(app, [str(tmp_path / "none.jsonl"), "--domain", str(domain)])
    unknown = CliRunner().invoke(app, [str(tmp_path / "none.jsonl"), "--domain", "atlantis"])
    assert (missing.exit_code, unknown.exit_code) == (1, 1)
    assert "cannot be read" in missing.stderr
    assert "known are" in unknown.stderr
