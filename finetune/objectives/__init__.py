"""What is learned. Knows nothing of which parameters learn it.

To add one: write a file beside these, and a line here.
"""

from finetune.objectives.supervised import Supervised
from finetune.types import Objective

OBJECTIVES: dict[str, Objective] = {
    "sft": Supervised(),
    "raft": Supervised(),  # of replies that are read from passages, see `finetune.factory.reading`
}
