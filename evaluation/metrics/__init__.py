"""What an answer is measured by. `METRICS` need the answers alone; `JUDGED` also need a judge."""

from assistant.agreement import exact_match, f1
from core.errors import AssistantError
from evaluation.metrics.accuracy import Accuracy
from evaluation.metrics.bleu import Bleu
from evaluation.metrics.correct import Correct
from evaluation.metrics.entity_f1 import EntityF1
from evaluation.metrics.judged import JUDGED
from evaluation.metrics.macro_f1 import MacroF1
from evaluation.metrics.refusal import RefusalPrecision, RefusalRecall
from evaluation.metrics.retrieval import MEASURES, EvidenceInPrompt, RankedDocuments
from evaluation.metrics.rouge import Rouge
from evaluation.metrics.text import BestReference
from evaluation.metrics.within_labels import WithinLabels
from evaluation.types import Metric

METRICS: dict[str, Metric] = {
    "correct": Correct(),
    "exact_match": BestReference("exact_match", exact_match),
    "f1": BestReference("f1", f1),
    "rouge1": Rouge("rouge1"),
    "rouge2": Rouge("rouge2"),
    "rougeL": Rouge("rougeL"),
    "bleu": Bleu(),
    "accuracy": Accuracy(),
    "macro_f1": MacroF1(),
    "within_labels": WithinLabels(),
    "entity_f1": EntityF1(),
    "refusal_precision": RefusalPrecision(),
    "refusal_recall": RefusalRecall(),
    "evidence@k": EvidenceInPrompt(),
    **{name: RankedDocuments(name) for name in MEASURES},
}
NAMES = (*METRICS, *JUDGED)
_JUDGED_TASKS = ("qa", "dialogue")
"""Tasks whose answers a judge reads unless told otherwise: it asks whether documents support an answer."""


def choose(names: str, task: str = "qa") -> list[str]:
    """Return the metrics that `names` lists, joined by commas; empty means all that fit the task.

    Raises:
        AssistantError: a name is unknown; the message lists the known.
    """
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        raise AssistantError(f"no metric {unknown[0]!r}: known are {', '.join(NAMES)}")
    return list(dict.fromkeys(wanted)) or list(NAMES if task in _JUDGED_TASKS else METRICS)
