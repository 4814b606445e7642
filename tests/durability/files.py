"""R14: files come, go, move and fail; the knowledge base holds what they say, and of what fails what it said.

Every round changes the folder at random and brings the knowledge base up to date; every other time a child
does so and is killed at one of the steps first.
"""

import json
import signal
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from core.domain import Domain
from ingest.store import crash_points
from ingest.updating import bring_up_to_date
from settings import load_settings
from tests.durability.corpus import Faults, Outcome, open_base
from tests.durability.kills import Assassin, forks

_BROKEN = b"\x00\x00"
_JUNK = {"logo.png": b"\x89PNG\r\n\x1a\n", "torn.pdf": b"%PDF-1.7 nothing follows"}


@dataclass(slots=True)
class Folder:
    """What lies in a domain's folder, what of it was withdrawn, and what the knowledge base should hold."""

    path: Path
    files: dict[str, dict[str, str] | None] = field(default_factory=dict)
    """Texts by id of each file; None where it is broken."""
    torn: dict[str, str] = field(default_factory=dict)
    """The id that a broken record of a file states."""
    held: dict[str, dict[str, str]] = field(default_factory=dict)
    withdrawn: dict[str, str] = field(default_factory=dict)
    """Their files, by id."""

    def write(self, name: str, texts: dict[str, str] | None, torn: str = "") -> None:
        self.files[name], self.torn[name] = texts, torn
        data = _BROKEN
        if texts is not None and name.endswith(".jsonl"):
            rows = ({"id": id, "text": text} for id, text in texts.items())
            lines = [json.dumps(row, ensure_ascii=False) for row in rows]
            data = "\n".join([*lines, f'{{"id": "{torn}", "te' if torn else ""]).encode()
        elif texts is not None:
            data = texts[name].encode()
        (self.path / name).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).write_bytes(data)

    def remove(self, name: str) -> None:
        del self.files[name], self.torn[name]
        (self.path / name).unlink()

    def updated(self) -> dict[str, str]:
        """Return what the knowledge base holds after an update, by id.

        Where no file can be read nothing is removed: the disk may not be there.
        """
        for name in {*self.held, *self.files} if any(self.files.values()) else ():
            texts = self.files.get(name, {})
            if texts is not None:
                kept = {id: text for id, text in self.held.get(name, {}).items() if id == self.torn.get(name)}
                fresh = {id: text for id, text in texts.items() if id not in self.withdrawn}
                self.held[name] = kept | fresh
        if any(self.files.values()):
            self.withdrawn = {id: name for id, name in self.withdrawn.items() if self._may_give(name, id)}
        return {id: text for texts in self.held.values() for id, text in texts.items()}

    def _may_give(self, name: str, id: str) -> bool:
        """Tell whether a file gives a document, or would, were it not broken."""
        texts = self.files.get(name, {})
        return texts is None or id in texts or id == self.torn.get(name)


def changing_files(rounds: int, home: Path, seed: int = 7) -> Outcome:
    """Change the folder `rounds` times, and compare what the knowledge base then holds."""
    draw, faults, killed = np.random.default_rng(seed), Faults(), 0
    folder = Folder(home / "desks" / "documents")
    for name, data in _JUNK.items():
        (folder.path / name).parent.mkdir(parents=True, exist_ok=True)
        (folder.path / name).write_bytes(data)
    for number in range(rounds):
        for _ in range(int(draw.integers(1, 5))):
            _change(folder, draw, f"{number}-{draw.integers(1 << 30)}", home)
        if number % 2:
            step = crash_points.STEPS[number // 2 % len(crash_points.STEPS)]
            child = forks.Process(target=_killed, args=(home, step, int(draw.integers(1, 3))))
            child.start()
            child.join(60)
            killed += child.exitcode == -signal.SIGKILL
            faults.expect(child.exitcode in (0, -signal.SIGKILL), f"round {number}: {child.exitcode}")
        faults.where = f"round {number}"
        _check(home, folder.updated(), faults)
    return Outcome(
        "R14", "files that fail beside files that go", rounds, tuple(faults.lines), f"{killed} updates killed"
    )


def _change(folder: Folder, draw: np.random.Generator, word: str, home: Path) -> None:
    """Add, change, break, tear, mend, move, remove or withdraw one."""
    names = sorted(folder.files)
    act = draw.choice(["add", "change", "break", "tear", "move", "remove", "withdraw"])
    if act == "add" or len(names) < 3:
        name = f"{draw.choice(['en', '中文'])}/{word}{draw.choice(['.md', '.jsonl'])}"
        folder.write(name, _texts(name, word, draw))
        return
    name = str(draw.choice(names))
    if act == "change":
        folder.write(name, _texts(name, word, draw))
    elif act == "break":
        folder.write(name, None)
    elif act == "tear" and name.endswith(".jsonl") and (texts := folder.files[name]):
        torn = str(draw.choice(sorted(texts)))
        folder.write(name, {id: text for id, text in texts.items() if id != torn}, torn)
    elif act == "move" and name.endswith(".md") and (texts := folder.files[name]):
        folder.remove(name)
        folder.write(f"moved-{word}.md", {f"moved-{word}.md": texts[name]})
    elif act == "remove":
        folder.remove(name)
    elif act == "withdraw" and folder.held.get(name):
        id = next(iter(folder.held[name]))
        base = open_base(home)
        base.delete([id])
        base.close()
        folder.withdrawn[id] = name
        del folder.held[name][id]


def _texts(name: str, word: str, draw: np.random.Generator) -> dict[str, str]:
    """Return what a file says; records have ids of their own, some of which stay."""
    if name.endswith(".md"):
        return {name: f"Desk {word} opens at nine."}
    return {f"{name}:{key}": f"第{word}号窗口{key}。" for key in draw.choice(list("abcd"), 3, replace=False)}


def _update(home: Path) -> None:
    base = open_base(home)
    bring_up_to_date(base, Domain("desks", home / "desks"), load_settings({"home": home, "threads": 1}))
    base.close()


def _killed(home: Path, step: crash_points.Step, nth: int) -> None:
    crash_points.listeners.append(Assassin(step, nth))
    _update(home)


def _check(home: Path, expected: dict[str, str], faults: Faults) -> None:
    _update(home)
    base = open_base(home)
    held = {document.id: document.text for document in base.documents()}
    faults.expect(
        not held.keys() - expected.keys(), f"still there: {sorted(held.keys() - expected.keys())[:3]}"
    )
    faults.expect(not expected.keys() - held.keys(), f"lost: {sorted(expected.keys() - held.keys())[:3]}")
    wrong = [id for id in held.keys() & expected.keys() if held[id] != expected[id]]
    faults.expect(not wrong, f"another text: {wrong[:3]}")
    for problem in base.verify():
        faults.expect(False, problem)
    base.close()
