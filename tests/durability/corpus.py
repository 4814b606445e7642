"""What the durability tests ingest: small documents in two languages, each with words of its own."""

from dataclasses import dataclass, field
from pathlib import Path

from core.domain import Domain
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.types import Document
from settings import load_settings
from tests.fakes import FakeEmbedder

_EN = ("baggage", "visa", "refund", "museum", "tram", "passport", "breakfast", "insurance")
_ZH = ("行李", "签证", "退款", "博物馆", "电车", "护照", "早餐", "保险")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one goal: how many cases were tried, and a line for each that failed."""

    goal: str
    what: str
    cases: int
    faults: tuple[str, ...]
    also: str = ""


@dataclass(slots=True)
class Faults:
    """Lines so far; `where` is put before each."""

    where: str = ""
    lines: list[str] = field(default_factory=list)

    def expect(self, holds: object, line: str) -> None:
        if not holds:
            self.lines.append(f"{self.where}: {line}")


def document(number: int, version: int = 0) -> Document:
    """Return document `number`: odd ones are Chinese; another `version` has another text."""
    topic = number // 2 % 8
    code = f"{number}v{version}"
    if number % 2:
        text = f"{_ZH[topic]}窗口第{number}号规定，代码{code}，收费{number * 7}元。"
        return Document(f"d{number}", f"{_ZH[topic]}{number}", text, "zh")
    text = f"Desk {number} for {_EN[topic]} has code {code} and charges {number * 7} euros."
    return Document(f"d{number}", f"{_EN[topic]} {number}", text, "en")


def open_base(home: Path, embedder: FakeEmbedder | None = None, **retrieval: object) -> KnowledgeBase:
    """Open the one knowledge base under `home`, as another process would; a graph is searched."""
    settings = load_settings({"home": home, "threads": 1, "retrieval": retrieval})
    return open_knowledge_base(Domain("desks", home / "desks"), settings, embedder or FakeEmbedder())


def state(home: Path) -> Path:
    """Return the folder of the knowledge base."""
    (folder,) = (home / "domains").iterdir()
    return folder
