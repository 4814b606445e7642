"""Which strategy is likely to answer a question right, by what is cheap to know. Knows nothing of strategies.

What a router knows is learned by `evaluation.route` on questions that no result is reported for.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from assistant.agreement.polarity import asks_yes_or_no
from assistant.types import Question
from core.errors import AssistantError
from core.files import write_whole
from core.language import words
from ingest.types import Hit, Vectors

SIGNALS = (
    *("Chinese", "words", "asks yes or no", "asks for a number"),
    *("best score", "ahead of the second", "ahead of the fifth", "found by both legs"),
    "nearest known question",
)
"""What a router looks at, in this order."""
_AHEAD = (1, 4)
_NUMBER = re.compile(
    r"多少|多[久长大高重远]|几[^乎]|何时|期限|"
    r"\b(?:how (?:many|much|long|old|high|far|soon|quickly|fast|large|late|early)|"
    r"(?:what|which) (?:\w+ )?(?:age|amount|sum|share|percentage|rate|fee|fine|period|deadline|minimum))\b",
    re.IGNORECASE,
)


class Searched(Protocol):
    """What finds passages and turns questions into vectors."""

    def search_many(
        self, queries: Sequence[str], lang: str = "", top_k: int | None = None
    ) -> list[list[Hit]]:
        """Return the best passages for each query, best first."""
        ...

    @property
    def embedder(self) -> "Embeds":
        """What turns questions into vectors."""
        ...


class Embeds(Protocol):
    """What turns questions into vectors."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return a vector of length 1 for each text."""
        ...


@dataclass(frozen=True, slots=True)
class Router:
    """How likely each strategy is right, as a linear function of the signals: `weights`, the first constant.

    Signals are taken as their distance from `means` in units of `scales`. `model` is the fingerprint of the
    weights that answered, `n` the number of questions that it was learned from.
    """

    model: str
    n: int
    means: tuple[float, ...]
    scales: tuple[float, ...]
    weights: Mapping[str, tuple[float, ...]]

    def choose(self, signals: Sequence[float]) -> str:
        """Return the strategy that is likeliest to be right; of equally likely ones the first."""
        known = np.concatenate([[1.0], (np.array(signals) - self.means) / self.scales])
        expected = {name: float(known @ np.array(weights)) for name, weights in self.weights.items()}
        return max(expected, key=lambda name: round(expected[name], 9))


def signals_of(questions: Sequence[Question], searched: Searched, known: Sequence[str]) -> list[list[float]]:
    """Return the signals of each question: one search per language, one pass of the embedder.

    `known` are the questions that an adapter may have been trained on.
    """
    hits: dict[int, list[Hit]] = {}
    for lang in sorted({question.lang for question in questions}):
        places = [place for place, one in enumerate(questions) if one.lang == lang]
        texts = [questions[place].text for place in places]
        hits.update(zip(places, searched.search_many(texts, lang=lang, top_k=max(_AHEAD) + 1), strict=True))
    near = [0.0] * len(questions)
    if known and questions:
        embedder = searched.embedder
        asked = embedder.embed_queries([one.text for one in questions])
        near = (asked @ embedder.embed_queries(known).T).max(axis=1).tolist()
    return [[*_form(one), *_found(hits[place]), near[place]] for place, one in enumerate(questions)]


def _form(question: Question) -> list[float]:
    text = question.text
    return [
        float(question.lang == "zh"),
        math.log(1 + len(words(text))),
        float(asks_yes_or_no(text)),
        float(bool(_NUMBER.search(text))),
    ]


def _found(hits: Sequence[Hit]) -> list[float]:
    scores = [hit.score for hit in hits] or [0.0]
    ahead = [scores[0] - scores[min(place, len(scores) - 1)] for place in _AHEAD]
    return [scores[0], *ahead, float(bool(hits) and len(hits[0].legs) > 1)]


def save_router(path: Path, router: Router) -> None:
    """Write a router; whatever was there is replaced as a whole."""
    said = {**asdict(router), "signals": SIGNALS}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(said, ensure_ascii=False, indent=1) + "\n")


def load_router(path: Path, how: str) -> Router:
    """Return the router at `path`; `how` says what makes one.

    Raises:
        AssistantError: there is none, or one that looks at other signals.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said.pop("signals") != list(SIGNALS):
            raise ValueError("it looks at other signals")
        weights = {str(name): tuple(map(float, one)) for name, one in said["weights"].items()}
        means, scales = (tuple(map(float, said[key])) for key in ("means", "scales"))
        if not weights or {len(one) for one in weights.values()} != {len(SIGNALS) + 1}:
            raise ValueError("it has no weights, or too few")
        return Router(str(said["model"]), int(said["n"]), means, scales, weights)
    except FileNotFoundError as error:
        raise AssistantError(f"there is no router at {path}; run: {how}") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise AssistantError(f"the router at {path} cannot be used ({error}); run: {how}") from error
