"""The tab Review: one draft at a time, to accept, edit or reject. Knows nothing of models or journals.

No model is opened for it. Keys work while the buttons can be seen (`review_keys.html`).
"""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.page.draft import card
from apps.page.evidence import notice, plain
from core.domain import DATA, Domain
from core.errors import AssistantError
from evaluation.check_questions import SPLITS, TYPES
from evaluation.review import (
    Draft,
    Fields,
    Review,
    ReviewError,
    Tally,
    Verdict,
    changes,
    evidence_stamp,
    named,
    open_review,
    read_evidence,
    tally,
)
from ingest.types import Document

_HERE = Path(__file__).parent
_AT, _EDITING, _TOLD, _WHO = "review-at", "review-editing", "review-told", "review-who"
_SHOWN = "review-shown"
_VERDICTS: tuple[tuple[str, str, str, Verdict], ...] = (
    ("Accept", "A", ":material/check:", "accept"),
    ("Edit", "E", ":material/edit:", "edit"),
    ("Reject", "X", ":material/close:", "reject"),  # R is Streamlit's own
)
Belongs = Callable[[Draft, str], bool]
"""Whether a draft is shown to a reviewer."""
SHOWN: Mapping[str, Belongs] = {
    "To review": lambda draft, who: not draft.decided_by(who),
    "New to all": lambda draft, _: not (draft.reviewed or draft.rejected),
    "All": lambda *_: True,
    "Disputed": lambda draft, _: draft.disputed,
}
"""Which drafts to go through. What others said of a draft is not told before the reviewer has decided."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a reviewer has before them: all drafts, those to go through, and the one that is shown."""

    review: Review
    who: str
    drafts: Sequence[Draft]
    queue: Sequence[Draft]
    draft: Draft | None

    def beside(self, step: int) -> Draft | None:
        """Return the draft of the queue that comes next, or before; the first follows the last."""
        order = [one.row["id"] for one in self.drafts]
        others = [one for one in self.queue if self.draft and one.row["id"] != self.draft.row["id"]]
        if not others or not self.draft:
            return None
        here = order.index(self.draft.row["id"])
        return min(others, key=lambda one: step * (order.index(one.row["id"]) - here) % len(order))


def review(domain: Domain) -> None:
    """Draw the tab; what is clicked in it draws nothing else anew."""
    st.fragment(_tab)(domain)


def _tab(domain: Domain) -> None:
    st.html(_HERE / "review.css")
    st.html(_HERE / "review_keys.html", unsafe_allow_javascript=True)
    with st.container(key="review"):
        try:
            _draw(domain)
        except (AssistantError, OSError) as error:
            st.html(notice(str(error)))


def _draw(domain: Domain) -> None:
    review = open_review(domain)
    drafts = review.drafts()
    if not drafts:
        _nothing(domain)
    elif who := st.session_state.get(_WHO, ""):
        _one(domain, _desk(review, drafts, who))
    else:
        _ask_name(tally(drafts))
    _tell()


def _one(domain: Domain, desk: Desk) -> None:
    """Draw the draft that is shown, below what can be done with it."""
    done = sum(draft.decided_by(desk.who) for draft in desk.drafts)
    st.progress(done / len(desk.drafts), f"{done} of {len(desk.drafts)} reviewed")
    draft = desk.draft
    if draft is None:
        _actions(desk)
        _tell()
        st.html('<p class="notice good">No draft is left here.</p>')
    else:
        documents = _documents(domain, desk.drafts)
        if st.session_state.get(_EDITING) == draft.sha:
            _edit(desk, draft, documents)
        else:
            _actions(desk)
        _tell()
        is_open = draft.decided_by(desk.who) or st.session_state[_SHOWN] == "Disputed"
        st.html(card(draft, documents, sorted(draft.decisions) if is_open else ()))
    for pair in tally(desk.drafts).agreement:
        st.html(f'<p class="how">{plain(str(pair))}</p>')


def _nothing(domain: Domain) -> None:
    name = domain.name if domain.folder.parent == DATA else str(domain.folder)
    command = f"python -m evaluation.draft --domain {shlex.quote(name)}"
    st.html(
        notice("There are no drafted questions yet. This command drafts some from the documents:")
        + f'<p class="command">{plain(command)}</p>'
    )


def _ask_name(counts: Tally) -> None:
    st.html(
        f"<p>{counts.drafts} drafted questions, {counts.waiting} of them to be reviewed. Who are you?</p>"
    )
    with st.form("review-name", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Reviewer", key="review-name-typed", max_chars=60, placeholder="Your name", width=320)
        st.form_submit_button("Begin", type="primary", on_click=_begin)


def _begin() -> None:
    with _told():
        _set(_WHO, named(st.session_state["review-name-typed"]))


def _leave() -> None:
    for name in (_WHO, _AT, _EDITING):
        _set(name, "")


def _desk(review: Review, drafts: Sequence[Draft], who: str) -> Desk:
    """Draw the line that says who goes through which drafts."""
    line = st.container(horizontal=True, vertical_alignment="center")
    shown = line.segmented_control(
        "Show",
        list(SHOWN),
        default=next(iter(SHOWN)),
        required=True,
        key=_SHOWN,
        on_change=_set,
        args=(_AT, ""),
        label_visibility="collapsed",
    )
    name = line.container(horizontal=True, vertical_alignment="center", width="content")
    name.html(f'<p class="how">as {plain(who)}</p>', width="content")
    name.button("Change", type="tertiary", key="review-change", on_click=_leave)
    at = st.session_state.get(_AT)
    queue = [draft for draft in drafts if SHOWN[shown](draft, who)]
    here = next((draft for draft in queue if draft.row["id"] == at), None)
    return Desk(review, who, drafts, queue, here or next(iter(queue), None))


def _actions(desk: Desk) -> None:
    """Draw the buttons; each keeps its key in view."""
    bar = st.container(horizontal=True, key="review-actions")
    if desk.draft:
        _verdict(bar, desk, desk.draft)
    undo = {"icon": ":material/undo:", "type": "tertiary", "key": "review-undo"}
    bar.button("Undo", shortcut="U", on_click=_undo, args=(desk,), **undo)
    for label, key, step in (("Back", "B", -1), ("Next", "N", 1)):
        other = desk.beside(step)
        if other:
            go = {"on_click": _set, "args": (_AT, other.row["id"])}
            bar.button(label, shortcut=key, type="tertiary", key=f"review-{label}", **go)


def _verdict(bar: DeltaGenerator, desk: Desk, draft: Draft) -> None:
    for label, key, icon, verdict in _VERDICTS:
        args = (_EDITING, draft.sha) if verdict == "edit" else (desk, draft, verdict)
        bar.button(
            label,
            key=f"review-{verdict}-{draft.sha}",  # a click meant for one draft never falls on the next
            on_click=_set if verdict == "edit" else _decide,
            args=args,
            type="primary" if verdict == "accept" else "secondary",
            icon=icon,
            shortcut=key,
        )


def _edit(desk: Desk, draft: Draft, documents: Mapping[str, Document]) -> None:
    """Draw the form in which a draft is changed."""
    record = draft.record
    types = TYPES if record.answer_type in TYPES else (*TYPES, record.answer_type)
    splits = SPLITS if record.split in SPLITS else (*SPLITS, record.split)
    with st.form("review-edit"):
        st.text_area("Question", record.question, height=80, key=_field("question", draft))
        answers = "\n".join(" ".join(one.split()) for one in record.answers)
        st.text_area("Answers, one a line", answers, height=100, key=_field("answers", draft))
        for place, quote in enumerate(record.evidence_text):
            label = f"Quote {place + 1}, as the document says it"
            st.text_area(label, quote, height=100, key=_field(f"quote-{place}", draft))
        left, right = st.columns(2)
        left.selectbox("Type", types, types.index(record.answer_type), key=_field("type", draft))
        right.selectbox("Split", splits, splits.index(record.split), key=_field("split", draft))
        line = st.container(horizontal=True)
        with line:
            save = {"on_click": _save, "args": (desk, draft, documents)}
            st.form_submit_button("Save", type="primary", shortcut="Ctrl+Enter", **save)
            st.form_submit_button("Cancel", type="tertiary", on_click=_set, args=(_EDITING, ""))


def _field(name: str, draft: Draft) -> str:
    return f"review-{name}-{draft.sha}"


def _save(desk: Desk, draft: Draft, documents: Mapping[str, Document]) -> None:
    record = draft.record
    typed = {name: st.session_state[_field(name, draft)] for name in ("question", "answers", "type", "split")}
    quotes = [st.session_state[_field(f"quote-{n}", draft)] for n in range(len(record.evidence_text))]
    pairs = [pair for pair in zip(record.evidence_doc_ids, quotes, strict=False) if pair[1].strip()]
    wanted = Fields(
        question=typed["question"],
        answers=tuple(filter(None, map(str.strip, typed["answers"].splitlines()))),
        quotes=tuple(quote for _, quote in pairs),
        documents=tuple(id for id, _ in pairs),
        type=typed["type"],
        split=typed["split"],
    )
    with _told():
        changed = changes(record, wanted, documents)
        if not changed:
            raise ReviewError("nothing is changed; cancel and accept it if it is right as it stands")
        desk.review.decide(draft.decision(desk.who, "edit", changed))
        _set(_EDITING, "")
        _move(desk)


def _decide(desk: Desk, draft: Draft, verdict: Verdict) -> None:
    with _told():
        desk.review.decide(draft.decision(desk.who, verdict))
        _move(desk)


def _undo(desk: Desk) -> None:
    with _told():
        _set(_AT, desk.review.undo(desk.who))


def _move(desk: Desk) -> None:
    """Go on to the draft that follows, of those that were to go through before this one was decided."""
    other = desk.beside(1)
    _set(_AT, other.row["id"] if other else "")


def _tell() -> None:
    if told := st.session_state.pop(_TOLD, ""):
        st.html(notice(told))


@contextmanager
def _told() -> Iterator[None]:
    """Tell on the page, once it is drawn anew, what a user can put right."""
    try:
        yield
    except (AssistantError, OSError) as error:
        _set(_TOLD, str(error))


def _set(name: str, value: object) -> None:
    st.session_state[name] = value


def _documents(domain: Domain, drafts: Sequence[Draft]) -> Mapping[str, Document]:
    """Return the documents that drafts quote, read once as long as the files stay as they are."""
    ids = tuple(sorted({id for draft in drafts for id in draft.record.evidence_doc_ids}))
    read = st.cache_resource(_read, max_entries=4, show_spinner="Reading the documents")
    found: Mapping[str, Document] = read(domain.key, ids, evidence_stamp(domain), domain)
    return found


def _read(key: str, ids: tuple[str, ...], stamp: str, _domain: Domain) -> Mapping[str, Document]:
    return read_evidence(_domain, ids)
