"""Command line of training: `python -m finetune data|train|merge --domain NAME`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from assistant.generation.adapters import find_adapter
from core.command_line import plain_errors, run
from core.domain import Domain, find_domain
from core.weights.catalogue import fingerprint, model_folder
from finetune.artefact import Trained, known, train_adapter
from finetune.export.merge import merge_adapter
from finetune.factory.questions import training_data
from finetune.objectives import OBJECTIVES
from settings import Settings

app = typer.Typer(help="Teach a model the facts of a domain.", no_args_is_help=True)
Objective = Annotated[
    str, typer.Option(help="What is learned: sft, the facts; raft, to read passages (fine_tuned_rag).")
]
DomainName = Annotated[str, typer.Option("--domain", help="A name under data/, or a domain folder.")]


@app.command()
@plain_errors()
def data(
    domain: DomainName,
    out: Annotated[
        Path | None, typer.Option(help="Write train.jsonl and dev.jsonl (chat format) here.")
    ] = None,
    objective: Objective = "",
) -> None:
    """Show what would be learned, and what was left out because it gives a test question away."""
    found = find_domain(domain)
    settings = _settings(found, objective=objective)
    known(OBJECTIVES, settings.finetune.objective, "finetune.objective")
    examples = training_data(found, settings)
    folder = out or settings.home / "training" / found.key
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in (("train", examples.train), ("dev", examples.dev)):
        lines = "".join(f"{example.to_json()}\n" for example in part)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        print(f"{name:5} {len(part):6} examples  {folder / name}.jsonl")
    for one in examples.dropped:
        print(f"left out by {one.step}: {one.question_id} is {one.reason}")
    print(f"style: {examples.style}   left out: {len(examples.dropped)}   sha256: {examples.sha256[:12]}")


@app.command()
@plain_errors()
def train(
    domain: DomainName,
    name: Annotated[str, typer.Option(help="What to call it: fine_tuned:NAME; default: its method.")] = "",
    objective: Objective = "",
) -> None:
    """Train an adapter of a domain; a run that was cut off goes on where it was."""
    found = find_domain(domain)
    _print_trained(train_adapter(found, _settings(found, name, objective)))


def _settings(domain: Domain, name: str = "", objective: str = "") -> Settings:
    """Return the settings of a domain with what the command line says otherwise."""
    settings = domain.settings()
    said = {key: value for key, value in (("name", name), ("objective", objective)) if value}
    return settings.model_copy(update={"finetune": settings.finetune.model_copy(update=said)})


@app.command()
@plain_errors()
def merge(
    domain: DomainName,
    name: Annotated[str, typer.Option(help="Which adapter; default: that of the settings.")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder of the merged model; must not exist.")] = None,
) -> None:
    """Write base and adapter as one ordinary model, for engines that know no adapters."""
    found = find_domain(domain)
    settings = found.settings()
    base = model_folder(settings.generator.model, settings.home)
    adapter = find_adapter(found, settings, fingerprint(base), name)
    folder = out or settings.home / "merged" / found.key
    merge_adapter(base, adapter.folder, folder)
    print(f"merged model: {folder}")


def _print_trained(trained: Trained) -> None:
    print("epoch   train loss   dev loss   dev accuracy")
    for point in trained.progress.curve:
        print(f"{point.epoch:5} {point.train_loss:12.3f} {point.dev_loss:10.3f} {point.dev_accuracy:14.3f}")
    print(f"\n{'on dev':22} {'n':>3} {'correct':>8} {'exact match':>12} {'F1':>6}")
    for name, scores in (("before (base model)", trained.before), ("after (adapter)", trained.after)):
        print(f"{name:22} {scores.n:3} {scores.correct:8.3f} {scores.exact_match:12.3f} {scores.f1:6.3f}")
    print("(after: on the questions that chose the epoch; evaluation.compare asks others)")
    print(f"\nadapter: {trained.folder}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return run(app, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
