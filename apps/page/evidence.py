"""One answer and its evidence as HTML. Knows nothing of Streamlit, models or files.

Whatever comes from a document, a model or a visitor passes through `plain`, so it can show text and
nothing else: no markup, no links, no images.
"""

import html
from collections.abc import Iterable, Mapping, Sequence

from apps.page.engine import Moment
from assistant.strategies import about
from assistant.types import Answer, Citation
from core.language import detect
from ingest.store.types import DocumentRecord
from ingest.types import Hit

_EMPTY = {
    "waiting": "Waiting for its turn…",
    "opening": "Opening the knowledge base…",
    "stopped": "Stopped before its first word.",
    "done": "It answered with nothing.",
}
"""What a column says while it has no words."""

_FOLD = 4  # as many passages as rag finds by default: long_context reads dozens
_AROUND = 80  # characters shown on each side of a cited sentence


def plain(text: str) -> str:
    """Return `text` as HTML that shows it, character by character.

    >>> plain('<img src=x onerror="alert(1)">')
    '&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'
    """
    return html.escape(text, quote=True)


def highlight(text: str, quotes: Iterable[str]) -> str:
    """Return `text` as HTML with each quote that stands in it marked.

    >>> highlight("Art. 7 <250 euros>", ["<250 euros>"])
    'Art. 7 <mark>&lt;250 euros&gt;</mark>'
    """
    parts, done = [], 0
    for start, end in _spans(text, quotes):
        parts += [plain(text[done:start]), "<mark>", plain(text[start:end]), "</mark>"]
        done = end
    return "".join([*parts, plain(text[done:])])


def _spans(text: str, quotes: Iterable[str]) -> list[tuple[int, int]]:
    """Return where the quotes stand, in order, those that overlap joined."""
    found = sorted((text.find(quote), len(quote)) for quote in quotes if quote and quote in text)
    spans: list[tuple[int, int]] = []
    for start, length in found:
        end = start + length
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def excerpt(text: str, quote: str) -> str:
    """Return the quote, marked, with some of the passage before and after it.

    >>> excerpt("A delay of 3 hours counts.", "3 hours")
    'A delay of <mark>3 hours</mark> counts.'
    """
    start = text.find(quote)
    if start < 0:
        return plain(quote)
    end = start + len(quote)
    first, last = max(0, start - _AROUND), min(len(text), end + _AROUND)
    before, after = text[first:start].rsplit("\n")[-1], text[end:last].split("\n")[0]
    if first and len(before) == start - first:
        before = "…" + (before.partition(" ")[2] or before)
    if last < len(text) and len(after) == last - end:
        after = (after.rpartition(" ")[0] or after) + "…"
    return f"{plain(before)}<mark>{plain(quote)}</mark>{plain(after)}"


def asked(question: str) -> str:
    """Return a visitor's question as the heading of its answers."""
    return f'<p class="asked"{_lang(question)}>{plain(question)}</p>'


def notice(text: str) -> str:
    """Return one line about something that the visitor can put right."""
    return f'<p class="notice">{plain(text)}</p>'


def joined(title: str) -> str:
    """Return one line about a document that can be asked about from now on."""
    return f'<p class="notice good"><b>{plain(title)}</b> is in the knowledge base.</p>'


def column(strategy: str, moment: Moment) -> str:
    """Return one strategy's column: its state and, as far as they exist, answer, figures and evidence."""
    known = about(strategy)
    parts = [
        f'<header><div><h3>{plain(known.label)}</h3><p class="how">{plain(known.how)}</p></div>',
        f"{_state(strategy, moment)}</header>",
        _body(strategy, moment),
    ]
    if moment.answer and moment.state == "done":
        parts += [
            _figures(moment.answer),
            _citations(moment.answer),
            _evidence(moment.answer, moment.records),
        ]
    return f'<article class="answer {moment.state}">{"".join(parts)}</article>'


def _state(strategy: str, moment: Moment) -> str:
    refused = moment.state == "done" and moment.answer is not None and moment.answer.abstained
    kind = "refused" if refused else moment.state
    words = {"working": about(_asked(strategy, moment.answer)).doing, "failed": "Unavailable"}
    running = moment.state in ("opening", "working", "answering")
    clock = f" {moment.seconds:.0f} s" if running else ""
    return f'<span class="state {kind}">{words.get(kind, kind.capitalize())}{clock}</span>'


def _body(strategy: str, moment: Moment) -> str:
    text = moment.answer.text if moment.answer else ""
    parts = [f'<p class="text"{_lang(text)}>{plain(text)}</p>' if text else ""]
    if moment.problem:
        parts.append(notice(moment.problem))
    elif not text:
        known = about(_asked(strategy, moment.answer))
        pending = known.waiting if moment.state == "working" else _EMPTY[moment.state]
        parts.append(f'<p class="pending">{pending}</p>')
    return "".join(parts)


def _asked(strategy: str, answer: Answer | None) -> str:
    """Return the strategy that answers, or did: of one made of others the last that was asked."""
    return answer.route[-1] if answer and answer.route else strategy


def _figures(answer: Answer) -> str:
    usage, timing = answer.usage, answer.timing
    cells = (
        ("First token", _seconds(timing.first_token), ""),
        ("Total", _seconds(timing.total), ""),
        ("Prompt", f"{usage.prompt_tokens:,}", f"{usage.cached_tokens:,} cached"),
        ("Answer", f"{usage.completion_tokens:,}", "tokens"),
        *(
            [("Asked", plain(", ".join(about(name).label for name in answer.route)), "")]
            if answer.route
            else ()
        ),
    )
    return '<dl class="figures">' + "".join(_cell(*cell) for cell in cells) + "</dl>"


def _cell(name: str, value: str, remark: str) -> str:
    return f"<div><dt>{name}</dt><dd>{value}<small>{remark}</small></dd></div>"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def _citations(answer: Answer) -> str:
    """Return each cited sentence amid its passage, under the title of its document."""
    passages = {hit.chunk.id: hit.chunk for hit in answer.contexts}
    items = [
        f"<li{_lang(citation.quote)}><p>{excerpt(chunk.text, citation.quote)}</p>"
        f"<cite>{plain(chunk.title)}</cite></li>"
        for citation in answer.citations
        if (chunk := passages.get(citation.chunk_id))
    ]
    return f'<h4>Cited</h4><ol class="citations">{"".join(items)}</ol>' if items else ""


def _evidence(answer: Answer, records: Mapping[str, DocumentRecord]) -> str:
    """Return the passages that were read, the cited ones first, those past the fold in a drawer."""
    if not answer.contexts:
        return '<p class="how none">No documents in the prompt.</p>'
    cited = [citation.chunk_id for citation in answer.citations]
    hits = sorted(answer.contexts, key=lambda hit: hit.chunk.id not in cited)
    drawers = [_passage(hit, answer.citations, records.get(hit.chunk.document_id)) for hit in hits]
    count = _count(len(hits), about(_asked(answer.strategy, answer)).reads)
    return f"<h4>Evidence <small>{count}</small></h4>{_folded(drawers)}"


def _folded(drawers: Sequence[str]) -> str:
    rest = "".join(drawers[_FOLD:])
    more = (
        f'<details class="more"><summary>{len(drawers) - _FOLD} more</summary>{rest}</details>'
        if rest
        else ""
    )
    return "".join(drawers[:_FOLD]) + more


def _passage(hit: Hit, citations: Sequence[Citation], record: DocumentRecord | None) -> str:
    chunk = hit.chunk
    quotes = [citation.quote for citation in citations if citation.chunk_id == chunk.id]
    mark = '<span class="cited">cited</span>' if quotes else ""
    about = [chunk.document_id]
    if record:
        about += [record.source, f"as of {record.as_of}" if record.as_of else ""]
    return (
        f'<details class="passage"><summary{_lang(chunk.title)}>{plain(chunk.title)}{mark}</summary>'
        f'<p class="about">{plain(" · ".join(filter(None, about)))}</p>'
        f'<p class="words"{_lang(chunk.text)}>{highlight(chunk.text, quotes)}</p></details>'
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _lang(text: str) -> str:
    """Return the attribute that picks Chinese or English letter shapes and line breaks."""
    return ' lang="zh-Hans"' if detect(text) == "zh" else ' lang="en"'
