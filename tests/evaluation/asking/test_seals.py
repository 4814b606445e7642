"""The count of a test set's uses: what is one, what is none, and that none is lost."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.types import Answer, Message
from core.errors import AssistantError
from evaluation.asking.seals import Seal, Seals, Use, use_of
from evaluation.types import Reference, Run, Sample

SET = [
    Reference(text, ("a",), (), "short", "test", f"q{number}", "zh" if number % 2 else "en")
    for number, text in enumerate(["When?", "何时？", "Who pays?", "谁付？"])
]


def use(run: str, day: str = "2026-11-02", computed: bool = False) -> Use:
    return Use(run, day, computed)


@pytest.fixture
def seals(tmp_path: Path) -> Seals:
    return Seals(tmp_path / "seals" / "shop.json")


def known(seal: Seal | None) -> Seal:
    assert seal is not None
    return seal


def uses(seals: Seals, references: list[Reference] = SET) -> int:
    return known(seals.of(references)).uses


def test_a_set_that_nobody_used_has_a_digest_and_no_uses(seals: Seals) -> None:
    seal = known(seals.of(SET))
    assert (seal.questions, seal.uses, seal.first, seal.is_fresh) == (4, 0, "", True)
    assert len(seal.sha256) == 64


@pytest.mark.parametrize(
    ("second", "count"),
    [
        pytest.param(use("a"), 1, id="the same answers in the same folder are no new use"),
        pytest.param(use("a", computed=True), 2, id="the same answers, computed anew, are one"),
        pytest.param(use("b"), 2, id="other answers are one"),
    ],
)
def test_what_a_use_is(seals: Seals, second: Use, count: int) -> None:
    seals.note(SET, use("a", computed=True))
    seals.note(SET, second)
    assert uses(seals) == count


def test_dates_are_of_the_first_and_the_last_use(seals: Seals) -> None:
    for run, day in (("a", "2026-11-02"), ("b", "2026-11-05"), ("b", "2026-11-09")):
        seals.note(SET, use(run, day))
    seal = known(seals.of(SET))
    assert (seal.first, seal.last, seal.uses) == ("2026-11-02", "2026-11-05", 2)


def test_from_five_uses_up_a_set_is_not_fresh(seals: Seals) -> None:
    fresh = [known(seals.note(SET, use(str(number)))).is_fresh for number in range(6)]
    assert fresh == [True] * 4 + [False] * 2


@pytest.mark.parametrize(
    ("changed", "is_same"),
    [
        pytest.param([*reversed(SET)], True, id="their order does not matter"),
        pytest.param(
            [*SET, replace(SET[0], id="d", split="dev")], True, id="questions of other splits do not"
        ),
        pytest.param([*SET[:3], replace(SET[3], answers=("b",))], True, id="a mended answer does not"),
        pytest.param([*SET[:3], replace(SET[3], question="谁付钱？")], False, id="other words do"),
        pytest.param([*SET[:3], replace(SET[3], turns=(Message("user", "?"),))], False, id="turns do"),
        pytest.param(SET[:3], False, id="fewer questions do"),
    ],
)
def test_the_digest_is_of_the_questions_as_they_are_asked(
    seals: Seals, changed: list[Reference], is_same: bool
) -> None:
    assert (known(seals.of(changed)).sha256 == known(seals.of(SET)).sha256) == is_same


def test_a_set_that_shares_most_of_its_questions_is_not_fresh_by_another_digest(seals: Seals) -> None:
    for number in range(5):
        seals.note(SET[:3], use(str(number)))
    larger = known(seals.of(SET))
    assert (larger.uses, larger.related, larger.is_fresh) == (0, 5, False)
    assert known(seals.of([*SET[3:], replace(SET[3], id="new")])).related == 0


def test_without_test_questions_there_is_nothing_to_count(seals: Seals, tmp_path: Path) -> None:
    dev = [replace(one, split="dev") for one in SET]
    assert seals.note(dev, use("a", computed=True)) is None
    assert seals.of(dev) is None
    assert [*tmp_path.iterdir()] == []


def test_a_use_is_known_by_its_folder_and_its_answers(tmp_path: Path) -> None:
    def answered(folder: str, text: str) -> str:
        run = Run("rag", tuple(Sample(one, Answer(one.ask(), text, "rag")) for one in SET))
        return use_of(tmp_path / folder, [run], "2026-11-02", computed=False).run

    assert answered("a", "7 天") == answered("a/../a", "7 天")
    assert len({answered("a", "7 天"), answered("b", "7 天"), answered("a", "8 天")}) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param('{"3f": {"uses": 2}}', id="without its questions"),
        pytest.param('{"3f": {"uses": "many", "asked": []}}', id="no count"),
    ],
)
def test_a_broken_file_is_no_count_of_zero(seals: Seals, tmp_path: Path, text: str) -> None:
    path = tmp_path / "seals" / "shop.json"
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AssistantError, match=r"shop\.json is broken .* remove it to count anew"):
        seals.of(SET)
    with pytest.raises(AssistantError, match="is broken"):
        seals.note(SET, use("a"))
    assert path.read_text(encoding="utf-8") == text


def test_runs_that_end_together_are_all_counted(tmp_path: Path) -> None:
    path = tmp_path / "seals" / "shop.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: Seals(path).note(SET, use(str(number), computed=True)), range(8)))
    assert uses(Seals(path)) == 8
    (entry,) = json.loads(path.read_text(encoding="utf-8")).values()
    assert entry["runs"] == sorted(map(str, range(8)))
