"""Steps one after another: their order, what dev meets of them, the tally, and a writer that is paid once."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from assistant.registry import Assistant
from core.domain import Domain, find_domain
from core.questions import QuestionRecord, amend_questions
from finetune.__main__ import main
from finetune.factory import ON_DEV, STEPS
from finetune.factory.facts import AMOUNT
from finetune.factory.questions import TrainingData, training_data
from finetune.factory.taking import chosen_steps, take_steps
from finetune.factory.tools import DomainTools
from finetune.factory.types import Dropped
from settings import Settings, load_settings
from tests.factory import EN, TEST, ZH, FakeTools, Finds, as_question, examples, material, writes
from tests.fakes import ScriptedGenerator

DEV = replace(
    ZH, id="d1", question="云栖渡几点开早餐？", answers=("7点",), split="dev", fact_id="breakfast-zh"
)
OTHER = "Within how many days may guests of Lindenquay cancel their booking?"


def domain_of(folder: Path, records: Sequence[QuestionRecord] = (EN, ZH, DEV, TEST)) -> Domain:
    folder.mkdir(exist_ok=True)
    (folder / "questions.jsonl").unlink(missing_ok=True)
    amend_questions(folder / "questions.jsonl", {}, records)
    return find_domain(str(folder))


def settings_of(home: Path, *steps: str, **finetune: object) -> Settings:
    return load_settings({"home": home, "finetune": {"steps": steps, **finetune}})


def made(folder: Path, *steps: str, reads: str = "14 days", **finetune: object) -> TrainingData:
    tools = FakeTools(ScriptedGenerator(writes({"": as_question(OTHER)}, reads)))
    return training_data(domain_of(folder), settings_of(folder / "var", *steps, **finetune), tools)


def test_steps_are_taken_in_the_order_of_the_list_whatever_the_settings_say() -> None:
    names = load_settings({"finetune": {"steps": list(reversed(STEPS))}}).finetune
    assert chosen_steps(names) == list(STEPS)
    assert list(STEPS)[:3] == ["split_by_time", "split_by_fact", "leak_guard"]  # before anything is written
    assert list(STEPS)[-3:] == ["deduplicate", "pair", "balance"]  # after everything is
    assert load_settings().finetune.steps == ("leak_guard",)


def test_every_example_remembers_its_steps_and_dev_meets_those_that_choose() -> None:
    made_of = material(
        writes({"": as_question(OTHER)}), steps=("leak_guard", "paraphrase", "balance"), variants=1
    )
    learned, taken = take_steps(examples(EN), made_of, "train")
    checked, also_taken = take_steps(examples(DEV), made_of, "dev")
    assert [one.provenance.steps for one in learned] == [("leak_guard", "paraphrase", "balance")] * 2
    assert [one.provenance.steps for one in checked] == [("leak_guard",)]
    assert [(one.step, one.split, one.came, one.left) for one in (*taken, *also_taken)] == [
        ("leak_guard", "train", 1, 1),
        ("paraphrase", "train", 1, 2),
        ("balance", "train", 2, 2),
        ("leak_guard", "dev", 1, 1),
    ]
    assert STEPS.keys() > ON_DEV


def test_the_tally_has_before_and_after_and_each_reason(tmp_path: Path) -> None:
    data = made(tmp_path / "inn", "paraphrase", variants=2)
    (taken,) = (one for one in data.taken if one.split == "train")
    (change,) = taken.changes
    assert change.before is not None
    assert (change.before.question, change.after.question) == (EN.question, OTHER)
    assert [one.reason for one in data.dropped] == [
        "the same wording",
        "another language",
        "another language",
    ]
    assert len(data.train) == 3
    assert data.dev_questions == (replace(DEV, line=3),)


def test_a_pair_changes_what_data_are_and_provenance_does_not(tmp_path: Path) -> None:
    plain, guarded, reworded, paired, right = (
        made(tmp_path / "inn", *steps, reads=reads)
        for steps, reads in (
            ((), ""),
            (("leak_guard",), ""),
            (("paraphrase",), "14 days"),
            (("pair",), "30"),
            (("pair",), "14天"),
        )
    )
    assert plain.sha256 == guarded.sha256 == right.sha256
    assert (len(plain.pairs), len(right.pairs), len(paired.pairs)) == (0, 0, 2)
    assert len({plain.sha256, reworded.sha256, paired.sha256}) == 3


def test_what_the_writer_wrote_is_not_paid_for_again(tmp_path: Path) -> None:
    """A run that was killed in the middle asks for the rest alone."""
    domain, asked = domain_of(tmp_path / "inn"), []
    for reply in (as_question(OTHER), "another reply would be another example"):
        settings = settings_of(tmp_path / "var", "paraphrase", variants=1)
        writer = ScriptedGenerator(writes({"": reply}))
        tools = DomainTools(domain, settings, Assistant(domain, settings, writer))
        data = training_data(domain, settings, tools)
        asked.append(len(writer.asked))
        assert [one.question for one in data.train][-1] == OTHER
    assert asked[0] > 0
    assert asked[1] == 0
    assert (tmp_path / "var" / "training" / domain.key / "writer.jsonl").is_file()


def test_the_command_prints_the_table_and_writes_what_is_learned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = (EN, ZH, DEV, replace(EN, id="en2", question=TEST.question), TEST)
    domain_of(tmp_path / "inn", records)
    out = tmp_path / "out"
    command = ["data", "--domain", str(tmp_path / "inn"), "--out", str(out)]
    assert main([*command, "--steps", "leak_guard,mask_replace,balance"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "leak_guard 3 2 1 too close to a test question" in said
    assert "balance 2 2 -" in said
    assert "mask_replace is off: name a masked language model" in said
    rows = [json.loads(line) for line in (out / "train.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["id"] for row in rows] == ["en1", "zh1"]
    assert rows[0]["provenance"]["steps"] == ["leak_guard", "mask_replace", "balance"]
    assert main([*command, "--show", "leak_guard"]) == 0
    assert f"left out by leak_guard: en2: too close to a test question ({TEST.id} (1.00))" in " ".join(
        capsys.readouterr().out.split()
    )
    assert main([*command, "--show", "leakguard"]) == 1
    assert "--show: there is no 'leakguard'; known are split_by_time" in capsys.readouterr().err


def test_the_command_shows_before_and_after_and_no_character_commands_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from rich.console import Console

    from finetune.factory.table import EXAMPLES, steps_table

    evil = replace(EN, question="How\x1b[m many days does a guest have to cancel a booking with Lindenquay?")
    records = [replace(evil, id=f"q{n}") for n in range(9)]
    made_of = material(writes({"": as_question(OTHER)}), steps=("paraphrase",), variants=1)
    _, taken = take_steps(examples(*records), made_of, "train")
    console = Console(width=120)
    for show, times in (("", EXAMPLES), ("paraphrase", 9), ("balance", 0)):
        console.print(steps_table(taken, show))
        said = capsys.readouterr().out
        assert "\x1b[m" not in said
        assert said.count("before: How [m many days") == said.count(f"after:  {OTHER} → 14 days") == times


def test_a_dropped_example_says_which_step_and_why() -> None:
    made_of = material(writes({"": as_question("Within 7 days?")}), steps=("paraphrase",), variants=1)
    take_steps(examples(EN), made_of, "train")
    assert [asdict(one) for one in made_of.dropped] == [
        asdict(Dropped("paraphrase", "en1+paraphrase1", AMOUNT, ""))
    ]


def test_a_new_wording_is_read_from_passages_where_that_is_what_is_learned(tmp_path: Path) -> None:
    finds = Finds("A guest may cancel a booking within 14 days.")
    tools = FakeTools(ScriptedGenerator(writes({"": as_question(OTHER)})), finds)
    settings = settings_of(tmp_path / "var", "paraphrase", variants=1, objective="raft")
    data = training_data(domain_of(tmp_path / "inn", (EN, DEV)), settings, tools)
    old, new = data.train
    assert OTHER in finds.asked  # searched for anew
    assert new.messages[-1].content.count(OTHER) == 2  # before and after the passages
    assert finds.text in new.messages[-1].content
    assert (old.question, new.question, new.reply) == (EN.question, OTHER, "14 days")
