"""A sheet goes out, is filled in by a spreadsheet program, and comes back."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.command_line import run
from core.domain import find_domain
from core.questions import amend_questions
from evaluation.review import ReviewError, open_review, read_evidence
from evaluation.review.__main__ import app
from evaluation.review.sheet import COLUMNS, export
from evaluation.review.verdicts import WORDS, Imported, take_in
from tests.evaluation.review.drafts import CHINESE, MINE, Desk, draft

HOSTILE = draft(
    "=cmd",
    question='=HYPERLINK("http://evil.example", "x")',
    answers=["@SUM(A1)", "a | b", "-5"],
    evidence_text=["A bag costs 30 euros."],
)
Table = list[dict[str, str]]
Fill = Callable[[Table], object]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "var"))
    desk = Desk(
        tmp_path, MINE, draft("q1"), draft("q2", answers=["3-5"], answer_type="short"), CHINESE, HOSTILE
    )
    desk.review = open_review(find_domain(str(desk.folder)))
    return desk


def exported(desk: Desk) -> Table:
    sheet = desk.folder.parent / "out.csv"
    export(desk.review.drafts(), sheet)
    return list(csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))


def saved(table: Table, path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> Path:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(table[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(table)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def imported(desk: Desk, table: Table, **how: Any) -> Imported:
    sheet = saved(table, desk.folder.parent / "back.csv", **how)
    return take_in(sheet, desk.review, "ann", lambda ids: read_evidence(find_domain(str(desk.folder)), ids))


def test_it_opens_in_excel_and_runs_nothing(desk: Desk) -> None:
    sheet = desk.folder.parent / "out.csv"
    assert export(desk.review.drafts(), sheet) == 4
    assert sheet.read_bytes().startswith(b"\xef\xbb\xbfid,question,answers,quote")
    rows = list(csv.reader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r")]
    assert [row[2] for row in rows[1:]] == [
        "30 euros | EUR 30",
        "'3-5",
        "7天 | 七日",
        r"'@SUM(A1) | a \| b | -5",
    ]


def test_as_it_went_out_it_says_nothing(desk: Desk) -> None:
    before = desk.questions.read_bytes()
    assert imported(desk, exported(desk)) == Imported(0, 0, 0, 4, ())
    assert desk.questions.read_bytes() == before


def test_all_accepted_comes_back_as_it_was(desk: Desk) -> None:
    before = desk.rows()
    assert imported(desk, [{**row, "verdict": "ok"} for row in exported(desk)]) == Imported(4, 0, 0, 0, ())
    assert desk.rows() == [before[0], *({**row, "reviewed": True} for row in before[1:])]


@pytest.mark.parametrize("word", [*WORDS, " OK. ", "Yes!", "ＯＫ", "通过。"])
def test_verdicts_in_both_languages(desk: Desk, word: str) -> None:
    row = {**exported(desk)[0], "verdict": word}
    if "edit" in word or word == "修改":
        row["split"] = "dev"
    found = imported(desk, [row])
    assert found.problems == ()
    assert found.accepted + found.edited + found.rejected == 1
    assert desk.draft("q1").decided_by("ann")


def test_a_changed_cell_is_an_edit(desk: Desk) -> None:
    first, second, chinese, _ = exported(desk)
    chinese |= {"answers": "7天 | 七日 | 一周", "quote": "退货期限为七日。 | 退款应当在十五日内支付。"}
    chinese |= {"document": "limits | limits", "note": "要两条"}
    first |= {"question": "'=How much?", "verdict": "ok"}
    second |= {"answers": "'2-5"}
    assert imported(desk, [first, second, chinese]) == Imported(0, 3, 0, 0, ())
    assert desk.row("q1") == draft("q1", question="=How much?", reviewed=True)
    assert (desk.row("q2") or {})["answers"] == ["2-5"]
    assert desk.row("zh1") == {
        **CHINESE,
        "answers": ["7天", "七日", "一周"],
        "evidence_doc_ids": ["limits", "limits"],
        "evidence_text": ["退货期限为七日。", "退款应当在十五日内支付。"],
        "reviewed": True,
    }
    assert desk.draft("zh1").decisions["ann"].note == "要两条"


def test_bad_rows_are_told_by_number_and_the_rest_goes_on(desk: Desk) -> None:
    first, second, chinese, hostile = exported(desk)
    first["verdict"] = "perhaps"
    second |= {"quote": "A bag costs nothing.", "verdict": "ok"}
    hostile["verdict"] = "edit"
    chinese["verdict"] = "拒绝"
    unknown = {**first, "id": "q9", "verdict": "ok"}
    found = imported(desk, [first, second, chinese, hostile, unknown, chinese])
    assert (found.rejected, found.accepted, found.edited) == (1, 0, 0)
    assert [problem.row for problem in found.problems] == [2, 3, 5, 6, 7]
    for problem, reason in zip(
        found.problems,
        (
            "'perhaps' is none of",
            "fees does not say",
            "no cell is changed",
            "'q9' is no draft",
            "there twice",
        ),
        strict=True,
    ):
        assert reason in problem.reason
    assert desk.row("zh1") is None


def test_an_emptied_answer_needs_the_type(desk: Desk) -> None:
    first, second, *_ = exported(desk)
    first["answers"] = ""
    second |= {"answers": "", "type": "unanswerable"}
    found = imported(desk, [first, second])
    assert [problem.row for problem in found.problems] == [2]
    assert "set the type to unanswerable" in found.problems[0].reason
    assert (desk.row("q2") or {})["answers"] == []


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [
        pytest.param("gb18030", ",", id="Chinese Excel"),
        pytest.param("utf-16", "\t", id="Unicode text"),
        pytest.param("utf-8", ";", id="where a comma is decimal"),
    ],
)
def test_as_excel_saves_it(desk: Desk, encoding: str, delimiter: str) -> None:
    table = [{**row, "verdict": "通过"} for row in exported(desk)]
    assert imported(desk, table, encoding=encoding, delimiter=delimiter) == Imported(4, 0, 0, 0, ())


def test_twice_imported_counts_once(desk: Desk) -> None:
    first, second, *_ = exported(desk)
    table = [{**first, "verdict": "ok"}, {**second, "answers": "4"}]
    imported(desk, table)
    assert imported(desk, table).problems == ()
    assert desk.review.undo("ann") == "q2"
    assert desk.review.undo("ann") == "q1"


def test_two_sheets_of_one_export_do_not_undo_each_other(desk: Desk) -> None:
    first, second, *_ = exported(desk)
    imported(desk, [{**first, "answers": "31 euros"}])
    sheet = saved([{**first, "verdict": "ok"}, {**second, "verdict": "ok"}], desk.folder.parent / "bob.csv")
    found = take_in(sheet, desk.review, "bob", lambda ids: {})
    assert found == Imported(2, 0, 0, 0, ())
    assert (desk.row("q1") or {})["answers"] == ["31 euros"]
    assert not desk.draft("q1").decided_by("bob")  # bob saw the words before the edit


def test_a_draft_that_changed_meanwhile_is_exported_again(desk: Desk) -> None:
    first = {**exported(desk)[0], "verdict": "ok"}
    amend_questions(desk.questions, {"q1": {"question": "A bag?"}})
    (problem,) = imported(desk, [first]).problems
    assert "q1 has changed since it was exported" in problem.reason
    del first["seen"]  # the row of a sheet that somebody made: an edit of what stands there
    assert imported(desk, [first]).edited == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"name,verdict\nq1,ok\n", "no column id", id="no ids"),
        pytest.param(b"", "no column id", id="empty"),
        pytest.param(b"\0\1\2\xff" * 9, "binary data", id="a workbook"),
    ],
)
def test_what_is_no_sheet_is_refused(desk: Desk, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "bad.csv").write_bytes(content)
    with pytest.raises(ReviewError, match=reason):
        take_in(tmp_path / "bad.csv", desk.review, "ann", lambda ids: {})


class TestCommands:
    def test_there_and_back(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        domain, sheet = str(desk.folder), desk.folder.parent / "review.csv"
        assert run(app, ["export", "--domain", domain, "--out", str(sheet)]) == 0
        table = list(csv.DictReader(io.StringIO(sheet.read_text(encoding="utf-8-sig"), newline="")))
        saved([{**row, "verdict": "拒绝" if row["id"] == "q1" else "ok"} for row in table], sheet)
        assert run(app, ["import", str(sheet), "--domain", domain, "--reviewer", "ann"]) == 0
        saved([{**row, "verdict": "ok"} for row in table], sheet)
        assert run(app, ["import", str(sheet), "--domain", domain, "--reviewer", "bob"]) == 0
        assert run(app, ["status", "--domain", domain]) == 0
        told = capsys.readouterr().out.splitlines()
        assert told[1:4] == [
            "3 accepted, 0 edited, 1 rejected, 0 without a verdict, 0 bad",
            "4 accepted, 0 edited, 0 rejected, 0 without a verdict, 0 bad",
            "4 drafts: 3 reviewed, 1 rejected, 0 to review",
        ]
        assert told[4] == "disputed: q1"
        assert told[5].startswith("ann and bob: kappa 0.00 [")
        assert told[5].endswith("on 4 drafts that both saw")

    def test_a_bad_row_is_an_exit_code(self, desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
        sheet = saved([{**exported(desk)[0], "verdict": "hm"}], desk.folder.parent / "bad.csv")
        command = ["import", str(sheet), "--domain", str(desk.folder), "--reviewer", "ann"]
        assert run(app, command) == 1
        assert capsys.readouterr().out.startswith("row 2: q1: verdict 'hm' is none of accept")

    def test_without_drafts_it_says_how_to_make_some(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(app, ["status", "--domain", "travel"]) == 0
        assert "python -m evaluation.draft --domain travel" in capsys.readouterr().out
