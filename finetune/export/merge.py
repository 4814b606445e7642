"""Base and adapter as one ordinary model, for engines that know no adapters."""

from pathlib import Path

from assistant.generation.artefact import read_artefact
from assistant.generation.attached import Attachments, PeftAdapter, Weights
from core.errors import AdapterError

_NAME = "merged"


def merge_adapter(base: Path, adapter: Path, folder: Path) -> None:
    """Write the model in `base` with the adapter in `adapter` merged into it to `folder`.

    Raises:
        AdapterError: `folder` is there already, or the adapter is none that weights can hold.
    """
    if folder.exists():
        raise AdapterError(f"{folder} exists; remove it or give another --out")
    from transformers import AutoModelForCausalLM, AutoTokenizer

    artefact = read_artefact(adapter)
    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    attached = Attachments(model).attach(artefact, _NAME)
    if not isinstance(attached, PeftAdapter | Weights):
        raise AdapterError(
            f"{adapter} ({artefact.kind.lower()}) is not a change of weights and cannot be merged; "
            f"ask it here: python -m assistant ask ... --strategy fine_tuned:NAME"
        )
    attached.on()
    if isinstance(attached, PeftAdapter):
        try:
            model = attached.layers.peft.merge_and_unload(safe_merge=True)
        except (NotImplementedError, AttributeError, TypeError) as error:
            raise AdapterError(f"{adapter} ({artefact.kind.lower()}) cannot be merged") from error
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
