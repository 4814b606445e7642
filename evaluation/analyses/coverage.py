"""What part of the corpus a strategy that reads everything has read."""

from dataclasses import asdict

from assistant.types import Coverage
from evaluation.analyses.comparison import Comparison
from evaluation.report.blocks import Block

_NAMED = 5  # documents that were left out


def coverage(comparison: Comparison) -> Block:
    """Return a note for each language."""
    data = {
        lang: {**asdict(one), "left_out": list(one.left_out)} for lang, one in comparison.coverage.items()
    }
    notes = [_note(lang, one) for lang, one in comparison.coverage.items()]
    return Block("Coverage", notes=notes, data={"coverage": data})


def _note(lang: str, one: Coverage) -> str:
    never = "never" if one.questions else "left out"
    left = f", {never}: {', '.join(one.left_out[:_NAMED])}" if one.left_out else ""
    more = f" and {len(one.left_out) - _NAMED} more" if len(one.left_out) > _NAMED else ""
    about = "about " if one.estimated else ""
    count = f"{one.included:.1f}" if one.questions else f"{one.included:g}"
    each = f" for each of {one.questions} questions, on average" if one.questions else ""
    read = f"{count} of {one.documents} documents ({about}{one.tokens:,} tokens){each}"
    return f"long_context ({lang}) reads {read}{left}{more}"
