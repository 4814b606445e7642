"""Generation against what a user would otherwise write with transformers: the first token, many answers."""

import hashlib
from collections.abc import Sequence
from itertools import islice
from statistics import median

from assistant.generation.adapters import find_adapter
from assistant.generation.chat import first_line
from assistant.generation.local import LocalGenerator, open_local
from assistant.packing import Candidate, pack
from assistant.prompts import open_book
from assistant.registry import open_assistant
from assistant.types import Prompt, Question
from core.domain import Domain, find_domain
from core.weights.catalogue import model_folder
from ingest.updating import bring_up_to_date
from settings import Settings
from tests.bench.measuring import ROUNDS, Result, alone, in_turn, timed

PROMPTS = 3
NEW_TOKENS = 16
PREFIX_TOKENS = 2048
QUESTIONS = 60


def first_token(settings: Settings) -> list[Result]:
    """The first token after a stored prefix of 2,048 corpus tokens, against plain `generate`."""
    prompts = alone(_long_prompts, settings, PROMPTS)
    ratio = alone(_first_token_ratio, settings, prompts)
    also = _equality(settings, prompts)
    return [Result("first token", "generate() with the whole prompt", ratio, 15, also)]


def _first_token_ratio(settings: Settings, prompts: Sequence[Prompt]) -> float:
    ours, plain = open_local(settings), PlainGenerate(settings, "bfloat16")
    _first(ours, prompts[-1])  # stores the prefix

    def stored() -> None:
        for prompt in prompts:
            _first(ours, prompt)

    def whole() -> None:
        for prompt in prompts:
            plain(prompt, 1)

    seconds = in_turn({"ours": stored, "whole": whole}, rounds=1)  # a round takes minutes
    return seconds["whole"] / seconds["ours"]


def evaluation(settings: Settings) -> list[Result]:
    """60 answers: 20 questions by every base-model strategy, against one `generate` for each."""
    prompts = alone(_evaluation_prompts, settings)
    ratio = alone(_evaluation_ratio, settings, prompts)
    also = f"{len(prompts)} answers, {_equality(settings, [*prompts[:3], *prompts[-3:]])}"
    return [Result("evaluation", "one generate() per question", ratio, 3, also)]


def _evaluation_prompts(settings: Settings) -> list[Prompt]:
    domain = find_domain("travel")
    assistant = open_assistant(domain, settings)
    bring_up_to_date(assistant.knowledge, domain, settings)
    questions = _questions(domain, QUESTIONS // 3)
    return [
        *assistant.strategy("rag").prepare_many(questions),
        *_long_prompts(settings, QUESTIONS // 3),
        *assistant.strategy("closed_book").prepare_many(questions),
    ]


def _evaluation_ratio(settings: Settings, prompts: Sequence[Prompt]) -> float:
    ours, plain = open_local(settings), PlainGenerate(settings, "bfloat16")
    ours.generate(prompts[-1:], 1)
    batched, _ = timed(lambda: ours.generate(prompts, NEW_TOKENS))  # reads the prefix, too
    plain(prompts[-1], 1)
    single, _ = timed(lambda: [plain(prompt, NEW_TOKENS) for prompt in prompts])
    return single / batched


def together(settings: Settings) -> list[Result]:
    """Three ways to answer a question in one batch, against one after the other."""
    domain = find_domain("travel")
    assistant = open_assistant(domain, settings)
    bring_up_to_date(assistant.knowledge, domain, settings)
    strategies = [assistant.strategy(name) for name in ("rag", "long_context", "fine_tuned")]
    first, *questions = _questions(domain, ROUNDS + 1)
    for strategy in strategies:
        strategy.answer_many([first])  # reads weights, adapter, index and documents
    apart, joined, equal = [], [], 0
    for question in questions:
        prompts = [strategy.prepare(question) for strategy in strategies]
        seconds, alone = timed(lambda: [assistant.generator.generate([one])[0] for one in prompts])  # noqa: B023
        apart.append(seconds)
        seconds, batch = timed(lambda: assistant.generator.generate(prompts))  # noqa: B023
        joined.append(seconds)
        equal += sum(one.text == other.text for one, other in zip(alone, batch, strict=True))
    also = f"{equal} of {3 * len(questions)} texts equal in bf16"
    return [Result("three answers", "one after the other", median(apart) / median(joined), 1 / 0.6, also)]


def switching(settings: Settings) -> list[Result]:
    """The domain's adapter off and on, against loading base and adapter anew; no token is generated."""
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    assistant = open_assistant(find_domain("travel"), settings)
    question = assistant.question("How long may I stay without a visa?")
    prompt = assistant.strategy("fine_tuned").prepare(question)
    generator = assistant.generator
    assert isinstance(generator, LocalGenerator)
    (said,) = generator.generate([prompt], NEW_TOKENS)
    before = _weights_sum(generator)
    folder = model_folder(settings.generator.model, settings.home)
    adapter = find_adapter(assistant.domain, settings, generator.fingerprint).folder
    name = generator._lm.add_adapter(adapter)

    def switch() -> None:
        for active in ("", name):
            generator._lm._switch(active)

    def load() -> None:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        PeftModel.from_pretrained(model, adapter)

    seconds = in_turn({"ours": switch, "load": load})
    (again,) = generator.generate([prompt], NEW_TOKENS)
    weights = "equal" if _weights_sum(generator) == before else "DIFFER"
    answer = "equal" if again.text == said.text else "DIFFERS"
    also = f"base weights {weights} afterwards, the answer {answer}"
    return [Result("switching", "loading base and adapter", seconds["load"] / seconds["ours"], 20, also)]


def _weights_sum(generator: LocalGenerator) -> str:
    """Return a digest of the base weights in memory."""
    import torch

    digest = hashlib.sha256()
    for name, weight in generator._lm._model.named_parameters():
        if "lora_" not in name:
            digest.update(weight.detach().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


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
    """Say how many completions equal plain `generate`'s in fp32; each side has the memory to itself."""
    pairs = zip(alone(_exact_ours, settings, prompts), alone(_exact_plain, settings, prompts), strict=True)
    equal = sum(first_line(ours.strip()) == first_line(plain.strip()) for ours, plain in pairs)
    return f"fp32: {equal} of {len(prompts)} texts equal"


def _exact_ours(settings: Settings, prompts: Sequence[Prompt]) -> list[str]:
    exact = settings.generator.model_copy(update={"dtype": "float32"})
    ours = open_local(settings.model_copy(update={"generator": exact}))
    return [one.text for one in ours.generate(prompts, NEW_TOKENS)]


def _exact_plain(settings: Settings, prompts: Sequence[Prompt]) -> list[str]:
    plain = PlainGenerate(settings, "float32")
    return [plain(prompt, NEW_TOKENS) for prompt in prompts]


def _long_prompts(settings: Settings, count: int) -> list[Prompt]:
    """Return English questions behind the same 2,048 tokens of corpus."""
    domain = find_domain("travel")
    assistant = open_assistant(domain, settings)
    bring_up_to_date(assistant.knowledge, domain, settings)
    documents = (Candidate(one, place) for place, one in enumerate(assistant.knowledge.documents("en")))
    chunks = [one.chunk for one in pack(documents, PREFIX_TOKENS, assistant.generator.count_tokens)]
    told = [
        open_book(one.text, chunks, "en", assistant.style, shares_passages=True)
        for one in _questions(domain, count)
    ]
    return [Prompt(book.messages, prefix=book.shared, one_line=assistant.style == "short") for book in told]


def _questions(domain: Domain, count: int) -> list[Question]:
    return [Question(one.id, one.question, "en") for one in domain.questions("test", "en")][:count]


def _first(generator: LocalGenerator, prompt: Prompt) -> None:
    list(islice(generator.stream(prompt, 1), 1))
