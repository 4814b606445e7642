"""People review the questions that a model drafted. Knows nothing of Streamlit or models."""

from evaluation.review.agreement import Tally, tally
from evaluation.review.editing import Fields, changes, fields_of
from evaluation.review.evidence import evidence_stamp, read_evidence
from evaluation.review.review import Review, named, open_review
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
    "evidence_stamp",
    "fields_of",
    "named",
    "open_review",
    "read_evidence",
    "tally",
]
