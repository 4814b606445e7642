"""Every knob of the system, typed. Knows nothing of files, models or domains.

A value comes from, last one wins: the default below, the domain's `domain.toml` (same section and
key names), an environment variable such as `ASSISTANT_RETRIEVAL__TOP_K=8`.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PROJECT = Path(__file__).resolve().parent
_PREFIX = "ASSISTANT_"


class Section(BaseModel):
    """One frozen group of settings; an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Label(Section):
    """What a classification chooses from, or a kind of entity: its name in each language."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _one_for_both(cls, said: Any) -> Any:
        return {"en": said, "zh": said} if isinstance(said, str) else said


class Generator(Section):
    """The base model that every strategy answers with."""

    model: str = "qwen2.5-coder-1.5b-instruct"
    """A name in `core.weights.catalogue`, a folder with a causal LM, or a Hugging Face id."""
    device: str = "auto"
    """`auto` takes CUDA where there is one."""
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """`auto` is bfloat16 on a GPU or a CPU with bf16 instructions, else float32."""
    max_new_tokens: int = Field(default=96, ge=1)
    """Answers are cut here."""
    refusal_bias: float | None = None
    """Nats that are added to the log-odds of "I don't know." as the reply to a question with documents: the
    higher, the sooner it declines. Unset: what was fitted for the default model, 0 for others. An endpoint
    takes none."""
    thinking: bool = False
    """Let a model that can think before it answers do so; give it more `max_new_tokens` then."""
    batch_tokens: int = Field(default=0, ge=0)
    """Prompt tokens, padding included, that one batch of questions may hold; 0: 8,192 on a CPU, and on a GPU
    what its free memory holds."""
    prefix_cache_mb: int = Field(default=2048, ge=0)
    """Disk that a domain's stored prefixes (KV caches) may take; the least recently used go first."""
    endpoint: str = ""
    """Base URL of an OpenAI-compatible server (vLLM, Ollama, ...). Set: no local weights are loaded."""
    endpoint_timeout: float = Field(default=60.0, gt=0)
    """Seconds after which a silent endpoint is given up."""
    tokenizer: str = ""
    """Tokenizer of the model at the endpoint, a folder or a Hugging Face id; empty: tokens are estimated."""


class Embedder(Section):
    """The model that turns passages and queries into vectors."""

    model: str = "multilingual-e5-small"
    """A name in `core.weights.catalogue`, a sentence-transformers folder, or a Hugging Face id."""
    dtype: Literal["auto", "bfloat16", "float32"] = "auto"
    """As for the generator."""
    batch_tokens: int = Field(default=4096, ge=64)
    """Tokens, padding included, that one batch of passages may hold."""


class Parsing(Section):
    """What one document file may cost; one that costs more is a line of error and the others are read."""

    memory_mb: int = Field(default=1024, ge=256)
    """Address space of the process that parses; macOS does not enforce it, the other limits hold there."""
    cpu_seconds: int = Field(default=20, ge=1)
    """CPU time for a file."""
    wait_seconds: int = Field(default=24, ge=1)
    """The longest wait for the next document of a file, however busy the machine is."""
    max_chars: int = Field(default=4_000_000, ge=1000)
    """Characters of text in one document; to cut one takes up to 350 bytes of memory for each."""
    ocr: bool = False
    """Read scanned pages of PDFs by text recognition; needs `pip install -r requirements/ocr.txt`. A page
    takes about ten seconds of CPU time: `cpu_seconds` is then for each scanned page and not for the file, a
    document is waited for five times as long, and 2 GB more of memory are granted."""
    processes: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """Files that are parsed at once, each in a process of its own with these limits."""


class Crawling(Section):
    """How the pages of a web host are asked for."""

    delay_seconds: float = Field(default=1.0, ge=0)
    """The least time between two requests; a host may ask for more in its robots.txt."""
    page_seconds: float = Field(default=30.0, gt=0)
    """The longest that one page may take, from the connection to its last byte."""


class Chunking(Section):
    """How documents are cut. Sizes count words of Latin script and single CJK characters."""

    size: int = Field(default=220, ge=20)
    """A chunk holds at most this many, unless one sentence alone is longer."""
    overlap: int = Field(default=30, ge=0)
    """Whole sentences of at most this size are repeated from the chunk before."""


class Retrieval(Section):
    """How passages are found."""

    backend: Literal["hnsw", "chroma"] = "hnsw"
    """`hnsw` is embedded (hnswlib); `chroma` is a Chroma store."""
    chroma_url: str = ""
    """`http://host:port` of a Chroma server, which then holds the vectors for every host that serves; empty
    keeps Chroma in process."""
    mode: Literal["hybrid", "reranked", "dense", "bm25", "exact"] = "hybrid"
    """`reranked` is hybrid ordered anew by `reranker`; `exact` is brute force, the yardstick for `dense`."""
    lang: Literal["", "zh", "en"] = ""
    """Search only documents in this language; empty: all, passages in the question's language preferred."""
    top_k: int = Field(default=4, ge=1)
    """Passages in a rag prompt."""
    candidates: int = Field(default=50, ge=1)
    """Hits taken from each leg before they are fused."""
    fusion: Literal["convex", "rrf"] = "convex"
    """How the legs are fused: by their scores, each scaled to 0..1, or by reciprocal rank."""
    dense_weight: float = Field(default=0.5, ge=0, le=1)
    """Share of the dense leg in the fusion; BM25 has the rest."""
    reranker: str = ""
    """Cross-encoder for the mode `reranked`: a folder or a Hugging Face id."""
    rerank: int = Field(default=20, ge=1)
    """Hits that the reranker reads for each query."""
    neighbours: int = Field(default=0, ge=0)
    """Passages before and after a found one that are read together with it."""
    m: int = Field(default=16, ge=2)
    """HNSW: links per node."""
    ef_construction: int = Field(default=200, ge=10)
    """HNSW: search breadth while building."""
    ef: int = Field(default=800, ge=10)
    """HNSW: search breadth while answering; of fewer passages none is missed."""

    @model_validator(mode="before")
    @classmethod
    def _without_exact_up_to(cls, data: Any) -> Any:
        """Say what became of a setting that domains may still have."""
        if isinstance(data, dict) and "exact_up_to" in data:
            raise ValueError(
                "exact_up_to is no more, HNSW answers at every size; remove it (brute force: mode = 'exact')"
            )
        return data


class LongContext(Section):
    """How much of the corpus is read at once."""

    max_tokens: int = Field(default=8192, ge=128)
    """Tokens of documents in the prompt, counted by the generator's tokenizer. Where not all documents of a
    language fit, each question has those that are found for it."""
    order: Literal["ingestion", "date", "best_first", "best_last", "both_ends"] = "ingestion"
    """How documents stand in the prompt. By `date` the newest is last; the last three go by what is found for
    the question, so that each question has a prompt of its own, which is not read from a cache."""


class Finetune(Section):
    """Training. Of LoRA see Hu et al., 2021 (arXiv:2106.09685)."""

    name: str = ""
    """What the trained adapter is called (`fine_tuned:NAME`); empty: as the objective, of `sft` as the
    method."""
    method: str = "lora"
    """Which parameters learn: a name in `python -m finetune methods`."""
    objective: str = "sft"
    """What is learned: names in `finetune.objectives`, joined by commas: each goes on from the weights of
    the one before it (`pretraining,sft`)."""
    data: str = ""
    """A file of your own that is learned in the place of the domain's questions: Alpaca, ShareGPT, OpenAI
    chats, preference pairs, or completions with a label; relative to the domain's folder. Objectives
    that learn documents or passages go by those of the domain."""
    beta: float = Field(default=0.1, gt=0)
    """How far preferences may move the model: of `dpo` and `kto` the weight of the reference, of `orpo`
    that of the odds beside the reply."""
    samples: int = Field(default=4, ge=2)
    """Answers of its own to each question that `grpo`, `rloo` and `ppo` compare."""
    answer_tokens: int = Field(default=48, ge=1)
    """Where these answers are cut, and those of `distil` and `sdft`."""
    rewards: tuple[Literal["correct", "refusal", "citation"], ...] = ("correct", "refusal")
    """What is rewarded, each 0 to 1 and summed: the right answer, declining where there is none, and saying
    what the question's evidence says."""
    reward_model: str = ""
    """Adapter of the objective `reward` that judges in their place; empty: none does."""
    kl: float = Field(default=0.05, ge=0)
    """Price of a nat by which an answer is likelier than before training, beside its reward."""
    teacher: str = ""
    """Model that `distil` learns from, with the same tokenizer: a folder, a known name or a Hugging Face
    id."""
    divergence: float = Field(default=0.5, ge=0, le=1)
    """Of `distil` and `sdft`: 0 learns all that the teacher may say (forward KL), 1 only what it would
    (reverse)."""
    max_examples: int = Field(default=0, ge=0)
    """Learn from so many, drawn by the seed; 0: from all. To read takes fewer than to know."""
    passages: int = Field(default=3, ge=1)
    """Passages in an example that is read (`raft`)."""
    passage_words: int = Field(default=60, ge=10)
    """Each is cut to this many words of Latin script or CJK characters, around evidence that it holds."""
    evidence_share: float = Field(default=0.8, ge=0, le=1)
    """Share of those examples whose passages hold the evidence; the others are answered from memory."""
    steps: tuple[str, ...] = ("leak_guard",)
    """What is done to the training data: names in `finetune.factory`; see `finetune ablate`."""
    variants: int = Field(default=2, ge=1, le=4)
    """New wordings that `paraphrase` and `restructure` ask for of each question; `restructure` has two."""
    masked_model: str = ""
    """Masked language model of `mask_replace`, a folder or a Hugging Face id; empty: it is off."""
    extra_share: float = Field(default=0.1, gt=0, le=1)
    """Questions that `refuse` and `converse` ask for, each as a share of the examples."""
    balance_by: tuple[Literal["type", "language", "document", "label"], ...] = ("type",)
    """Of what `balance` shows each kind as often; a `label` is a reply that is one of few: yes or no."""
    oversample: int = Field(default=3, ge=1)
    """Times that `balance` shows an example at most."""
    rank: int = Field(default=8, ge=1)
    """Rank of the update matrices; the width of bottlenecks (`adapter`)."""
    alpha: int = Field(default=16, ge=1)
    """The update is scaled by alpha / rank."""
    dropout: float = Field(default=0.05, ge=0, lt=1)
    """On the adapter's input."""
    targets: str = "all-linear"
    """`all-linear`, or module names joined by commas."""
    virtual_tokens: int = Field(default=32, ge=2)
    """Learned before every text (`prefix`, `prompt`, `p_tuning`, `cartridge`)."""
    layers: int = Field(default=2, ge=1)
    """Last layers that learn (`freeze`)."""
    optimizer: Literal["adamw", "adam", "sgd", "lamb", "adafactor", "adamw_8bit"] = "adamw"
    """`sgd` has a momentum of 0.9; `adafactor` and `adamw_8bit` (needs bitsandbytes) take less memory."""
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    """Of the learning rate after warm-up; the first two end at zero."""
    learning_rate: float = Field(default=4e-4, gt=0)
    """Peak, after warm-up; not set, it is that of the method (see `python -m finetune methods`), or of an
    objective that needs a smaller one."""
    warmup: float = Field(default=0.06, ge=0, le=1)
    """Share of the steps that warms up."""
    epochs: int = Field(default=4, ge=1)
    """Passes over the training examples, unless `dev` stops them earlier."""
    max_updates: int = Field(default=0, ge=0)
    """Optimizer steps after which training ends, whatever `epochs` says; 0: no such end."""
    batch_tokens: int = Field(default=512, ge=0)
    """Tokens, padding included, of one forward and backward pass; where a model answers itself, those of
    one of its `samples`; 0: what a GPU holds, 512 without one."""
    packing: bool = False
    """Read the examples of a pass as one row without padding, in which none sees another."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them: about a third slower, far less memory."""
    accumulation: int = Field(default=1, ge=1)
    """Passes per optimizer step; every token of them counts alike. Several processes share them."""
    patience: int = Field(default=2, ge=1)
    """Epochs without a better `dev` accuracy before training stops."""
    max_similarity: float = Field(default=0.8, gt=0, le=1)
    """A train question closer than this to a test question (Jaccard of shingles) is a leak."""
    seed: int = 17
    """Order of the examples, dropout, initial weights, and answers that are drawn."""

    held_out: str = Field(default="", exclude=True)
    """Text that `finetune compare` measures perplexity on: a folder or a file, relative to the domain's
    folder; empty: the documents of another shipped domain. Nothing that is trained depends on it."""
    cost_per_cpu_hour: float = Field(default=0, ge=0, exclude=True)
    """Money that an hour of training on this machine without a GPU costs; 0: it is not stated."""
    cost_per_gpu_hour: float = Field(default=0, ge=0, exclude=True)
    """The same with a GPU."""

    @property
    def stages(self) -> tuple[str, ...]:
        """The objectives, in order."""
        return tuple(filter(None, map(str.strip, self.objective.split(","))))

    @property
    def adapter(self) -> str:
        """What is trained is called: by its objectives, where it learns replies alone by its method."""
        return self.name or (self.method if self.stages == ("sft",) else "-".join(self.stages))


class Evaluation(Section):
    """How strategies are compared."""

    bootstrap: int = Field(default=2000, ge=100)
    """Random swaps behind a p value, where there are too many for all."""
    latency_sample: int = Field(default=3, ge=0)
    """Questions per strategy answered one at a time, so that latency is what a user feels."""
    ragas_sample: int = Field(default=40, ge=0)
    """Questions per strategy that the RAGAS judge reads; 0 is all of them."""
    judge: str = ""
    """Model name at `judge_endpoint`; empty: the local generator judges."""
    judge_endpoint: str = ""
    """Base URL of an OpenAI-compatible server for the judge."""
    seed: int = 17
    """Which questions are sampled, and the swaps behind p values."""


class Settings(BaseSettings):
    """All settings, frozen."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_nested_delimiter="__",
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
    )

    home: Path = PROJECT / "var"
    """Where the program keeps what it builds: ledger, indexes, models, adapters, runs."""
    threads: int = Field(default_factory=lambda: os.cpu_count() or 1, ge=1)
    """CPU threads of torch and hnswlib."""
    max_question_chars: int = Field(default=4000, ge=1)
    """A longer question is refused."""
    max_file_mb: int = Field(default=64, ge=1)
    """A larger document file is refused."""
    task: Literal["qa", "classification", "entities", "generation", "dialogue"] = "qa"
    """What is asked of the domain's questions: an answer, one of `labels`, what they name by the kinds that
    `labels` lists, a paragraph, or an answer that may need the turns before."""
    labels: tuple[Label, ...] = ()
    """Of a classification the labels, of entities their kinds: each a name, or one for each language,
    `{en = "rail", zh = "铁路"}`."""
    answer_style: Literal["auto", "short", "sentence", "paragraph", "json"] = "auto"
    """How long answers should be; `auto`, and `json` for its values, go by the domain's train answers."""
    answer_schema: str = ""
    """File in the domain's folder: the JSON schema that answers follow where `answer_style` is `json`."""
    generator: Generator = Generator()
    embedder: Embedder = Embedder()
    parsing: Parsing = Parsing()
    crawling: Crawling = Crawling()
    chunking: Chunking = Chunking()
    retrieval: Retrieval = Retrieval()
    long_context: LongContext = LongContext()
    finetune: Finetune = Finetune()
    evaluation: Evaluation = Evaluation()

    def with_finetune(self, **changes: object) -> "Settings":
        """Return these settings with other values in `[finetune]`."""
        return self.model_copy(update={"finetune": self.finetune.model_copy(update=changes)})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over what a domain file says."""
        return env_settings, init_settings


def load_settings(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Return the settings with a domain's `overrides` and the environment applied.

    Raises:
        ValueError: one line that names the unknown key or wrong value.
    """
    for variable in os.environ:
        section = variable.removeprefix(_PREFIX).split("__")[0].lower()
        if variable.startswith(_PREFIX) and section not in Settings.model_fields:
            raise ValueError(
                f"setting {variable}: there is no {section!r}; known are {', '.join(Settings.model_fields)}"
            )
    try:
        return Settings(**dict(overrides or {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"setting {where}: {first['msg']}") from error
