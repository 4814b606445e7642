"""Which parts of a text are blocks of code, as Markdown fences them. Knows nothing of documents or chunks."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence

Span = tuple[int, int]

_FENCE = re.compile(r"^[ \t>]*+(?:(?:[-*+]|\d{1,9}[.)])[ \t]++)?(`{3,9}(?!`)|~{3,9}(?!~))(.*)$", re.MULTILINE)


def code_blocks(text: str) -> list[Span]:
    r"""Return start and end of each block, fences included; one that is never closed goes to the end.

    >>> text = "a\n```sh\n# b\n```\nc\n~~~\nd"
    >>> [text[start:end] for start, end in code_blocks(text)]
    ['```sh\n# b\n```', '~~~\nd']
    """
    blocks: list[Span] = []
    opened, mark = -1, ""
    for line in _FENCE.finditer(text):
        fence, rest = line.groups()
        if opened < 0:
            if "`" not in rest:  # else it is code within a line
                opened, mark = line.start(), fence
        elif fence.startswith(mark) and not rest.strip():
            blocks.append((opened, line.end()))
            opened = -1
    if opened >= 0:
        blocks.append((opened, len(text)))
    return blocks


def block_at(blocks: Sequence[Span], place: int) -> Span | None:
    """Return the block that holds a place of the text, if any does."""
    at = bisect_right(blocks, (place, float("inf"))) - 1
    return blocks[at] if at >= 0 and place < blocks[at][1] else None


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """Return `text` with all that is no code changed."""
    parts, at = [], 0
    for start, end in code_blocks(text):
        parts += [change(text[at:start]), text[start:end]]
        at = end
    return "".join([*parts, change(text[at:])])
