"""What stands in questions.jsonl follows the journal, whoever decides, crashes or drafts anew."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from core.questions import amend_questions
from evaluation.review import Review, ReviewError
from settings import PROJECT
from tests.evaluation.review.drafts import MINE, Desk, draft, write


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, MINE, draft("q1"), draft("q2"), draft("q3"))


class TestOneReviewer:
    def test_accepted_is_reviewed_and_nothing_else_changes(self, desk: Desk) -> None:
        desk.accept("q1")
        assert desk.rows() == [MINE, draft("q1", reviewed=True), draft("q2"), draft("q3")]

    def test_edited_has_its_changes_and_is_reviewed(self, desk: Desk) -> None:
        desk.edit("q2", question="How much is a bag?")
        assert desk.row("q2") == draft("q2", question="How much is a bag?", reviewed=True)

    def test_rejected_is_taken_out_and_kept_whole(self, desk: Desk) -> None:
        desk.reject("q1")
        assert [row["id"] for row in desk.rows()] == ["mine", "q2", "q3"]
        assert json.loads(desk.journal.read_text())["row"] == draft("q1")
        assert desk.draft("q1").rejected

    @pytest.mark.parametrize("verdict", ["accept", "reject"])
    def test_undo_takes_it_back(self, desk: Desk, verdict: str) -> None:
        getattr(desk, verdict)("q3")
        assert desk.undo() == "q3"
        assert desk.rows() == [MINE, draft("q1"), draft("q2"), draft("q3")]

    def test_undo_goes_back_one_by_one(self, desk: Desk) -> None:
        desk.accept("q1")
        desk.edit("q1", answers=["31 euros"])
        desk.edit("q1", answers=["32 euros"])
        assert desk.undo() == "q1"
        assert desk.row("q1") == draft("q1", answers=["31 euros"], reviewed=True)
        desk.undo()
        assert desk.row("q1") == draft("q1", reviewed=True)
        desk.undo()
        assert desk.row("q1") == draft("q1")
        with pytest.raises(ReviewError, match="ann has no decision"):
            desk.undo()

    def test_an_edit_stays_when_it_is_accepted_afterwards(self, desk: Desk) -> None:
        desk.edit("q1", answers=["31 euros"])
        desk.accept("q1")
        assert desk.row("q1") == draft("q1", answers=["31 euros"], reviewed=True)

    def test_who_rejected_may_accept_after_all(self, desk: Desk) -> None:
        desk.reject("q1")
        desk.accept("q1")
        assert desk.rows()[-1] == draft("q1", reviewed=True)

    def test_said_twice_it_counts_once(self, desk: Desk) -> None:
        desk.accept("q1")
        desk.accept("q1")
        assert len(desk.journal.read_text().splitlines()) == 1

    def test_the_language_goes_back_with_the_question(self, desk: Desk) -> None:
        write(desk.questions, {key: value for key, value in draft("q1").items() if key != "lang"})
        desk.edit("q1", question="一个包多少钱？", lang="zh")
        desk.undo()
        assert desk.draft("q1").record.lang == "en"
        assert not (desk.row("q1") or {}).get("lang")

    @pytest.mark.parametrize("name", ["", " \n ", "x" * 61])
    def test_a_reviewer_has_a_name(self, desk: Desk, name: str) -> None:
        with pytest.raises(ReviewError, match="name has 1 to 60 characters"):
            desk.accept("q1", name)

    def test_an_edit_leaves_a_question(self, desk: Desk) -> None:
        with pytest.raises(ReviewError, match="the question is empty"):
            desk.edit("q1", question=" ")
        assert not desk.journal.exists() or not desk.journal.read_text()

    def test_what_no_model_drafted_is_not_reviewed(self, desk: Desk) -> None:
        assert [one.row["id"] for one in desk.review.drafts()] == ["q1", "q2", "q3"]
        seen = desk.draft("q1")
        write(desk.questions, MINE, {**draft("q1"), "origin": ""})
        with pytest.raises(ReviewError, match="q1 is no draft here"):
            desk.review.decide(seen.decision("ann", "reject"))

    def test_a_rejected_draft_that_somebody_wrote_anew_by_hand_is_theirs(self, desk: Desk) -> None:
        desk.reject("q1")
        amend_questions(desk.questions, {}, [{**draft("q1"), "origin": "hand"}])
        assert "q1" not in [one.row["id"] for one in desk.review.drafts()]
        desk.undo()
        assert [row["id"] for row in desk.rows()].count("q1") == 1


class TestSeveralReviewers:
    def test_a_rejection_by_any_takes_it_out_and_is_disputed(self, desk: Desk) -> None:
        desk.accept("q1")
        desk.reject("q1", "bob")
        assert desk.row("q1") is None
        assert desk.draft("q1").disputed
        desk.undo("bob")
        assert desk.row("q1") == draft("q1", reviewed=True)
        assert not desk.draft("q1").disputed

    def test_each_takes_back_their_own_last_one(self, desk: Desk) -> None:
        desk.accept("q1")
        desk.accept("q2", "bob")
        assert desk.undo() == "q1"
        assert desk.row("q2") == draft("q2", reviewed=True)

    def test_an_edit_is_to_be_reviewed_again_by_who_accepted_before(self, desk: Desk) -> None:
        desk.accept("q1", "bob")
        desk.edit("q1", answers=["31 euros"])
        assert desk.draft("q1").decided_by("ann")
        assert not desk.draft("q1").decided_by("bob")
        desk.undo()
        assert desk.draft("q1").decided_by("bob")

    def test_of_two_edits_one_taken_back_leaves_the_other_to_be_reviewed(self, desk: Desk) -> None:
        desk.edit("q1", answers=["31 euros"])
        desk.edit("q1", "bob", question="How much?")
        desk.undo()
        assert desk.row("q1") == draft("q1", question="How much?")  # nobody has seen these two together
        desk.accept("q1")
        assert (desk.row("q1") or {})["reviewed"] is True

    def test_an_edit_of_what_was_edited_meanwhile_is_refused(self, desk: Desk) -> None:
        seen = desk.draft("q1")
        desk.edit("q1", answers=["31 euros"])
        with pytest.raises(ReviewError, match="q1 has been edited since it was seen"):
            desk.review.decide(seen.decision("bob", "edit", {"question": "How much?"}))
        desk.review.decide(seen.decision("bob", "accept"))  # of what bob saw
        assert not desk.draft("q1").decided_by("bob")

    def test_all_at_once_in_threads_and_processes(self, desk: Desk) -> None:
        write(desk.questions, *(draft(f"q{n}") for n in range(24)))
        code = (
            "import sys; from pathlib import Path; from evaluation.review import Review\n"
            "review = Review(*map(Path, sys.argv[1:3]))\n"
            "for draft in review.drafts(): review.decide(draft.decision(sys.argv[3], 'accept'))"
        )
        files = str(desk.questions), str(desk.journal)
        others = [
            subprocess.Popen([sys.executable, "-c", code, *files, name], cwd=PROJECT)
            for name in ("cy", "dee")
        ]
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(lambda name: [desk.accept(f"q{n}", name) for n in range(24)], ("ann", "bob")))
        assert [one.wait() for one in others] == [0, 0]
        assert {len(one.decisions) for one in desk.review.drafts()} == {4}
        assert all(row["reviewed"] for row in desk.rows())


class TestDraftedAnew:
    def test_a_changed_draft_is_to_be_reviewed_again(self, desk: Desk) -> None:
        desk.accept("q1")
        amend_questions(desk.questions, {"q1": {"question": "A bag, how much?"}})
        assert not desk.draft("q1").decided_by("ann")
        assert (desk.row("q1") or {})["reviewed"] is False
        desk.accept("q1")
        assert (desk.row("q1") or {})["reviewed"] is True

    def test_what_nobody_sees_may_change(self, desk: Desk) -> None:
        desk.edit("q1", answers=["31 euros"])
        amend_questions(desk.questions, {"q1": {"fact_id": "other", "model": "newer"}})
        assert desk.draft("q1").decided_by("ann")
        assert desk.row("q1") == draft(
            "q1", answers=["31 euros"], fact_id="other", model="newer", reviewed=True
        )

    def test_a_rejected_draft_that_comes_again_goes_again(self, desk: Desk) -> None:
        desk.reject("q1")
        amend_questions(desk.questions, {}, [draft("q1")])
        assert desk.draft("q1").rejected
        assert desk.row("q1") is None

    def test_in_other_words_it_is_a_new_draft(self, desk: Desk) -> None:
        desk.reject("q1")
        amend_questions(desk.questions, {}, [draft("q1", question="A bag?")])
        assert not desk.draft("q1").rejected
        assert desk.undo() == "q1"  # of the old words: nothing follows
        assert desk.row("q1") == draft("q1", question="A bag?")

    def test_an_edited_draft_that_comes_again_keeps_its_edit(self, desk: Desk) -> None:
        desk.edit("q1", answers=["31 euros"])
        write(desk.questions, draft("q1"))
        desk.review.drafts()
        assert desk.rows() == [draft("q1", answers=["31 euros"], reviewed=True)]

    def test_what_somebody_deleted_stays_away(self, desk: Desk) -> None:
        desk.accept("q1")
        seen = desk.draft("q1")
        write(desk.questions, MINE)
        assert desk.review.drafts() == []
        with pytest.raises(ReviewError, match="q1 is no draft here"):
            desk.review.decide(seen.decision("ann", "reject"))
        assert desk.rows() == [MINE]

    def test_what_was_reviewed_elsewhere_stays_reviewed(self, desk: Desk) -> None:
        write(desk.questions, draft("q1", reviewed=True), draft("q2"))
        desk.accept("q2")
        desk.reject("q1")
        desk.undo()
        assert desk.row("q1") == draft("q1", reviewed=True)


class TestCrashes:
    def test_a_decision_that_only_the_journal_has_is_carried_out(self, desk: Desk) -> None:
        before = desk.questions.read_bytes()
        desk.reject("q1")
        desk.edit("q2", answers=["31 euros"])
        desk.accept("q3")
        after = desk.rows()
        desk.questions.write_bytes(before)
        desk.review.drafts()
        assert desk.rows() == after

    def test_so_is_an_undo(self, desk: Desk) -> None:
        desk.reject("q1")
        out = desk.questions.read_bytes()
        desk.undo()
        desk.questions.write_bytes(out)
        desk.review.drafts()
        assert desk.row("q1") == draft("q1")

    @pytest.mark.parametrize("cut", [1, 40])
    def test_a_torn_line_was_never_said(self, desk: Desk, cut: int) -> None:
        desk.accept("q1")
        kept = desk.journal.read_bytes()
        desk.accept("q2")
        desk.journal.write_bytes(kept + desk.journal.read_bytes()[len(kept) : -cut - 1])
        assert [one.decided_by("ann") for one in desk.review.drafts()] == [True, False, False]
        desk.accept("q3")
        assert desk.journal.read_bytes().startswith(kept)
        assert [one.decided_by("ann") for one in desk.review.drafts()] == [True, False, True]

    def test_a_line_without_its_break_counts(self, desk: Desk) -> None:
        desk.accept("q1")
        desk.journal.write_bytes(desk.journal.read_bytes().rstrip())
        desk.accept("q2")
        assert [one.decided_by("ann") for one in desk.review.drafts()] == [True, True, False]

    @pytest.mark.parametrize(
        ("line", "reason"),
        [
            pytest.param("{", "line 2: Expecting", id="no JSON"),
            pytest.param('{"undo": "q1"}', "line 2: key 'reviewer' is missing", id="no reviewer"),
            pytest.param('{"verdict": "accept"}', "line 2: .*missing", id="half a decision"),
            pytest.param("[]", "line 2: not a JSON object", id="no object"),
        ],
    )
    def test_a_broken_line_is_told_by_number(self, desk: Desk, line: str, reason: str) -> None:
        desk.accept("q1")
        desk.journal.write_text(f"{desk.journal.read_text()}{line}\n")
        with pytest.raises(ReviewError, match=reason):
            desk.review.drafts()


def test_without_drafts_nothing_is_written(tmp_path: Path) -> None:
    review = Review(tmp_path / "questions.jsonl", tmp_path / "reviews" / "none.jsonl")
    assert review.drafts() == []
    assert list(tmp_path.iterdir()) == []
