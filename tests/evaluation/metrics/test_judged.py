"""RAGAS through the ragas library, with a scripted judge: values by hand, every failure counted."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from llguidance import LLMatcher

from assistant.generation.journaled import JournaledGenerator
from assistant.types import Answer, Citation, Prompt
from core.errors import GenerationError
from core.language import Lang
from evaluation.metrics.claims import Kind
from evaluation.metrics.judge import Judge
from evaluation.metrics.judged import JUDGED, PASSAGES, Panel, Ragas
from evaluation.types import Reference, Sample, Score
from ingest.types import Chunk, Hit, Vectors
from tests.fakes import ScriptedGenerator

pytestmark = pytest.mark.filterwarnings("ignore")


class Axes:
    """An embedder: texts about refunds point along x, all others along y."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        return np.array(
            [[1, 0] if "refund" in text or "退" in text else [0, 1] for text in texts], np.float32
        )


def weigh(prompt: Prompt) -> str:
    passage, claim = (message.content for message in prompt.messages)
    true = ("seven days" in passage or "七日" in passage) and "Not true" not in claim
    return ("是" if true else "否") if "“否”" in claim else ("yes" if true else "no")


def script(prompt: Prompt) -> str:
    """A judge that finds true whatever speaks of seven days."""
    if not prompt.schema:
        return weigh(prompt)
    task, schema = prompt.messages[-1].content, json.loads(prompt.schema)
    given = json.loads(task.removeprefix("input: ").removesuffix("\nOutput: "))
    keys = set(schema["properties"])
    true = int("seven days" in given.get("context", "") or "七日" in given.get("context", ""))
    if keys == {"question", "noncommittal"}:
        return json.dumps({"question": f"when refund? {given['response']}", "noncommittal": 0})
    if keys == {"reason", "verdict"}:
        return json.dumps({"reason": "because", "verdict": true})
    if keys == {"classifications"}:
        one = {"statement": "s", "reason": "r", "attributed": true}
        return json.dumps({"classifications": [one, {**one, "attributed": 0}]})
    if "statements" in given:
        verdicts = [{"statement": one, "reason": "r", "verdict": true} for one in given["statements"]]
        verdicts[0]["verdict"] = 0
        return json.dumps({"statements": verdicts})
    return json.dumps({"statements": ["first", "second"]})


def hit(text: str, number: int = 0, **legs: int) -> Hit:
    return Hit(Chunk(f"d#{number}", "d", text, 0, len(text), "Title"), 1.0, legs)


RIGHT = hit("The agency refunds within seven days.", 0, bm25=1)
WRONG = hit("Dogs may travel in the cabin.", 1, bm25=2)
CHINESE = hit("旅行社应当在七日内退款。", 2, dense=1)


def sample(number: int = 0, *contexts: Hit, text: str = "within a week", right: str = "7 days") -> Sample:
    reference = Reference(
        "When is the refund?", (right,) if right else (), ("d",), "short", "test", str(number)
    )
    return Sample(
        reference,
        Answer(
            reference.ask(),
            text,
            "rag",
            contexts,
            abstained=text == "I don't know.",
            ranked=tuple(hit.chunk.document_id for hit in contexts if hit.legs) or None,
        ),
    )


class Court:
    """Scores with a scripted judge; `generator.asked` are the calls it got."""

    def __init__(self, folder: Path, device: str = "endpoint") -> None:
        self.generator = ScriptedGenerator(script, name="scripted judge")
        self.generator.device = device
        self._path = folder / "judge.jsonl"

    def score(self, name: str, *samples: Sample, ids: str = "0123456789") -> Score:
        judge = Judge(JournaledGenerator(self.generator, self._path))
        panel = Panel(judge, Axes(), frozenset(ids), EVEN)
        return Ragas(name, JUDGED[name], panel).score(samples)


EVEN: dict[tuple[Kind, Lang], float] = {
    ("supported", "en"): 0.0, ("supported", "zh"): 0.0, ("useful", "en"): 0.0, ("useful", "zh"): 0.0,
}  # fmt: skip


@pytest.fixture
def court(tmp_path: Path) -> Court:
    """With a judge that writes its verdicts."""
    return Court(tmp_path)


@pytest.fixture(params=["endpoint", "cpu"], ids=["writes", "weighs"])
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Court:
    """With a judge that writes its verdicts, and with one that weighs them."""
    return Court(tmp_path, request.param)


@pytest.fixture
def weighing(tmp_path: Path) -> Court:
    """With a judge that weighs its verdicts."""
    return Court(tmp_path, "cpu")


@pytest.mark.parametrize(
    ("name", "contexts", "text", "expected"),
    [
        pytest.param("ragas_faithfulness", (RIGHT,), "a week", 1.0, id="the only sentence is supported"),
        pytest.param("ragas_faithfulness", (RIGHT,), "A week. Not true.", 0.5, id="one of two sentences"),
        pytest.param("ragas_faithfulness", (CHINESE,), "a week", 1.0, id="by a passage in Chinese"),
        pytest.param("ragas_faithfulness", (WRONG,), "a week", 0.0, id="none follows"),
        pytest.param("ragas_faithfulness", (WRONG, RIGHT), "a week", 1.0, id="one passage is enough"),
        pytest.param("ragas_context_precision", (RIGHT, WRONG), "", 1.0, id="the useful passage first"),
        pytest.param("ragas_context_precision", (WRONG, RIGHT), "", 0.5, id="the useful passage second"),
        pytest.param("ragas_context_recall", (WRONG, RIGHT), "", 1.0, id="the right answer is there"),
        pytest.param("ragas_context_recall", (WRONG,), "", 0.0, id="it is not"),
    ],
)
def test_values_of_a_judge_that_weighs(
    weighing: Court, name: str, contexts: tuple[Hit, ...], text: str, expected: float
) -> None:
    score = weighing.score(name, sample(0, *contexts, text=text))
    assert score.value == pytest.approx(expected)
    assert "threshold fitted" in score.signature
    assert not score.failures
    assert not any(prompt.schema for prompt in weighing.generator.asked), "no verdict is written"


def test_a_claim_is_asked_in_the_language_of_its_question(weighing: Court) -> None:
    english, chinese = sample(0, RIGHT), sample(1, RIGHT)
    asked_in_chinese = dataclasses.replace(chinese.reference, question="几天退款？", lang="zh")
    score = weighing.score("ragas_faithfulness", english, Sample(asked_in_chinese, chinese.answer))
    assert score.per_question == (1.0, 1.0)
    ends = {prompt.messages[-1].content[-4:] for prompt in weighing.generator.asked}
    assert ends == {" no.", "“否”。"}


def test_the_threshold_decides(weighing: Court, monkeypatch: pytest.MonkeyPatch) -> None:
    before = weighing.score("ragas_faithfulness", sample(0, RIGHT))
    monkeypatch.setitem(EVEN, ("supported", "en"), 3.0)  # above the nine to one of the script
    assert (before.value, weighing.score("ragas_faithfulness", sample(0, RIGHT)).value) == (1.0, 0.0)


def test_what_cannot_be_weighed_is_counted_and_never_averaged(weighing: Court) -> None:
    def fail(prompt: Prompt) -> str:
        if "bad" in prompt.messages[-1].content:
            raise GenerationError("out of memory")
        return script(prompt)

    weighing.generator._reply = fail
    score = weighing.score("ragas_faithfulness", sample(0, RIGHT, text="bad"), sample(1, RIGHT))
    assert score.per_question == (None, 1.0)
    assert score.failures == {0: "JudgeError: out of memory"}


def test_three_metrics_weigh_a_passage_under_one_prefix(weighing: Court) -> None:
    for name in ("ragas_faithfulness", "ragas_context_precision", "ragas_context_recall"):
        weighing.score(name, sample(0, RIGHT, WRONG))
    assert len(weighing.generator.asked) == 6
    assert {prompt.prefix[0].content for prompt in weighing.generator.asked} == {
        f"Here is a passage of a document.\n\n{hit.chunk.passage}" for hit in (RIGHT, WRONG)
    }


@pytest.mark.parametrize(
    ("name", "contexts", "expected"),
    [
        pytest.param("ragas_faithfulness", (RIGHT,), 0.5, id="one of two statements follows"),
        pytest.param("ragas_faithfulness", (CHINESE,), 0.5, id="in Chinese too"),
        pytest.param("ragas_faithfulness", (WRONG,), 0.0, id="none follows"),
        pytest.param("ragas_context_precision", (RIGHT, WRONG), 1.0, id="the useful passage first"),
        pytest.param("ragas_context_precision", (WRONG, RIGHT), 0.5, id="the useful passage second"),
        pytest.param("ragas_context_recall", (RIGHT,), 0.5, id="one of two facts is in the passages"),
        pytest.param("ragas_answer_relevancy", (), 1.0, id="the answer's question is the question"),
    ],
)
def test_values(court: Court, name: str, contexts: tuple[Hit, ...], expected: float) -> None:
    score = court.score(name, sample(0, *contexts))
    assert score.value == pytest.approx(expected)
    assert "judge:scripted judge" in score.signature
    assert not score.failures


PACKED = Hit(RIGHT.chunk, 0.0)


@pytest.mark.parametrize(
    ("name", "one", "expected"),
    [
        pytest.param("ragas_faithfulness", sample(), None, id="nothing to be faithful to"),
        pytest.param(
            "ragas_faithfulness", sample(0, RIGHT, text="I don't know."), None, id="refusals claim nothing"
        ),
        pytest.param(
            "ragas_answer_relevancy", sample(text="I don't know."), 0.0, id="refusals are not relevant"
        ),
        pytest.param(
            "ragas_faithfulness", sample(0, RIGHT, text=" "), None, id="an empty answer claims nothing"
        ),
        pytest.param("ragas_answer_relevancy", sample(text=""), 0.0, id="an empty answer is not relevant"),
        pytest.param("ragas_context_recall", sample(0, PACKED), None, id="packed, not retrieved"),
        pytest.param("ragas_context_precision", sample(0, PACKED), None, id="packed, not ranked"),
        pytest.param("ragas_answer_relevancy", sample(right=""), None, id="unanswerable"),
        pytest.param("ragas_answer_relevancy", sample(number=77), None, id="not in the panel"),
    ],
)
def test_what_is_not_asked(either: Court, name: str, one: Sample, expected: float | None) -> None:
    score = either.score(name, one)
    assert score.per_question == (expected,)
    assert either.generator.asked == []
    assert not score.failures


@pytest.mark.parametrize("name", JUDGED)
def test_the_second_run_asks_nothing(either: Court, name: str) -> None:
    samples = [sample(0, RIGHT, WRONG), sample(1, CHINESE, text="七日内")]
    first = either.score(name, *samples)
    assert either.generator.asked
    either.generator.asked.clear()
    assert either.score(name, *samples) == first
    assert either.generator.asked == []


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        pytest.param("not json", "ValidationError", id="no JSON"),
        pytest.param('{"question": "q"}', "ValidationError", id="a field is missing"),
        pytest.param('{"question": "q", "noncommittal": 0', "ValidationError", id="cut short"),
    ],
)
def test_a_bad_verdict_is_counted_and_never_averaged(court: Court, reply: str, reason: str) -> None:
    court.generator._reply = lambda prompt: reply if "bad" in prompt.messages[-1].content else script(prompt)
    score = court.score("ragas_answer_relevancy", sample(0, text="bad"), sample(1, text="a refund"))
    assert score.per_question == (None, 1.0)
    assert (score.value, score.n) == (1.0, 1)
    assert score.failures[0].startswith(reason)


def test_a_judge_that_fails_at_one_answer_judges_the_others(court: Court) -> None:
    def fail(prompt: Prompt) -> str:
        if "bad" in prompt.messages[-1].content:
            raise GenerationError("the judge is silent")
        return script(prompt)

    court.generator._reply = fail
    score = court.score("ragas_answer_relevancy", sample(0, text="bad"), sample(1, text="a refund"))
    assert score.per_question == (None, 1.0)
    assert score.failures == {0: "JudgeError: the judge is silent"}


def test_a_judge_that_is_gone_is_given_up(court: Court) -> None:
    def fail(prompt: Prompt) -> str:
        raise GenerationError("no connection")

    court.generator._reply = fail
    score = court.score("ragas_answer_relevancy", *(sample(number, text=f"t{number}") for number in range(6)))
    assert len(score.failures) == 6
    assert len(court.generator.asked) == 1 + 3
    assert "not asked" in score.failures[5]


def test_a_full_disk_ends_the_judging(court: Court) -> None:
    def fill(prompt: Prompt) -> str:
        raise OSError("No space left on device")

    court.generator._reply = fill
    with pytest.raises(OSError, match="No space left"):
        court.score("ragas_answer_relevancy", sample(0), sample(1, text="other"))


@pytest.mark.parametrize("name", JUDGED)
def test_calls_share_their_rules_and_every_schema_is_bounded(court: Court, name: str) -> None:
    court.score(name, sample(0, RIGHT, WRONG), sample(1, CHINESE))
    assert court.generator.asked
    rules = {prompt.prefix[0].content for prompt in court.generator.asked}
    assert len(rules) <= 2
    assert all("EXAMPLES" in one and "seven days" not in one for one in rules)
    for prompt in court.generator.asked:
        assert LLMatcher.validate_grammar(LLMatcher.grammar_from_json_schema(prompt.schema)) == ""
        assert unbounded(json.loads(prompt.schema)) == []


def unbounded(schema: object) -> list[object]:
    if isinstance(schema, list):
        return [found for one in schema for found in unbounded(one)]
    if not isinstance(schema, dict):
        return []
    missing = {"string": "maxLength", "array": "maxItems"}.get(str(schema.get("type")))
    here = [schema] if missing and missing not in schema else []
    return here + [found for value in schema.values() for found in unbounded(value)]


def test_one_verdict_is_asked_for_each_statement(court: Court) -> None:
    court.score("ragas_faithfulness", sample(0, RIGHT))
    statements = json.loads(court.generator.asked[-1].schema)["properties"]["statements"]
    assert (statements["minItems"], statements["maxItems"]) == (2, 2)
    assert [one["properties"]["statement"]["const"] for one in statements["prefixItems"]] == [
        "first",
        "second",
    ]


def test_of_many_contexts_the_cited_and_the_nearest_are_judged(court: Court) -> None:
    contexts = [hit(f"Filler number {number}.", number) for number in range(8)]
    contexts += [hit("The refund is paid within a week.", 8), hit("Cited words.", 9)]
    answered = sample(0, *contexts)
    cited = Answer(
        answered.answer.question,
        answered.answer.text,
        "long_context",
        tuple(contexts),
        (Citation("d#9", "Cited"),),
    )
    court.score("ragas_faithfulness", Sample(answered.reference, cited))
    read = json.loads(
        court.generator.asked[-1].messages[-1].content.removeprefix("input: ")[: -len("\nOutput: ")]
    )
    lines = read["context"].split("\n")
    assert lines[:4] == ["Title", "Cited words.", "Title", "The refund is paid within a week."]
    assert len(lines) == 2 * PASSAGES
