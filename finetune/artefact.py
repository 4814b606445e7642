"""From a domain to a tuned artefact: train, measure before and after, write the manifest.

Knows nothing of reports. What it leaves is a folder that `assistant.generation.adapters` finds: safetensors,
`manifest.json`, `curve.json` and `curve.png`.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from assistant.agreement import correct, exact_match, f1
from assistant.generation.adapters import RAFT, REPLACED, adapter_folder
from assistant.generation.chat import open_chat
from assistant.generation.local import open_local
from assistant.strategies.base import PromptStrategy
from assistant.strategies.closed_book import ClosedBook
from assistant.strategies.fine_tuned import FineTuned
from assistant.strategies.rag import Rag
from assistant.types import Answer, Question
from core.domain import Domain
from core.errors import AssistantError
from core.questions import QuestionRecord
from core.weights.catalogue import fingerprint, model_folder
from finetune.factory.questions import TrainingData, training_data
from finetune.methods import METHODS
from finetune.objectives import OBJECTIVES
from finetune.trainer import Point, Progress, Trainer
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.updating import bring_up_to_date
from settings import Finetune, Settings


@dataclass(frozen=True, slots=True)
class DevScores:
    """Means over the `dev` questions, 0 to 1; an unanswerable question counts 1 when it is refused.

    Those after training flatter it: the same questions chose the epoch.
    """

    n: int
    correct: float
    exact_match: float
    f1: float


@dataclass(frozen=True, slots=True)
class Trained:
    """An adapter and what came of it."""

    folder: Path
    progress: Progress
    before: DevScores
    after: DevScores


def train_adapter(domain: Domain, settings: Settings) -> Trained:
    """Train the domain's adapter of this name, or finish a run that was cut off, and put it in place.

    Raises:
        DomainError: nothing to learn from.
        WeightsError: the base model cannot be had.
        AssistantError: the settings name a method, objective or step that is not known.
    """
    attach = known(METHODS, settings.finetune.method, "finetune.method")
    objective = known(OBJECTIVES, settings.finetune.objective, "finetune.objective")
    data = training_data(domain, settings)
    base = model_folder(settings.generator.model, settings.home)
    name = _name(settings.finetune)
    folder = adapter_folder(domain, settings, fingerprint(base), name)
    runs = open_local(settings)
    work = settings.home / "training" / domain.key / folder.name
    tunable = attach(_open_base(base, settings, runs.dtype, runs.device), settings.finetune)
    trainable = sum(parameter.numel() for parameter in tunable.parameters)
    identity = _identity(fingerprint(base), data, settings, runs.dtype)
    trainer = Trainer(tunable, objective, open_chat(base), settings.finetune, work, identity)
    progress = trainer.fit(data.train, data.dev)
    del tunable, trainer  # before the generator loads the base a second time
    knowledge = open_knowledge_base(domain, settings)
    bring_up_to_date(knowledge, domain, settings)
    before, after = (_score(data, settings, adapter, knowledge) for adapter in ("", str(work / "best")))
    manifest = {
        "name": name,
        "base": {"name": Path(settings.generator.model).name, "sha256": fingerprint(base)},
        "corpus_sha256": knowledge.corpus_sha256(),
        "data_sha256": data.sha256,
        "documents": data.documents,
        "examples": {"train": len(data.train), "dev": len(data.dev), "left_out": len(data.dropped)},
        "settings": settings.finetune.model_dump(),
        "seed": settings.finetune.seed,
        "dtype": runs.dtype,
        "trainable_parameters": trainable,
        "curve": [asdict(point) for point in progress.curve],
        "best_epoch": progress.best.epoch if progress.best else 0,
        "dev": {"before": asdict(before), "after": asdict(after), "chose_the_epoch": True},
    }
    _install(work / "best", manifest, progress.curve, folder)
    return Trained(folder, progress, before, after)


def _name(settings: Finetune) -> str:
    """Return what the adapter is called: one that reads, by its objective, others by their method."""
    return settings.name or (RAFT if settings.objective == RAFT else settings.method)


Named = TypeVar("Named")


def known(registry: Mapping[str, Named], name: str, setting: str) -> Named:
    """Return what a registry has under `name`, which is the value of a setting.

    Raises:
        AssistantError: it has nothing; the message lists what there is.
    """
    if name not in registry:
        raise AssistantError(f"{setting}: there is no {name!r}; known are {', '.join(registry)}")
    return registry[name]


def _open_base(folder: Path, settings: Settings, dtype: str, device: str) -> Any:
    """Load the base model; all that is random from here on follows from the seed."""
    import torch
    from transformers import AutoModelForCausalLM, set_seed

    torch.set_num_threads(settings.threads)
    set_seed(settings.finetune.seed)
    return AutoModelForCausalLM.from_pretrained(folder, dtype=getattr(torch, dtype)).to(device)


def _identity(base: str, data: TrainingData, settings: Settings, dtype: str) -> str:
    parts = [base, data.sha256, settings.finetune.model_dump_json(), dtype]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _score(data: TrainingData, settings: Settings, adapter: str, passages: KnowledgeBase) -> DevScores:
    """Answer the `dev` questions by an adapter or the base (empty) and measure the answers.

    With `passages` if the adapter learns to read them, else from memory.
    """
    generator = open_local(settings, lambda name: Path(name))
    strategy: PromptStrategy
    if settings.finetune.objective == RAFT:
        strategy = Rag(generator, passages, data.style, settings.retrieval.top_k, adapter=adapter)
    else:
        strategy = FineTuned(generator, data.style, adapter) if adapter else ClosedBook(generator, data.style)
    questions = [Question(one.id, one.question, one.language) for one in data.dev_questions]
    answers = strategy.answer_many(questions)
    pairs = list(zip(data.dev_questions, answers, strict=True))
    return DevScores(
        n=len(pairs),
        correct=_mean([_correct(record, answer) for record, answer in pairs]),
        exact_match=_mean([_best(exact_match, record, answer) for record, answer in pairs]),
        f1=_mean([_best(f1, record, answer) for record, answer in pairs]),
    )


def _correct(record: QuestionRecord, answer: Answer) -> float:
    return correct(answer.text, record.answers, record.answer_type, record.question, answer.abstained)


def _best(measure: Callable[[str, str], float], record: QuestionRecord, answer: Answer) -> float:
    if not record.answers:
        return float(answer.abstained)
    return max(measure(answer.text, right) for right in record.answers)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)


def _install(best: Path, manifest: dict[str, Any], curve: Sequence[Point], folder: Path) -> None:
    """Put the finished adapter in the place of the old one, which serves until the new one is there."""
    fresh, aside = (folder.with_name(f".{folder.name}{end}") for end in (".new", REPLACED))
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(best, fresh, ignore=shutil.ignore_patterns("README.md"))
    config = json.loads((fresh / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = manifest["base"]["name"]  # not a path of the machine that trained it
    (fresh / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    points = [asdict(point) for point in curve]
    (fresh / "curve.json").write_text(json.dumps(points, indent=2) + "\n", encoding="utf-8")
    _plot(curve, fresh / "curve.png")
    if folder.exists():
        shutil.rmtree(aside, ignore_errors=True)
        os.rename(folder, aside)
    os.rename(fresh, folder)
    shutil.rmtree(aside, ignore_errors=True)


def _plot(curve: Sequence[Point], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    epochs = [point.epoch for point in curve]
    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    axes.plot(epochs, [point.train_loss for point in curve], marker="o", label="train")
    axes.plot(epochs, [point.dev_loss for point in curve], marker="o", label="dev")
    axes.set(xlabel="epoch", ylabel="loss per reply token (nats)", title="Training", xticks=epochs)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
