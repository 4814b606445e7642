"""Base and adapter as one ordinary model, for engines that know no adapters."""

from pathlib import Path

from core.errors import AdapterError


def merge_adapter(base: Path, adapter: Path, folder: Path) -> None:
    """Write the model in `base` with the adapter in `adapter` merged into it to `folder`.

    Raises:
        AdapterError: `folder` is there already.
    """
    if folder.exists():
        raise AdapterError(f"{folder} exists; remove it or give another --out")
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    merged = PeftModel.from_pretrained(model, adapter).merge_and_unload(safe_merge=True)
    merged.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
