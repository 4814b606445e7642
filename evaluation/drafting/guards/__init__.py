"""What a draft must pass, one guard a file. Knows nothing of how drafts are written.

To add a guard: write a file beside these, and a line here.
"""

from evaluation.drafting.guards.alone import stands_alone
from evaluation.drafting.guards.copies import no_copy
from evaluation.drafting.guards.follows import answer_follows, needs_both
from evaluation.drafting.guards.form import well_formed
from evaluation.drafting.guards.grounded import grounded
from evaluation.drafting.guards.guessed import not_guessed
from evaluation.drafting.guards.one_answer import one_answer
from evaluation.drafting.guards.unanswered import unanswered
from evaluation.drafting.types import Guard

GUARDS: dict[str, Guard] = {
    "form": well_formed,
    "alone": stands_alone,
    "grounded": grounded,
    "copies": no_copy,
    "follows": answer_follows,
    "both": needs_both,
    "conflict": one_answer,
    "unanswered": unanswered,
    "guessed": not_guessed,
}
"""In the order in which they are taken: the cheap ones first."""
