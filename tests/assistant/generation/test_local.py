"""The local generator, over a tiny Qwen2 in fp32."""

import dataclasses
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from assistant.generation.batching import Encoded, batches
from assistant.generation.causal_lm import CausalLM
from assistant.generation.chat import Chat
from assistant.generation.local import LocalGenerator
from assistant.generation.types import Generation, Weights
from assistant.types import Message, Prompt
from core.errors import AdapterError, GenerationError

DOCUMENTS = Message("system", "The hotel refunds the deposit in seven days. 酒店在七天内退还押金。" * 40)
QUESTIONS = [
    "When is the deposit refunded?",
    "押金多久退还？",
    "Who?",
    "酒店在哪里，离机场有多远，怎么去最方便？",
]
SHARED = [Prompt((DOCUMENTS, Message("user", text)), prefix=(DOCUMENTS,)) for text in QUESTIONS]
APART = [dataclasses.replace(prompt, prefix=()) for prompt in SHARED]


def texts(generations: list[Generation]) -> list[str]:
    return [generation.text for generation in generations]


def by_transformers(lm: CausalLM, prompt: Prompt, limit: int) -> str:
    """What the library's own `generate` says, one prompt at a time."""
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(lm.folder, dtype=torch.float32)
    chat = Chat(lm.tokenizer)
    ids = torch.tensor([chat.encode(prompt.messages, reply=True)])
    out = model.generate(
        ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=limit, pad_token_id=0
    )
    return chat.decode(out[0, ids.shape[1] :].tolist())


def test_batches_say_what_generate_says_one_by_one(generator: LocalGenerator, tiny_lm: CausalLM) -> None:
    expected = [by_transformers(tiny_lm, prompt, 12) for prompt in APART]
    assert texts(generator.generate(APART)) == expected
    assert len(set(expected)) == len(expected)


@pytest.mark.parametrize(
    ("prompts", "tokens"),
    [
        pytest.param(APART, 1, id="each alone"),
        pytest.param(APART, 1400, id="two and two"),
        pytest.param(SHARED, 1, id="each alone, after a shared prefix"),
        pytest.param(SHARED, 70, id="one, two and one, after a shared prefix"),
    ],
)
def test_prompts_read_a_few_at_a_time_say_the_same(
    generator: LocalGenerator, monkeypatch: pytest.MonkeyPatch, prompts: list[Prompt], tokens: int
) -> None:
    at_once = texts(generator.generate(prompts))
    monkeypatch.setattr("assistant.generation.decoding.PREFILL", tokens)
    assert texts(generator.generate(prompts)) == at_once


def test_the_output_matrix_is_never_copied_for_each_row(generator: LocalGenerator, tiny_lm: CausalLM) -> None:
    head = tiny_lm._model.get_output_embeddings()
    seen = []
    watching = head.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0].is_contiguous()))
    generator.generate(APART, 4)
    watching.remove()
    assert len(seen) > 1
    assert all(seen)


def test_nothing_is_loaded_before_the_first_prompt(tiny_model: Path) -> None:
    lm = CausalLM(tiny_model)
    assert len(Chat(lm.tokenizer).encode([Message("user", "hi")], reply=True)) > 2
    assert lm.window == 4096
    assert "_model" not in lm.__dict__


def test_a_shared_prefix_changes_no_word(generator: LocalGenerator) -> None:
    plain = texts(generator.generate(APART))
    assert texts(generator.generate(SHARED)) == plain
    assert [list(generator.stream(prompt))[-1].text for prompt in SHARED] == plain


def test_cached_tokens_are_those_not_computed_again(
    make_generator: Callable[..., LocalGenerator], tiny_lm: CausalLM
) -> None:
    known = len(Chat(tiny_lm.tokenizer).encode([DOCUMENTS], reply=False))
    first = make_generator()
    assert sorted(g.usage.cached_tokens for g in first.generate(SHARED)) == [0, known, known, known]
    assert [g.usage.cached_tokens for g in first.generate(SHARED)] == [known] * 4, "from memory"
    another = make_generator()
    assert list(another.stream(SHARED[0]))[-1].usage.cached_tokens == known, "from disk"


def test_the_stored_prefix_is_never_modified(generator: LocalGenerator) -> None:
    once = texts(generator.generate(SHARED))
    assert texts(generator.generate(SHARED, max_new_tokens=12)) == once


def test_a_prefix_that_the_prompt_does_not_begin_with_is_not_reused(generator: LocalGenerator) -> None:
    odd = dataclasses.replace(SHARED[0], prefix=(Message("system", "Something else."),))
    (generation,) = generator.generate([odd])
    assert generation.text == generator.generate(APART[:1])[0].text
    assert generation.usage.cached_tokens == 0


def test_the_base_is_the_same_before_and_after_an_adapter(generator: LocalGenerator) -> None:
    tuned = [dataclasses.replace(prompt, adapter="tiny") for prompt in APART]
    before = texts(generator.generate(APART))
    with_adapter = texts(generator.generate(tuned))
    assert with_adapter != before
    assert texts(generator.generate(APART)) == before
    mixed = texts(generator.generate([APART[0], tuned[1], APART[2], tuned[3]]))
    assert mixed == [before[0], with_adapter[1], before[2], with_adapter[3]]


def test_an_adapter_has_its_own_prefix(generator: LocalGenerator) -> None:
    tuned = [dataclasses.replace(prompt, adapter="tiny") for prompt in SHARED]
    apart = [dataclasses.replace(prompt, adapter="tiny") for prompt in APART]
    generator.generate(SHARED)
    assert texts(generator.generate(tuned)) == texts(generator.generate(apart))


def test_interleaved_streams_do_not_disturb_each_other(generator: LocalGenerator) -> None:
    tuned = dataclasses.replace(APART[1], adapter="tiny")
    alone = [list(generator.stream(prompt))[-1].text for prompt in (SHARED[0], tuned)]
    pairs = list(zip(generator.stream(SHARED[0]), generator.stream(tuned), strict=False))
    together = [pairs[-1][0].text, pairs[-1][1].text]
    assert all(whole.startswith(part) for whole, part in zip(alone, together, strict=True))


def test_a_stream_grows_and_a_closed_one_stops(generator: LocalGenerator) -> None:
    seen = [generation.text for generation in generator.stream(APART[0])]
    assert seen[-1] == generator.generate(APART[:1])[0].text
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))
    assert not any(text[-1:] == "\ufffd" for text in seen)
    stream = generator.stream(APART[0])
    assert next(stream).usage.completion_tokens == 1
    stream.close()
    with pytest.raises(StopIteration):
        next(stream)


def test_each_prompt_is_heard_once_it_is_done(generator: LocalGenerator) -> None:
    heard: dict[int, str] = {}
    results = generator.generate(
        SHARED, on_done=lambda index, generation: heard.update({index: generation.text})
    )
    assert [heard[index] for index in range(4)] == texts(results)
    assert all(0 < g.first_token <= g.total for g in results)


def test_a_prompt_beyond_the_window_is_refused(generator: LocalGenerator) -> None:
    long = Prompt((Message("user", "押金 deposit " * 2000),))
    with pytest.raises(GenerationError, match=r"lower long_context\.max_tokens"):
        generator.generate([long])


def test_an_unknown_adapter_is_refused(generator: LocalGenerator) -> None:
    def none(name: str) -> Path:
        raise AdapterError(f"no adapter {name!r}")

    generator._adapters = none
    with pytest.raises(AdapterError, match="no adapter 'legal'"):
        generator.generate([Prompt((Message("user", "hi"),), adapter="legal")])


def test_count_tokens_leaves_special_tokens_out(generator: LocalGenerator, tiny_lm: CausalLM) -> None:
    assert generator.count_tokens("") == 0
    assert generator.count_tokens("押金") == len(tiny_lm.tokenizer("押金")["input_ids"])


@pytest.mark.parametrize(
    ("lengths", "budget", "expected"),
    [
        pytest.param([1, 4, 2], 100, [[1, 2, 0]], id="longest first"),
        pytest.param([3, 4, 2], 8, [[1, 0], [2]], id="padding counts"),
        pytest.param([50], 8, [[0]], id="one prompt may be larger than the budget"),
        pytest.param([], 8, [], id="nothing"),
    ],
)
def test_batches_hold_the_budget(lengths: list[int], budget: int, expected: list[list[int]]) -> None:
    prompts = [Encoded(index, (7,) * length, 0, "") for index, length in enumerate(lengths)]
    assert [[one.index for one in batch] for batch in batches(prompts, budget)] == expected


def test_many_prompts_are_batched_by_adapter_and_prefix() -> None:
    kinds = [(2, ""), (2, ""), (2, "tiny"), (0, "")] * 2
    prompts = [Encoded(index, (1, 2, 3), shared, adapter) for index, (shared, adapter) in enumerate(kinds)]
    grouped = [[one.index for one in batch] for batch in batches(prompts, 100)]
    assert grouped == [[0, 1, 4, 5], [2, 6], [3, 7]]


def test_a_few_are_one_batch() -> None:
    few = [
        *(Encoded(0, (1, 2, 3), 2, ""), Encoded(1, (1, 2, 3), 0, "tiny"), Encoded(2, (4, 5), 0, "")),
        Encoded(3, (7, 8, 9), 2, ""),
    ]
    assert [[prompt.index for prompt in batch] for batch in batches(few, 100)] == [[1, 2, 0, 3]]


def test_ways_to_ask_in_one_batch_say_what_they_say_alone(generator: LocalGenerator) -> None:
    """With two prefixes, an adapter behind one of them, an adapter alone, and neither."""
    other = Message("system", "Breakfast is from seven to ten. 早餐七点到十点。" * 20)
    asked = (other, Message("user", "When is breakfast?"))
    ways = [
        SHARED[0],
        dataclasses.replace(APART[1], adapter="tiny"),
        APART[2],
        Prompt(asked, prefix=(other,), adapter="tiny"),
        SHARED[3],
    ]
    alone = [generator.generate([prompt])[0] for prompt in ways]
    together = generator.generate(ways)
    assert texts(together) == texts(alone)
    assert [one.usage.prompt_tokens for one in together] == [one.usage.prompt_tokens for one in alone]
    known = [one.usage.cached_tokens for one in together]
    assert (known[0], known[1], known[2]) == (known[4], 0, 0)
    assert known[0] != known[3]
    assert min(known[0], known[3]) > 100


def test_a_prefix_whose_rows_have_ended_leaves_the_others_alone(
    generator: LocalGenerator, tiny_lm: CausalLM
) -> None:
    """Rows leave a batch once half of them have ended: the prefix that stays was the second."""
    other = Message("system", "Breakfast is from seven to ten. 早餐七点到十点。" * 20)
    stays = Prompt((other, Message("user", "When is breakfast?")), prefix=(other,))
    (stop, *_) = tiny_lm.stops
    at_once = ((tiny_lm.tokenizer.convert_ids_to_tokens(stop), 100.0),)
    end = [dataclasses.replace(prompt, first_bias=at_once) for prompt in (SHARED[0], SHARED[3])]
    *ended, stayed = texts(generator.generate([*end, stays], 8))
    assert ended == ["", ""]
    assert [stayed] == texts(generator.generate([stays], 8)) != [""]


class TestFirstBias:
    def test_is_added_once_to_the_log_odds_of_a_beginning(
        self, generator: LocalGenerator, tiny_lm: CausalLM
    ) -> None:
        """A row begins as it is biased exactly where the bias is more than what the row lacks."""
        plain = generator.generate(SHARED, 6)
        for prompt, said in zip(SHARED, plain, strict=True):
            (own,) = first_weights(tiny_lm, prompt, ["Z"])
            lacking = float(all_first_weights(tiny_lm, prompt).max()) - own
            below, above = (
                dataclasses.replace(prompt, first_bias=(("Z?", lacking + nats),)) for nats in (-0.1, 0.1)
            )
            assert texts(generator.generate([below], 6)) == [said.text]
            (begun,) = texts(generator.generate([above], 6))
            assert begun.startswith("Z")
            assert not begun.startswith("ZZ")  # what follows is the model's own
            assert [one.text for one in generator.stream(above, 6)][-1] == begun

    def test_of_one_row_leaves_the_others_alone(self, generator: LocalGenerator) -> None:
        mixed = [dataclasses.replace(APART[0], first_bias=(("Z", 50.0),)), *APART[1:]]
        said = texts(generator.generate(mixed, 6))
        assert said[0].startswith("Z")
        assert said[1:] == texts(generator.generate(APART, 6))[1:]

    def test_does_not_count_where_choices_are_weighed(self, generator: LocalGenerator) -> None:
        leaning = [dataclasses.replace(prompt, first_bias=(("Z", 50.0),)) for prompt in APART]
        assert generator.choose(leaning, ("Z",)) == generator.choose(APART, ("Z",))


class TestChoose:
    CHOICES = ("seven", "在", "!")

    def test_weighs_what_a_forward_pass_of_transformers_gives(
        self, generator: LocalGenerator, tiny_lm: CausalLM
    ) -> None:
        expected = [first_weights(tiny_lm, prompt, self.CHOICES) for prompt in APART]
        weighed = generator.choose(APART, self.CHOICES)
        assert weighed == [pytest.approx(row, abs=1e-4) for row in expected]
        assert len({row[0] for row in weighed}) == len(APART)

    def test_a_shared_prefix_changes_nothing_and_is_read_once(
        self, generator: LocalGenerator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        apart = generator.choose(APART, self.CHOICES)
        read = count_tokens_read(monkeypatch)
        shared = generator.choose(SHARED, self.CHOICES)
        assert shared == [pytest.approx(row, abs=1e-4) for row in apart]
        once = sum(read)
        del read[:]
        generator.choose(APART, self.CHOICES)
        assert once < sum(read) / 2

    def test_an_adapter_weighs_otherwise(self, generator: LocalGenerator) -> None:
        tuned = [dataclasses.replace(prompt, adapter="tiny") for prompt in APART]
        before = generator.choose(APART, self.CHOICES)
        assert generator.choose(tuned, self.CHOICES) != before
        assert generator.choose(APART, self.CHOICES) == before

    def test_each_is_heard_and_a_schema_does_not_matter(self, generator: LocalGenerator) -> None:
        heard: dict[int, Weights] = {}
        held = [dataclasses.replace(prompt, schema='{"enum": [1]}') for prompt in APART]
        weighed = generator.choose(held, self.CHOICES, on_done=lambda index, one: heard.update({index: one}))
        assert [heard[index] for index in range(4)] == weighed == generator.choose(APART, self.CHOICES)

    def test_choices_that_begin_alike_are_refused(self, generator: LocalGenerator) -> None:
        with pytest.raises(GenerationError, match="begin alike"):
            generator.choose(APART, ("!!a", "!!a b"))


def first_weights(lm: CausalLM, prompt: Prompt, choices: Sequence[str]) -> list[float]:
    """The log-probabilities of the choices' first tokens, by the library."""
    weights = all_first_weights(lm, prompt)
    return [float(weights[lm.tokenizer(choice)["input_ids"][0]]) for choice in choices]


def all_first_weights(lm: CausalLM, prompt: Prompt) -> torch.Tensor:
    """The log-probabilities of all tokens as the first, by the library."""
    from transformers import AutoModelForCausalLM

    ids = torch.tensor([Chat(lm.tokenizer).encode(prompt.messages, reply=True)])
    with torch.inference_mode():
        logits = AutoModelForCausalLM.from_pretrained(lm.folder, dtype=torch.float32)(input_ids=ids).logits
    return logits[0, -1].log_softmax(-1)


def count_tokens_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the tokens of every forward pass from here on."""
    read: list[int] = []
    forward = CausalLM.forward

    def counting(lm: CausalLM, adapters: Sequence[str], **inputs: Any) -> torch.Tensor:
        read.append(inputs["input_ids"].numel())
        return forward(lm, adapters, **inputs)

    monkeypatch.setattr(CausalLM, "forward", counting)
    return read


class TestOutOfMemory:
    @pytest.fixture
    def rows(self, tiny_lm: CausalLM, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """The sizes of the batches that were tried; one of more than two does not fit."""
        tried: list[int] = []
        forward = CausalLM.forward

        def cramped(lm: CausalLM, adapters: Sequence[str], *args: Any, **inputs: Any) -> torch.Tensor:
            tried.append(len(adapters))
            if len(adapters) > self.holds:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return forward(lm, adapters, *args, **inputs)

        monkeypatch.setattr(CausalLM, "forward", cramped)
        return tried

    holds = 2

    def test_halves_the_batch_and_says_the_same(
        self, make_generator: Callable[..., LocalGenerator], rows: list[int]
    ) -> None:
        self.holds = 99
        expected = texts(make_generator().generate(APART))
        self.holds = 2
        del rows[:]
        assert texts(make_generator().generate(APART)) == expected
        assert rows.count(4) == 1, "all four were tried once"
        assert max(rows[rows.index(4) + 1 :]) == 2

    def test_halves_what_is_weighed_too(
        self, make_generator: Callable[..., LocalGenerator], rows: list[int]
    ) -> None:
        self.holds = 99
        expected = make_generator().choose(APART, ("a", "b"))
        self.holds = 2
        weighed = make_generator().choose(APART, ("a", "b"))
        assert weighed == [pytest.approx(row, abs=1e-4) for row in expected]

    def test_with_one_prompt_is_said_with_the_remedy(
        self, generator: LocalGenerator, rows: list[int]
    ) -> None:
        self.holds = 0
        with pytest.raises(
            GenerationError, match=r"one prompt does not fit .* lower long_context\.max_tokens"
        ):
            generator.generate(APART)
        with pytest.raises(GenerationError, match="one prompt does not fit"):
            list(generator.stream(APART[0]))

    def test_leaves_other_errors_alone(
        self, generator: LocalGenerator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*args: Any, **inputs: Any) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(CausalLM, "forward", broken)
        with pytest.raises(RuntimeError, match="a bug"):
            generator.generate(APART)
