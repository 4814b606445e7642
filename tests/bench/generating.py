"""Generation against what a user would otherwise write with transformers: the first token, many answers."""

import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from assistant.generation.local import LocalGenerator, open_local
from assistant.registry import open_assistant
from assistant.strategies.long_context import LongContext
from assistant.types import Prompt, Question
from core.domain import Domain, find_domain
from core.weights.catalogue import model_folder
from ingest.knowledge_base import bring_up_to_date
from settings import Settings
from tests.bench.measuring import Result, in_turn, timed

PROMPTS = 3
NEW_TOKENS = 16
PREFIX_TOKENS = 2048
QUESTIONS = 24


def first_token(settings: Settings) -> list[Result]:
    """The first token after a stored prefix of 2,048 corpus tokens, against plain `generate`."""
    prompts = _long_prompts(settings, QUESTIONS)[:PROMPTS]
    ours, plain = open_local(settings, {}), PlainGenerate(settings, "bfloat16")
    _first(ours, prompts[-1])  # stores the prefix

    def stored() -> None:
        for prompt in prompts:
            _first(ours, prompt)

    def whole() -> None:
        for prompt in prompts:
            plain(prompt, 1)

    seconds = in_turn({"ours": stored, "whole": whole}, rounds=1)  # a round takes minutes
    also = _equality(settings, prompts)
    ratio = seconds["whole"] / seconds["ours"]
    return [Result("first token", "generate() with the whole prompt", ratio, 15, also)]


def evaluation(settings: Settings) -> list[Result]:
    """24 questions by every base-model strategy, against one `generate` for each."""
    domain = find_domain("travel")
    assistant = open_assistant(domain, settings)
    bring_up_to_date(assistant.knowledge, domain, settings)
    questions = _questions(domain, QUESTIONS)
    prompts = [
        *assistant.strategy("rag").prepare_many(questions),
        *_long_prompts(settings, QUESTIONS),
        *assistant.strategy("closed_book").prepare_many(questions),
    ]
    plain = PlainGenerate(settings, "bfloat16")
    with tempfile.TemporaryDirectory() as home:  # an empty prefix store: the prefix is read within the time
        ours = open_local(settings.model_copy(update={"home": _with_models(settings, Path(home))}), {})
        ours.generate(prompts[-1:], 1)
        batched, _ = timed(lambda: ours.generate(prompts, NEW_TOKENS))
    plain(prompts[-1], 1)
    single, _ = timed(lambda: [plain(prompt, NEW_TOKENS) for prompt in prompts])
    also = f"{len(prompts)} answers, {_equality(settings, [*prompts[:3], *prompts[-3:]])}"
    return [Result("evaluation", "one generate() per question", single / batched, 2.5, also)]


class PlainGenerate:
    """What a user would write: transformers' `generate` on the whole prompt, greedy."""

    def __init__(self, settings: Settings, dtype: str) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        torch.set_num_threads(settings.threads)
        folder = model_folder(settings.generator.model, settings.home)
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).eval()

    def __call__(self, prompt: Prompt, new_tokens: int) -> str:
        """Return the completion of one prompt."""
        import torch

        chat = [{"role": turn.role, "content": turn.content} for turn in prompt.messages]
        inputs = self._tokenizer.apply_chat_template(
            chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            out = self._model.generate(**inputs, max_new_tokens=new_tokens, do_sample=False)
        return str(self._tokenizer.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


def _equality(settings: Settings, prompts: Sequence[Prompt]) -> str:
    """Say how many completions equal plain `generate`'s in fp32."""
    exact = settings.generator.model_copy(update={"dtype": "float32"})
    ours = open_local(settings.model_copy(update={"generator": exact}), {}).generate(prompts, NEW_TOKENS)
    plain = PlainGenerate(settings, "float32")
    pairs = zip(ours, prompts, strict=True)
    equal = sum(one.text.strip() == plain(prompt, NEW_TOKENS).strip() for one, prompt in pairs)
    return f"fp32: {equal} of {len(prompts)} texts equal"


def _long_prompts(settings: Settings, count: int) -> list[Prompt]:
    """Return English questions behind the same 2,048 tokens of corpus."""
    domain = find_domain("travel")
    assistant = open_assistant(domain, settings)
    bring_up_to_date(assistant.knowledge, domain, settings)
    strategy = LongContext(assistant.generator, assistant.knowledge, assistant.style, PREFIX_TOKENS)
    return strategy.prepare_many(_questions(domain, count))


def _questions(domain: Domain, count: int) -> list[Question]:
    return [Question(one.id, one.question, "en") for one in domain.questions("test", "en")][:count]


def _with_models(settings: Settings, home: Path) -> Path:
    """Return a new home that shares only the models."""
    (home / "models").symlink_to(settings.home / "models")
    return home


def _first(generator: LocalGenerator, prompt: Prompt) -> None:
    list(islice(generator.stream(prompt, 1), 1))
