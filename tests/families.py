"""Tiny models with what sets the common families apart: their configurations, control tokens, templates."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEXTS = ["the hotel refunds the deposit in seven days", "酒店在七天内退还押金", "\n\n"]
_SIZES = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 4096,
    "initializer_range": 0.3,
}
_GEMMA = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}"
    "{{ raise_exception('System role not supported') }}{% endif %}"
    "<start_of_turn>{{ 'model' if m['role'] == 'assistant' else m['role'] }}\n{{ m['content'] }}"
    "<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
_LLAMA = (
    "{{ bos_token }}{% for m in messages %}<|start_header_id|>{{ m['role'] }}<|end_header_id|>\n\n"
    "{{ m['content'] }}<|eot_id|>{% endfor %}"
    "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}"
)
_QWEN = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
    "{% endif %}"
)
_R1 = (
    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] }}{% endif %}"
    "{% if m['role'] == 'user' %}<｜User｜>{{ m['content'] }}{% endif %}"
    "{% if m['role'] == 'assistant' %}<｜Assistant｜>{{ m['content'] }}<｜end of sentence｜>{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}<｜Assistant｜><think>\n{% endif %}"
)
_COHERE = (
    "{{ bos_token }}{% for m in messages %}<|START_OF_TURN_TOKEN|>"
    "<|{{ 'CHATBOT' if m['role'] == 'assistant' else m['role'] | upper }}_TOKEN|>"
    "{{ m['content'] }}<|END_OF_TURN_TOKEN|>{% endfor %}"
    "{% if add_generation_prompt %}<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>{% endif %}"
)


@dataclass(frozen=True)
class Family:
    """What a family is called in transformers, its template, its control tokens, its configuration."""

    kind: str
    template: str
    special: dict[str, str]
    others: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    config: dict[str, Any] = field(default_factory=dict)


FAMILIES = {
    "gemma": Family(
        "Gemma",
        _GEMMA,
        {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"},
        ("<start_of_turn>", "<end_of_turn>"),
        config={"head_dim": 16},
    ),
    "gemma2": Family(
        "Gemma2",
        _GEMMA,
        {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>"},
        ("<start_of_turn>", "<end_of_turn>"),
        config={"head_dim": 16, "final_logit_softcapping": 3.0, "attn_logit_softcapping": 50.0},
    ),
    "llama3": Family(
        "Llama",
        _LLAMA,
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"},
        ("<|start_header_id|>", "<|end_header_id|>"),
    ),
    "granite": Family(
        "Granite",
        _LLAMA,
        {"bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>", "pad_token": "<pad>"},
        ("<|start_header_id|>", "<|end_header_id|>"),
        config={"logits_scaling": 8.0, "attention_multiplier": 0.2, "embedding_multiplier": 3.0},
    ),
    "cohere": Family(
        "Cohere",
        _COHERE,
        {"bos_token": "<BOS_TOKEN>", "eos_token": "<|END_OF_TURN_TOKEN|>", "pad_token": "<PAD>"},
        ("<|START_OF_TURN_TOKEN|>", "<|SYSTEM_TOKEN|>", "<|USER_TOKEN|>", "<|CHATBOT_TOKEN|>"),
        config={"logit_scale": 0.0625},
    ),
    "qwen3": Family(
        "Qwen3",
        _QWEN,
        {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"},
        ("<|im_start|>",),
        ("<think>", "</think>"),
        config={"head_dim": 16},
    ),
    "deepseek-r1": Family(
        "Qwen2",
        _R1,
        {"bos_token": "<｜begin of sentence｜>", "eos_token": "<｜end of sentence｜>"},
        ("<｜User｜>", "<｜Assistant｜>"),
        ("<think>", "</think>"),
    ),
}


def make_tokenizer(family: Family) -> Any:
    """Return a byte-level tokenizer with the family's control tokens and template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    special = [*dict.fromkeys([*family.special.values(), *family.others])]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    bpe.train_from_iterator(
        TEXTS * 2, trainers.BpeTrainer(vocab_size=420, special_tokens=special, initial_alphabet=alphabet)
    )
    bpe.add_tokens([AddedToken(token, special=False) for token in family.added])
    return PreTrainedTokenizerFast(tokenizer_object=bpe, chat_template=family.template, **family.special)


def make_family(name: str, folder: Path) -> Path:
    """Write a tiny random model of a family and its tokenizer to `folder`."""
    import torch
    import transformers

    family = FAMILIES[name]
    tokenizer = make_tokenizer(family)
    ids = {f"{role}_id": tokenizer.convert_tokens_to_ids(token) for role, token in family.special.items()}
    ids = {"bos_token_id": None, "pad_token_id": None, **ids}
    config = getattr(transformers, f"{family.kind}Config")(
        vocab_size=len(tokenizer), **_SIZES, **family.config, **ids
    )
    torch.manual_seed(5)
    getattr(transformers, f"{family.kind}ForCausalLM")(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
