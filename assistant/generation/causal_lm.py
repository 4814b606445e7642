"""One causal language model in memory, and adapters to switch on. Knows nothing of prompts or batches.

The weights are read at the first forward pass. A lock is held for one forward pass at a time, so that
several threads, streams and adapters share one copy of the weights.
"""

import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.generation import shared_prefix
from assistant.generation.adapters import adapter_fingerprint
from assistant.generation.artefact import Artefact, read_artefact
from assistant.generation.attached import Attached, Attachments
from assistant.generation.chat import Chat
from assistant.generation.shared_prefix import Layers
from core.errors import AdapterError
from ingest.embedding import fast_dtype

if TYPE_CHECKING:
    import torch

CPU_ROOM = 8192
"""Tokens of a batch, padding included, that are answered together on a CPU: more are no faster."""
_BASE = "__base__"  # peft's name for no adapter
_MIXED = "mixed"  # what is on while the rows of a batch have different adapters
_SHARE = 0.5  # of the free memory of a GPU; the rest is for what a forward pass makes and drops
_MOST = 1 << 18


class CausalLM:
    """Weights and tokenizer of one folder in Hugging Face format."""

    def __init__(self, folder: Path, device: str = "auto", dtype: str = "auto", threads: int = 1) -> None:
        """Remember what to load; nothing is read yet. `device` and `dtype` are as in `settings.Generator`."""
        self.folder = folder
        self._wanted_device, self._wanted_dtype, self._threads = device, dtype, threads
        self._lock = threading.RLock()
        self._attached: dict[str, Attached] = {}
        self._mixing: set[str] = {""}
        self._active = ""

    @cached_property
    def device(self) -> str:
        """`cpu`, `cuda`, ..."""
        import torch

        if self._wanted_device != "auto":
            return self._wanted_device
        return "cuda" if torch.cuda.is_available() else "cpu"

    @cached_property
    def dtype(self) -> str:
        """`bfloat16` or `float32`."""
        return str(fast_dtype(self._wanted_dtype, self.device)).removeprefix("torch.")

    @cached_property
    def tokenizer(self) -> Any:
        """The tokenizer."""
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.folder)

    @cached_property
    def config(self) -> Any:
        """The model's configuration."""
        from transformers import AutoConfig

        return AutoConfig.from_pretrained(self.folder)

    @cached_property
    def shares_prefixes(self) -> bool:
        """Whether the keys and values of a prefix can be kept and shared by many prompts."""
        return shared_prefix.is_supported(self.config)

    @property
    def window(self) -> int:
        """Tokens that prompt and answer may take together; 0 where the model does not say."""
        return window_of(self.config)

    @cached_property
    def stops(self) -> frozenset[int]:
        """Ids of the tokens that end an answer."""
        with self._lock:
            configured = self._model.generation_config.eos_token_id
        ids = configured if isinstance(configured, list) else [configured]
        return Chat(self.tokenizer).stops | frozenset(ids) - {None}

    @cached_property
    def _model(self) -> Any:
        """The weights. Only touched under the lock, so that two threads never load them twice."""
        import torch
        from transformers import AutoModelForCausalLM

        torch.set_num_threads(self._threads)
        model = AutoModelForCausalLM.from_pretrained(
            self.folder,
            dtype=getattr(torch, self.dtype),
            attn_implementation=shared_prefix.register() if self.shares_prefixes else None,
        )
        model.get_output_embeddings().register_forward_pre_hook(_contiguous)
        return model.to(self.device).eval()

    def add_adapter(self, folder: Path) -> str:
        """Load the adapter in `folder` beside the base weights, once; return the name to switch it on.

        Raises:
            AdapterError: it cannot be loaded.
        """
        from safetensors import SafetensorError

        name = adapter_fingerprint(folder)
        with self._lock:
            if name in self._attached:
                return name
            artefact = read_artefact(folder)
            try:
                self._attach(artefact, name)
            except (
                *(OSError, ValueError, KeyError, IndexError, RuntimeError, AttributeError, TypeError),
                *(SafetensorError, AdapterError),
            ) as error:
                raise AdapterError(
                    f"{folder} does not fit {self.folder.name} ({_line(error)}); "
                    f"train it again: python -m finetune train"
                ) from error
        return name

    def mixes(self, name: str) -> bool:
        """Say whether rows with this adapter, as `add_adapter` named it, may be in a batch with others."""
        return name in self._mixing

    def beginning(self, name: str) -> Layers:
        """Return the keys and values that every text begins with under this adapter; empty: none."""
        return self._attached[name].beginning if name else []

    def forward(self, adapters: Sequence[str], **inputs: Any) -> "torch.Tensor":
        """Run the model once; return the logits of each row's next token: (rows, vocabulary).

        Args:
            adapters: what is switched on for each row, as `add_adapter` named it; empty: the base.
            inputs: those of the model.
        """
        import torch

        with self._lock, torch.inference_mode():
            model, mixed = self._switched(adapters)
            logits: torch.Tensor = model(**inputs, **mixed, use_cache=True, logits_to_keep=1).logits[:, -1]
            return logits

    def loss(self, ids: Sequence[int], adapter: str = "") -> float:
        """Return -log P(ids[1:]) in nats: each token given all before it, the adapter's beginning too."""
        import torch
        from transformers import DynamicCache

        read = torch.tensor([ids], device=self.device)
        with self._lock, torch.inference_mode():
            model, _ = self._switched([adapter])
            past = DynamicCache(self.beginning(adapter) or None)
            logits = model(input_ids=read, past_key_values=past, use_cache=True).logits[0, :-1]
            return float(torch.nn.functional.cross_entropy(logits.float(), read[0, 1:], reduction="sum"))

    @cached_property
    def _attachments(self) -> Attachments:
        return Attachments(self._model)

    def _attach(self, artefact: Artefact, name: str) -> None:
        self._switch("")
        found = self._attachments.attach(artefact, name)
        if found.beginning and not self.shares_prefixes:
            raise AdapterError("a soft prompt needs a base whose layers all attend to everything before")
        self._attached[name] = found
        if artefact.mixes or found.beginning:
            self._mixing.add(name)

    def _switched(self, adapters: Sequence[str]) -> tuple[Any, dict[str, Any]]:
        """Return the model with the adapters on, and what it must be told where rows have different ones."""
        weights = ["" if self.beginning(name) else name for name in adapters]
        if len(set(weights)) == 1:
            self._switch(weights[0])
            return self._model, {}
        assert self._attachments.plain is not None, "a batch mixes what cannot be mixed"
        self._switch(_MIXED)
        names = [name or _BASE for name in weights]
        return self._attachments.plain.peft, {"adapter_names": names}

    def _switch(self, name: str) -> None:
        if name == self._active:
            return
        plain = self._attachments.plain
        if self._active == _MIXED and plain is not None:
            plain.hide()
        elif self._active:
            self._attached[self._active].off()
        if name == _MIXED and plain is not None:
            plain.show()
            plain.peft.base_model.enable_adapter_layers()
        elif name:
            self._attached[name].on()
        self._active = name

    def room(self) -> int:
        """Return how many tokens of keys and values the free memory of a GPU holds; on a CPU `CPU_ROOM`."""
        import torch

        if not self.device.startswith("cuda"):
            return CPU_ROOM
        with self._lock:
            self._model  # noqa: B018 (what it takes is no longer free)
        text = self.config.get_text_config()
        heads = int(getattr(text, "num_key_value_heads", 0) or text.num_attention_heads)
        size = int(getattr(text, "head_dim", 0) or text.hidden_size // text.num_attention_heads)
        bytes_each = int(2 * text.num_hidden_layers * heads * size * getattr(torch, self.dtype).itemsize)
        free, _ = torch.cuda.mem_get_info(self.device)
        return max(CPU_ROOM, min(_MOST, int(_SHARE * free) // bytes_each))

    def free(self) -> None:
        """Give memory back that torch holds but nothing uses."""
        import torch

        if self.device.startswith("cuda"):
            torch.cuda.empty_cache()


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _contiguous(_: Any, inputs: "tuple[torch.Tensor, ...]") -> "tuple[torch.Tensor, ...]":
    """Lay out the last positions of a batch anew before the output matrix.

    PyTorch would multiply the slice row by row, with a copy of the matrix for each: 20 GB for 42 prompts.
    """
    return inputs[0].contiguous(), *inputs[1:]


def window_of(config: Any) -> int:
    """Return the tokens that a model can attend over, stretched positions included; 0: it does not say.

    A YaRN configuration of Qwen2.5 keeps `max_position_embeddings` at 32,768 and states a factor of 4.
    """
    text = config.get_text_config()
    window = int(getattr(text, "max_position_embeddings", 0) or 0)
    rope = getattr(text, "rope_parameters", None) or {}
    for one in (rope, *(value for value in rope.values() if isinstance(value, dict))):
        if one.get("factor") and one.get("original_max_position_embeddings"):
            window = max(window, int(one["factor"] * one["original_max_position_embeddings"]))
    return window
