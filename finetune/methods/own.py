"""Methods of ours, that neither peft nor a maintained library has for these models.

Their artefacts hold tensors in the base's own names (`weights`), or bottleneck layers (`bottleneck`).
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.generation.artefact import CONFIG, WEIGHTS
from assistant.generation.bottleneck import bottleneck, hook
from core.errors import AdapterError
from finetune.methods.method import Sample
from finetune.methods.targets import sublayer_outputs
from finetune.methods.tunable import ModelTunable
from settings import Finetune

if TYPE_CHECKING:
    import torch


def attach_full(base: Any, settings: Finetune, sample: Sample) -> "WeightsTunable":
    """Let everything learn."""
    return _learning(base, settings, lambda name: True)


def attach_bitfit(base: Any, settings: Finetune, sample: Sample) -> "WeightsTunable":
    """Let the biases learn (Ben Zaken et al., 2021, arXiv:2106.10199): in Qwen2.5 those of q, k and v."""
    if not any(name.endswith(".bias") for name, _ in base.named_parameters()):
        raise AdapterError(
            "bitfit learns biases and the base has none; use finetune.method ln_tuning or lora"
        )
    return _learning(base, settings, lambda name: name.endswith(".bias"))


def attach_freeze(base: Any, settings: Finetune, sample: Sample) -> "WeightsTunable":
    """Let the last layers, the norm after them and the head learn, the rest not.

    A head that is the embedding too learns as both.
    """
    stages = thawing(base)
    wanted = {id(weight) for stage in stages[: max(1, settings.layers)] for weight in stage}
    for weight in base.parameters():
        weight.requires_grad_(id(weight) in wanted)
    return WeightsTunable(base, settings)


def attach_gradual(base: Any, settings: Finetune, sample: Sample) -> "Gradual":
    """Thaw layers from the top (Howard and Ruder, 2018, arXiv:1801.06146).

    Departs from the paper: layers thaw evenly over the first half of the steps instead of one an epoch, and
    all have the same learning rate.
    """
    base.requires_grad_(True)
    return Gradual(base, settings)


def attach_adapter(base: Any, settings: Finetune, sample: Sample) -> "BottleneckTunable":
    """Put a bottleneck of width `rank` behind each attention and each MLP (Houlsby et al., arXiv:1902.00751).

    Departs from the paper: the norms do not learn (see `ln_tuning`), and the up-projection begins with zero
    instead of nearly so.
    """
    names = sublayer_outputs(base)
    base.requires_grad_(False)
    return BottleneckTunable(base, names, settings)


def thawing(base: Any) -> "list[list[torch.nn.Parameter]]":
    """Return the parameters in the order in which they thaw: head, last norm and last layer first.

    What comes before the layers thaws last.

    Raises:
        AdapterError: the model has no list of layers.
    """
    from torch import nn

    count = base.config.get_text_config().num_hidden_layers
    stacks = [one for one in base.modules() if isinstance(one, nn.ModuleList) and len(one) == count]
    if not stacks:
        raise AdapterError("the base has no list of layers to thaw; use finetune.method lora")
    layers = [list(layer.parameters()) for layer in stacks[0]]
    inside = {id(weight) for layer in layers for weight in layer}
    head = {id(weight) for weight in base.get_output_embeddings().parameters()}
    embedding = {id(weight) for weight in base.get_input_embeddings().parameters()} - head
    around = [weight for weight in base.parameters() if id(weight) not in inside]
    first = [weight for weight in around if id(weight) not in embedding]
    last = [weight for weight in around if id(weight) in embedding]
    return [first + layers[-1], *reversed(layers[:-1]), *([last] if last else [])]


def _learning(base: Any, settings: Finetune, wanted: Callable[[str], bool]) -> "WeightsTunable":
    for name, weight in base.named_parameters():
        weight.requires_grad_(wanted(name))
    return WeightsTunable(base, settings)


class WeightsTunable(ModelTunable):
    """A base of which some weights learn; the artefact holds these alone."""

    def __init__(self, base: Any, settings: Finetune) -> None:
        super().__init__(base, settings.packing)
        learning = {id(weight) for weight in self.parameters}
        self._names = [name for name, weight in base.named_parameters() if id(weight) in learning]
        self._method = settings.method

    def save(self, folder: Path) -> None:
        """Write what learned."""
        tensors = dict(zip(self._names, self.parameters, strict=True))
        _write(folder, {"kind": "weights", "method": self._method}, tensors)


class Gradual(WeightsTunable):
    """A base that thaws."""

    def __init__(self, base: Any, settings: Finetune) -> None:
        super().__init__(base, settings)
        self._stages, self._steps = thawing(base), 0
        self._thaw(1)

    def begin(self, steps: int) -> None:
        """Hear how many steps there are to thaw over."""
        self._steps = steps

    def on_step(self, step: int) -> bool:
        """Thaw what is due."""
        self._thaw(1 + (2 * step * len(self._stages)) // max(1, self._steps))
        return False

    def state(self) -> "dict[str, torch.Tensor]":
        """Return how many stages have thawed."""
        import torch

        return {"thawed": torch.tensor(self._thawed)}

    def restore(self, state: "Mapping[str, torch.Tensor]") -> None:
        """Thaw as many."""
        self._thaw(int(state["thawed"]))

    def _thaw(self, stages: int) -> None:
        self._thawed = min(stages, len(self._stages))
        for number, stage in enumerate(self._stages):
            for weight in stage:
                weight.requires_grad_(number < self._thawed)


class BottleneckTunable(ModelTunable):
    """A frozen base with bottlenecks behind its layers."""

    def __init__(self, base: Any, names: list[str], settings: Finetune) -> None:
        like, size = next(base.parameters()), base.config.get_text_config().hidden_size
        self._layers = {name: bottleneck(size, settings.rank).to(like.device, like.dtype) for name in names}
        hook(base, self._layers)
        super().__init__(base, settings.packing)
        self.parameters = [weight for layer in self._layers.values() for weight in layer.parameters()]

    def save(self, folder: Path) -> None:
        """Write the bottlenecks by the layers that they stand behind."""
        tensors = {
            f"{name}.{key}": tensor
            for name, layer in self._layers.items()
            for key, tensor in layer.state_dict().items()
        }
        _write(folder, {"kind": "bottleneck", "method": "adapter"}, tensors)


def _write(folder: Path, config: dict[str, str], tensors: "Mapping[str, torch.Tensor]") -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: one.detach().cpu().contiguous() for name, one in tensors.items()}, folder / WEIGHTS)
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
