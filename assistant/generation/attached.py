"""Tuned artefacts on a model in memory: switched on and off, the base bit for bit the same. Knows no prompts.

What an artefact of any method becomes is one of four things: modules that stand in for the base's
(peft's layers), tensors that stand in for its weights, hooks behind its layers, or keys and values that
every text begins with (a soft prompt). Nothing is added to a weight and taken off again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from assistant.generation import bottleneck, nf4
from assistant.generation.artefact import SOFT_PROMPTS, Artefact
from assistant.generation.shared_prefix import Layers
from core.errors import AdapterError

if TYPE_CHECKING:
    import torch


class Attached(Protocol):
    """An artefact beside its base."""

    @property
    def beginning(self) -> Layers:
        """Keys and values that every text begins with; empty: none."""
        ...

    def on(self) -> None:
        """Let the base compute with it."""
        ...

    def off(self) -> None:
        """Let the base compute without it."""
        ...


@dataclass
class PeftLayers:
    """Modules of peft in the place of the base's own; those of several adapters of a type share it."""

    base: Any
    peft: Any
    own: Mapping[str, Any]
    """The base's modules by name, before anything was attached."""
    places: dict[str, Any] = field(default_factory=dict)

    def take_in(self) -> None:
        """Remember which modules peft has put in place, and set back the base's own."""
        for name, module in self.own.items():
            here = _at(self.base, name)
            is_inside = any(name.startswith(f"{outer}.") for outer in self.places)
            if here is not None and here is not module and not is_inside:
                self.places[name] = here
        if hasattr(self.base, "peft_config"):
            del self.base.peft_config  # peft's mark of a model that it has changed
        self.hide()

    def show(self) -> None:
        """Put peft's modules in place."""
        for name, module in self.places.items():
            self.base.set_submodule(name, module)

    def hide(self) -> None:
        """Put the base's own modules in place."""
        for name in self.places:
            self.base.set_submodule(name, self.own[name])


@dataclass
class PeftAdapter:
    """One adapter among the layers of its type."""

    layers: PeftLayers
    name: str
    beginning: Layers = field(default_factory=list)

    def on(self) -> None:
        """Let the layers compute with this adapter."""
        self.layers.show()
        self.layers.peft.set_adapter(self.name, inference_mode=True)
        self.layers.peft.base_model.enable_adapter_layers()

    def off(self) -> None:
        """Take the layers away."""
        self.layers.hide()


@dataclass
class Weights:
    """Tensors in the place of the base's. Both are kept: a full artefact takes the memory of another."""

    pairs: "list[tuple[torch.nn.Parameter, torch.Tensor, torch.Tensor]]"
    beginning: Layers = field(default_factory=list)

    def on(self) -> None:
        """Point the parameters to what was learned."""
        for parameter, learned, _ in self.pairs:
            parameter.data = learned

    def off(self) -> None:
        """Point them back."""
        for parameter, _, own in self.pairs:
            parameter.data = own


@dataclass
class Bottlenecks:
    """Layers behind those of the base."""

    base: Any
    layers: "Mapping[str, torch.nn.Module]"
    beginning: Layers = field(default_factory=list)
    _handles: list[Any] = field(default_factory=list)

    def on(self) -> None:
        """Hook them in."""
        self._handles = bottleneck.hook(self.base, self.layers)

    def off(self) -> None:
        """Take the hooks away."""
        while self._handles:
            self._handles.pop().remove()


@dataclass
class SoftPrompt:
    """Keys and values before every text; the base computes as it is."""

    beginning: Layers

    def on(self) -> None:
        """Nothing: whoever reads a text begins with them."""

    def off(self) -> None:
        """Nothing."""


class Attachments:
    """The artefacts of one base model. None is on."""

    def __init__(self, base: Any) -> None:
        self._base = base
        self._own = dict(base.named_modules())
        self.plain: PeftLayers | None = None
        """Those of plain LoRA adapters, which may mix in a batch."""

    def attach(self, artefact: Artefact, name: str) -> Attached:
        """Load an artefact beside the base; `name` is what peft calls it.

        Raises:
            AdapterError: it does not fit.
        """
        if artefact.kind == "weights":
            return Weights(_pairs(self._base, artefact))
        if artefact.kind == "bottleneck":
            return Bottlenecks(self._base, _bottlenecks(self._base, artefact))
        if artefact.kind in SOFT_PROMPTS:
            return SoftPrompt(_beginning(self._base, artefact))
        return self._attach_peft(artefact, name)

    def _attach_peft(self, artefact: Artefact, name: str) -> PeftAdapter:
        from peft import PeftModel

        config, tensors = artefact.peft_config(), artefact.tensors()
        if artefact.mixes and self.plain is not None:
            layers = self.plain
            layers.show()
            add = partial(layers.peft.add_adapter, name, config, autocast_adapter_dtype=False)
        else:
            layers = PeftLayers(self._base, None, self._own)
            add = partial(PeftModel, self._base, config, adapter_name=name, autocast_adapter_dtype=False)
        try:
            layers.peft = add() or layers.peft
            _fill(layers.peft, tensors, name)
            if artefact.quantised:
                _round_base(layers.peft, tensors)
        except BaseException:
            layers.take_in()
            if layers is self.plain and name in layers.peft.peft_config:
                layers.peft.delete_adapter(name)
            raise
        layers.peft.eval()
        layers.take_in()
        if artefact.mixes:
            self.plain = layers
        return PeftAdapter(layers, name)


def _at(base: Any, name: str) -> Any:
    """Return the module at a name, None where another has taken the place of one around it."""
    try:
        return base.get_submodule(name) if name else None
    except AttributeError:
        return None


def _fill(model: Any, tensors: "Mapping[str, torch.Tensor]", name: str) -> None:
    """Give peft's layers their tensors, each of them one and none too many."""
    from peft import set_peft_model_state_dict
    from peft.utils.save_and_load import get_peft_model_state_dict

    expected = get_peft_model_state_dict(model, adapter_name=name, save_embedding_layers=False)
    if lacking := sorted(expected.keys() - tensors.keys()):
        raise AdapterError(f"{len(lacking)} tensors are missing, {lacking[0]} among them")
    if others := sorted(tensors.keys() - expected.keys()):  # peft would write them into the base itself
        raise AdapterError(f"{len(others)} tensors are none of its layers', {others[0]} among them")
    result = set_peft_model_state_dict(model, dict(tensors), adapter_name=name)
    if result.unexpected_keys:
        raise AdapterError(f"the base has no layer for {result.unexpected_keys[0]}")


def _round_base(model: Any, tensors: "Mapping[str, torch.Tensor]") -> None:
    """Give the layers with an adapter copies of their base layers, rounded as while it was trained."""
    import torch

    for name in {key.partition(".lora_")[0] for key in tensors}:
        layer = model.get_submodule(name)
        own = layer.base_layer
        copy = torch.nn.Linear(own.in_features, own.out_features, bias=own.bias is not None, device="meta")
        copy.weight = torch.nn.Parameter(nf4.rounded(own.weight), requires_grad=False)
        copy.bias = own.bias
        layer.base_layer = copy


def _pairs(base: Any, artefact: Artefact) -> "list[tuple[torch.nn.Parameter, torch.Tensor, torch.Tensor]]":
    """Return the parameters of the base that an artefact has other values for, and both values."""
    parameters = dict(base.named_parameters(remove_duplicate=False))
    pairs = []
    for name, tensor in artefact.tensors().items():
        own = parameters.get(name)
        if own is None or own.shape != tensor.shape:
            here = "none" if own is None else f"one of shape {tuple(own.shape)}"
            raise AdapterError(f"it has a weight {name} of shape {tuple(tensor.shape)}, the base {here}")
        pairs.append((own, tensor.to(own), own.data))
    return pairs


def _bottlenecks(base: Any, artefact: Artefact) -> "dict[str, torch.nn.Module]":
    """Return the bottlenecks by the layers of the base that they stand behind."""
    tensors = artefact.tensors()
    like = next(base.parameters())
    found: dict[str, torch.nn.Module] = {}
    for name in sorted({key.rsplit(".", 2)[0] for key in tensors}):
        width, size = tensors[f"{name}.0.weight"].shape
        layer = _at(base, name)
        if size not in (getattr(layer, "out_features", 0), getattr(layer, "nf", 0)):  # nf: of GPT-2's Conv1D
            raise AdapterError(f"the base has no layer {name} of width {size}")
        layers = bottleneck.bottleneck(size, width)
        layers.load_state_dict({key: tensors[f"{name}.{key}"] for key in layers.state_dict()})
        found[name] = layers.to(like.device, like.dtype).eval().requires_grad_(False)
    return found


def _beginning(base: Any, artefact: Artefact) -> Layers:
    """Return the keys and values of a soft prompt: as they were learned, or those of learned embeddings."""
    import torch
    from transformers import DynamicCache

    tensors = artefact.tensors()
    if "prompt_embeddings" not in tensors:
        raise AdapterError("its file has no prompt_embeddings")
    like = next(base.parameters())
    learned = tensors["prompt_embeddings"].to(like.device, like.dtype)
    text = base.config.get_text_config()
    if artefact.kind in ("PROMPT_TUNING", "P_TUNING"):
        if learned.shape[-1] != text.hidden_size:
            raise AdapterError(f"its vectors have {learned.shape[-1]} numbers, the base's {text.hidden_size}")
        cache = DynamicCache()
        with torch.inference_mode():
            base(inputs_embeds=learned[None], past_key_values=cache, use_cache=True, logits_to_keep=1)
        return [(layer.keys, layer.values) for layer in cache.layers]
    heads = int(getattr(text, "num_key_value_heads", 0) or text.num_attention_heads)
    size = int(getattr(text, "head_dim", 0) or text.hidden_size // text.num_attention_heads)
    if learned.shape[-1] != 2 * text.num_hidden_layers * heads * size:
        raise AdapterError(f"its prefix is for another base: {learned.shape[-1]} numbers a token")
    pairs = learned.view(len(learned), -1, 2, heads, size).permute(1, 2, 3, 0, 4)
    return [(keys[None].contiguous(), values[None].contiguous()) for keys, values in pairs]
