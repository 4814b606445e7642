r"""A table of questions: columns by their names, English or Chinese, or the same keys in JSON.

Several answers, quotes or documents stand in one cell with `|` between them (`\|` is a stroke of a text), or
in columns of one name with a number behind it. Without a column for answers nothing is read: an empty cell
says that there is no answer, a missing column says nothing.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from core.questions import QuestionRecord
from evaluation.formats.said import Said, alone
from evaluation.formats.types import Format, Values
from evaluation.formats.values import listed, text, texts

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "query", "prompt", "user question", "问题", "提问", "题目", "用户问题"),
    "answer": (
        *("answer", "answers", "expected", "expected answer", "correct answer", "reference answer"),
        *("right answer", "gold answer", "golden answer", "答案", "回答", "答复"),
        *("标准答案", "参考答案", "正确答案"),
    ),
    "evidence": (
        *("evidence", "evidence text", "quote", "quotes", "passage", "passages", "context", "contexts"),
        *("source text", "依据", "证据", "原文", "引文", "引用", "出处原文", "上下文"),
    ),
    "document": (
        *("document", "documents", "document id", "doc", "doc id", "evidence doc ids", "file", "file name"),
        *("filename", "source", "文档", "文件", "文件名", "文档名", "来源", "出处", "资料"),
    ),
    "type": ("type", "answer type", "question type", "类型", "题型", "问题类型", "答案类型"),
    "split": ("split", "subset", "划分", "集合", "用途"),
    "lang": ("lang", "language", "语言", "语种"),
    "id": ("id", "question id", "qid", "编号", "序号"),
    "fact_id": ("fact id", "fact", "事实"),
    "trap": ("trap",),
}
"""What a column holds, and how it may be called."""
_PAIRS = (("q", "a"), ("问", "答"))
"""Names of a question and an answer where they stand together: A alone may be one of four choices."""
_SEVERAL = ("answer", "evidence", "document")
_NAMES = {name: field for field, names in COLUMNS.items() for name in names}
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]")
_COUNTED = re.compile(r"[ \d:.]+$")
_STROKE = re.compile(r"(\\*)([|｜])")
_SLASHES = re.compile(r"\\+\Z")
_CHINESE = {"question": "问题", "answer": "答案"}


def fits(values: Values) -> bool:
    """Say whether there are columns for a question and its answers."""
    found = _columns(tuple(values))
    return "question" in found and "answer" in found


def read(values: Values) -> QuestionRecord:
    """Return the question that a row's columns state."""
    found = _columns(tuple(values))
    for field in ("question", "answer"):
        if field not in found:
            raise ValueError(f"there is no column for the {field}; call it {field} or {_CHINESE[field]}")
    one = {field: _single(values, names) for field, names in found.items() if field not in _SEVERAL}
    several = {field: tuple(_all(values, found.get(field, ()))) for field in _SEVERAL}
    return Said(
        one["question"],
        several["answer"],
        evidence=several["evidence"],
        documents=several["document"],
        id=one.get("id", ""),
        type=one.get("type", ""),
        split=one.get("split", ""),
        lang=one.get("lang", ""),
        fact_id=one.get("fact_id", ""),
        trap=one.get("trap", ""),
    ).record()


def write(record: QuestionRecord) -> dict[str, Any]:
    """Return the question as cells; an unanswerable one has an empty answer."""
    return {
        "id": record.id,
        "question": alone(record),
        "answers": joined(record.answers),
        "evidence": joined(record.evidence_text),
        "document": joined(record.evidence_doc_ids),
        "type": record.answer_type,
        "split": record.split,
        "lang": record.lang,
        "fact_id": record.fact_id,
        "trap": record.trap,
    }


def leaves(values: Values) -> Iterator[str]:
    """Yield the columns that hold something nobody here knows."""
    known = {name for names in _columns(tuple(values)).values() for name in names}
    yield from (f"column {name}" for name in values if name not in known and values[name] not in (None, ""))


def joined(items: Iterable[str]) -> str:
    r"""Return several texts as one cell.

    >>> print(joined(["7 days", "a|b", "c\\"]), joined(["1"]))
    7 days|a\|b|c\ 1
    """
    marked = [_STROKE.sub(lambda found: rf"{found[1] * 2}\{found[2]}", one) for one in items]
    closed = [_SLASHES.sub(lambda found: found[0] * 2, one) for one in marked[:-1]]
    return "|".join([*closed, *marked[-1:]])


def parted(cell: str) -> list[str]:
    r"""Return the texts that stand in one cell.

    >>> parted("7 days | 7天｜a\\|b"), parted("C:\\")
    (['7 days', '7天', 'a|b'], ['C:\\'])
    """
    found, start = [""], 0
    for stroke in _STROKE.finditer(cell):
        slashes = len(stroke[1])
        found[-1] += cell[start : stroke.start()] + "\\" * (slashes // 2)
        start = stroke.end()
        if slashes % 2:
            found[-1] += stroke[2]
        else:
            found.append("")
    found[-1] += cell[start:]
    return [one.strip() for one in found if one.strip()]


def _all(values: Values, names: Iterable[str]) -> Iterator[str]:
    """Yield all texts of some columns, of which those that are null say nothing where another does."""
    filled = [name for name in names if values[name] is not None]
    for name in filled or names:
        value = listed(values[name])
        yield from parted(value) if isinstance(value, str) else texts(value, f"the column {name}")


def _single(values: Values, names: tuple[str, ...]) -> str:
    if len(names) > 1:
        raise ValueError(f"the columns {' and '.join(names)} may both be meant; rename one")
    return "" if values[names[0]] is None else text(values[names[0]], f"the column {names[0]}")


@lru_cache(maxsize=256)
def _columns(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the columns that hold each field, by what they are called."""
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        if field := _NAMES.get(plain(name)):
            found[field] = (*found.get(field, ()), name)
    by_name = {plain(name): name for name in reversed(names)}
    for pair in _PAIRS:
        if not {"question", "answer"} & found.keys() and by_name.keys() >= {*pair}:
            found["question"], found["answer"] = ((by_name[one],) for one in pair)
    return found


def known_columns(names: Sequence[str]) -> int:
    """Return how many columns of these names are known."""
    return sum(map(len, _columns(tuple(names)).values()))


def plain(name: str) -> str:
    """Return a column's name without case, marks, asides and numbers.

    >>> plain("Evidence_Doc_IDs"), plain("答案（用|分隔）"), plain(" Answer 2:")
    ('evidence doc ids', '答案', 'answer')
    """
    spaced = re.sub(r"[\s_\-]+", " ", unicodedata.normalize("NFKC", name).casefold())
    return _COUNTED.sub("", _ASIDE.sub("", spaced)).strip(" *")


KEEPS = frozenset({"answers", "evidence", "documents", "facts"})
CSV = Format(fits, read, write, (".csv", ".tsv"), KEEPS, leaves)
