"""From a domain to its adapter: train, measure before and after, write the manifest, merge.

Knows nothing of reports. What it leaves is a folder that `assistant.adapters` finds: safetensors,
`manifest.json`, `curve.json` and `curve.png`.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.agreement import exact_match, f1
from assistant.fine_tuned import FineTuned
from assistant.generation.local import open_local
from assistant.types import Answer, Question
from core.domain import Domain
from core.errors import AdapterError
from core.questions import QuestionRecord
from core.weights.catalogue import fingerprint, model_folder
from finetune.data import TrainingData, training_data
from finetune.lora import LoraModel
from finetune.training import Point, Progress, Trainer
from ingest.knowledge_base import bring_up_to_date, open_knowledge_base
from settings import Settings

_NAME = "tuned"


@dataclass(frozen=True, slots=True)
class DevScores:
    """Means over the `dev` questions, 0 to 1; an unanswerable question counts 1 when it is refused."""

    n: int
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
    """Train the domain's adapter, or finish a run that was cut off, and put it in place.

    Raises:
        DomainError: nothing to learn from.
        WeightsError: the base model cannot be had.
    """
    data = training_data(domain, settings)
    base = model_folder(settings.generator.model, settings.home)
    runs = open_local(settings, {})
    identity = _identity(fingerprint(base), data, settings, runs.dtype)
    work = settings.home / "training" / domain.key
    model = LoraModel(base, settings, runs.dtype, runs.device)
    trainable = model.trainable
    progress = Trainer(model, settings.finetune, work, identity).fit(data.train, data.dev)
    del model  # before the generator loads the base a second time
    before, after = _score(data, settings, ""), _score(data, settings, str(work / "best"))
    manifest = {
        "base": {"name": Path(settings.generator.model).name, "sha256": fingerprint(base)},
        "corpus_sha256": _corpus_sha256(domain, settings),
        "data_sha256": data.sha256,
        "examples": {"train": len(data.train), "dev": len(data.dev), "left_out": len(data.leaks)},
        "settings": settings.finetune.model_dump(),
        "seed": settings.finetune.seed,
        "dtype": runs.dtype,
        "trainable_parameters": trainable,
        "curve": [asdict(point) for point in progress.curve],
        "best_epoch": progress.best.epoch if progress.best else 0,
        "dev": {"before": asdict(before), "after": asdict(after)},
    }
    folder = settings.home / "adapters" / domain.key
    _install(work / "best", manifest, progress.curve, folder)
    return Trained(folder, progress, before, after)


def merge_adapter(base: Path, adapter: Path, folder: Path) -> None:
    """Write base and adapter as one ordinary model to `folder`.

    Raises:
        AdapterError: `folder` is there already.
    """
    if folder.exists():
        raise AdapterError(f"{folder} exists; remove it or give another --out")
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto")
    merged = PeftModel.from_pretrained(model, adapter).merge_and_unload(safe_merge=True)
    merged.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)


def _identity(base: str, data: TrainingData, settings: Settings, dtype: str) -> str:
    parts = [base, data.sha256, settings.finetune.model_dump_json(), dtype]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _score(data: TrainingData, settings: Settings, adapter: str) -> DevScores:
    """Answer the `dev` questions without documents and measure the answers."""
    generator = open_local(settings, {_NAME: Path(adapter)} if adapter else {})
    strategy = FineTuned(generator, data.style, _NAME if adapter else "")
    questions = [
        Question(one.id, one.question, "zh" if one.lang == "zh" else "en") for one in data.dev_questions
    ]
    answers = strategy.answer_many(questions)
    pairs = list(zip(data.dev_questions, answers, strict=True))
    return DevScores(
        n=len(pairs),
        exact_match=_mean([_best(exact_match, record, answer) for record, answer in pairs]),
        f1=_mean([_best(f1, record, answer) for record, answer in pairs]),
    )


def _best(measure: Callable[[str, str], float], record: QuestionRecord, answer: Answer) -> float:
    if not record.answers:
        return float(answer.abstained)
    return max(measure(answer.text, right) for right in record.answers)


def _mean(values: Sequence[float]) -> float:
    return round(sum(values) / len(values), 4)


def _corpus_sha256(domain: Domain, settings: Settings) -> str:
    knowledge = open_knowledge_base(domain, settings)
    bring_up_to_date(knowledge, domain, settings)
    return knowledge.corpus_sha256()


def _install(best: Path, manifest: dict[str, Any], curve: Sequence[Point], folder: Path) -> None:
    """Put the finished adapter in the place of the old one; a killed run leaves the old one whole."""
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(best, fresh, ignore=shutil.ignore_patterns("README.md"))
    config = json.loads((fresh / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = manifest["base"]["name"]  # not a path of the machine that trained it
    (fresh / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    points = [asdict(point) for point in curve]
    (fresh / "curve.json").write_text(json.dumps(points, indent=2) + "\n", encoding="utf-8")
    _plot(curve, fresh / "curve.png")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(fresh, folder)


def _plot(curve: Sequence[Point], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    epochs = [point.epoch for point in curve]
    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    axes.plot(epochs, [point.train_loss for point in curve], marker="o", label="train")
    axes.plot(epochs, [point.dev_loss for point in curve], marker="o", label="dev")
    axes.set(xlabel="epoch", ylabel="loss per reply token (nats)", title="LoRA training", xticks=epochs)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
