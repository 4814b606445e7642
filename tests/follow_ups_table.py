"""What rewriting a follow-up gains for retrieval: recall@5 of its evidence on dev, asked in four ways.

python -m tests.follow_ups_table [travel legal]
"""

import sys
from collections.abc import Sequence

from assistant.registry import open_assistant
from assistant.turns import Standalone, _joined, condense_many
from core.domain import find_domain
from evaluation.asking.questions import Choice, choose_questions
from evaluation.metrics.retrieval import score_rankings
from evaluation.types import Reference
from ingest.knowledge_base import KnowledgeBase
from ingest.updating import bring_up_to_date

PASSAGES = 50


def recall(knowledge: KnowledgeBase, texts: Sequence[str], asked: Sequence[Reference]) -> float:
    """Return the mean recall@5 of the evidence documents."""
    rankings = []
    for text, one in zip(texts, asked, strict=True):
        hits = knowledge.search(text, one.lang, PASSAGES)
        rankings.append(list(dict.fromkeys(id for hit in hits for id in hit.documents)))
    return score_rankings("recall@5", rankings, [one.evidence for one in asked]).value or 0.0


def table(name: str) -> None:
    """Print the rows of a domain, and each question with what it was rewritten to."""
    domain = find_domain(name)
    settings = domain.settings()
    assistant = open_assistant(domain, settings)
    bring_up_to_date(assistant.knowledge, domain, settings)
    asked = choose_questions(domain, Choice("dev", follow_ups=True))
    made: list[Standalone] = condense_many([one.ask() for one in asked], assistant.generator)
    ways = {
        "alone": [one.question for one in asked],
        "joined": [_joined(one.asked) for one in made],
        "rewritten": [one.question.text for one in made],
        "by hand": [one.in_full for one in asked],
    }
    for lang in ("en", "zh"):
        places = [place for place, one in enumerate(asked) if one.lang == lang]
        part = [asked[place] for place in places]
        values = [
            recall(assistant.knowledge, [texts[place] for place in places], part) for texts in ways.values()
        ]
        print(f"| {name}, {lang} | {len(part)} | {' | '.join(f'{value:.2f}' for value in values)} |")
    for one in made:
        print(f"{one.asked.text} -> {one.question.text}  [{one.call.ending if one.call else ''}]")


if __name__ == "__main__":
    for each in sys.argv[1:] or ("travel", "legal"):
        table(each)
