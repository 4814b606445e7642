"""How readily a model declines to answer from documents. Knows nothing of prompts or strategies."""

from core.language import Lang

_FITTED: dict[str, dict[Lang, float]] = {"qwen2.5-coder-1.5b-instruct": {"en": 3.0, "zh": 5.0}}
"""Fitted on 235 `dev` and `train` questions of facts that no `test` question asks (decision 027): of the
answerable at most 6 in 100 are refused."""


def fitted_bias(model: str, lang: Lang) -> float:
    """Return the nats that are added to the log-odds of a refusal as the first word of a reply.

    A small model answers nearly always, also what its documents do not say; nothing is known of others.
    """
    return _FITTED.get(model, {}).get(lang, 0.0)
