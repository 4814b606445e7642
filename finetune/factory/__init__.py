"""How training data is made: steps that can be switched off. Knows nothing of models that are trained.

To add a step: write a file beside these, and a line here. How a question becomes an example, from memory or
behind passages and distractors (RAFT), is no step but the objective's: see `reading`.
"""

from finetune.factory.balance import balance
from finetune.factory.converse import converse
from finetune.factory.critique import critique
from finetune.factory.deduplicate import deduplicate
from finetune.factory.documents import learning_prompts
from finetune.factory.leak_guard import leak_guard
from finetune.factory.mask_replace import mask_replace
from finetune.factory.normalise_terms import normalise_terms
from finetune.factory.pair import pair
from finetune.factory.refuse import refuse
from finetune.factory.rewording import back_translate, paraphrase, restructure
from finetune.factory.self_select import self_select
from finetune.factory.splits import split_by_fact, split_by_time
from finetune.factory.types import Step

STEPS: dict[str, Step] = {
    "split_by_time": split_by_time,
    "split_by_fact": split_by_fact,
    "leak_guard": leak_guard,
    "normalise_terms": normalise_terms,
    "paraphrase": paraphrase,
    "back_translate": back_translate,
    "restructure": restructure,
    "mask_replace": mask_replace,
    "refuse": refuse,
    "converse": converse,
    "deduplicate": deduplicate,
    "pair": pair,
    "balance": balance,
}
"""In the order in which they are taken: what may be learned, other words for it, what is left of that."""

OF_OBJECTIVES: dict[str, Step] = {
    "critique": critique,
    "self_select": self_select,
    "learning_prompts": learning_prompts,
}
"""What objectives alone ask for, taken after all others: it changes what is learned, not only of what."""

ON_DEV = frozenset({"split_by_time", "split_by_fact", "leak_guard", "normalise_terms"})
"""Those that questions of the split `dev` go through as well; the others add to what is learned."""
