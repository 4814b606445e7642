"""The comparison from domain folder to reports, with a scripted model and a real knowledge base."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.registry import Assistant
from assistant.types import Prompt
from core.domain import Domain, find_domain
from core.errors import AdapterError, AssistantError, GenerationError
from evaluation import compare as command
from evaluation import retrieval
from evaluation.asking.questions import Choice, all_questions, choose_questions
from evaluation.compare import Plan, choose_strategies, compare, replay
from evaluation.metrics import METRICS
from evaluation.report.schema import as_json
from ingest.knowledge_base import open_knowledge_base
from ingest.updating import bring_up_to_date
from settings import LongContext, Settings
from tests.fakes import FakeEmbedder, ScriptedGenerator, question_of

DOCUMENTS = {
    "en/pool.md": "---\nlang: en\ntitle: Pool\n---\nThe pool opens at seven in the morning.",
    "en/dogs.md": "---\nlang: en\ntitle: Dogs\n---\nDogs pay ten euros a night.",
    "zh/pool.md": "---\nlang: zh\ntitle: 泳池\n---\n泳池早上七点开放。",
    "zh/dogs.md": "---\nlang: zh\ntitle: 宠物\n---\n狗每晚收费十欧元。",
}
QUESTIONS = [
    ("en-1", "When does the pool open?", ["seven in the morning"], ["en/pool.md"], "en"),
    ("en-2", "What do dogs pay?", ["ten euros a night"], ["en/dogs.md"], "en"),
    ("en-3", "Who is the king of the pool?", [], [], "en"),
    ("zh-1", "泳池几点开放？", ["早上七点"], ["zh/pool.md"], "zh"),
    ("zh-2", "狗每晚收费多少？", ["十欧元"], ["zh/dogs.md"], "zh"),
]


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    folder = tmp_path / "inn"
    for name, text in DOCUMENTS.items():
        path = folder / "documents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    keys = ("id", "question", "answers", "evidence_doc_ids", "lang")
    rows = [json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) for row in QUESTIONS]
    (folder / "questions.jsonl").write_text("\n".join(rows), encoding="utf-8")
    return find_domain(str(folder))


def quote(prompt: Prompt) -> str:
    """A model that quotes the answer if its documents have it, and otherwise does not know."""
    question, told = question_of(prompt), prompt.messages[-1].content
    right = next(answers for _, text, answers, _, _ in QUESTIONS if text == question)
    return right[0] if right and right[0] in told else "I don't know."


def reads_all(prompt: Prompt) -> bool:
    """Whether the documents are among what all questions share."""
    return len(prompt.prefix) == len(prompt.messages)


class Bench:
    """Compares with a scripted model; `generator.asked` are the prompts of the last comparison."""

    def __init__(self, domain: Domain, home: Path) -> None:
        evaluation = {"bootstrap": 100, "latency_sample": 1}
        self.settings = Settings(home=home, evaluation=evaluation)  # type: ignore[arg-type]
        self.domain, self.out = domain, home / "out"
        self.reply: Callable[[Prompt], str] = quote
        self.announced: list[str] = []
        self.metrics = list(METRICS)

    def plan(self, strategies: str, named: bool) -> Plan:
        references = choose_questions(self.domain, Choice(seed=1))
        chosen = choose_strategies(strategies)
        return Plan(self.domain, self.settings, references, chosen, named, self.metrics, 1, self.out)

    def compare(
        self, strategies: str = "rag,long_context,closed_book", named: bool = False
    ) -> dict[str, Any]:
        self.generator = ScriptedGenerator(lambda prompt: self.reply(prompt))
        assistant = Assistant(self.domain, self.settings)
        assistant.__dict__["generator"] = self.generator
        assistant.__dict__["knowledge"] = open_knowledge_base(self.domain, self.settings, FakeEmbedder())
        return as_json(compare(self.plan(strategies, named), assistant, self.announced.append))


@pytest.fixture
def bench(domain: Domain, tmp_path: Path) -> Bench:
    return Bench(domain, tmp_path / "var")


def value(report: dict[str, Any], strategy: str, metric: str) -> float | None:
    found: float | None = report["strategies"][strategy]["metrics"][metric]["value"]
    return found


def test_strategies_are_compared_on_the_same_questions(bench: Bench) -> None:
    report = bench.compare()
    assert value(report, "rag", "exact_match") == 1.0
    assert value(report, "long_context", "exact_match") == 1.0
    assert value(report, "closed_book", "exact_match") == 0.2
    assert value(report, "closed_book", "refusal_recall") == 1.0
    assert value(report, "rag", "recall@5") == 1.0
    assert value(report, "long_context", "recall@5") is None
    assert [one["id"] for one in report["questions"]] == [
        one.id for one in choose_questions(bench.domain, Choice(seed=1))
    ]
    assert report["corpus"]["documents"] == 4
    assert report["coverage"]["zh"]["included"] == 2


def test_where_not_all_fit_each_question_reads_what_is_found_for_it(bench: Bench) -> None:
    """The English documents have 9 tokens and 8, the Chinese 2 each by the fake's count."""
    small = LongContext.model_construct(max_tokens=10)
    bench.settings = bench.settings.model_copy(update={"long_context": small})
    report = bench.compare("long_context")
    assert value(report, "long_context", "exact_match") == 1.0
    english, chinese = report["coverage"]["en"], report["coverage"]["zh"]
    assert (english["documents"], english["included"], english["questions"]) == (2, 1, 3)
    assert (chinese["documents"], chinese["included"], chinese["questions"]) == (2, 2, 0)
    assert "long\\_context (en) reads 1.0 of 2 documents" in (bench.out / "report.md").read_text(
        encoding="utf-8"
    )


def test_each_stage_is_announced_with_its_size(bench: Bench) -> None:
    bench.compare("long_context,closed_book")
    reading = bench.announced.pop(3)
    assert re.fullmatch(
        r"long_context: reads \d+ tokens first, unless they are stored \(minutes on a CPU\)", reading
    )
    assert bench.announced == [
        "inn: bringing the knowledge base up to date",
        "documents: 4 added, 0 changed, 0 removed, 0 unchanged; 4 passages embedded",
        "long_context: 5 questions",
        "closed_book: 5 questions",
        "measuring",
    ]


def test_a_route_over_answers_that_are_there_generates_nothing(bench: Bench) -> None:
    """Retrieval finds no pool here, so that the long context is asked for some of the questions."""
    bench.reply = lambda prompt: quote(prompt) if reads_all(prompt) else "I don't know."
    bench.compare("rag,long_context")
    report = bench.compare("rag,long_context,self_route")
    assert bench.generator.asked == []
    assert value(report, "self_route", "exact_match") == value(report, "long_context", "exact_match") == 1.0
    routed, read = (report["strategies"][name]["usage"] for name in ("self_route", "long_context"))
    assert (routed["calls"], read["calls"]) == (10, 5)
    assert (
        routed["prompt_tokens"]
        == read["prompt_tokens"] + report["strategies"]["rag"]["usage"]["prompt_tokens"]
    )
    assert report["questions"][0]["answers"]["self_route"]["route"] == ["rag", "long_context"]
    assert "| calls, mean | 1.00 | 1.00 | 2.00 |" in (bench.out / "report.md").read_text(encoding="utf-8")
    assert {**again(bench), "created": ""} == {**report, "created": ""}


def test_a_run_from_before_routes_is_still_read(bench: Bench) -> None:
    first = bench.compare("rag")
    lines = (bench.out / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    for row in rows:
        del row["route"], row["usage"]["calls"]
    (bench.out / "samples.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    assert {**again(bench), "created": ""} == {**first, "created": ""}


def test_the_reports_are_written_beside_the_journal(bench: Bench) -> None:
    report = bench.compare()
    assert json.loads((bench.out / "report.json").read_text(encoding="utf-8")) == report
    assert {path.name for path in bench.out.iterdir()} == {
        "answers.jsonl", "samples.jsonl", "run.json", "judged.json",
        "report.json", "report.md", "report.html",
    }  # fmt: skip


def without_times(report: dict[str, Any]) -> dict[str, Any]:
    strategies = {name: {**block, "latency": {}} for name, block in report["strategies"].items()}
    return {**report, "created": "", "strategies": strategies}


def test_a_second_run_asks_nothing_and_differs_in_date_and_times_alone(bench: Bench) -> None:
    first = bench.compare()
    second = bench.compare()
    assert bench.generator.asked == []
    assert without_times(first) == without_times(second)


class TestTheTestSet:
    def test_counts_a_run_and_not_the_same_again(self, bench: Bench) -> None:
        first = bench.compare("rag")["test_set"]
        assert (first["uses"], first["questions"], first["first"]) == (1, 5, first["last"])
        assert bench.compare("rag")["test_set"] == first
        assert again(bench)["test_set"] == first
        assert f"Test set {first['sha256'][:8]} (5 questions): used once since" in (
            bench.out / "report.md"
        ).read_text(encoding="utf-8")

    def test_counts_what_is_asked_anew(self, bench: Bench, tmp_path: Path) -> None:
        bench.compare("rag")
        assert bench.compare("rag,closed_book")["test_set"]["uses"] == 2
        bench.out = tmp_path / "elsewhere"
        assert bench.compare("rag")["test_set"]["uses"] == 3

    def test_counts_a_run_that_was_killed_once(self, bench: Bench) -> None:
        killed = iter([False, False, True])

        def die(prompt: Prompt) -> str:
            if next(killed, False):
                raise KeyboardInterrupt
            return quote(prompt)

        bench.reply = die
        with pytest.raises(KeyboardInterrupt):
            bench.compare("rag")
        assert bench.compare("rag")["test_set"]["uses"] == 1

    def test_is_none_where_dev_questions_are_asked(self, bench: Bench) -> None:
        path = bench.domain.folder / "questions.jsonl"
        rows = [{**json.loads(line), "split": "dev"} for line in path.read_text("utf-8").splitlines()]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        assert "test_set" not in bench.compare("closed_book")
        assert not (bench.settings.home / "seals").exists()

    def test_with_a_broken_count_nothing_is_asked(self, bench: Bench) -> None:
        path = bench.settings.home / "seals" / f"{bench.domain.key}.json"
        path.parent.mkdir(parents=True)
        path.write_text("[1", encoding="utf-8")
        with pytest.raises(AssistantError, match="restore it from a copy, or remove it to count anew"):
            bench.compare("rag")
        assert bench.generator.asked == []


def test_who_drafted_the_questions_and_who_reviewed_them_is_told(bench: Bench) -> None:
    path = bench.domain.folder / "questions.jsonl"
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for number, row in enumerate(rows[:4]):
        row |= {"origin": "drafted", "model": "writer", "reviewed": number == 0}
    path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    report = bench.compare("closed_book")
    assert report["drafting"] == {"questions": 5, "drafted": 4, "reviewed": 1, "models": {"writer": 4}}
    assert {one["id"]: one.get("reviewed") for one in report["questions"]} == {
        "en-1": True, "en-2": False, "en-3": False, "zh-1": False, "zh-2": None,
    }  # fmt: skip
    assert "The verdict rests on 5 questions: 4 drafted by writer, 1 of them reviewed." in (
        bench.out / "report.md"
    ).read_text(encoding="utf-8")


def again(bench: Bench) -> dict[str, Any]:
    """The report of a replay: there is no model, and no embedder."""
    references = all_questions(find_domain(str(bench.domain.folder)))
    plan = Plan(bench.domain, bench.settings, references, [], False, list(METRICS), 1, bench.out)
    assistant = Assistant(bench.domain, bench.settings)
    found = as_json(replay(plan, assistant))
    assert not {"generator", "embedder"} & assistant.__dict__.keys()
    return found


class TestReplay:
    def test_says_what_the_run_said(self, bench: Bench) -> None:
        first = bench.compare()
        assert {**again(bench), "created": ""} == {**first, "created": ""}

    def test_counts_by_the_references_of_today(self, bench: Bench) -> None:
        bench.compare("rag")
        path = bench.domain.folder / "questions.jsonl"
        path.write_text(path.read_text(encoding="utf-8").replace("早上七点", "晚上八点"), encoding="utf-8")
        assert value(again(bench), "rag", "exact_match") == 0.8

    def test_counts_by_the_rules_of_today(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        """What follows from a text is not recorded: a mended rule changes the second report."""
        bench.compare("closed_book")
        monkeypatch.setattr("evaluation.asking.record.declines", lambda text: False)
        assert value(again(bench), "closed_book", "refusal_recall") == 0.0

    def test_keeps_what_a_judge_said(self, bench: Bench) -> None:
        bench.compare("rag")
        said = {
            "signature": "ragas",
            "values": {"rag": {"en-1": 0.25}},
            "failures": {"rag": {"zh-1": "torn"}},
        }
        (bench.out / "judged.json").write_text(json.dumps({"ragas_faithfulness": said}))
        references = all_questions(bench.domain)
        plan = Plan(bench.domain, bench.settings, references, [], False, ["ragas_faithfulness"], 1, bench.out)
        entry = as_json(replay(plan, Assistant(bench.domain, bench.settings)))["strategies"]["rag"]["metrics"]
        found = entry["ragas_faithfulness"]
        assert (found["value"], found["n"], found["failures"]) == (0.25, 1, {"torn": 1})

    def test_reads_runs_that_kept_no_passages(self, bench: Bench) -> None:
        bench.compare("rag,closed_book")
        path = bench.out / "samples.jsonl"
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        assert [len(row.pop("found")) for row in rows] == [4] * 5 + [0] * 5
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        assert value(again(bench), "rag", "exact_match") == 1.0

    def test_needs_a_finished_run(self, bench: Bench) -> None:
        with pytest.raises(AssistantError, match="holds no finished run; run it without --replay"):
            again(bench)

    def test_needs_the_documents_of_the_run(self, bench: Bench) -> None:
        bench.compare("rag")
        knowledge = open_knowledge_base(bench.domain, bench.settings, FakeEmbedder())
        knowledge.delete(["zh/pool.md"])
        with pytest.raises(AssistantError, match="does not fit the domain any more"):
            again(bench)

    def test_does_not_read_a_changed_document_in_its_place(self, bench: Bench) -> None:
        bench.compare("rag")
        knowledge = open_knowledge_base(bench.domain, bench.settings, FakeEmbedder())
        path = bench.domain.documents / "zh" / "pool.md"
        path.write_text(path.read_text(encoding="utf-8").replace("七点", "八点"), encoding="utf-8")
        bring_up_to_date(knowledge, bench.domain, bench.settings)
        with pytest.raises(AssistantError, match=r"pool\.md has changed"):
            again(bench)


def test_a_changed_document_is_answered_anew_where_it_is_read(bench: Bench) -> None:
    bench.compare()
    changed = "---\nlang: zh\ntitle: 泳池\n---\n泳池早上八点开放。"
    (bench.domain.folder / "documents/zh/pool.md").write_text(changed, encoding="utf-8")
    report = bench.compare()
    assert value(report, "long_context", "exact_match") == 0.8
    assert bench.generator.asked
    for prompt in bench.generator.asked:
        assert any("早上八点" in turn.content for turn in prompt.messages)


def test_what_a_deleted_document_said_is_never_answered_again(bench: Bench) -> None:
    said = "The canary sings at noon."
    (bench.domain.folder / "documents/en/canary.md").write_text(f"---\nlang: en\n---\n{said}")
    bench.reply = lambda prompt: said if said in prompt.messages[-1].content else "I don't know."
    bench.compare("rag,long_context,closed_book")
    assert said in (bench.out / "answers.jsonl").read_text(encoding="utf-8")
    (bench.domain.folder / "documents/en/canary.md").unlink()
    bench.compare("rag,long_context,closed_book")
    assert not any(said in prompt.messages[-1].content for prompt in bench.generator.asked)
    for name in ("report.json", "report.md", "report.html"):
        assert said not in (bench.out / name).read_text(encoding="utf-8")


def test_what_cannot_run_is_skipped_with_its_reason(bench: Bench) -> None:
    def fail_with_documents(prompt: Prompt) -> str:
        if reads_all(prompt):
            raise GenerationError("out of memory; lower long_context.max_tokens")
        return quote(prompt)

    bench.reply = fail_with_documents
    report = bench.compare()
    assert list(report["strategies"]) == ["rag", "closed_book"]
    assert report["skipped"] == {"long_context": "out of memory; lower long_context.max_tokens"}


def test_without_any_answer_there_is_no_report(bench: Bench) -> None:
    def fail(prompt: Prompt) -> str:
        raise GenerationError("out of memory")

    bench.reply = fail
    with pytest.raises(AssistantError, match="no strategy could answer: out of memory"):
        bench.compare("closed_book")
    assert not (bench.out / "report.json").exists()


def test_a_file_that_is_no_document_is_announced_and_left_out(bench: Bench) -> None:
    (bench.domain.folder / "documents/broken.pdf").write_bytes(b"%PDF-1.7 torn")
    report = bench.compare("closed_book")
    assert report["corpus"]["documents"] == 4
    assert any("broken.pdf" in line for line in bench.announced)


@pytest.mark.parametrize("mode", retrieval.MODES)
def test_retrieval_alone_is_measured_in_every_mode(bench: Bench, mode: str) -> None:
    knowledge = open_knowledge_base(bench.domain, bench.settings, FakeEmbedder())
    bring_up_to_date(knowledge, bench.domain, bench.settings)
    references = [one for one in choose_questions(bench.domain, Choice(seed=1)) if one.evidence]
    found = retrieval.measure(knowledge, references, [mode], bench.settings)
    assert found[mode]["recall@10"]["value"] == 1.0
    assert found[mode]["mrr@10"]["n"] == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(["--strategies", "rag,guess"], "no strategy 'guess'; known are rag", id="strategy"),
        pytest.param(["--metrics", "f2"], "no metric 'f2': known are correct, exact_match, f1", id="metric"),
        pytest.param(["--domain", "atlantis"], "no domain 'atlantis': known are", id="domain"),
        pytest.param(["--split", "dev"], "holds no question with split=dev", id="split"),
        pytest.param(["--lang", "fr"], "holds no question with split=any lang=fr", id="language"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_one_line_before_anything_is_loaded(
    domain: Domain, options: list[str], message: str
) -> None:
    result = CliRunner().invoke(command.app, ["--domain", str(domain.folder), *options])
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_broken_question_is_named_by_its_line(domain: Domain) -> None:
    with (domain.folder / "questions.jsonl").open("a", encoding="utf-8") as file:
        file.write("\n{")
    result = CliRunner().invoke(command.app, ["--domain", str(domain.folder)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "line 6" in result.stderr


def test_an_unknown_retrieval_mode_lists_the_known(domain: Domain) -> None:
    result = CliRunner().invoke(retrieval.app, ["--domain", str(domain.folder), "--modes", "bm25,psychic"])
    assert result.exit_code == 1
    assert "no retrieval mode 'psychic': known are bm25, dense, hybrid, exact" in result.stderr


def test_a_strategy_asked_for_by_name_must_run(bench: Bench, tiny_model: Path) -> None:
    settings = bench.settings.model_copy(
        update={"generator": bench.settings.generator.model_copy(update={"model": str(tiny_model)})}
    )
    assistant = Assistant(bench.domain, settings)
    assistant.__dict__["knowledge"] = open_knowledge_base(bench.domain, settings, FakeEmbedder())
    with pytest.raises(AdapterError, match="python -m finetune train"):
        compare(bench.plan("fine_tuned", named=True), assistant, bench.announced.append)


class TestAJudge:
    @pytest.fixture
    def judged(self, bench: Bench) -> Bench:
        bench.metrics = ["correct", "ragas_faithfulness"]
        bench.reply = lambda prompt: self.verdict(prompt) or quote(prompt)
        return bench

    def verdict(self, prompt: Prompt) -> str:
        """Find right what stands in the passage word for word."""
        passage, *_, asked = (message.content for message in prompt.messages)
        if not asked.endswith(("Reply yes or no.", "请只回答“是”或“否”。")):
            return ""
        answer = re.search(r"(?:Answer: |回答：)(.*)", asked)
        true = self.always or bool(answer and answer[1].strip(".。").lower() in passage.lower())
        return ("是" if true else "否") if "回答" in asked else ("yes" if true else "no")

    always = False

    def test_stands_beside_its_scores_in_every_report(self, judged: Bench) -> None:
        judged.compare("rag")
        asked = len(judged.generator.asked)
        report = judged.compare("rag")
        assert len(judged.generator.asked) < asked / 10, "labelled items are judged once"
        entry = report["strategies"]["rag"]["metrics"]["ragas_faithfulness"]
        assert (entry["value"], entry["agreement"]["n"]) == (1.0, 96)
        assert entry["agreement"]["low"] <= entry["agreement"]["kappa"] <= entry["agreement"]["high"]
        again = as_json(replay(judged.plan("rag", False), Assistant(judged.domain, judged.settings)))
        assert again["strategies"]["rag"]["metrics"]["ragas_faithfulness"] == entry
        assert "labelled items, kappa" in (judged.out / "report.md").read_text(encoding="utf-8")

    def test_that_does_not_agree_with_people_is_bracketed_and_the_report_says_why(
        self, judged: Bench, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(self, "always", True)
        report = judged.compare("rag")
        assert report["strategies"]["rag"]["metrics"]["ragas_faithfulness"]["agreement"]["kappa"] == 0.0
        page = (judged.out / "report.html").read_text(encoding="utf-8")
        assert '<tr class="doubted"><th>ragas_faithfulness' in page
        written = (judged.out / "report.md").read_text(encoding="utf-8")
        assert "with a kappa under 0.4 do not rely on it" in written
        row = next(line for line in written.splitlines() if line.startswith("| ragas"))
        assert row.endswith("| (1.00) [0.51, 1.00] |")
        assert "| (" not in next(line for line in written.splitlines() if line.startswith("| correct"))
