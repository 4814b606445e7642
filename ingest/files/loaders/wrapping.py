"""Lines that a width broke become paragraphs again. Knows nothing of formats beyond what opens a line.

Chinese is joined without a blank, other scripts with one. Lists, verse, addresses and tables keep their
lines: what is joined runs on over its line end, in a paragraph that ends as a sentence does.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from core.language import CJK
from ingest.code_blocks import outside_code
from ingest.files.loaders.cut_words import is_cut

_NUMERAL = "一二三四五六七八九十百零〇\\d"
_ALONE = re.compile(r"\s*(?:$|[|<>]|#{1,6}\s|(?:[-*_=~][ \t]*){3,}$|\[[^\]\n]+\]:)")
_ITEM = re.compile(
    rf"\s*(?:[-*+•·●○▪◆■□–—][ \t]|[①-⑳]|\d{{1,3}}[.)、．](?!\d)|[（(][{_NUMERAL}a-zA-Z]{{1,4}}[)）]"
    rf"|[{_NUMERAL}]{{1,4}}、|第[{_NUMERAL}]{{1,8}}[编章节条款项]|[A-Za-z][.)][ \t]"
    r"|\**(?:Q|A|问|答|Question|Answer)\s*\d*[:：.])"
)
_KEY = re.compile(r"\s*[^\s，。、；：:]{1,12}[：:](?!//)")
_COLUMNS = re.compile(r"\S(?:\t|[ 　]{3,})\S")
_MARK = re.compile("[，。；：！？,.;:!?]")
_ENDS = re.compile(r"[。！？；：.!?;:…][”’」』）》\"')\]*_]*$")
_TITLE = re.compile("(?:通知|公告|须知|规定|办法|说明|指南|条例|细则|手册|制度|声明|协议|合同)$")
_WIDE = re.compile(f"[{CJK}\u3000-\u30ff\uff00-\uff60]")
_QUOTE = "> "
_HARD = ("  ", "\\")
_PROSE_WIDTH = 24  # columns; the lines of verse and of lists are shorter
_FULL_WIDTH = 60  # of Latin script, and half of it of Chinese
_NARROW_LINES = 3
_NEAR = 4  # columns that a line may be short of the longest: a mark may not begin the next line


def unwrap(text: str) -> str:
    r"""Return `text` with each wrapped paragraph on one line.

    >>> unwrap("乘坐渡轮的旅客，行李每件收取八\n元。\n- 一"), unwrap("The bag of a passenger is\nfree.")
    ('乘坐渡轮的旅客，行李每件收取八元。\n- 一', 'The bag of a passenger is free.')
    """
    return outside_code(text, _unwrapped)


def _unwrapped(text: str) -> str:
    lines = re.sub("\r\n?", "\n", text).split("\n")
    return "\n".join(line for is_quote, run in groupby(lines, _is_quote) for line in _whole(is_quote, run))


def _is_quote(line: str) -> bool:
    return line.startswith(_QUOTE)


def _whole(is_quote: bool, lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of text, or of a quotation without its marks, which its paragraphs have again."""
    inside = (line.removeprefix(_QUOTE) for line in lines) if is_quote else lines
    for paragraph in _paragraphs(inside):
        yield from (_QUOTE * is_quote + line for line in _joined(paragraph))


def _paragraphs(lines: Iterable[str]) -> Iterator[list[str]]:
    """Yield runs of lines that could be one paragraph."""
    paragraph: list[str] = []
    for line in lines:
        is_alone = _ALONE.match(line)
        if is_alone or not paragraph or _opens(line, paragraph):
            if paragraph:
                yield paragraph
            paragraph = []
        if is_alone:
            yield [line]
        else:
            paragraph.append(line)
    if paragraph:
        yield paragraph


def _opens(line: str, paragraph: list[str]) -> bool:
    """Say whether a line begins something new below a paragraph."""
    if _ITEM.match(line) or (_KEY.match(line) and _KEY.match(paragraph[0])):
        return True
    return line[0].isspace() and not _ITEM.match(paragraph[0])


def _joined(lines: list[str]) -> list[str]:
    """Return a paragraph; what stands below the end of its last sentence (a name, a date) is left alone."""
    end = next((at for at in range(len(lines), 0, -1) if _ENDS.search(lines[at - 1].rstrip())), 0)
    if end < 2 or any(map(_COLUMNS.search, lines)):
        return lines
    return [*_sentences(lines[:end]), *lines[end:]]


def _sentences(lines: list[str]) -> list[str]:
    width = max(_width(line) for line in lines[:-1])
    is_full = _is_filled(lines, width)
    is_sure = bool(_ITEM.match(lines[0])) or _is_even(lines, width)
    is_prose = any(map(_is_open, lines[:-1])) and (is_sure or width >= _PROSE_WIDTH)
    whole = [[lines[0]]]
    has_mark = any(_MARK.search(line[:-1]) for line in (lines if is_sure else lines[:1]))
    for before, line in pairwise(lines):
        if _runs_on(before, line, width, (has_mark and is_prose, is_full)):
            whole[-1] += [_gap(before, line), line.lstrip()]
            has_mark = has_mark or bool(_MARK.search(before) or _MARK.search(line[:-1]))
        else:
            has_mark = is_sure or len(whole[-1]) > 1 or bool(_MARK.search(line[:-1]))  # wrapped before
            whole.append([line])
    return [
        "".join(part.rstrip() if at % 2 == 0 else part for at, part in enumerate(parts)) for parts in whole
    ]


def _runs_on(before: str, line: str, width: int, known: tuple[bool, bool]) -> bool:
    """Say whether a sentence goes on from one line to the next.

    `known`: whether what is joined so far holds a mark, and whether all lines are filled to `width`.
    """
    has_mark, is_full = known
    end, first = before.rstrip(), line.lstrip()
    if before.endswith(_HARD) or _ENDS.search(end):
        return False
    if _WIDE.match(end[-1]) or _WIDE.match(first):
        is_near = 2 * width >= _FULL_WIDTH and _width(end) >= width - _NEAR and not _TITLE.search(end)
        return has_mark or is_near or is_cut(end, first)
    return is_full or (first[0].islower() and width >= _PROSE_WIDTH)


def _is_open(line: str) -> bool:
    """Say whether a line ends in the middle of a clause."""
    return unicodedata.category(line.rstrip()[-1])[0] in "LN"


def _is_even(lines: list[str], width: int) -> bool:
    """Say whether all lines but the last are about as long, as those of a narrow column are."""
    *full, last = map(_width, lines)
    return len(full) >= _NARROW_LINES and min(full) >= width - 2 and last <= width


def _is_filled(lines: list[str], width: int) -> bool:
    """Say whether no line had room for the first word of the next."""
    return width >= _FULL_WIDTH and all(
        _width(before.rstrip()) + 1 + len(line.split()[0]) > width for before, line in pairwise(lines)
    )


def _gap(before: str, line: str) -> str:
    return "" if _WIDE.match(before.rstrip()[-1]) or _WIDE.match(line.lstrip()) else " "


def _width(line: str) -> int:
    return len(line) + len(_WIDE.findall(line))
