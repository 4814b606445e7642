"""What the steps of the factory are tested with: questions in two languages, and tools that are scripts."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from assistant.types import Prompt
from core.questions import QuestionRecord
from core.terms import Terms
from finetune.factory.questions import _examples
from finetune.factory.types import Filler, Material
from finetune.types import Example
from ingest.types import Chunk, Document, Hit
from settings import load_settings
from tests.fakes import ScriptedGenerator

EN = QuestionRecord(
    "en1",
    "How many days does a guest have to cancel a booking with Lindenquay?",
    ("14 days",),
    ("inn",),
    ("A guest may cancel a booking within 14 days.",),
    "number",
    "train",
    "cancel-days",
    "en",
)
ZH = QuestionRecord(
    "zh1",
    "住客预订云栖渡的房间以后，几天内可以取消订单？",
    ("14天",),
    ("云栖渡",),
    ("住客可以在14天内取消订单。",),
    "number",
    "train",
    "cancel-days-zh",
    "zh",
)
TEST = replace(
    EN, id="t1", question="When is breakfast served at the inn?", split="test", fact_id="breakfast"
)


def nobody(prompt: Prompt) -> str:
    raise AssertionError(f"nobody should be asked: {prompt.messages[-1].content}")


class Finds:
    """Finds one passage for every query."""

    def __init__(self, text: str = "Nothing is said of it.") -> None:
        self.text = text
        self.asked: list[str] = []

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        self.asked += queries
        return [[Hit(Chunk("p#0", "p", self.text, 0, len(self.text), "P"), 1.0)] for _ in queries]


class NoFiller:
    name = "none"

    def fill(self, text: str, start: int, end: int) -> str:
        raise AssertionError("nobody should be asked")


@dataclass
class FakeTools:
    writer: ScriptedGenerator
    passages: Finds = field(default_factory=Finds)
    documents: Sequence[Document] = ()
    dates: Mapping[str, str] = field(default_factory=dict)
    filler: Filler = field(default_factory=NoFiller)


def material(
    reply: Callable[[Prompt], str] = nobody,
    questions: Sequence[QuestionRecord] = (EN, ZH, TEST),
    terms: Terms | None = None,
    **settings: object,
) -> Material:
    """Return material whose writer says what `reply` makes of a prompt; `tools` may be among the settings."""
    tools = settings.pop("tools", None) or FakeTools(ScriptedGenerator(reply))
    finetune = load_settings({"finetune": settings}).finetune
    make = partial(_examples, style="short")
    return Material(questions, finetune, "short", make, tools, terms or Terms())  # type: ignore[arg-type]


def examples(*records: QuestionRecord) -> list[Example]:
    return _examples(records, "short")


def as_question(text: str, answer: str = "") -> str:
    """Return what a writer writes."""
    return json.dumps({"question": text, **({"answer": answer} if answer else {})}, ensure_ascii=False)


def writes(texts: Mapping[str, str], reads: str = "14 days") -> Callable[[Prompt], str]:
    """Return a script: what is written by what the rules hold, and `reads` to questions on passages."""

    def reply(prompt: Prompt) -> str:
        if not prompt.schema:
            return reads
        rules = prompt.messages[0].content
        return next((said for part, said in texts.items() if part in rules), "")

    return reply


def reasons(made_of: Material) -> list[str]:
    return [one.reason for one in made_of.dropped]
