"""A domain's dictionary: one term for all its variants. Knows nothing of documents, questions or models.

`terms.csv` in the domain's folder has the columns term, variants (joined by `|` or `;`) and language (zh, en;
empty: both). The term should be the word of the documents.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import DomainError
from core.language import CJK, Lang

_COLUMNS = ("term", "variants", "language")
_LANGUAGES: dict[str, tuple[Lang, ...]] = {"zh": ("zh",), "en": ("en",), "": ("zh", "en")}
_JOINED = re.compile("[|;；]")
_IN_WORD = rf"[^\W{CJK}]"
"""A letter or digit of a script that writes words apart."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A term, and the variants that it stands for in texts of some languages."""

    term: str
    variants: tuple[str, ...]
    languages: tuple[Lang, ...] = ("zh", "en")


class Terms:
    """The dictionary of a domain; an empty one changes nothing.

    Case does not count, nor does full width. A Latin word is found as a whole, Chinese anywhere. Where
    several begin at one place the longest is taken, and a term that stands there already is left alone.
    """

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._terms: dict[Lang, dict[str, str]] = {"zh": {}, "en": {}}
        for entry in entries:
            for lang in entry.languages:
                known = self._terms[lang]
                known.update({_key(said): entry.term for said in (*entry.variants, entry.term)})
        self._patterns = {lang: _pattern(known) for lang, known in self._terms.items()}

    def __bool__(self) -> bool:
        return any(self._terms.values())

    def unified(self, text: str, lang: Lang) -> str:
        """Return a text in which each variant has become its term.

        >>> terms = Terms([Entry("denied boarding", ("bumping", "overbooking")), Entry("定金", ("订金",))])
        >>> terms.unified("Bumping? See 'bumpings'.", "en"), terms.unified("酒店订金能退吗？", "zh")
        ("Denied boarding? See 'bumpings'.", '酒店定金能退吗？')
        """
        written, end = "", 0
        for start, stop, term in self.places(text, lang):
            said = text[start:stop]
            is_same = _key(said) == _key(term)
            written += text[end:start] + (said if is_same else _capitalised_as(said, term))
            end = stop
        return written + text[end:]

    def spoken_of(self, text: str, lang: Lang) -> frozenset[str]:
        """Return the terms that a text speaks of, by whichever variant.

        >>> sorted(Terms([Entry("定金", ("订金",))]).spoken_of("订金和押金", "zh"))
        ['定金']
        """
        return frozenset(term for _, _, term in self.places(text, lang))

    def places(self, text: str, lang: Lang) -> Iterator[tuple[int, int, str]]:
        """Yield where in a text a term or a variant of it begins and ends, and the term."""
        if self._terms[lang]:
            for match in self._patterns[lang].finditer(_alike(text)):
                yield match.start(), match.end(), self._terms[lang][_key(match[0])]


def read_terms(path: Path) -> Terms:
    """Return the dictionary in a file; an empty one where there is no file.

    Raises:
        DomainError: a column is missing, or a line, by number, has no term, an unknown language, or a variant
            that stands for another term already.
    """
    if not path.is_file():
        return Terms()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
            if missing:
                raise DomainError(f"{path}: no column {missing[0]!r}; its first line is {','.join(_COLUMNS)}")
            return Terms(list(_entries(path, rows)))
    except (UnicodeDecodeError, csv.Error) as error:
        raise DomainError(f"{path}: {error}; save it as CSV in UTF-8") from error


def _entries(path: Path, rows: "csv.DictReader[str]") -> Iterator[Entry]:
    owners: dict[tuple[Lang, str], str] = {}
    for row in rows:
        term, language = (str(row[name] or "").strip() for name in ("term", "language"))
        variants = tuple(filter(None, map(str.strip, _JOINED.split(row["variants"] or ""))))
        where = f"{path}, line {rows.line_num}"
        if not term:
            raise DomainError(f"{where}: the term is empty; write one or remove this line")
        if language not in _LANGUAGES:
            raise DomainError(f"{where}: language {language!r} is none of zh, en or empty")
        for lang in _LANGUAGES[language]:
            for said in (term, *variants):
                owner = owners.setdefault((lang, _key(said)), term)
                if owner != term:
                    raise DomainError(f"{where}: {said!r} stands for {owner!r} already; keep one of both")
        yield Entry(term, variants, _LANGUAGES[language])


def _pattern(known: dict[str, str]) -> re.Pattern[str]:
    longest_first = sorted(known, key=lambda said: (-len(said), said))
    return re.compile("|".join(map(_whole, longest_first)) or "(?!)")


def _whole(said: str) -> str:
    """Return the expression of a variant; no letter stands beside a Latin word that begins or ends it."""
    body = r"\s+".join(map(re.escape, said.split()))
    before = rf"(?<!{_IN_WORD})" if re.match(_IN_WORD, said) else ""
    after = rf"(?!{_IN_WORD})" if re.match(_IN_WORD, said[-1]) else ""
    return f"{before}{body}{after}"


def _alike(text: str) -> str:
    """Return a text of the same length in lower case and half width."""
    narrow = (unicodedata.normalize("NFKC", one).lower() for one in text)
    return "".join(new if len(new) == 1 else old for new, old in zip(narrow, text, strict=True))


def _key(said: str) -> str:
    return " ".join(_alike(said).split())


def _capitalised_as(said: str, term: str) -> str:
    return term[0].upper() + term[1:] if said[0].isupper() else term
