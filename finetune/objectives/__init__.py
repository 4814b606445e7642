"""What is learned. Knows nothing of which parameters learn it.

To add one: write a file beside these, and a line here. What its examples are made of is the factory's, by
`source`.
"""

from finetune.objectives.distillation import Distilled, SelfDistilled
from finetune.objectives.natural_language import NaturalLanguage
from finetune.objectives.ppo import ProximalPolicy
from finetune.objectives.preference import DirectPreference, OddsRatio
from finetune.objectives.pretraining import Pretraining
from finetune.objectives.reinforcement import GroupRelative, LeaveOneOut
from finetune.objectives.reward import Reward
from finetune.objectives.setup import Kind, Setup
from finetune.objectives.supervised import Supervised
from finetune.objectives.unpaired import KahnemanTversky
from finetune.types import Objective

_PAIRS = "train and dev questions that the base model answers wrongly, or finetune.data with pairs"
_REWARDS = "train questions with answers, or reward_model"


def _replies(_: Setup) -> Objective:
    return Supervised()


OBJECTIVES: dict[str, Kind] = {
    "sft": Kind(_replies, "the reply to a question, from memory", "train questions"),
    "raft": Kind(
        _replies,
        "the reply to a question behind passages, the right one among distractors",
        "train questions and documents",
        "Zhang 2024, arXiv:2403.10131",
        source="passages",
    ),
    "pretraining": Kind(
        lambda setup: Pretraining(setup.settings),
        "every token of the documents, packed with their borders",
        "documents",
        "Gururangan 2020, arXiv:2004.10964",
        source="documents",
    ),
    "instruction": Kind(
        _replies,
        "the replies of instructions of your own",
        "finetune.data: Alpaca, ShareGPT or OpenAI chats",
        source="file",
    ),
    "critique": Kind(
        _replies,
        "to say whether an answer is right, and why",
        "train questions with answers",
        "Wang 2025, arXiv:2501.17703",
        steps=("pair", "critique"),
        learning_rate=1e-4,
    ),
    "contextual": Kind(
        lambda setup: Pretraining(setup.settings),
        "the documents, each behind a learning prompt that is not learned",
        "documents",
        "arXiv:2503.09032",
        source="documents",
        steps=("learning_prompts",),
    ),
    "s3ft": Kind(
        _replies,
        "its own answer where that is right, else its own wording of the reply, else the reply",
        "train questions",
        "Gupta 2025, arXiv:2502.08130",
        steps=("self_select",),
    ),
    "nlft": Kind(
        lambda _: NaturalLanguage(),
        "right and wrong answers, each token by how it reads with the answer and with the mistake told",
        "train questions; wrong answers are the base model's",
        "arXiv:2412.20382",
        steps=("pair",),
        learning_rate=1e-4,
    ),
    "dpo": Kind(
        lambda setup: DirectPreference(setup.settings),
        "to prefer the right answer to its own wrong one, near the model before training",
        _PAIRS,
        "Rafailov 2023, arXiv:2305.18290",
        steps=("pair",),
        on_dev=True,
        learning_rate=5e-5,
    ),
    "kto": Kind(
        lambda setup: KahnemanTversky(setup.settings),
        "wanted and unwanted answers, which need not be pairs",
        f"{_PAIRS} or labels",
        "Ethayarajh 2024, arXiv:2402.01306",
        steps=("pair",),
        on_dev=True,
        learning_rate=5e-5,
    ),
    "orpo": Kind(
        lambda setup: OddsRatio(setup.settings),
        "the right answer, and that its odds are better than its own wrong one's; no reference",
        _PAIRS,
        "Hong 2024, arXiv:2403.07691",
        steps=("pair",),
        on_dev=True,
        learning_rate=1e-4,
    ),
    "reward": Kind(
        lambda _: Reward(),
        "a number for each answer, greater for the better one: judges for grpo, rloo and ppo",
        _PAIRS,
        "Ouyang 2022, arXiv:2203.02155",
        steps=("pair",),
        on_dev=True,
        learning_rate=1e-4,
        answers=False,
    ),
    "grpo": Kind(
        GroupRelative,
        "those of its own answers that get more reward than the others to a question",
        _REWARDS,
        "Shao 2024, arXiv:2402.03300",
        learning_rate=5e-5,
        draws=True,
    ),
    "rloo": Kind(
        LeaveOneOut,
        "the same, each answer against the mean of the others",
        _REWARDS,
        "Ahmadian 2024, arXiv:2402.14740",
        learning_rate=5e-5,
        draws=True,
    ),
    "ppo": Kind(
        ProximalPolicy,
        "the same, token by token against what was expected, in small steps: sft, reward, then sft,ppo",
        _REWARDS,
        "Schulman 2017, arXiv:1707.06347; Ouyang 2022",
        learning_rate=5e-5,
        draws=True,
    ),
    "distil": Kind(
        Distilled,
        "what a larger model would say at each token, half over its own answers",
        "train questions and finetune.teacher",
        "Agarwal 2024, arXiv:2306.13649",
        learning_rate=1e-4,
        draws=True,
    ),
    "sdft": Kind(
        SelfDistilled,
        "from memory what it would say itself behind the passages",
        "train questions and documents",
        "arXiv:2601.19897",
        source="both",
        learning_rate=1e-4,
        draws=True,
    ),
}
