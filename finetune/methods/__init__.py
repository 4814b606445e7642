"""Which parameters learn: a method puts them on a base model. Knows nothing of what is learned.

To add one: write a file beside these, or a function in one, and a line here.
"""

from finetune.methods.adalora import attach_adalora
from finetune.methods.layers import (
    attach_boft,
    attach_ia3,
    attach_ln_tuning,
    attach_loha,
    attach_lokr,
    attach_miss,
    attach_oft,
    attach_shira,
    attach_vera,
)
from finetune.methods.lora import (
    attach_corda,
    attach_dora,
    attach_eva,
    attach_loftq,
    attach_lora,
    attach_olora,
    attach_pissa,
    attach_qlora,
    attach_rslora,
)
from finetune.methods.method import Method
from finetune.methods.own import attach_adapter, attach_bitfit, attach_freeze, attach_full, attach_gradual
from finetune.methods.soft_prompts import attach_cartridge, attach_p_tuning, attach_prefix, attach_prompt

_DATA = "a pass over the training data first"
_COVARIANCE = f"{_DATA}, and memory for a square matrix of every layer's inputs (11 GB at 1.5B)"
_SVD = "a decomposition of every layer first"
_ADAM = "memory for every weight four times in 32 bits"

METHODS: dict[str, Method] = {
    "lora": Method(attach_lora, "low-rank updates of linear layers", "2106.09685"),
    "rslora": Method(attach_rslora, "lora, scaled for high ranks", "2312.03732"),
    "dora": Method(attach_dora, "lora for directions, and a magnitude for each output", "2402.09353"),
    "pissa": Method(attach_pissa, "lora from the principal singular vectors", "2404.02948", 2e-4, _SVD),
    "olora": Method(attach_olora, "lora from an orthonormal basis", "2406.01775", 2e-4, _SVD),
    "eva": Method(attach_eva, "lora from where activations vary most", "2410.07170", needs=_DATA),
    "corda": Method(attach_corda, "lora from what matters for the data", "2406.05223", 2e-4, _COVARIANCE),
    "loftq": Method(
        attach_loftq, "lora that makes up for a base rounded to 4 bits", "2310.08659", needs=_SVD
    ),
    "qlora": Method(
        attach_qlora,
        "lora over a base stored in 4 bits",
        "2305.14314",
        library="bitsandbytes",
        quantised=True,
    ),
    "adalora": Method(attach_adalora, "low-rank updates whose ranks move between layers", "2303.10512", 1e-3),
    "ia3": Method(attach_ia3, "scales of keys, values and inner activations", "2205.05638", 3e-3),
    "vera": Method(attach_vera, "scales of random matrices that layers share", "2310.11454", 3e-3),
    "oft": Method(attach_oft, "rotations of blocks of the inputs", "2306.07280"),
    "boft": Method(attach_boft, "rotations as a butterfly of blocks", "2311.06243"),
    "loha": Method(attach_loha, "products of two low-rank updates", "2108.06098"),
    "lokr": Method(attach_lokr, "Kronecker products of two factors", "2309.14859"),
    "miss": Method(attach_miss, "one small matrix for all shards of a weight", "2409.15371"),
    "shira": Method(attach_shira, "a few of the weights themselves", "2406.13175"),
    "ln_tuning": Method(attach_ln_tuning, "the normalising layers", "2312.11420", 1e-3),
    "prefix": Method(
        attach_prefix, "keys and values before every text", "2101.00190", 5e-3, _DATA, begins_texts=True
    ),
    "prompt": Method(
        attach_prompt, "input vectors before every text", "2104.08691", 3e-2, _DATA, begins_texts=True
    ),
    "p_tuning": Method(
        attach_p_tuning, "input vectors through a small network", "2103.10385", 1e-3, begins_texts=True
    ),
    "cartridge": Method(
        attach_cartridge,
        "keys and values that began as those of a text",
        "2506.06266",
        5e-3,
        _DATA,
        begins_texts=True,
    ),
    "adapter": Method(attach_adapter, "bottlenecks after attention and MLP", "1902.00751", 1e-3),
    "bitfit": Method(attach_bitfit, "the biases", "2106.10199", 1e-3, "a base with biases"),
    "freeze": Method(attach_freeze, "the last layers and the head", "1911.03090", 5e-5),
    "gradual": Method(
        attach_gradual, "everything, layers thawing from the top", "1801.06146", 2e-5, _ADAM, everything=True
    ),
    "full": Method(attach_full, "everything", "1810.04805", 2e-5, _ADAM, everything=True),
}
