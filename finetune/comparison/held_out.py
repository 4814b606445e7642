"""Text that was not learned, to see what a method does to the rest of a language. Knows no model."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from core.domain import DATA, Domain, domain_names
from core.errors import DocumentError, DomainError
from ingest.files.reading import read_documents
from ingest.types import Document

TOKENS = 4000
"""Of the text, at most: an equal share for each language."""
BLOCK = 512
"""Tokens that are read at once; the first of them has nothing before it and does not count."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Texts, and where they come from."""

    source: str
    texts: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Identity of the texts, in order, and of how they are read."""
        return hashlib.sha256("\n\n".join([str(BLOCK), *self.texts]).encode()).hexdigest()


def held_out(
    domain: Domain, named: str, languages: Collection[str], count_tokens: Callable[[str], int]
) -> HeldOut:
    """Return about `TOKENS` tokens of a text that is not the domain's.

    Args:
        domain: what is learned.
        named: a folder or a file of the user's, relative to the domain's folder, of which all languages
            count; empty: the documents of another shipped domain in `languages`.
        languages: those of the questions.
        count_tokens: counts as the model does.

    Raises:
        DomainError: there is no such text.
    """
    folder = domain.folder / named if named else _other(domain)
    wanted = sorted({"zh" if one == "zh" else "en" for one in languages})
    documents = _documents(folder)
    if named:
        texts = _first((one.text for one in documents), TOKENS, count_tokens)
    else:
        texts = [
            text
            for lang in wanted
            for text in _first(
                (one.text for one in documents if one.lang == lang), TOKENS // len(wanted), count_tokens
            )
        ]
    if not any(map(str.strip, texts)):
        raise DomainError(f"{folder} holds no text to measure perplexity on; set finetune.held_out")
    return HeldOut(named or folder.parent.name, tuple(texts))


def _other(domain: Domain) -> Path:
    """Return the documents of the first shipped domain that is another one."""
    for name in domain_names():
        folder = DATA / name
        if folder != domain.folder and (folder / "documents").exists():
            return folder / "documents"
    raise DomainError("no other domain lies under data/; set finetune.held_out to a folder or a file of text")


def _documents(folder: Path) -> list[Document]:
    try:
        return [one for one in read_documents(folder) if isinstance(one, Document)]
    except DocumentError as error:
        raise DomainError(f"finetune.held_out: {error}") from error


def _first(texts: Iterable[str], most: int, count_tokens: Callable[[str], int]) -> list[str]:
    """Return the beginning of the texts, the last one cut at about `most` tokens."""
    found: list[str] = []
    for text in texts:
        size = count_tokens(text)
        found.append(text if size <= most else text[: len(text) * most // size])
        most -= size
        if most <= 0:
            break
    return found
