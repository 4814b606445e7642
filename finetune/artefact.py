"""From a domain to a tuned artefact: train, measure before and after, write the manifest.

Knows nothing of reports. What it leaves is a folder that `assistant.generation.adapters` finds: safetensors,
`manifest.json`, `curve.json` and `curve.png`.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from assistant.generation.adapters import REPLACED, adapter_folder, find_adapter
from core.domain import Domain
from core.errors import DomainError
from core.weights.catalogue import fingerprint, model_folder
from finetune.factory.questions import TrainingData, training_data
from finetune.launch import joined
from finetune.objectives import OBJECTIVES
from finetune.processes import ALONE, Processes
from finetune.scoring import DevScores, answer_dev, dev_scores
from finetune.trainer import Point, Progress
from finetune.tuning import Stage, Tuned, staged, tune
from ingest.knowledge_base import KnowledgeBase, open_knowledge_base
from ingest.updating import bring_up_to_date
from settings import Settings


@dataclass(frozen=True, slots=True)
class Trained:
    """An adapter and what came of it; `notes` are what its data's steps could not do.

    There are no scores where what was trained answers no questions, or the domain has none to stop by.
    `again`: the same had been trained before, and nothing was to do. Of several processes only the one that
    `tells` has measured the adapter and put it in place.
    """

    folder: Path
    progress: Progress
    before: DevScores | None
    after: DevScores | None
    notes: tuple[str, ...] = ()
    again: bool = False
    tells: bool = True


class _Wanted(NamedTuple):
    """What is to be trained, where it goes and what its manifest says of it; `found` is there already."""

    stages: list[Stage]
    folder: Path
    made: dict[str, Any]
    found: Trained | None

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(note for one in self.stages for note in one.data.notes)


def train_adapter(domain: Domain, settings: Settings) -> Trained:
    """Train the domain's adapter of this name, or finish a run that was cut off, and put it in place.

    One that is there, of the same base, data and settings, stays as it is. Several processes that a launcher
    has started train together, and the first of them does all the rest.

    Raises:
        DomainError: nothing to learn from, or the steps leave nothing.
        WeightsError: the base model cannot be had.
        AdapterError: the base has no room for the method.
        TrainingError: the loss is no number any more, the disk is full, or another process has ended.
        AssistantError: the settings name a method, objective or step that is not known, or what several
            processes cannot share.
    """
    with joined() as processes:
        wanted = processes.once(lambda: _wanted(domain, settings, processes))
        if wanted.found:
            return replace(wanted.found, notes=wanted.notes, again=True, tells=processes.is_first)
        work = settings.home / "training" / domain.key / wanted.folder.name
        tuned = tune(wanted.stages, work, processes=processes)
    if not processes.is_first:
        return Trained(wanted.folder, tuned.progress, None, None, tells=False)
    return _finished(domain, settings, wanted, tuned)


def _wanted(domain: Domain, settings: Settings, processes: Processes = ALONE) -> _Wanted:
    base = model_folder(settings.generator.model, settings.home)
    wanted = staged(with_judge(domain, settings), processes)
    stages = [Stage(enough(training_data(domain, one), domain), one) for one in wanted]
    name = settings.finetune.adapter
    folder = adapter_folder(domain, settings, fingerprint(base), name)
    made = {
        "name": name,
        "base": {"name": Path(settings.generator.model).name, "sha256": fingerprint(base)},
        **_made_of(stages),
        "settings": stages[-1].settings.finetune.model_dump(mode="json"),
        "seed": settings.finetune.seed,
    }
    return _Wanted(stages, folder, made, _found(folder, made))


def _finished(domain: Domain, settings: Settings, wanted: _Wanted, tuned: Tuned) -> Trained:
    """Measure what was trained and put it in place."""
    knowledge = open_knowledge_base(domain, settings)
    bring_up_to_date(knowledge, domain, settings)
    before, after = (_scores(wanted.stages[-1], adapter, knowledge) for adapter in ("", str(tuned.best)))
    came = _came(tuned, before, after)
    manifest = {**wanted.made, "corpus_sha256": knowledge.corpus_sha256(), **came}
    _install(tuned.best, manifest, wanted.folder)
    return Trained(wanted.folder, tuned.progress, before, after, wanted.notes)


def _came(tuned: Tuned, before: DevScores | None, after: DevScores | None) -> dict[str, Any]:
    """Return what a manifest says of a training."""
    curve, best = tuned.progress.curve, tuned.progress.best
    return {
        "dtype": tuned.dtype,
        "trainable_parameters": tuned.trainable_parameters,
        "curve": [asdict(point) for point in curve],
        "best_epoch": best.epoch if best else 0,
        "dev": {
            "before": asdict(before) if before else None,
            "after": asdict(after) if after else None,
            "chose_the_epoch": True,
        },
    }


def _found(folder: Path, made: dict[str, Any]) -> Trained | None:
    """Return what is known of an adapter in a folder if it was made so; None where there is no such one."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if any(manifest[key] != value for key, value in made.items()):
            return None
        before, after = (
            DevScores(**said) if (said := manifest["dev"][when]) else None for when in ("before", "after")
        )
        curve = tuple(Point(**point) for point in manifest["curve"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # none, or one of before, whose manifest says less
    return Trained(folder, Progress(curve=curve), before, after)


def enough(data: TrainingData, domain: Domain) -> TrainingData:
    """Return the data if there is something to learn and something to stop by.

    Raises:
        DomainError: the steps left nothing of one of them.
    """
    if not data.train or not data.dev:
        raise DomainError(
            f"the steps leave {len(data.train)} examples to learn and {len(data.dev)} to stop by; "
            f"look why: python -m finetune data --domain {domain.name}"
        )
    return data


def with_judge(domain: Domain, settings: Settings) -> Settings:
    """Return the settings with the folder of the reward model that they name, if they name one.

    Raises:
        AdapterError: the domain has none of this name for the base.
    """
    name = settings.finetune.reward_model
    if not name or Path(name).is_dir():
        return settings
    base = model_folder(settings.generator.model, settings.home)
    folder = str(find_adapter(domain, settings, fingerprint(base), name).folder)
    return settings.with_finetune(reward_model=folder)


def _scores(stage: Stage, adapter: str, knowledge: KnowledgeBase) -> DevScores | None:
    objective = stage.settings.finetune.objective
    if not stage.data.dev_questions or not OBJECTIVES[objective].answers:
        return None
    return dev_scores(answer_dev(stage.data, stage.settings, adapter, knowledge))


def _made_of(stages: Sequence[Stage]) -> dict[str, Any]:
    """Return what a manifest says of the data: of all stages the documents, each with its own count."""
    made = [
        {
            "objective": one.settings.finetune.objective,
            "data_sha256": one.data.sha256,
            "documents": one.data.documents,
            "examples": {
                "train": len(one.data.train),
                "dev": len(one.data.dev),
                "left_out": len(one.data.dropped),
            },
            "steps": one.data.tally,
            "written_by": one.data.writers,
        }
        for one in stages
    ]
    last = {key: value for key, value in made[-1].items() if key != "objective"}
    documents = sorted({id for one in stages for id in one.data.documents})
    return {**last, "documents": documents, "stages_before": made[:-1]}


def _install(best: Path, manifest: dict[str, Any], folder: Path) -> None:
    """Put the finished adapter in the place of the old one, which serves until the new one is there."""
    fresh, aside = (folder.with_name(f".{folder.name}{end}") for end in (".new", REPLACED))
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(best, fresh, ignore=shutil.ignore_patterns("README.md"))
    config = json.loads((fresh / "adapter_config.json").read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = manifest["base"]["name"]  # not a path of the machine that trained it
    (fresh / "adapter_config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    (fresh / "curve.json").write_text(json.dumps(manifest["curve"], indent=2) + "\n", encoding="utf-8")
    _plot(manifest["curve"], fresh / "curve.png")
    if folder.exists():
        shutil.rmtree(aside, ignore_errors=True)
        os.rename(folder, aside)
    os.rename(fresh, folder)
    shutil.rmtree(aside, ignore_errors=True)


def _plot(curve: Sequence[dict[str, Any]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    epochs = [point["epoch"] for point in curve]
    figure, axes = pyplot.subplots(figsize=(6, 3.6), layout="constrained")
    axes.plot(epochs, [point["train_loss"] for point in curve], marker="o", label="train")
    axes.plot(epochs, [point["dev_loss"] for point in curve], marker="o", label="dev")
    axes.set(xlabel="epoch", ylabel="loss per reply token (nats)", title="Training", xticks=epochs)
    axes.legend()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
