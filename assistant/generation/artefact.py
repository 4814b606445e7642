"""What a folder with a tuned artefact says and holds, read without trusting it. Knows nothing of models.

Two files: `adapter_config.json` says what it is, `adapter_model.safetensors` holds its tensors. The
configuration is peft's, or, with a `kind`, one of ours: `weights` that stand for those of the base, or
`bottleneck` layers. Whoever made the folder: nothing in it is run, and no pickle is opened.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import AdapterError

if TYPE_CHECKING:
    import torch

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
QUANTISED = "quantised_base"
"""Key of ours in a configuration: the layers with an adapter were rounded so while it was trained."""
KINDS = ("weights", "bottleneck")
SOFT_PROMPTS = ("PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING", "CARTRIDGE")
LAYERED = ("LORA", "ADALORA", "IA3", "VERA", "OFT", "BOFT", "LOHA", "LOKR", "MISS", "SHIRA", "LN_TUNING")
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_MOST_CONFIG = 1 << 20
_REFUSED = {
    "megatron_config": "it would import another library",
    "layer_replication": "it copies layers of the base",
    "layers_pattern": "it names its layers by a pattern",
    "alora_invocation_tokens": "it is on for a part of a text alone",
    "arrow_config": "it chooses among other adapters",
}
"""Settings of peft that an artefact may not bring."""
_NAMES = ("target_modules", "exclude_modules", "modules_to_save", "rank_pattern", "alpha_pattern")
_PLAIN = re.compile(r"\^?[\w.-]{1,200}")  # peft reads the last two as regular expressions
_COUNTS = ("r", "init_r", "target_r", "num_virtual_tokens", "oft_block_size", "boft_block_size")
_INITS = ("init_lora_weights", "init_weights", "init_ia3_weights")


@dataclass(frozen=True, slots=True)
class Artefact:
    """A configuration that has been looked at; its tensors are still on the disk."""

    folder: Path
    config: dict[str, Any]

    @property
    def kind(self) -> str:
        """One of `KINDS`, `LAYERED` or `SOFT_PROMPTS`."""
        return str(self.config.get("kind") or self.config["peft_type"])

    @property
    def quantised(self) -> str:
        """How the base was rounded under it: `nf4`, or empty."""
        return str(self.config.get(QUANTISED, ""))

    @property
    def mixes(self) -> bool:
        """Whether it can share a batch with the base and others of its kind: a plain LoRA."""
        told = self.config
        plain = not (told.get("use_dora") or told.get("trainable_token_indices") or self.quantised)
        return self.kind == "LORA" and plain

    def tensors(self) -> "dict[str, torch.Tensor]":
        """Return the tensors by name, on the CPU.

        Raises:
            AdapterError: the file is damaged.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return dict(load_file(self.folder / WEIGHTS))
        except (OSError, SafetensorError) as error:
            raise AdapterError(
                f"{self.folder / WEIGHTS} is damaged ({_line(error)}); train it again"
            ) from error

    def peft_config(self) -> Any:
        """Return the configuration as peft's, for answering: nothing is initialised, nothing learns.

        Raises:
            AdapterError: peft does not take it.
        """
        from peft import PeftConfig

        told = {key: value for key, value in self.config.items() if key not in (QUANTISED, "auto_mapping")}
        for name in _INITS:
            if name in told:
                told[name] = True
        told |= {"inference_mode": True, "base_model_name_or_path": None}
        try:
            return PeftConfig.from_peft_type(**told)
        except (TypeError, ValueError, KeyError) as error:
            raise AdapterError(f"{self.folder / CONFIG} is not peft's ({_line(error)})") from error


def read_artefact(folder: Path) -> Artefact:
    """Return what a folder holds.

    Raises:
        AdapterError: it holds no artefact that can be opened, or one that must not be.
    """
    refuse_pickles(folder)
    try:
        if (folder / CONFIG).stat().st_size > _MOST_CONFIG:
            raise AdapterError(f"{folder / CONFIG} is larger than a configuration is; it is not opened")
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AdapterError(
            f"{folder} holds no adapter ({_line(error)}); run: python -m finetune train"
        ) from error
    if not isinstance(config, dict):
        raise AdapterError(f"{folder / CONFIG} holds no configuration; train the adapter again")
    _check(folder, config)
    artefact = Artefact(folder, config)
    _check_sizes(artefact)
    return artefact


def refuse_pickles(folder: Path) -> None:
    """Raise AdapterError where a folder has its weights as a pickle only, which can run anything."""
    if (folder / WEIGHTS).is_file():
        return
    for pattern in _PICKLES:
        for path in folder.glob(pattern):
            raise AdapterError(
                f"{path} is a pickle, which can run any code, and is not opened; have it as {WEIGHTS}"
            )


def _check(folder: Path, config: dict[str, Any]) -> None:
    """Raise AdapterError for a type that is not known or a setting that must not be."""
    kind = config.get("kind") or config.get("peft_type")
    if kind not in (*KINDS, *LAYERED, *SOFT_PROMPTS):
        known = ", ".join((*LAYERED, *SOFT_PROMPTS, *KINDS))
        raise AdapterError(f"{folder} is an adapter of type {str(kind)[:40]!r}; those opened are {known}")
    for name, reason in _REFUSED.items():
        if config.get(name):
            raise AdapterError(f"{folder / CONFIG} sets {name}: {reason}; it is not opened")
    if config.get("bias") not in (None, "none"):
        raise AdapterError(f"{folder / CONFIG} changes biases of the base (bias); it is not opened")
    for name in _NAMES:
        named = config.get(name) or ()
        if isinstance(named, str) and named != "all-linear":
            raise AdapterError(f"{folder / CONFIG} names {name} by a pattern; write them as a list")
        if isinstance(named, list | dict) and not all(map(_PLAIN.fullmatch, map(str, named))):
            raise AdapterError(f"{folder / CONFIG} has a pattern among its {name}; write out the names")
    start = config.get("init_lora_weights")
    if isinstance(start, str) and start.partition("_")[0] in ("pissa", "olora", "corda", "loftq", "lora"):
        raise AdapterError(
            f"{folder} changes the base ({start}); have it converted to a plain LoRA where it was trained"
        )
    if config.get(QUANTISED, "") not in ("", "nf4"):
        raise AdapterError(f"{folder / CONFIG} rounds its base in a way that is not known; known is nf4")


def _check_sizes(artefact: Artefact) -> None:
    """Raise AdapterError where the configuration asks for more than its tensors have."""
    from safetensors import SafetensorError, safe_open

    path = artefact.folder / WEIGHTS
    try:
        with safe_open(path, framework="pt") as saved:
            sides = [side for key in saved.keys() for side in saved.get_slice(key).get_shape()]  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise AdapterError(f"{path} is damaged ({_line(error)}); train it again") from error
    most = max(sides, default=0)
    patterns = artefact.config.get("rank_pattern") or {}
    ranks = [value for value in patterns.values() if isinstance(value, int)]
    counts = [value for name in _COUNTS if isinstance(value := artefact.config.get(name), int)]
    if any(count > most for count in (*counts, *ranks)):
        raise AdapterError(
            f"{artefact.folder / CONFIG} states sizes up to {max(*counts, *ranks, 0)}, "
            f"its tensors have {most} at most; it is not opened"
        )


def _line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
