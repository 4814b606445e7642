"""A masked language model, which says what could stand in a word's place. Knows nothing of questions."""

from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.agreement.words import stem
from core.errors import WeightsError
from core.language import is_cjk
from core.weights.catalogue import model_folder
from settings import Settings

_LOOKED_AT = 50  # of the words that the model expects, best first
_BEGINS = ("Ġ", "▁")
"""Before a token that begins a word, in vocabularies that do not mark those which go on (`##`)."""


class MaskedModel:
    """A model of one folder, loaded when it is first asked."""

    def __init__(self, folder: Path, threads: int) -> None:
        self.name, self._folder, self._threads = folder.name, folder, threads

    def fill(self, text: str, start: int, end: int) -> str:
        """Return the word that is expected most in place of `text[start:end]`, other than that; empty: none.

        A Chinese word is filled by as many characters as it has, from the left.
        """
        word = text[start:end]
        filled = self._filled(text[:start], text[end:], word, ())
        return self._filled(text[:start], text[end:], word, (word[0],)) if filled == word else filled

    def _filled(self, before: str, after: str, word: str, barred: tuple[str, ...]) -> str:
        """Return what is expected, none of `barred` first; empty where nothing suits."""
        said, places = "", len(word) if is_cjk(word) else 1
        while places:
            found = self._best(f"{before}{said}", f"{self._mask * places}{after}", word, barred)
            if not found:
                return ""
            said, barred, places = said + found, (), places - 1
        return said

    def _best(self, before: str, after: str, word: str, barred: tuple[str, ...]) -> str:
        """Return the best text for the first mask, of the kind of `word`."""
        import torch

        encoded = self._tokenizer(before + after, return_tensors="pt", truncation=True)
        masks = (encoded["input_ids"][0] == self._tokenizer.mask_token_id).nonzero()
        if not len(masks):
            return ""
        with torch.inference_mode():
            logits = self._model(**encoded).logits[0, int(masks[0])]
        for token in logits.topk(min(_LOOKED_AT, len(logits))).indices.tolist():
            text = self._as_word(token)
            if text not in ("", *barred) and _is_alike(text, word):
                return text
        return ""

    def _as_word(self, token: int) -> str:
        """Return the text of a token that begins a word; empty for one that goes on with it."""
        written = str(self._tokenizer.convert_ids_to_tokens(token))
        text = str(self._tokenizer.decode([token])).strip()
        goes_on = written.startswith("##") or (self._marks_beginnings and not written.startswith(_BEGINS))
        return "" if goes_on and not is_cjk(text) else text

    @property
    def _mask(self) -> str:
        return str(self._tokenizer.mask_token)

    @cached_property
    def _marks_beginnings(self) -> bool:
        return any(token.startswith(_BEGINS) for token in self._tokenizer.get_vocab())

    @cached_property
    def _tokenizer(self) -> Any:
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(self._folder)
        if tokenizer.mask_token is None:
            raise self._no_masked_model("its tokenizer has no mask")
        return tokenizer

    @cached_property
    def _model(self) -> Any:
        import torch
        from transformers import AutoModelForMaskedLM

        torch.set_num_threads(self._threads)
        try:
            return AutoModelForMaskedLM.from_pretrained(self._folder).eval()
        except (OSError, ValueError) as error:
            raise self._no_masked_model(str(error).splitlines()[0]) from error

    def _no_masked_model(self, why: str) -> WeightsError:
        return WeightsError(
            f"{self._folder} is no masked language model: {why}; name one in finetune.masked_model"
        )


def open_masked(name: str, settings: Settings) -> MaskedModel:
    """Return the masked model of this name, not yet loaded.

    Raises:
        WeightsError: it cannot be had.
    """
    return MaskedModel(model_folder(name, settings.home), settings.threads)


def _is_alike(text: str, word: str) -> bool:
    """Say whether a text may stand for a word: one character for one, or a Latin word with another stem."""
    if is_cjk(word):
        return len(text) == 1 and is_cjk(text)
    return text.isascii() and text.isalpha() and stem(text.lower()) != stem(word.lower())
