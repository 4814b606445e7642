"""Other adapters on layers, by peft: scales, rotations, products, sparse updates. Knows no low-rank ones."""

from typing import Any

from core.errors import AdapterError
from finetune.methods.method import Sample
from finetune.methods.targets import linear_targets, norm_targets, scaled_targets, widths
from finetune.methods.tunable import PeftTunable, put_on
from settings import Finetune

_BLOCK = 32  # of rotations: larger ones learn more and cost their square


def attach_ia3(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Scale keys, values and the MLP's inner activations (Liu et al., 2022, arXiv:2205.05638)."""
    from peft import IA3Config

    targets, inner = scaled_targets(base, settings)
    return _attach(base, settings, IA3Config(target_modules=targets, feedforward_modules=inner))


def attach_vera(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn the scales of random matrices that all layers share (Kopiczko et al., 2023, arXiv:2310.11454).

    The random matrices are saved with the artefact: another device would draw others.
    """
    from peft import VeraConfig

    config = VeraConfig(
        r=settings.rank,
        target_modules=linear_targets(base, settings),
        projection_prng_key=settings.seed,
        vera_dropout=settings.dropout,
    )
    return _attach(base, settings, config)


def attach_oft(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Rotate blocks of the inputs (Qiu et al., 2023, arXiv:2306.07280), rotations by a Neumann series."""
    from peft import OFTConfig

    targets = linear_targets(base, settings)
    config = OFTConfig(
        oft_block_size=_block(base, targets), module_dropout=settings.dropout, target_modules=targets
    )
    return _attach(base, settings, config)


def attach_boft(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Rotate by a butterfly of blocks (Liu et al., 2023, arXiv:2311.06243).

    Departs from the paper: one factor, and torch's own block diagonal. peft would compile a CUDA kernel for
    more, which fails where there is no compiler; here it is never asked to.
    """
    from peft import BOFTConfig
    from peft.tuners.boft import layer

    layer.get_fbd_cuda = lambda: None
    targets = linear_targets(base, settings)
    config = BOFTConfig(
        boft_block_size=_block(base, targets), boft_dropout=settings.dropout, target_modules=targets
    )
    return _attach(base, settings, config)


def attach_loha(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Multiply two low-rank updates element by element (Hyeon-Woo et al., 2021, arXiv:2108.06098)."""
    from peft import LoHaConfig

    return _attach(base, settings, LoHaConfig(**_lycoris(base, settings)))


def attach_lokr(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Multiply two factors by Kronecker (Yeh et al., 2023, arXiv:2309.14859)."""
    from peft import LoKrConfig

    return _attach(base, settings, LoKrConfig(**_lycoris(base, settings)))


def attach_miss(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Share one small matrix among the shards of a weight (Kang and Yin, 2024, arXiv:2409.15371)."""
    from peft import MissConfig

    targets = linear_targets(base, settings)
    if odd := [width for width in widths(base, targets) if width % settings.rank]:
        raise AdapterError(
            f"finetune.rank {settings.rank} does not divide the width {odd[0]} of a layer; miss needs that"
        )
    config = MissConfig(r=settings.rank, miss_dropout=settings.dropout, target_modules=targets)
    return _attach(base, settings, config)


def attach_shira(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn a few of the weights themselves, drawn by the seed (Bhardwaj et al., 2024, arXiv:2406.13175)."""
    from peft import ShiraConfig

    config = ShiraConfig(
        r=settings.rank, random_seed=settings.seed, target_modules=linear_targets(base, settings)
    )
    return _attach(base, settings, config)


def attach_ln_tuning(base: Any, settings: Finetune, sample: Sample) -> PeftTunable:
    """Learn the normalising layers (Zhao et al., 2023, arXiv:2312.11420)."""
    from peft import LNTuningConfig

    return _attach(base, settings, LNTuningConfig(target_modules=norm_targets(base)))


def _attach(base: Any, settings: Finetune, config: Any) -> PeftTunable:
    config.task_type = "CAUSAL_LM"
    return PeftTunable(put_on(base, config), settings.packing)


def _lycoris(base: Any, settings: Finetune) -> dict[str, Any]:
    return {
        "r": settings.rank,
        "alpha": settings.alpha,
        "rank_dropout": settings.dropout,
        "target_modules": linear_targets(base, settings),
    }


def _block(base: Any, targets: list[str]) -> int:
    """Return the largest power of two, at most 32, that divides the width of every target.

    Raises:
        AdapterError: a width is odd.
    """
    block = _BLOCK
    while any(width % block for width in widths(base, targets)):
        block //= 2
    if block < 2:
        raise AdapterError(
            "a layer has an odd width, which has no blocks to rotate; use finetune.method lora"
        )
    return block
