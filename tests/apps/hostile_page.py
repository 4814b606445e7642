"""The page with an assistant whose documents and answers try to be markup; `stop me` never ends."""

import time
from collections.abc import Iterator
from pathlib import Path

import streamlit as st

from apps.page.engine import Engine
from apps.side_by_side import page
from assistant.types import Answer, Question
from core.domain import Domain
from ingest.types import Document
from tests.apps.scripted import ScriptedAssistant, ScriptedStrategy

ATTACK = (
    "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'><svg onload='window.pwned=1'>"
    "<iframe src='javascript:parent.pwned=1'></iframe><a href='javascript:window.pwned=1'>x</a> "
    "[link](javascript:window.pwned=1) ![pixel](http://evil.example/pixel.png) https://evil.example"
)


class Hostile(ScriptedAssistant):
    def __init__(self) -> None:
        super().__init__({"rag": ATTACK, "long_context": ATTACK, "fine_tuned": ATTACK})
        self.knowledge.documents = [Document(ATTACK, ATTACK, ATTACK, "en", ATTACK, ATTACK)]

    def strategy(self, name: str) -> ScriptedStrategy:
        return Endless(name, self)


class Endless(ScriptedStrategy):
    def stream(self, question: Question) -> Iterator[Answer]:
        text = "on"
        while question.text == "stop me":
            text += " and on"
            time.sleep(0.05)
            yield Answer(question, text, self.name)
        yield from super().stream(question)


def engine() -> Engine:
    return Engine(lambda _: Hostile())


if __name__ == "__main__":
    page(st.cache_resource(engine)(), [Domain("hostile", Path("hostile"), title=ATTACK)])
