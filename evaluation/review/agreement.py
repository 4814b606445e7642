"""How far a review has come, and how far its reviewers agree. Knows nothing of files."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from core.questions import from_row
from evaluation.review.types import Decision, Draft
from evaluation.statistics import by_document
from evaluation.statistics.kappa import Kappa, kappa_of_two
from evaluation.types import reference


@dataclass(frozen=True, slots=True)
class Alike:
    """How far two reviewers agree on what to keep, on the drafts that both saw in the same words."""

    first: str
    second: str
    kappa: Kappa

    def __str__(self) -> str:
        found, n = self.kappa, self.kappa.n
        value = "n/a" if found.value is None else f"{found.value:.2f}"
        between = f" [{found.interval.low:.2f}, {found.interval.high:.2f}]" if found.interval else ""
        drafts = "draft that both saw" if n == 1 else "drafts that both saw"
        return f"{self.first} and {self.second}: kappa {value}{between} on {n} {drafts}"


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of drafts; `waiting` are those that nobody has decided on as they stand."""

    drafts: int
    reviewed: int
    rejected: int
    waiting: int
    disputed: tuple[str, ...]
    agreement: tuple[Alike, ...]


def tally(drafts: Sequence[Draft]) -> Tally:
    """Count the drafts of a review, and measure the agreement of each two of its reviewers."""
    reviewed, rejected = sum(one.reviewed for one in drafts), sum(one.rejected for one in drafts)
    names = sorted({name for one in drafts for name in one.decisions})
    pairs = (_alike(first, second, drafts) for first, second in combinations(names, 2))
    return Tally(
        drafts=len(drafts),
        reviewed=reviewed,
        rejected=rejected,
        waiting=len(drafts) - reviewed - rejected,
        disputed=tuple(str(one.row["id"]) for one in drafts if one.disputed),
        agreement=tuple(pair for pair in pairs if pair.kappa.n),
    )


def _alike(first: str, second: str, drafts: Sequence[Draft]) -> Alike:
    """Compare what two reviewers said: accepted or edited against rejected."""
    both: list[tuple[Decision, Decision]] = []
    for draft in drafts:
        ours, theirs = draft.decisions.get(first), draft.decisions.get(second)
        if ours and theirs and ours.seen == theirs.seen:
            both.append((ours, theirs))
    seen = [reference(from_row(dict(ours.row))) for ours, _ in both]
    keeps = ([one.verdict != "reject" for one in side] for side in zip(*both, strict=True))
    ours_keep, theirs_keep = keeps if both else ([], [])
    return Alike(first, second, kappa_of_two(ours_keep, theirs_keep, by_document(seen)))
