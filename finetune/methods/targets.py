"""Which layers of a model a method works on, by the last part of their names. Knows nothing of methods."""

from typing import Any

from core.errors import AdapterError
from settings import Finetune

_LINEAR = ("Linear", "Linear4bit", "Linear8bitLt", "Conv1D")
_KEYS_VALUES = {"k_proj", "v_proj", "key", "value", "qkv_proj", "query_key_value", "c_attn", "Wqkv"}
_MLP_OUT = ("down_proj", "dense_4h_to_h", "fc2", "c_proj", "fc_out", "w2")


def linear_targets(base: Any, settings: Finetune) -> list[str]:
    """Return the names of the linear layers that the settings mean; the output matrix is none.

    Raises:
        AdapterError: the model has none of a name; the message lists those that it has.
    """
    return _chosen(_linear(base), settings)


def refuse_transposed(base: Any, settings: Finetune) -> None:
    """Raise AdapterError where a target stores its weight as (inputs, outputs), as GPT-2's do."""
    targets = linear_targets(base, settings)
    for name, module in base.named_modules():
        if type(module).__name__ == "Conv1D" and name.rpartition(".")[2] in targets:
            raise AdapterError(f"the method does not go on {name}, a Conv1D; use finetune.method lora")


def norm_targets(base: Any) -> list[str]:
    """Return the names of the normalising layers.

    Raises:
        AdapterError: there are none.
    """
    found = {
        name.rpartition(".")[2]
        for name, module in base.named_modules()
        if type(module).__name__.endswith("Norm") and any(True for _ in module.parameters(recurse=False))
    }
    if not found:
        raise AdapterError("the base has no normalising layers that learn; use finetune.method lora")
    return sorted(found)


def scaled_targets(base: Any, settings: Finetune) -> tuple[list[str], list[str]]:
    """Return the layers that IA3 scales, and those of them whose input it scales: the MLP's last.

    By default keys, values and that layer, as Liu et al. do; all linear layers where none has such a name.
    """
    found = _linear(base)
    if settings.targets == "all-linear":
        names = sorted(found & (_KEYS_VALUES | set(_MLP_OUT))) or sorted(found)
    else:
        names = _chosen(found, settings)
    return names, [name for name in names if name in _MLP_OUT]


def widths(base: Any, targets: list[str]) -> list[int]:
    """Return the input widths of the target layers."""
    return sorted(
        {
            int(getattr(module, "in_features", 0) or module.weight.shape[0])
            for name, module in base.named_modules()
            if name.rpartition(".")[2] in targets and type(module).__name__ in _LINEAR
        }
    )


def sublayer_outputs(base: Any) -> list[str]:
    """Return the full names of the last linear layer of each attention and each MLP.

    Raises:
        AdapterError: the model's layers are not built so.
    """
    size = base.config.get_text_config().hidden_size
    last: dict[str, str] = {}
    for name, module in base.named_modules():
        if type(module).__name__ not in _LINEAR or module is base.get_output_embeddings():
            continue
        sublayer = name.rpartition(".")[0]
        if size in (getattr(module, "out_features", 0), getattr(module, "nf", 0)) and sublayer:
            last[sublayer] = name
    if not last:
        raise AdapterError("the base has no linear layers as wide as it is; use finetune.method lora")
    return list(last.values())


def _linear(base: Any) -> set[str]:
    head = base.get_output_embeddings()
    return {
        name.rpartition(".")[2]
        for name, module in base.named_modules()
        if type(module).__name__ in _LINEAR and module is not head
    }


def _chosen(found: set[str], settings: Finetune) -> list[str]:
    if settings.targets == "all-linear":
        return sorted(found)
    named = [name.strip() for name in settings.targets.split(",") if name.strip()]
    missing = [name for name in named if name not in found]
    if missing or not named:
        raise AdapterError(
            f"finetune.targets: the base has no linear layer {', '.join(missing) or 'without a name'}; "
            f"it has {', '.join(sorted(found))}"
        )
    return named
