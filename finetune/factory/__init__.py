"""How training data is made: steps that can be switched off. Knows nothing of models that are trained.

To add a step: write a file beside these, and a line here.
"""

from finetune.factory.leak_guard import leak_guard
from finetune.factory.types import Step

STEPS: dict[str, Step] = {
    "leak_guard": leak_guard,
}
"""In the order in which they are taken."""
