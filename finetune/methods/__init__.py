"""Which parameters learn: a method puts them on a base model. Knows nothing of what is learned.

To add one: write a file beside these, and a line here.
"""

from collections.abc import Callable
from typing import Any

from finetune.methods.lora import attach_lora
from finetune.types import Tunable
from settings import Finetune

METHODS: dict[str, Callable[[Any, Finetune], Tunable]] = {
    "lora": attach_lora,
}
