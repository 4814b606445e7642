"""How often test questions were used, so that a report can say how fresh they are. Knows nothing of scores.

Who chooses by what a test set says fits the choice to it, so each look makes the next one more optimistic.
A set is known by the digest of its questions as they are asked; a mended answer leaves it the same set.

What is a use: a comparison whose model completed anything, or one whose folder has not shown these very
answers to these questions before. So a run that is resumed is one use however often it was killed, the same
command again in the same folder is none (nothing new is seen), another folder, model, adapter, strategy or
wording is one; a replay never is. A killed run that has shown nothing is none either.

A set that shares most of its questions with another is not fresh because it has another digest: the uses of
such sets are counted beside its own. Whether anybody did choose by a report nobody knows.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.errors import AssistantError
from core.files import write_whole
from evaluation.types import Reference, Run

SPLIT = "test"
STALE = 5
"""Uses from which a set is no longer fresh."""
_MOST = 0.5
"""The share of a set's questions above which another set is much the same."""


@dataclass(frozen=True, slots=True)
class Seal:
    """A set of test questions: its digest, size, and uses from the day `first` to the day `last`.

    `related` are the uses of other sets that share most of its questions.
    """

    sha256: str
    questions: int
    uses: int = 0
    first: str = ""
    last: str = ""
    related: int = 0

    @property
    def is_fresh(self) -> bool:
        """Whether few have looked at it."""
        return self.uses + self.related < STALE


@dataclass(frozen=True, slots=True)
class Use:
    """A comparison: digest of its folder and answers, its ISO day, and whether its model completed any."""

    run: str
    day: str
    computed: bool


def use_of(folder: Path, runs: Sequence[Run], day: str, computed: bool) -> Use:
    """Return the use that a comparison in `folder` is."""
    answers = [
        [run.strategy, sample.reference.id, sample.answer.text] for run in runs for sample in run.samples
    ]
    return Use(_digest([str(folder.resolve()), answers]), day, computed)


class Seals:
    """The uses of a domain's test sets, in a file that several processes may write."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def of(self, references: Sequence[Reference]) -> Seal | None:
        """Return the seal of the test questions among `references`; None where there are none.

        Raises:
            AssistantError: the file is broken.
        """
        asked = _asked(references)
        return _seal(asked, self._read()) if asked else None

    def note(self, references: Sequence[Reference], use: Use) -> Seal | None:
        """Count a use of the test questions among `references`, unless it is none; return their seal.

        Raises:
            AssistantError: the file is broken.
        """
        asked = _asked(references)
        if not asked:
            return None
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self._path.with_suffix(".lock")):
            known = self._read()
            entry = known.setdefault(_digest(asked), _new(asked))
            if use.computed or use.run not in entry["runs"]:
                entry["uses"] += 1
                entry["first"] = entry["first"] or use.day
                entry["last"] = use.day
                entry["runs"] = sorted({*entry["runs"], use.run})
                write_whole(self._path, json.dumps(known, ensure_ascii=False, indent=1) + "\n")
        return _seal(asked, known)

    def _read(self) -> dict[str, dict[str, Any]]:
        if not self._path.exists():
            return {}
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
            return {
                str(sha256): {**_new(map(str, one["asked"])), **one, "uses": int(one["uses"])}
                for sha256, one in known.items()
            }
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise AssistantError(
                f"{self._path} is broken ({error!r}), so nobody knows how often the test questions were "
                "used; restore it from a copy, or remove it to count anew"
            ) from error


def _asked(references: Iterable[Reference]) -> list[str]:
    """Return a digest for each test question, in the order of their ids."""
    test = sorted((one for one in references if one.split == SPLIT), key=lambda one: one.id)
    return [
        _digest([one.id, one.question, [[turn.role, turn.content] for turn in one.turns]]) for one in test
    ]


def _new(asked: Iterable[str]) -> dict[str, Any]:
    return {"uses": 0, "first": "", "last": "", "asked": list(asked), "runs": []}


def _seal(asked: Sequence[str], known: Mapping[str, Mapping[str, Any]]) -> Seal:
    sha256 = _digest(asked)
    own = known.get(sha256, _new(asked))
    related = sum(
        one["uses"]
        for key, one in known.items()
        if key != sha256 and len({*asked} & {*one["asked"]}) > _MOST * len(asked)
    )
    return Seal(sha256, len(asked), own["uses"], own["first"], own["last"], related)


def _digest(told: object) -> str:
    text = json.dumps(told, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
