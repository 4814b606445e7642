"""How good a reply is, as one number: a reward model of pairs, and what judges with it.

Bradley and Terry, 1952, as in Ouyang et al., 2022 (arXiv:2203.02155): -log sigmoid(reward of the chosen -
that of the rejected), read at the last token. Where it departs from the paper: the model is the base with
an adapter and a head of its own, not a model of its own, so that base, policy and judge share one copy of
the weights; one pair a question.
"""

from collections.abc import Sequence
from pathlib import Path

from core.errors import AdapterError
from finetune.objectives.heads import FILE, WithHead, last_states
from finetune.objectives.preference import OfPairs, Pair
from finetune.objectives.readings import measured
from finetune.types import Encoded, Loss, Tunable

_NAME = "reward"
"""What the judge's adapter is called beside the one that learns."""


class Reward(OfPairs):
    """Learns to tell the chosen reply from the rejected one."""

    def attach(self, tunable: Tunable) -> WithHead:
        """Return the model with a head."""
        return tunable if isinstance(tunable, WithHead) else WithHead(tunable)

    def loss(self, tunable: Tunable, group: Sequence[Encoded]) -> Loss:
        """Return the loss over pairs, of which those are right whose chosen reply has the greater reward."""
        import torch

        pairs = [one for one in group if isinstance(one, Pair)]
        states = last_states(tunable, [one.chosen for one in pairs] + [one.rejected for one in pairs])
        chosen, rejected = torch.split(states @ tunable.parameters[-1], len(pairs))
        summed = -torch.nn.functional.logsigmoid(chosen - rejected).sum()
        return Loss(summed, len(pairs), float((chosen > rejected).sum()))


class Judge:
    """A trained reward model beside the adapter that learns, on the same base."""

    def __init__(self, tunable: Tunable, folder: Path) -> None:
        """Load what is in `folder`.

        Raises:
            AdapterError: it is no reward model, or what learns is no adapter.
        """
        from peft import PeftModel
        from safetensors.torch import load_file

        if not isinstance(tunable.model, PeftModel):
            raise AdapterError("a reward model needs a method that leaves the base as it is, such as lora")
        if not (folder / FILE).is_file():
            raise AdapterError(
                f"{folder} is no reward model; run: python -m finetune train --objective reward"
            )
        self._tunable = tunable
        self._learns = tunable.model.active_adapter
        was_training = tunable.model.training
        try:
            if _NAME not in tunable.model.peft_config:
                tunable.model.load_adapter(folder, _NAME, is_trainable=False, autocast_adapter_dtype=False)
        except (OSError, ValueError, KeyError, RuntimeError) as error:
            raise AdapterError(
                f"the reward model in {folder} does not fit beside what learns "
                f"({str(error).splitlines()[0]}); train both with method lora"
            ) from error
        tunable.model.set_adapter(self._learns)
        tunable.model.train(was_training)
        self._head = load_file(folder / FILE)["weight"].to(tunable.parameters[0].device)

    def scores(self, rows: Sequence[Encoded]) -> list[float]:
        """Return the reward of each row."""
        model = self._tunable.model
        model.set_adapter(_NAME)
        try:
            with measured(self._tunable):
                rewards: list[float] = (last_states(self._tunable, rows) @ self._head).tolist()
        finally:
            model.set_adapter(self._learns)
        return rewards
