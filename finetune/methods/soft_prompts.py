"""Learned vectors before every text, by peft. Knows nothing of how they are put before an answer.

The base must attend to all that comes before: only then can an assistant begin a text with them.
"""

from typing import TYPE_CHECKING, Any

from assistant.generation.shared_prefix import is_supported
from core.errors import AdapterError
from finetune.methods.method import Sample
from finetune.methods.tunable import PeftTunable, put_on
from settings import Finetune

if TYPE_CHECKING:
    import torch


def attach_prefix(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn keys and values of every layer (Li and Liang, 2021, arXiv:2101.00190), begun as those of text.

    Departs from the paper: no network produces them while they learn (as P-tuning v2, arXiv:2110.07602), and
    the text that they begin with is that of the training examples.
    """
    from peft import PrefixTuningConfig

    return _begun(base, settings, sample, PrefixTuningConfig)


def attach_prompt(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn input embeddings (Lester et al., 2021, arXiv:2104.08691), which begin as those of common tokens.

    Departs from the paper: drawn from the tokens of the training examples.
    """
    import torch
    from peft import PromptTuningConfig

    ids = _tokens(sample)
    tunable = _attach(base, settings, PromptTuningConfig)
    if len(ids):
        chosen = ids[torch.randint(len(ids), (settings.virtual_tokens,))]
        with torch.no_grad():
            own = tunable.model.get_base_model().get_input_embeddings().weight
            tunable.parameters[0].copy_(own[chosen.to(own.device)])
    return tunable


def attach_p_tuning(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn input embeddings through a small network (Liu et al., 2021, arXiv:2103.10385).

    Departs from the paper: an MLP without the LSTM, and before the text alone.
    """
    from peft import PromptEncoderConfig

    size = base.config.get_text_config().hidden_size
    return _attach(base, settings, PromptEncoderConfig, encoder_hidden_size=size)


def attach_cartridge(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn keys and values that began as those of real text (Eyuboglu et al., 2025, arXiv:2506.06266).

    Departs from the paper: the text is the beginning of the training examples, not of the corpus, and what is
    learned is the objective's, where the paper distils a model that reads the corpus. The first token stays.
    """
    from peft import CartridgeConfig

    return _begun(base, settings, sample, CartridgeConfig, num_frozen_tokens=1)


def _begun(base: Any, settings: Finetune, sample: Sample, config: Any, **told: Any) -> PeftTunable:
    """Attach keys and values that are those of the first training examples.

    Raises:
        AdapterError: the examples have fewer tokens.
    """
    import torch
    from peft.tuners.cartridge.utils import prompt_embeddings_from_past_key_values
    from transformers import DynamicCache

    ids = _tokens(sample)[: settings.virtual_tokens]
    if len(ids) < settings.virtual_tokens:
        raise AdapterError(
            f"the training examples have {len(ids)} tokens, the prefix begins as {settings.virtual_tokens}; "
            f"lower finetune.virtual_tokens"
        )
    cache = DynamicCache()
    with torch.no_grad():
        base(input_ids=ids[None].to(base.device), past_key_values=cache, use_cache=True, logits_to_keep=1)
    start = prompt_embeddings_from_past_key_values(
        [(layer.keys, layer.values) for layer in cache.layers], num_virtual_tokens=len(ids)
    )
    tunable = _attach(base, settings, config, **told)
    tunable.model.prompt_encoder["default"].load_prompt_embeddings(start)
    return tunable


def _attach(base: Any, settings: Finetune, config: Any, **told: Any) -> PeftTunable:
    if not is_supported(base.config):
        raise AdapterError(
            "a soft prompt needs a base whose layers all attend to everything before, and this one "
            "has windows; use finetune.method lora"
        )
    made = config(num_virtual_tokens=settings.virtual_tokens, task_type="CAUSAL_LM", **told)
    model = put_on(base, made)
    model.prompt_encoder.to(base.device, base.dtype)
    return PeftTunable(model)


def _tokens(sample: Sample) -> "torch.Tensor":
    """Return the tokens of the sample, one after the other."""
    import torch

    return torch.cat(
        [torch.empty(0, dtype=torch.long), *(batch.ids[batch.mask.bool()].cpu() for batch in sample())]
    )
