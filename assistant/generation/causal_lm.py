"""One causal language model in memory, and adapters to switch on. Knows nothing of prompts or batches.

The weights are read at the first forward pass. A lock is held for one forward pass at a time, so that
several threads, streams and adapters share one copy of the weights.
"""

import re
import threading
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.generation import shared_prefix
from assistant.generation.adapters import adapter_fingerprint
from assistant.types import Message
from core.errors import AdapterError, GenerationError
from ingest.embedding import fast_dtype

if TYPE_CHECKING:
    import torch

_CHAT_END = "<|im_end|>"


class CausalLM:
    """Weights, tokenizer and chat template of one folder in Hugging Face format."""

    def __init__(self, folder: Path, device: str = "auto", dtype: str = "auto", threads: int = 1) -> None:
        """Remember what to load; nothing is read yet. `device` and `dtype` are as in `settings.Generator`."""
        self.folder = folder
        self._wanted_device, self._wanted_dtype, self._threads = device, dtype, threads
        self._lock = threading.RLock()
        self._peft: Any = None
        self._loaded: set[str] = set()
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
        """The tokenizer, with its chat template."""
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self.folder)
        if not tokenizer.chat_template:
            raise GenerationError(
                f"{self.folder} has no chat template; set generator.model to an instruct model"
            )
        return tokenizer

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
        """Tokens that prompt and answer may take together."""
        return int(getattr(self.config, "max_position_embeddings", 0) or 1 << 30)

    @cached_property
    def stops(self) -> frozenset[int]:
        """Ids of the tokens that end an answer."""
        with self._lock:
            configured = self._model.generation_config.eos_token_id
        ids = {self.tokenizer.eos_token_id, self.tokenizer.get_vocab().get(_CHAT_END)}
        ids.update(configured if isinstance(configured, list) else [configured])
        return frozenset(ids - {None})

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

    @cached_property
    def _control(self) -> re.Pattern[str]:
        return re.compile("|".join(map(re.escape, self.tokenizer.get_added_vocab())) or r"(?!)")

    def encode(self, messages: Sequence[Message], reply: bool) -> list[int]:
        """Return the token ids of a chat; `reply` opens the assistant's turn.

        A control token such as `<|im_end|>` inside a message is broken up by a space: no document or
        question can end its turn.
        """
        chat = [
            {"role": message.role, "content": self._control.sub(_broken, message.content)}
            for message in messages
        ]
        ids = self.tokenizer.apply_chat_template(chat, add_generation_prompt=reply, return_dict=False)
        return list(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`, without control tokens and without an unfinished last character."""
        return str(self.tokenizer.decode(ids, skip_special_tokens=True)).rstrip("\ufffd")

    def add_adapter(self, folder: Path) -> str:
        """Load the adapter in `folder` beside the base weights, once; return the name to switch it on.

        Raises:
            AdapterError: it cannot be loaded.
        """
        from safetensors import SafetensorError

        name = adapter_fingerprint(folder)
        with self._lock:
            if name in self._loaded:
                return name
            try:
                self._load(folder, name)
            except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
                raise AdapterError(
                    f"{folder} does not fit {self.folder.name} ({str(error).splitlines()[0][:200]}); "
                    f"train it again: python -m finetune train"
                ) from error
        return name

    def forward(self, adapter: str, allowed: "torch.Tensor | None" = None, **inputs: Any) -> "torch.Tensor":
        """Run the model once, with `adapter` switched on; return each row's most likely next token.

        Only tokens that are true in `allowed` (rows, vocabulary) are looked at; None: all.

        Raises:
            GenerationError: there is not enough memory.
        """
        import torch

        with self._lock, torch.inference_mode():
            self._switch(adapter)
            try:
                logits = self._model(**inputs, use_cache=True, logits_to_keep=1).logits[:, -1]
            except (torch.OutOfMemoryError, MemoryError) as error:
                raise GenerationError(
                    "out of memory; lower generator.batch_tokens or long_context.max_tokens"
                ) from error
            if allowed is not None:
                logits = logits.masked_fill(~allowed, float("-inf"))
            chosen: torch.Tensor = logits.argmax(-1)
            return chosen

    def _load(self, folder: Path, name: str) -> None:
        from peft import PeftModel
        from peft.utils.save_and_load import load_peft_weights

        load_peft_weights(str(folder), device="cpu")  # a damaged file must fail before the base is touched
        if self._peft is None:
            self._peft = PeftModel.from_pretrained(
                self._model, folder, adapter_name=name, autocast_adapter_dtype=False
            )
            self._active = name
        else:
            self._peft.load_adapter(folder, adapter_name=name, autocast_adapter_dtype=False)
        self._loaded.add(name)

    def _switch(self, name: str) -> None:
        if name == self._active:
            return
        if name:
            self._peft.set_adapter(name, inference_mode=True)
            self._peft.base_model.enable_adapter_layers()
        else:
            self._peft.base_model.disable_adapter_layers()
        self._active = name


def _contiguous(_: Any, inputs: "tuple[torch.Tensor, ...]") -> "tuple[torch.Tensor, ...]":
    """Lay out the last positions of a batch anew before the output matrix.

    PyTorch would multiply the slice row by row, with a copy of the matrix for each: 20 GB for 42 prompts.
    """
    return inputs[0].contiguous(), *inputs[1:]


def _broken(control: re.Match[str]) -> str:
    return f"{control[0][0]} {control[0][1:]}"
