"""Markdown with an optional head. Most markup stays: headings guide the chunker, readers know it.

What a reader does not see goes (comments, definitions of links), and what is struck out; what only a page
sets apart is said in words or in the one form that the chunker knows: underlined titles, rows of tables,
wrapped lines.
"""

import re
from collections.abc import Iterator

from core.errors import DocumentError
from ingest.code_blocks import block_at, code_blocks, outside_code
from ingest.files.loaders.decoding import decode
from ingest.files.loaders.front_matter import split_head
from ingest.files.loaders.raw import RawDocument
from ingest.files.loaders.rows import rows_as_sentences
from ingest.files.loaders.wrapping import unwrap

_OPEN, _CLOSE = "<!--", "-->"
_NEAR = 200  # characters before a comment in which code would begin
_DEFINITION = re.compile(r"^ {0,3}\[([^\]\n^][^\]\n]*)\]:[ \t]*<?([^\s>]+)>?[^\n]*\n?", re.MULTILINE)
_REFERENCE = re.compile(r"\[([^\[\]\n]+)\](?:\[([^\[\]\n]*)\])?(?!\()")
_UNDERLINE = re.compile(r" {0,3}(={2,}|-{2,})[ \t]*")
_NO_TITLE = re.compile(r"\s*$|\s*(?:#|>|\||[-*+][ \t]|\d+[.)][ \t]|[-=*_]{3,}\s*$)")
_RULE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?")
_STRUCK = re.compile(r"(`[^`\n]{1,500}`)|(?<!~)~~(?=[^\s~])[^~\n`]{1,500}(?<=\S)~~(?!~)")
_PIPE = re.compile(r"(?<!\\)\|")


def load_markdown(data: bytes, name: str) -> list[RawDocument | DocumentError]:
    """Return the body, with what the head says."""
    head = split_head(decode(data, name), name)
    body = _without_comments(re.sub("\r\n?", "\n", head.body))
    body = outside_code(_with_links(body), _with_titles_and_tables)
    return [RawDocument(unwrap(body), **head.stated), *head.warnings]


def _without_comments(text: str) -> str:
    blocks = code_blocks(text)
    kept, at = [], 0
    start = text.find(_OPEN)
    while start >= 0:
        line = max(text.rfind("\n", max(0, start - _NEAR), start), start - _NEAR, 0)
        if block := block_at(blocks, start):
            start = text.find(_OPEN, block[1])
        elif text.count("`", line, start) % 2:
            start = text.find(_OPEN, start + len(_OPEN))
        else:
            end = text.find(_CLOSE, start)
            if end < 0:
                break
            kept.append(text[at:start])
            at = end + len(_CLOSE)
            start = text.find(_OPEN, at)
    return "".join([*kept, text[at:]])


def _with_links(text: str) -> str:
    """Return `text` with each address where it is referred to."""
    places: dict[str, str] = {}

    def noted(definition: re.Match[str]) -> str:
        places.setdefault(definition[1].lower(), definition[2])
        return ""

    def placed(reference: re.Match[str]) -> str:
        place = places.get((reference[2] or reference[1]).lower())
        return f"[{reference[1]}]({place})" if place else reference[0]

    text = outside_code(text, lambda prose: _DEFINITION.sub(noted, prose))
    return outside_code(text, lambda prose: _REFERENCE.sub(placed, prose)) if places else text


def _with_titles_and_tables(text: str) -> str:
    return "\n".join(_lines(_STRUCK.sub(lambda found: found[1] or "", text).split("\n")))


def _lines(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line, below = lines[at], lines[at + 1] if at + 1 < len(lines) else ""
        if "|" in line and "|" in below and _RULE.fullmatch(below.strip()):
            end = next((row for row in range(at + 2, len(lines)) if "|" not in lines[row]), len(lines))
            yield from ("", rows_as_sentences(_cells(line), map(_cells, lines[at + 2 : end])) or line, "")
            at = end
        elif (mark := _UNDERLINE.fullmatch(below)) and _is_title(lines, at):
            yield ("# " if mark[1][0] == "=" else "## ") + line.strip()
            at += 2
        else:
            yield line
            at += 1


def _is_title(lines: list[str], at: int) -> bool:
    """Say whether an underlined line stands alone and is no sentence: a rule below a paragraph is a rule."""
    is_sentence = lines[at].rstrip().endswith((".", "。", ":", "："))
    return not is_sentence and not _NO_TITLE.match(lines[at]) and (at == 0 or not lines[at - 1].strip())


def _cells(row: str) -> list[str]:
    row = row.strip().removeprefix("|")
    row = row.removesuffix("|") if not row.endswith("\\|") else row
    return [cell.replace("\\|", "|") for cell in _PIPE.split(row)]
