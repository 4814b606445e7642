"""Lists by their items, in any order: which of the items of one text stand in another.

Items are what stands between commas, semicolons, 、, line breaks, bullets and, at the end of a list, "and",
"or", 和, 及, 与, 以及, 或. An item is there when most of its words stand together in the other text, its
amounts too, and it is not denied ("passport, but no visa").
"""

import re
from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise

from assistant.agreement.amounts import Quantity
from assistant.agreement.clauses import negations
from assistant.agreement.numerals import blanked
from assistant.agreement.quantities import quantities
from assistant.agreement.tokens import folded, tokens
from assistant.agreement.words import content
from core.language import CJK

_MOST = 200
"""How many pieces of a text are looked at one by one."""
_WINDOW = 3
"""Over how many pieces of a text an item may spread: "language of residence or of nationality"."""
_SHARE = 0.5
"""The share of an item's words, or of its pairs of Chinese characters, that must be exceeded."""
_SHORT = 4
"""With fewer pairs than these the first of its ends decides that no other item has: 外交 is 外交签证."""
_BULLET = re.compile(
    r"(?m)^[ \t]*(?:[-*•·●○▪]|\(?\d{1,2}[.)、](?!\d)|\([a-z]\)|[a-h]\))[ \t]*"
    r"|(?<=[\s:：,，;；])\(?\d{1,2}[.)、](?!\d)|[①-⑳]"
)
_BRACKETS = re.compile(r"\([^()]{0,300}\)")
_MARK = re.compile(r"[、;\n•●]|,(?!\d)|(?<=[^\d\s])/(?=[^\d\s])| / ")
_END = re.compile(r"[。!?]|:(?!\d)|\.(?=\s|$)")
_AND = re.compile(
    r" (?:and|as well as|plus|along with)(?: also)? | & |以及|还有"
    r"|(?<![普涉顾危])及(?![时格])|(?<!参)与(?!会)|(?<![总饱温缓])和(?![平解])"
)
_OR = re.compile(r" or |或者?")
_BUT = re.compile(r" (?:but |though |(?=except|excluding))|但是?|(?=除了?)")
# 除了护照还要签证 excepts nothing.
_BESIDES = re.compile(r"除了?([^,，。除]{1,20}?)(?:以?外|之外)?[,，]? ?(?=还|也|亦|另)")
_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
_EXCEPT = re.compile(r"except|excluding|除")
_EDGES = re.compile(
    r"^(?:[^\w(]|(?:and|or|the|an?(?= )|also|both|either)(?![a-z])"
    r"|以及|及|和|与|或者?|还有|包括)+|[^\w%)°+]+$"
)
_COUNT = re.compile(r"等?(?:[\d一二三四五六七八九十两]+[个种项省类人条点方面]{1,2})?$")
_PARTICLES = re.compile("[的之了]")
_HAN_RUN = re.compile(f"[{CJK}]+")


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a part of a text has: words, pairs of Chinese characters, amounts, and whether it denies."""

    words: Set[str]
    pairs: Set[str]
    ends: tuple[str, ...]
    amounts: tuple[Quantity, ...]
    denies: bool
    joined: bool = False
    """Whether it is several parts: adults 10 euros, children 20 euros."""


def items(text: str) -> list[str]:
    """Return the items of a list, folded, in their order.

    >>> items("passport, visa and photo"), items("1. 护照；2. 签证"), items("repair or replacement")
    (['passport', 'visa', 'photo'], ['护照', '签证'], ['repair', 'replacement'])
    >>> items("代理人的姓名或者名称、权限和期限"), items("a name (first, last)")
    (['代理人的姓名或者名称', '权限', '期限'], ['name (first, last)'])
    """
    plain = folded(_BULLET.sub("\n", text))
    parts = [part for part in _split(_MARK, plain) if _EDGES.sub("", part)]
    if not parts:
        return []
    last = _split(_AND, parts[-1])
    if len(last) == 1:
        last = _split(_OR, parts[-1])
    found = [_EDGES.sub("", part) for part in [*parts[:-1], *last]]
    if found:
        found[-1] = _COUNT.sub("", found[-1]) or found[-1]
    return [part for part in found if part]


def share_found(text: str, answer: str) -> float:
    """Return the share of the items of `answer` that stand in `text`, 0 to 1.

    >>> share_found("photo, passport", "passport, visa, photo"), share_found("护照和签证", "护照、签证、照片")
    (0.6666666666666666, 0.6666666666666666)
    >>> share_found("a passport but no visa", "passport, visa"), share_found("a bicycle", "passport, visa")
    (0.5, 0.0)
    """
    named = items(answer)
    found = _found(text, named)
    if any(map(_HYPHEN.search, [folded(text), *named])):  # first-aid is firstaid as well as first aid
        apart = _found(_HYPHEN.sub(" ", folded(text)), [_HYPHEN.sub(" ", item) for item in named])
        found = [either or other for either, other in zip(found, apart, strict=True)]
    return sum(found) / len(found) if found else 0.0


def _found(text: str, named: Sequence[str]) -> list[bool]:
    """Return which of the items stand in `text`."""
    wanted = _told_apart([_piece(item) for item in named])
    windows = _windows(text)
    return [
        any(_stands(one, window, _alone(one, wanted)) for window in windows)
        or any(_is_short_for(window, one, wanted) for window in windows)
        for one in wanted
    ]


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """Return what stands between the matches of `pattern` outside brackets."""
    masked = _BRACKETS.sub(lambda found: "\x00" * len(found[0]), text)
    ends = [match.span() for match in pattern.finditer(masked)]
    starts = [0, *(end for _, end in ends)]
    return [
        text[start:end] for start, end in zip(starts, [*(start for start, _ in ends), len(text)], strict=True)
    ]


def _piece(text: str) -> _Piece:
    amounts = quantities(text)
    plain = folded(text)
    denies = bool(negations(plain) or _EXCEPT.match(plain))
    plain = blanked(plain, [(one.start, one.end) for one in amounts if not one.weak])
    runs = _HAN_RUN.findall(_PARTICLES.sub("", plain))
    words = {word for word in content(plain) if not _HAN_RUN.match(word)}
    words |= {run for run in runs if len(run) == 1}
    words = words or set(() if runs or amounts else tokens(plain))  # A is an article, and may be an item
    pairs = [a + b for run in runs for a, b in pairwise(run)]
    return _Piece(words, set(pairs), (*pairs[:1], *pairs[-1:]), amounts, denies)


def _windows(text: str) -> list[_Piece]:
    """Return the pieces of a text, and neighbours together."""
    parts = [_BESIDES.sub(r"\1、", folded(_BULLET.sub("\n", text)))]
    for pattern in (_MARK, _END, _BUT, _AND, _OR):
        parts = [piece for part in parts for piece in _split(pattern, part) if piece.strip()][:_MOST]
    single = [_piece(part) for part in parts]
    return [
        _together(single[place : place + size])
        for size in range(1, _WINDOW + 1)
        for place in range(len(single))
    ]


def _together(pieces: Sequence[_Piece]) -> _Piece:
    return _Piece(
        frozenset().union(*(one.words for one in pieces)),
        frozenset().union(*(one.pairs for one in pieces)),
        (),
        tuple(amount for one in pieces for amount in one.amounts),
        any(one.denies for one in pieces),
        joined=len(pieces) > 1,
    )


def _clashes(amount: Quantity, window: _Piece) -> bool:
    """Whether another amount of its unit stands there, which may be what the item has."""
    return any(one.units & amount.units and not one.equals(amount) for one in window.amounts)


def _told_apart(wanted: Sequence[_Piece]) -> list[_Piece]:
    """Return the items with the first of their ends that no other item has; what is alone needs more."""
    if len(wanted) == 1:
        return [replace(wanted[0], ends=())]
    count = Counter(pair for one in wanted for pair in one.pairs)
    return [replace(one, ends=tuple(end for end in one.ends if count[end] == 1)[:1]) for one in wanted]


def _alone(item: _Piece, wanted: Sequence[_Piece]) -> bool:
    """Whether no other item has an amount of the same unit, so that the amount tells which item is meant."""
    others = {unit for one in wanted if one is not item for amount in one.amounts for unit in amount.units}
    return all(not amount.bare and not amount.units & others for amount in item.amounts)


def _is_short_for(window: _Piece, item: _Piece, wanted: Sequence[_Piece]) -> bool:
    """Whether all that a piece says is half of one item and of no other: 泳池 for 游泳池."""
    said, whole = window.words | window.pairs, item.words | item.pairs
    others = [one for one in wanted if one is not item]
    return (
        bool(said and others)
        and 2 * len(said) >= len(whole)
        and said <= whole
        and not item.amounts
        and item.denies == window.denies
        and not any(said & (one.words | one.pairs) for one in others)
    )


def _stands(item: _Piece, window: _Piece, alone: bool) -> bool:
    needed = [amount for amount in item.amounts if not amount.weak]
    if item.denies != window.denies:
        return False
    if not all(any(amount.equals(one) for one in window.amounts) for amount in needed):
        return False
    if window.joined and not alone and any(_clashes(amount, window) for amount in needed):
        return False
    total = len(item.words) + len(item.pairs)
    if needed and (alone or not total or not window.words | window.pairs):
        return True
    hits = len(item.words & window.words) + len(item.pairs & window.pairs)
    if item.words:
        return hits > _SHARE * total
    if total >= _SHORT or not item.ends:
        return hits > _SHARE * total
    return total > 0 and window.pairs >= set(item.ends)
