"""A writer and reader that goes by rules, and the few documents that it writes about."""

import json
import re
from collections.abc import Sequence
from typing import Any

from assistant.types import Prompt
from core.language import detect
from ingest.types import Chunk, Document, Hit
from tests.fakes import question_of

HOURS = Document(
    "hours",
    "Harbour museum: hours",
    "The harbour museum opens at 10 in the morning. Dogs may enter the harbour museum on a lead. "
    "Guided tours start at noon, at three and at five in the hall of anchors.",
    "en",
    as_of="2026-01-01",
)
FEES = Document(
    "fees",
    "Harbour museum: fees",
    "A ticket for the old ships costs 12 euros. Pupils pay 5 euros for their own ticket there. "
    "To get money back, show the receipt at the desk before leaving the building.",
    "en",
    as_of="2026-03-01",
)
SHIPS = Document(
    "馆藏",
    "渔港博物馆：馆藏",
    "渔港博物馆共有三百件船模型。参观者可以在一楼大厅拍照留念。二楼展出船锚、渔网、灯塔模型和航海图。",
    "zh",
    as_of="2026-02-01",
)
NOTES = [HOURS, FEES, SHIPS]
_DONT_KNOW = {"en": "I don't know.", "zh": "我不知道。"}


class Shelf:
    """Finds, whatever is asked, the passages given to it."""

    def __init__(self, *chunks: Chunk) -> None:
        self.chunks = chunks

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        return [[Hit(chunk, 1.0) for chunk in self.chunks][:top_k] for _ in queries]


class Clerk:
    """Writes of each quote a question in its words, and knows the answer to it from that quote alone.

    `spoils` makes something else of every reply that should be JSON.
    """

    def __init__(self, spoils: str = "") -> None:
        self.spoils = spoils
        self.known: dict[str, tuple[str, str]] = {}

    def __call__(self, prompt: Prompt) -> str:
        if prompt.schema:
            return self.spoils or json.dumps(self._written(prompt), ensure_ascii=False)
        question = question_of(prompt)
        answer, quote = self.known.get(question, ("", ""))
        reads = quote and quote in prompt.messages[-1].content
        return answer if reads else _DONT_KNOW[detect(question)]

    def _written(self, prompt: Prompt) -> dict[str, Any]:
        keys = json.loads(prompt.schema)["properties"]
        if "questions" in keys:
            first = question_of(prompt)
            return {
                "questions": [self._again(first, number) for number in range(keys["questions"]["minItems"])]
            }
        said = {key: keys[key]["enum"][0] for key in ("quote", "other_quote") if key in keys}
        quote = said.get("quote", "")
        question, answer = self._asked(quote or prompt.messages[-1].content, keys.get("answer", {}))
        said["question"] = question
        if answer:
            said["answer"] = answer
            listed = (
                answer if isinstance(answer, str) else ("、" if detect(quote) == "zh" else ", ").join(answer)
            )
            self.known[question] = listed, quote
        return said

    def _asked(self, quote: str, answer: dict[str, Any]) -> tuple[str, Any]:
        words = re.findall(r"[一-鿿]{2}|[A-Za-z0-9]+", quote)
        is_han = detect(quote) == "zh"
        head, tail = words[: len(words) // 2], words[len(words) // 2 :]
        if "enum" in answer:
            question = f"{''.join(head)}能否{''.join(tail)}？" if is_han else f"May {' '.join(head).lower()}?"
            return question, answer["enum"][0]
        question = f"说到{''.join(head)}，还有什么？" if is_han else f"What else is said of {' '.join(head)}?"
        if not answer:
            return question, ""
        if answer["type"] == "array":
            return question, [tail[0], tail[-1]]
        figures = re.search(r"\d+ \w+|[一二三]百件", quote)
        return question, figures[0] if figures else ("" if is_han else " ").join(tail[:5])

    def _again(self, first: str, number: int) -> str:
        """Say a question in other words, and know its answer as well."""
        stem = first.rstrip("?？")
        is_han = detect(first) == "zh"
        forms = ["请问一下{}呢？", "想知道{}，谁能告诉我？", "{}，这个问题怎么回答才对呢？"]
        if not is_han:
            forms = [
                "Somebody wants to know here: {}?",
                "Tell my aunt and me {} please, will you?",
                "Who can say {} without looking around first?",
            ]
        text = forms[number % len(forms)].format(stem)
        if first in self.known:
            self.known[text] = self.known[first]
        return text
