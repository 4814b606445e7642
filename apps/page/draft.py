"""One drafted question amid what its documents say, as HTML. Knows nothing of Streamlit, journals or files.

Drafts come from a model and quotes from documents: all of it passes through `plain`, which shows text and
nothing else.
"""

import re
from collections.abc import Iterable, Mapping

from apps.page.evidence import notice, plain
from core.language import detect
from core.questions import QuestionRecord
from core.quotes import spot
from evaluation.review import Draft, Verdict
from ingest.types import Document

_AROUND = {"en": 320, "zh": 140}
_FAR = 4000
"""Characters of a document on each side of a quote: at first sight, and on request."""
_LONGEST = 3000
"""Characters that a question, an answer or a quote shows; what is longer is no good draft in any case."""
_STOPS = re.compile(r"[.!?。！？；]\s*|\n+")
_SAID: Mapping[Verdict, str] = {"accept": "accepted", "edit": "edited", "reject": "rejected"}


def card(draft: Draft, documents: Mapping[str, Document], voices: Iterable[str] = ()) -> str:
    """Return a draft with the text around its quotes; `voices` are the reviewers whose verdict is shown."""
    record = draft.record
    about = filter(
        None, (record.answer_type, record.split, f"drafted by {record.model}" * bool(record.model))
    )
    return (
        f'<article class="draft"><header><p class="about">{plain(_cut(" · ".join(about)))}</p>'
        f"{_voices(draft, voices)}</header>"
        f"{_turns(record)}<p class='question'{_lang(record.question)}>{plain(_cut(record.question))}</p>"
        f"<h4>Answer</h4>{_answers(record)}"
        f"{_evidence(record, documents)}</article>"
    )


def _voices(draft: Draft, voices: Iterable[str]) -> str:
    said = ((name, draft.decisions[name].verdict) for name in voices if name in draft.decisions)
    return "".join(
        f'<span class="voice {verdict}">{plain(name)} {_SAID[verdict]}</span>' for name, verdict in said
    )


def _turns(record: QuestionRecord) -> str:
    return "".join(
        f'<p class="turn"><b>{turn.role}</b> {plain(_cut(turn.content))}</p>' for turn in record.turns
    )


def _answers(record: QuestionRecord) -> str:
    if not record.answers:
        return '<p class="none">None: the documents do not say it.</p>'
    first, *others = record.answers
    also = "".join(f"<li{_lang(one)}>{plain(_cut(one))}</li>" for one in others)
    more = f'<ul class="also" aria-label="Also right">{also}</ul>' if others else ""
    return f'<p class="right"{_lang(first)}>{plain(_cut(first))}</p>{more}'


def _evidence(record: QuestionRecord, documents: Mapping[str, Document]) -> str:
    pairs = zip(record.evidence_doc_ids, record.evidence_text, strict=False)
    return "".join(f"<section>{_passage(quote, id, documents.get(id))}</section>" for id, quote in pairs)


def _passage(quote: str, id: str, document: Document | None) -> str:
    if document is None:
        lost = f"The document {_cut(id)} is not there, so only the quote can be shown."
        return f"{notice(lost)}<p class='words'{_lang(quote)}><mark>{plain(_cut(quote))}</mark></p>"
    head = f"<h4>{plain(_cut(document.title))} <small>{plain(_cut(id))}</small></h4>"
    place = spot(quote, document.text)
    if place is None:
        lost = "The document does not say this."
        return f"{head}{notice(lost)}<p class='words'{_lang(quote)}><mark>{plain(_cut(quote))}</mark></p>"
    sizes = _AROUND[detect(document.text)], _FAR
    near, far = (window(document.text, *place, around) for around in sizes)
    words = f"<p class='words'{_lang(document.text)}>"
    if near == far:
        return f"{head}{words}{near}</p>"
    more = f"<details><summary>More of the document</summary>{words}{far}</p></details>"
    return f"{head}{words}{near}</p>{more}"


def window(text: str, start: int, end: int, around: int) -> str:
    """Return a passage, marked, with at most `around` characters before and after it, from whole sentences.

    >>> window("Zero. One. Two is here. Three. Four.", 11, 23, 8)
    '… One. <mark>Two is here.</mark> Three. …'
    """
    first, last = max(0, start - around), min(len(text), end + around)
    if first and (stop := _STOPS.search(text, first, start)):
        first = stop.end()
    if last < len(text):
        last = max([stop.end() for stop in _STOPS.finditer(text, end, last)], default=last)
    before, after = text[first:start].lstrip(), text[end:last].rstrip()
    opening, closing = "… " * (first > 0), " …" * (last < len(text.rstrip()))
    return f"{opening}{plain(before)}<mark>{plain(_cut(text[start:end]))}</mark>{plain(after)}{closing}"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text) - _LONGEST:,} characters more)"


def _lang(text: str) -> str:
    return ' lang="zh-Hans"' if detect(text) == "zh" else ' lang="en"'
