"""People review the questions that a model drafted. Knows nothing of Streamlit or models."""

from evaluation.review.agreement import Tally, tally
from evaluation.review.editing import Fields, changes, fields_of
from evaluation.review.evidence import read_evidence
from evaluation.review.review import Review, open_review
from evaluation.review.types import Decision, Draft, ReviewError, Verdict

__all__ = [
    "Decision",
    "Draft",
    "Fields",
    "Review",
    "ReviewError",
    "Tally",
    "Verdict",
    "changes",
    "fields_of",
    "open_review",
    "read_evidence",
    "tally",
]
