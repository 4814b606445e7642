"""The page: one question, every strategy's answer beside the others. Knows nothing of how answers are made.

Run it with `streamlit run apps/side_by_side.py`; folders of further domains may follow after `--`.
`?domain=travel` in the address opens that domain.
"""

import logging
import re
import shlex
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from apps.page.engine import ENDED, Assistant, Engine, Moment
from apps.page.evidence import asked, column, joined, notice
from apps.page.review import review
from apps.page.uploads import Upload, UploadStore
from assistant.registry import open_assistant
from assistant.strategies import STRATEGIES, about
from assistant.types import Question
from core.domain import DATA, Domain, domain_names, find_domain
from core.errors import AssistantError, DocumentError, DomainError
from core.language import detect_question
from ingest.files.loaders import LOADERS
from ingest.files.walking import walk
from ingest.types import Document
from ingest.updating import bring_up_to_date

STYLE = Path(__file__).with_name("page") / "style.css"
ICON = Path(__file__).with_name("page") / "icon.svg"
_EXAMPLES = 2  # questions in each language
_REPORT_HEIGHT = 900
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Turn:
    """One question of a visit, and where each strategy's answer stands."""

    question: Question
    moments: dict[str, Moment] = field(default_factory=dict)

    def now(self, strategy: str) -> Moment:
        """Return a strategy's moment; one that the visitor cut short counts as stopped."""
        moment = self.moments[strategy]
        return moment if moment.state in ENDED else replace(moment, state="stopped")


def page(engine: Engine, domains: Sequence[Domain]) -> None:
    """Draw the page."""
    st.set_page_config(page_title="Side by side", page_icon=ICON, layout="wide")
    st.html(STYLE)
    domain, strategies = _choices(domains)
    ask, report, reviewed = st.tabs(["Ask", "Report", "Review"])
    with report:
        _report(domain)
    with reviewed:
        review(domain)
    with ask:
        _visit(engine, domain, strategies)


def _choices(domains: Sequence[Domain]) -> tuple[Domain, list[str]]:
    """Return the domain and the strategies that the visitor wants."""
    head, which, how = st.columns([7, 5, 15], vertical_alignment="bottom")
    head.html("<h1>Side by side</h1><p class='how'>One question, one base model, several ways to answer.</p>")
    named = {domain.key: domain for domain in domains}
    keys, linked = list(named), st.query_params.get("domain")
    start = keys.index(linked) if linked in named else 0
    key = which.selectbox("Domain", keys, start, format_func=lambda key: named[key].title, key="domain")
    names = list(STRATEGIES)
    chosen = how.pills(
        "Strategies",
        names,
        selection_mode="multi",
        default=[name for name in names if about(name).shown],
        format_func=lambda name: about(name).label,
        key="strategies",
    )
    return named[key], [name for name in names if name in chosen]


def _visit(engine: Engine, domain: Domain, strategies: Sequence[str]) -> None:
    """Ask, answer, and show what was asked before, the newest first."""
    turns: list[Turn] = st.session_state.setdefault("turns", {}).setdefault(domain.key, [])
    text: str = st.session_state.pop("asked", "")
    is_blank = bool(text) and not text.strip()
    _ask(domain, can_ask=bool(strategies))
    examples, documents = st.columns(2)
    with examples.expander("Examples", icon=":material/lightbulb:", expanded=not (turns or text)):
        for number, example in enumerate(_examples(domain)):
            key = f"example-{domain.key}-{number}"
            st.button(_label(example), key=key, type="tertiary", on_click=_note, args=(example,))
    with documents.expander("Add documents", icon=":material/note_add:"):
        _add_documents(engine, domain)
    newest = st.container()
    for turn in turns:
        _past(turn)
    if is_blank:
        newest.html(notice("The question is empty; write one."))
    elif text and strategies:
        question = Question(f"visit-{len(turns) + 1}", text.strip(), detect_question(text))
        turns.insert(0, Turn(question, {name: Moment("waiting") for name in strategies}))
        with newest:
            _answer(engine, domain, turns[0])


def _ask(domain: Domain, can_ask: bool) -> None:
    st.chat_input(
        "Ask in English or 中文" if can_ask else "Pick a strategy first",
        key="ask",
        max_chars=domain.settings().max_question_chars,
        submit_mode="disable",
        disabled=not can_ask,
        on_submit=lambda: _note(st.session_state["ask"]),
    )


def _note(text: str) -> None:
    """Remember, before the page is drawn anew, what to answer on it."""
    st.session_state["asked"] = text


def _examples(domain: Domain) -> list[str]:
    """Return test questions spread over the file, some in each of the domain's languages."""
    try:
        questions = domain.questions(split="test")
    except DomainError:
        return []
    by_language = [[record.question for record in questions if record.lang == lang] for lang in ("en", "zh")]
    return [texts[len(texts) * n // _EXAMPLES] for texts in by_language if texts for n in range(_EXAMPLES)]


def _label(text: str) -> str:
    """Return `text` as a widget label that shows it literally, though labels are Markdown."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~$:&])", r"\\\1", " ".join(text.split()))


def _answer(engine: Engine, domain: Domain, turn: Turn) -> None:
    """Fill the columns of a new question, one strategy after the other."""
    head = st.columns([8, 1], vertical_alignment="center")
    head[0].html(asked(turn.question.text))
    stop = head[1].empty()
    stop.button("Stop", icon=":material/stop_circle:", key="stop", width="stretch")  # any click ends this run
    slots = _slots(turn)
    for name, slot in slots.items():
        slot.html(column(name, turn.moments[name]))
    for name, slot in slots.items():
        with closing(engine.follow(domain, name, turn.question)) as moments:
            for moment in moments:
                turn.moments[name] = moment
                slot.html(column(name, moment))
    stop.empty()


def _past(turn: Turn) -> None:
    st.html(asked(turn.question.text))
    for name, slot in _slots(turn).items():
        slot.html(column(name, turn.now(name)))


def _slots(turn: Turn) -> dict[str, DeltaGenerator]:
    columns = st.columns(len(turn.moments), gap="medium")
    return {name: place.empty() for name, place in zip(turn.moments, columns, strict=True)}


def _add_documents(engine: Engine, domain: Domain) -> None:
    """Take files into the knowledge base of the domain, and say of each visit's file what became of it."""
    with st.form("add", clear_on_submit=True, border=False):
        files = st.file_uploader(
            "They join this domain at once and stay until they are deleted.",
            type=[suffix.removeprefix(".") for suffix in LOADERS],
            accept_multiple_files=True,
            max_upload_size=domain.settings().max_file_mb,
            key="files",
        )
        pressed = st.form_submit_button("Add to the knowledge base")
    lines: list[str] = st.session_state.setdefault("added", {}).setdefault(domain.key, [])
    if pressed and files:
        with st.spinner("Reading and embedding", show_time=True):
            lines[:0] = _ingest(engine, domain, [Upload(file.name, file.getvalue()) for file in files])
    for line in lines:
        st.html(line)


def _ingest(engine: Engine, domain: Domain, uploads: Sequence[Upload]) -> list[str]:
    """Return one line of HTML for each document or failure."""
    settings = domain.settings()
    store = UploadStore(settings.home / "uploads" / domain.key, settings.max_file_mb, settings.parsing)
    items = [item for upload in uploads for item in store.documents(upload)]
    try:
        report = engine.add(domain, items)
    except AssistantError as error:
        return [notice(str(error))]
    titles = [item.title for item in items if isinstance(item, Document)]
    twice = [_also_in_folder(upload.name) for upload in uploads if _lies_in(domain, upload.name)]
    told = [notice(line) for line in (*map(str, (*report.failures, *report.warnings)), *twice)]
    return told + [joined(title) for title in titles]


def _lies_in(domain: Domain, name: str) -> bool:
    found = walk(domain.documents, domain.own_files) if domain.documents.is_dir() else ()
    return any(path.name == name for path in found if isinstance(path, Path))


def _also_in_folder(name: str) -> str:
    return f"{name} is also in the folder of this domain: both are searched. Replace it there to correct it."


def _report(domain: Domain) -> None:
    """Show the last comparison of the domain, or how to make one."""
    path = domain.settings().home / "runs" / domain.key / "report.html"
    if path.is_file():
        st.iframe(path, height=_REPORT_HEIGHT)
        return
    name = domain.name if domain.folder.parent == DATA else str(domain.folder)
    st.html(notice("There is no report yet. This command compares the strategies on the test questions:"))
    st.code(f"python -m evaluation.compare --domain {shlex.quote(name)}", language="bash")


def _engine() -> Engine:
    return Engine(_open)


def _open(domain: Domain) -> Assistant:
    """Open a domain's assistant, its knowledge base up to date with its documents."""
    settings = domain.settings()
    assistant = open_assistant(domain, settings)
    with suppress(DocumentError):  # a folder without documents is filled by uploads
        report = bring_up_to_date(assistant.knowledge, domain, settings)
        for line in (*report.failures, *report.warnings):
            _log.warning("%s", line)
    return assistant


def _domains(folders: Sequence[str]) -> list[Domain]:
    """Return the domains under `data/`, then those in `folders`."""
    return [find_domain(name) for name in (*domain_names(), *folders)]


def main(folders: Sequence[str]) -> None:
    """Draw the page, or the one line that says why there is none."""
    try:
        page(st.cache_resource(_engine, show_spinner=False)(), _domains(folders))
    except AssistantError as error:
        st.html(STYLE)
        st.html(notice(str(error)))


if __name__ == "__main__":
    main(sys.argv[1:])
