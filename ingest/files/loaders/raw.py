"""What a loader returns. Knows nothing of where the bytes came from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RawDocument:
    """Text as the file has it, and what the file says about itself; empty is "does not say"."""

    text: str
    id: str = ""
    title: str = ""
    lang: str = ""
    source: str = ""
    as_of: str = ""
