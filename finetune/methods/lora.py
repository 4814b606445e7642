"""Low-rank updates of linear layers (Hu et al., 2021, arXiv:2106.09685) and their variants, by peft.

What begins by changing the base (PiSSA, OLoRA, CorDA) is saved as a plain LoRA of twice the rank,
what was learned minus what it began with, so that it opens on the base as it is. LoftQ and QLoRA learn
beside weights rounded to 4 bits; their artefacts say so, and the base is rounded in the same way under them.
"""

import copy
import json
from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.generation import nf4
from assistant.generation.artefact import CONFIG, QUANTISED, WEIGHTS
from core.errors import AdapterError
from finetune.methods.method import Sample, no_sample
from finetune.methods.targets import linear_targets, refuse_transposed
from finetune.methods.tunable import PeftTunable, put_on
from finetune.types import Batch
from settings import Finetune

if TYPE_CHECKING:
    import torch

_ROWS = 256  # of the pass over data that EVA and CorDA begin with, as in CorDA's paper
_SKETCH = 4  # directions that EVA keeps of what it has seen, in ranks


def attach_lora(base: Any, settings: Finetune, sample: Sample = no_sample, **variant: Any) -> PeftTunable:
    """Freeze `base` and put a fresh adapter on it, which computes in the base's dtype."""
    return PeftTunable(put_on(base, _config(base, settings, **variant)), settings.packing)


def attach_rslora(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Scale the update by alpha / sqrt(rank) (Kalajdzievski, 2023, arXiv:2312.03732)."""
    return attach_lora(base, settings, use_rslora=True)


def attach_dora(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn magnitudes and directions apart (Liu et al., 2024, arXiv:2402.09353)."""
    return attach_lora(base, settings, use_dora=True)


def attach_pissa(base: Any, settings: Finetune, sample: Sample) -> "ChangedBase":
    """Begin with the principal singular vectors (Meng et al., 2024, arXiv:2404.02948), by a fast SVD."""
    return ChangedBase(attach_lora(base, settings, init_lora_weights="pissa_niter_16"), settings.packing)


def attach_olora(base: Any, settings: Finetune, sample: Sample) -> "ChangedBase":
    """Begin with an orthonormal basis by QR (Büyükakyüz, 2024, arXiv:2406.01775)."""
    refuse_transposed(base, settings)
    return ChangedBase(attach_lora(base, settings, init_lora_weights="olora"), settings.packing)


def attach_eva(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Begin with the directions in which the activations vary most (Paischer et al., 2024, arXiv:2410.07170).

    Departs from the paper: every layer has the same rank (its rho = 1), the directions come of one pass
    over at most 256 examples, and of what went before only four ranks of directions are kept.
    """
    import torch

    tunable = attach_lora(base, settings)
    seen = _directions(tunable.model, _first(sample()), _SKETCH * settings.rank)
    with torch.no_grad():
        for layer, directions in seen.items():
            first = layer.lora_A["default"].weight
            kept = torch.nn.functional.normalize(directions[: len(first)])
            first[: len(kept)] = kept.to(first.dtype)
    return tunable


def attach_corda(base: Any, settings: Finetune, sample: Sample) -> "ChangedBase":
    """Begin with weights oriented by the activations' covariance (Yang et al., 2024, arXiv:2406.05223).

    In the instruction-previewed mode: what matters most for the training data learns.
    """
    import torch
    from peft.tuners.lora.config import CordaConfig
    from peft.tuners.lora.corda import preprocess_corda

    batches = _first(sample())

    def run() -> None:
        with torch.no_grad():
            for batch in batches:
                for ids, real in zip(batch.ids, batch.mask.bool(), strict=True):
                    base(input_ids=ids[real][None], use_cache=False)

    config = _config(base, settings, init_lora_weights="corda", corda_config=CordaConfig(corda_method="ipm"))
    preprocess_corda(base, config, run_model=run)
    tunable = PeftTunable(put_on(base, config), settings.packing)
    return ChangedBase(tunable, settings.packing)


def attach_loftq(base: Any, settings: Finetune, sample: Sample) -> "Rounded":
    """Begin with what rounding the base to 4 bits loses (Li et al., 2023, arXiv:2310.08659).

    Departs from the paper: one step of its alternation, so that the rounded base follows from the base
    alone, and weights that are rounded but not stored in 4 bits (see `qlora` for those).
    """
    import torch

    refuse_transposed(base, settings)
    tunable = attach_lora(base, settings)
    with torch.no_grad():
        for layer in _layers(tunable.model):
            own = layer.base_layer.weight
            low = nf4.rounded(own)
            left, values, right = torch.linalg.svd((own - low).float(), full_matrices=False)
            rank, scale = layer.r["default"], layer.scaling["default"]
            root = values[:rank].sqrt() / scale**0.5
            layer.lora_A["default"].weight.copy_(root[:, None] * right[:rank])
            layer.lora_B["default"].weight.copy_(left[:, :rank] * root)
            own.copy_(low)
    return Rounded(tunable.model, settings.packing)


def attach_qlora(base: Any, settings: Finetune, sample: Sample) -> "Rounded":
    """Learn beside a base that is stored in 4 bits (Dettmers et al., 2023, arXiv:2305.14314).

    Departs from the paper: scales are not quantised again, optimizer states are not paged, and an assistant
    answers with weights rounded in the same way and stored as they are. On a CPU bitsandbytes rounds the
    scales themselves when it first evaluates (0.1 of 9 in the logits of a tiny model); our rounding is its
    own on a GPU, bit for bit.
    """
    if settings.targets != "all-linear":
        raise AdapterError("qlora rounds every linear layer and learns beside each; leave finetune.targets")
    from peft import prepare_model_for_kbit_training

    ready = prepare_model_for_kbit_training(
        base,
        use_gradient_checkpointing=settings.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
    )
    return Rounded(attach_lora(ready, settings).model, settings.packing)


class ChangedBase(PeftTunable):
    """A LoRA that took from the base what it began with."""

    def __init__(self, tunable: PeftTunable, packs: bool) -> None:
        super().__init__(tunable.model, packs)
        self._start = {name: tensor.clone() for name, tensor in self._tensors().items()}

    def save(self, folder: Path) -> None:
        """Write what was learned minus what it began with, as an adapter of twice the rank.

        B A - B0 A0 as (B - B0) A + B0 (A - A0): the difference of the products would be one of large numbers,
        and in bfloat16 little would be left of it.
        """
        import torch
        from safetensors.torch import save_file

        now, both = self._tensors(), {}
        for name, tensor in now.items():
            start = self._start[name]
            parts = (tensor, tensor - start) if ".lora_A" in name else (tensor - start, start)
            both[name] = torch.cat(parts, 0 if ".lora_A" in name else 1).contiguous().cpu()
        config = copy.copy(self.model.peft_config["default"])
        config.r, config.lora_alpha = 2 * config.r, 2 * config.lora_alpha
        config.init_lora_weights, config.corda_config, config.inference_mode = True, None, True
        folder.mkdir(parents=True, exist_ok=True)
        config.save_pretrained(folder)
        save_file(both, folder / WEIGHTS)

    def _tensors(self) -> "dict[str, torch.Tensor]":
        from peft import get_peft_model_state_dict

        found = get_peft_model_state_dict(self.model, save_embedding_layers=False)
        return {name: tensor.detach() for name, tensor in found.items()}


class Rounded(PeftTunable):
    """A LoRA beside weights rounded to 4 bits."""

    def save(self, folder: Path) -> None:
        """Write the adapter, and how its base was rounded."""
        super().save(folder)
        path = folder / CONFIG
        told = {**json.loads(path.read_text(encoding="utf-8")), QUANTISED: "nf4"}
        path.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _config(base: Any, settings: Finetune, **variant: Any) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=linear_targets(base, settings),
        task_type="CAUSAL_LM",
        **variant,
    )


def _layers(model: Any) -> list[Any]:
    return [
        module for module in model.modules() if hasattr(module, "lora_A") and hasattr(module, "base_layer")
    ]


def _first(batches: Iterable[Batch]) -> list[Batch]:
    """Return the batches of the pass over data.

    Raises:
        AdapterError: there are none.
    """
    found: list[Batch] = []
    for batch in batches:
        if sum(len(one.ids) for one in found) >= _ROWS:
            break
        found.append(batch)
    if not found:
        raise AdapterError("this method looks at the training data first and was given none")
    return found


def _directions(model: Any, batches: Iterable[Batch], most: int) -> "dict[Any, torch.Tensor]":
    """Return the directions in which the layers' inputs are largest: (at most `most`, inputs) each, in fp32.

    Batch by batch: what is kept of those before and the inputs of this one, by the eigenvectors of
    their small Gram matrix. A matrix of (inputs, inputs) for every layer would take 11 GB at 1.5B.
    """
    import torch

    kept: dict[Any, torch.Tensor] = {}
    wanted: list[torch.Tensor] = []

    def look(layer: Any, inputs: "tuple[torch.Tensor, ...]") -> None:
        new = inputs[0][wanted[-1]].float()
        rows = torch.cat([kept[layer], new]) if layer in kept else new
        vectors = torch.linalg.eigh(rows @ rows.mT)[1].flip(-1)[:, :most]
        kept[layer] = vectors.mT @ rows

    with _watched(_layers(model), look), torch.no_grad():
        for batch in batches:
            wanted.append(batch.mask.bool())
            model(input_ids=batch.ids, attention_mask=batch.mask, use_cache=False)
    return kept


@contextmanager
def _watched(layers: list[Any], look: Any) -> Any:
    handles = [layer.register_forward_pre_hook(look) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
