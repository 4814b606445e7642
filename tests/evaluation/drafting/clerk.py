"""A writer and reader that knows a few documents by heart: what it writes follows from rules, not from a model."""

import json
import re
from collections.abc import Sequence

from assistant.types import Prompt
from ingest.types import Chunk, Document, Hit

NOTES = [
    Document(
        "hours", "Harbour museum: hours",
        "The harbour museum opens at 10 in the morning. Dogs may enter the harbour museum on a lead. "
        "Guided tours start at noon, at three and at five in the hall of anchors.",
        "en", as_of="2026-01-01",
    ),
    Document(
        "fees", "Harbour museum: fees",
        "A ticket for the harbour museum costs 12 euros. Pupils pay 5 euros for their ticket there. "
        "To get a refund, show the receipt at the desk before leaving the building.",
        "en", as_of="2026-03-01",
    ),
    Document(
        "馆藏", "渔港博物馆：馆藏",
        "渔港博物馆共有三百件船模型。参观者可以在渔港博物馆一楼大厅拍照留念。馆内展出船锚、渔网、灯塔模型和航海图。",
        "zh", as_of="2026-02-01",
    ),
]


class Shelf:
    """Finds, in any language, the passages given to it."""

    def __init__(self, *chunks: Chunk) -> None:
        self.chunks = chunks

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        return [[Hit(chunk, 1.0) for chunk in self.chunks][:top_k] for _ in queries]


class Clerk:
    """Replies to prompts: writes "What is said of WORDS?" and answers with the words that are asked for."""

    def __init__(self, knows: str = "") -> None:
        self.knows = knows

    def __call__(self, prompt: Prompt) -> str:
        if prompt.schema:
            return self._write(json.loads(prompt.schema)["properties"])
        return self._read(prompt)

    def _write(self, keys: dict[str, dict]) -> str:  # type: ignore[type-arg]
        if "questions" in keys:
            return json.dumps({"questions": ["Tell me, please: which words are said?"]})
        said = {}
        for key in ("quote", "other_quote"):
            if key in keys:
                said[key] = keys[key]["enum"][0]
        quote = said.get("quote", "nothing")
        words = quote.rstrip(".。")
        is_han = bool(re.search("[一-鿿]", words))
        said["question"] = f"关于“{words}”，说了什么？" if is_han else f"What is said of {words}?"
        if "answer" in keys:
            answer = keys["answer"]
            said["answer"] = (
                answer["enum"][0] if "enum" in answer else [words, "船"] if answer["type"] == "array" else words
            )
        return json.dumps(said, ensure_ascii=False)

    def _read(self, prompt: Prompt) -> str:
        return self.knows
