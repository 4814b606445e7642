"""What is measured of a run, against what is worked out by hand."""

import math
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
import torch
from tokenizers.processors import TemplateProcessing
from transformers import AutoModelForCausalLM, AutoTokenizer

from assistant.generation.local import open_local
from assistant.structured import declines
from core.domain import Domain, find_domain
from core.errors import DomainError
from core.memory import peak_memory
from core.questions import QuestionRecord
from finetune.comparison.arms import arms_of, plan_arms
from finetune.comparison.experiment import Comparison
from finetune.comparison.figures import Point, draw, gain_and_forgetting, label, quality_and_cost
from finetune.comparison.held_out import TOKENS, held_out
from finetune.comparison.measuring import GENERAL, Training
from finetune.comparison.runs import Run
from finetune.comparison.scores import Prices, Row, Scorer
from finetune.comparison.table import as_json, markdown
from finetune.methods import METHODS
from finetune.tuning import Stage, tune
from tests.factory import EN
from tests.finetune.comparison.conftest import TEXT
from tests.finetune.inn import Build


@pytest.mark.parametrize("method", ["", "lora", "prefix", "full"])
def test_nats_are_those_of_each_next_token_given_all_before_it(
    method: str, domain: Domain, settings: Build, tmp_path: Path, tiny_model: Path
) -> None:
    """Blocks of 16 tokens: in each the first has nothing before it; each prefix is read by itself."""
    ids = AutoTokenizer.from_pretrained(tiny_model)(TEXT, add_special_tokens=False)["input_ids"][:40]
    model, adapter = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32), ""
    if method:
        (planned,) = plan_arms(domain, arms_of(settings(epochs=3), method, ()), 0)
        adapter = str(tune([Stage(planned.data, planned.arm.settings)], tmp_path / "work").best)
    if method == "full":
        from safetensors.torch import load_file

        model.load_state_dict(load_file(Path(adapter) / "adapter_model.safetensors"), strict=False)
    elif method:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter)
    model.eval()
    by_hand = 0.0
    for start in (0, 16, 32):
        block = ids[start : start + 16]
        for place in range(1, len(block)):
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([block[:place]])).logits[0, -1].double()
            by_hand -= float(logits.log_softmax(-1)[block[place]])
    text = AutoTokenizer.from_pretrained(tiny_model).decode(ids)
    nats, tokens = open_local(settings(), lambda name: Path(name)).loss(text, adapter, 16)
    assert tokens == 15 + 15 + 7
    assert nats == pytest.approx(by_hand, rel=1e-4)


def test_a_model_whose_texts_begin_with_a_token_is_read_so(
    settings: Build, tmp_path: Path, tiny_model: Path
) -> None:
    """The token is seen and not counted, in every block; what follows it is."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    ids = tokenizer(TEXT, add_special_tokens=False)["input_ids"][:20]
    begin = ("<|endoftext|>", tokenizer.convert_tokens_to_ids("<|endoftext|>"))
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{begin[0]} $A", special_tokens=[begin]
    )
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path / "begins")
    by_hand = 0.0
    for block in (ids[:16], ids[16:]):
        read = torch.tensor([[begin[1], *block]])
        with torch.no_grad():
            chances = model(input_ids=read).logits[0, :-1].log_softmax(-1)
        by_hand -= float(chances.gather(1, read[0, 1:, None]).sum())
    generator = open_local(settings(model=tmp_path / "begins"))
    nats, tokens = generator.loss(tokenizer.decode(ids), "", 16)
    assert tokens == 20
    assert nats == pytest.approx(by_hand, rel=1e-4)


def test_held_out_text_is_of_another_domain_in_the_languages_asked() -> None:
    def words(text: str) -> int:
        return len(text) // 4

    found = held_out(find_domain("travel"), "", {"en", "zh"}, words)
    assert found.source == "legal"
    assert TOKENS * 0.9 < sum(map(words, found.texts)) <= TOKENS + 2
    assert any("一" <= one <= "龥" for one in found.texts[-1])
    english = held_out(find_domain("legal"), "", {"en"}, words)
    assert english.source == "travel"
    assert all(sum("一" <= one <= "龥" for one in text) < 0.01 * len(text) for text in english.texts)


def test_held_out_text_may_be_the_users(domain: Domain, tmp_path: Path) -> None:
    found = held_out(domain, "../ferry.txt", {"en"}, len)
    assert found.texts == (TEXT.strip(),)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DomainError, match=r"finetune\.held_out"):
        held_out(domain, "../empty", {"en"}, len)


@pytest.mark.skipif(
    not Path("/proc/self/status").is_file(), reason="only Linux tells the peak of one process"
)
def test_a_child_does_not_inherit_the_peak_of_its_parent() -> None:
    """`ru_maxrss` would: 256 MB that are touched here would be the child's as well."""
    touched = bytearray(256 << 20)
    touched[:: 1 << 12] = b"1" * (len(touched) >> 12)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        told = pool.submit(peak_memory, "cpu").result()
    assert told > 1 << 20
    assert told + len(touched) // 2 < peak_memory("cpu")


FACTS = {"taught"}
QUESTIONS: dict[str, list[QuestionRecord]] = {
    "dev": [
        replace(EN, id="a", fact_id="taught", evidence_doc_ids=("one",)),
        replace(EN, id="b", fact_id="taught", evidence_doc_ids=("two",)),
        replace(EN, id="c", fact_id="other", evidence_doc_ids=("three",)),
        replace(EN, id="x", answers=(), answer_type="unanswerable", evidence_doc_ids=()),
    ],
    GENERAL: [replace(EN, id="g", answers=("14 days",), evidence_doc_ids=())],
}
RIGHT, WRONG, DECLINED = "14 days", "30 days", "I don't know."
TRAINING = Training(1000, 100_000, 10, 640, 36.0, 3.0, 5 << 30, 4000)


def run(label: str, said: str, general: str, loss: float, seed: int | None = 17) -> Run:
    """Answers to a, b, c and x: R right, W wrong, D declined."""
    texts = {"R": RIGHT, "W": WRONG, "D": DECLINED}
    dev = dict(zip("abcx", map(texts.__getitem__, said), strict=True))
    training = None if seed is None else TRAINING
    return Run(label, seed, "cpu", training, {"dev": dev, GENERAL: {"g": texts[general]}}, loss)


BASE = [run("base model", "WWWD", "R", 2.0, None)]
FIRST = [run("lora", "RWWR", "R", 2.1), run("lora", "RRWR", "R", 2.1, 18)]
SECOND = [run("ia3", "RRDD", "W", 2.5), run("ia3", "RRRD", "R", 2.3, 18)]


FREE = Prices()


def scored(prices: Prices = FREE) -> list[Row]:
    scorer = Scorer(QUESTIONS, FACTS, declines, draw_seed=1)
    return [
        scorer.row(BASE, BASE, None, prices),
        scorer.row(FIRST, BASE, None, prices),
        scorer.row(SECOND, BASE, FIRST, prices),
    ]


def test_scores_are_means_over_questions_and_seeds() -> None:
    base, first, second = scored()
    assert base.answered is not None
    assert first.answered is not None
    assert second.answered is not None
    assert base.answered["dev"].correct.value == 0.25  # it declined where there is no answer
    assert base.answered["dev"].gain is None
    one = second.answered["dev"]
    assert one.by_seed == (0.75, 1.0)
    assert one.correct.value == 0.875
    assert (one.taught, one.not_taught) == (1.0, 0.5)
    assert (one.refusal_recall, one.false_refusals) == (1.0, 1 / 6)
    assert one.gain is not None
    assert one.gain.value == 0.625
    assert one.difference is not None
    assert one.difference.value == pytest.approx(0.875 - 0.375)
    assert one.difference.low is not None
    assert one.difference.low < one.difference.value
    assert first.answered["dev"].difference is None
    assert first.answered["dev"].refusal_recall == 0.0


def test_forgetting_is_beside_the_bare_base() -> None:
    base, first, second = scored()
    assert base.kept is not None
    assert first.kept is not None
    assert second.kept is not None
    assert (base.kept.perplexity_ratio, base.kept.change) == (1.0, None)
    assert first.kept.perplexity_ratio == pytest.approx(math.exp(0.1))
    assert second.kept.perplexity_ratio == pytest.approx(math.exp(0.4))
    assert second.kept.change is not None
    assert second.kept.change.value == -0.5
    assert first.kept.change is not None
    assert (first.kept.change.low, first.kept.change.high) == (None, None)  # nothing differs


def test_money_is_shown_where_a_price_is_stated() -> None:
    assert all(row.money is None for row in scored(Prices(gpu=5)))
    base, first, _ = scored(Prices(cpu=2.0))
    assert base.money is None
    assert first.money == pytest.approx(0.02)


def test_tables_and_figures_hold_every_row(tmp_path: Path) -> None:
    rows = (*scored(), Row("qlora", "lacks | bitsandbytes"))
    comparison = Comparison("Methods", "dev", rows, (*BASE, *FIRST, *SECOND), ("one seed",))
    text = markdown(comparison)
    assert "1.000%" in text
    assert "money" not in text
    assert "lacks \\| bitsandbytes" in text
    assert text.endswith("- one seed\n")
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]
    assert all(len({len(line) for line in table}) == 1 for table in tables)
    assert '"answers"' not in as_json(comparison)
    for chart, count in ((gain_and_forgetting(rows, "dev"), 2), (quality_and_cost(rows, "dev"), 2)):
        assert len(chart.points) == count
        draw(chart, tmp_path / "chart.png")
        assert (tmp_path / "chart.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    "spread", [pytest.param(0.0, id="all in one place"), pytest.param(0.02, id="near each other")]
)
def test_labels_of_twelve_methods_cover_neither_each_other_nor_a_point(spread: float) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5.6), dpi=120)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot(xlim=(0, 1), ylim=(0, 1))
    figure.canvas.draw()
    names = list(METHODS)[:12]
    points = [Point(one, 0.5 + spread * (n % 4), 0.5 + spread * (n // 4)) for n, one in enumerate(names)]
    boxes = label(figure, axes, points)
    assert len(boxes) == 12
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    centres = axes.transData.transform([(point.x, point.y) for point in points])
    assert not any(box.contains(*centre) for box in boxes for centre in centres)
