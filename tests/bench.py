"""Ratios against what a user would otherwise write, in one run on the real default weights.

    make bench                      all of them (about half an hour on two cores)
    python -m tests.bench ingest    those whose name contains a word

The arms alternate and medians are compared; equality is checked beside each time.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median
from typing import TypeVar

import numpy as np

from assistant.generation.local import LocalGenerator, open_local
from assistant.long_context import LongContext
from assistant.registry import open_assistant
from assistant.types import Prompt, Question
from ingest.chunking import split
from ingest.domain import Domain, find_domain
from ingest.embedding import LocalEmbedder, open_embedder
from ingest.knowledge_base import bring_up_to_date, open_knowledge_base
from ingest.reading import read_documents
from ingest.types import Document
from ingest.weights import model_folder
from settings import Settings

T = TypeVar("T")
ROUNDS = 3
NEW_TOKENS = 16
PREFIX_TOKENS = 2048
QUESTIONS = 24


@dataclass(frozen=True, slots=True)
class Result:
    """One ratio; `also` is what must hold beside it."""

    name: str
    against: str
    ratio: float
    goal: float
    also: str


def main(wanted: Sequence[str]) -> int:
    """Run the benchmarks whose name contains one of `wanted`; print a table."""
    benchmarks: dict[str, Callable[[Settings], Result]] = {
        "embedding": embedding,
        "ingest again": ingest_again,
        "first token": first_token,
        "evaluation": evaluation,
    }
    settings = find_domain("travel").settings()
    print(f"{'what':26} {'against':36} {'ratio':>7} {'goal':>6}  also")
    for name, run in benchmarks.items():
        if not wanted or any(word in name for word in wanted):
            result = run(settings)
            figures = f"{result.ratio:6.1f}x {result.goal:5.1f}x"
            print(f"{result.name:26} {result.against:36} {figures}  {result.also}", flush=True)
    return 0


def embedding(settings: Settings) -> Result:
    """Passages of all shipped documents: our batches against one `encode` per file."""
    from sentence_transformers import SentenceTransformer

    files = [
        [chunk.passage for chunk in split(document, settings.chunking.size, settings.chunking.overlap)]
        for document in _documents("travel", "legal")
    ]
    passages = [passage for file in files for passage in file]
    ours = LocalEmbedder(settings.embedder, settings.home, settings.threads)
    plain = SentenceTransformer(str(model_folder(settings.embedder.model, settings.home)), device="cpu")

    def one_by_one() -> object:
        return np.concatenate([plain.encode_document(file, normalize_embeddings=True) for file in files])

    ours.embed_passages(passages[:8]), plain.encode_document(passages[:8])
    ratio = _ratio(one_by_one, lambda: ours.embed_passages(passages))
    cosine = float((ours.embed_passages(passages) * one_by_one()).sum(axis=1).mean())
    also = f"{len(passages)} passages, mean cosine to fp32 {cosine:.4f}"
    return Result("embedding", "one encode() per file, fp32", ratio, 2, also)


def ingest_again(settings: Settings) -> Result:
    """An unchanged corpus ingested again, against its first ingest."""
    domain = find_domain("travel")
    embedder = open_embedder(settings)
    embedder.embed_passages(["warm"])
    with tempfile.TemporaryDirectory() as home:
        knowledge = open_knowledge_base(domain, settings.model_copy(update={"home": Path(home)}), embedder)
        first, report = _timed(lambda: bring_up_to_date(knowledge, domain, settings))
        again = [_timed(lambda: bring_up_to_date(knowledge, domain, settings)) for _ in range(5)]
        knowledge.close()
    embedded = sum(one.embedded for _, one in again)
    ratio = first / median(seconds for seconds, _ in again)
    return Result(
        "ingest again", "the first ingest", ratio, 50, f"{report.embedded} passages, then {embedded}"
    )


def first_token(settings: Settings) -> Result:
    """The first token after a stored prefix of 2,048 corpus tokens, against plain `generate`."""
    prompts = _long_prompts(settings, QUESTIONS)[:ROUNDS]
    ours, plain = open_local(settings, {}), PlainGenerate(settings, "bfloat16")
    _first(ours, prompts[-1])  # stores the prefix

    def stored() -> None:
        for prompt in prompts:
            _first(ours, prompt)

    def whole() -> None:
        for prompt in prompts:
            plain(prompt, 1)

    ratio = _ratio(whole, stored, rounds=1)
    also = _equality(settings, prompts)
    return Result("long_context, first token", "generate() with the whole prompt", ratio, 15, also)


def evaluation(settings: Settings) -> Result:
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
        batched, _ = _timed(lambda: ours.generate(prompts, NEW_TOKENS))
    plain(prompts[-1], 1)
    single, _ = _timed(lambda: [plain(prompt, NEW_TOKENS) for prompt in prompts])
    also = f"{len(prompts)} answers, {_equality(settings, [*prompts[:3], *prompts[-3:]])}"
    return Result("evaluation, 24 questions", "one generate() per question", single / batched, 2.5, also)


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


def _documents(*domains: str) -> list[Document]:
    return [
        item
        for name in domains
        for item in read_documents(find_domain(name).documents)
        if isinstance(item, Document)
    ]


def _with_models(settings: Settings, home: Path) -> Path:
    """Return a new home that shares only the models."""
    (home / "models").symlink_to(settings.home / "models")
    return home


def _first(generator: LocalGenerator, prompt: Prompt) -> None:
    list(islice(generator.stream(prompt, 1), 1))


def _ratio(theirs: Callable[[], object], ours: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return how many times faster `ours` is: medians of alternating rounds."""
    times = [(_timed(theirs)[0], _timed(ours)[0]) for _ in range(rounds)]
    return median(their for their, _ in times) / median(our for _, our in times)


def _timed(run: Callable[[], T]) -> tuple[float, T]:
    start = time.perf_counter()
    result = run()
    return time.perf_counter() - start, result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
