"""Command line of training: `python -m finetune methods|objectives|data|train|ablate|compare|merge`."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from assistant.generation.adapters import find_adapter
from core.command_line import plain_errors, run
from core.domain import Domain, find_domain
from core.errors import AssistantError
from core.weights.catalogue import fingerprint, model_folder
from finetune.ablation.experiment import Experiment
from finetune.ablation.table import markdown, terminal
from finetune.artefact import Trained, train_adapter, with_judge
from finetune.comparison.arms import arms_of
from finetune.comparison.experiment import Experiment as Comparing
from finetune.comparison.experiment import Wanted
from finetune.comparison.report import write
from finetune.comparison.table import grids
from finetune.comparison.table import terminal as shown
from finetune.export.merge import merge_adapter
from finetune.factory import OF_OBJECTIVES, STEPS
from finetune.factory.questions import TrainingData, training_data
from finetune.factory.table import steps_table
from finetune.methods import METHODS
from finetune.objectives import OBJECTIVES
from finetune.registry import known
from finetune.tuning import staged
from settings import Settings

app = typer.Typer(help="Teach a model the facts of a domain.", no_args_is_help=True)
Objective = Annotated[
    str,
    typer.Option(help="What is learned, see `finetune objectives`; several in turn are joined by commas."),
]
OwnData = Annotated[
    str, typer.Option("--data", help="Learn this file of your own, see settings: finetune.data.")
]
DomainName = Annotated[str, typer.Option("--domain", help="A name under data/, or a domain folder.")]


Steps = Annotated[str, typer.Option(help="Steps of the factory, joined by commas; default: of the settings.")]


@app.command()
@plain_errors()
def data(
    domain: DomainName,
    out: Annotated[
        Path | None, typer.Option(help="Write train.jsonl, dev.jsonl and pairs.jsonl here.")
    ] = None,
    objective: Objective = "",
    steps: Steps = "",
    show: Annotated[
        str, typer.Option(help="Show more of this step: before and after, and what it left out.")
    ] = "",
    own: OwnData = "",
) -> None:
    """Show what would be learned: what each step made of it, and what was left out and why."""
    found = find_domain(domain)
    settings = _one_stage(_settings(found, objective=objective, steps=steps, data=own))
    if show:
        known({**STEPS, **OF_OBJECTIVES}, show, "--show")
    examples = training_data(found, settings)
    _write(examples, out or settings.home / "training" / found.key)
    Console().print(steps_table(examples.taken, show))
    for note in examples.notes:
        print(note)
    lost = f"{len(examples.dropped)} left out or not taken up"
    print(f"style: {examples.style}   {lost}   sha256: {examples.sha256[:12]}")


def _write(examples: TrainingData, folder: Path) -> None:
    """Write what is learned as files that other trainers read; pairs where the step `pair` was taken."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"train": examples.train, "dev": examples.dev}
    if examples.pairs or any(one.step == "pair" for one in examples.taken):
        parts["pairs"] = examples.pairs
    for name, part in parts.items():
        rows = [one.preference() if name == "pairs" else one.chat() for one in part]
        whole = [{**row, "provenance": asdict(one.provenance)} for row, one in zip(rows, part, strict=True)]
        path = folder / f"{name}.jsonl"
        lines = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in whole)
        path.write_text(lines, encoding="utf-8")
        print(f"{name:5} {len(part):6} examples  {path}")


@app.command()
@plain_errors()
def train(
    domain: DomainName,
    name: Annotated[str, typer.Option(help="What to call it: fine_tuned:NAME; default: its method.")] = "",
    objective: Objective = "",
    steps: Steps = "",
    own: OwnData = "",
) -> None:
    """Train an adapter of a domain; a run that was cut off goes on where it was.

    On several GPUs: accelerate launch --multi_gpu --num_processes 2 -m finetune train --domain NAME
    """
    found = find_domain(domain)
    settings = _settings(found, name=name, objective=objective, steps=steps, data=own)
    trained = train_adapter(found, settings)
    if trained.tells:
        _print_trained(trained)


@app.command()
@plain_errors()
def objectives() -> None:
    """List what can be learned: of what data, and by which paper."""
    for name, kind in OBJECTIVES.items():
        print(f"{name:12} {kind.learns}; of {kind.needs}{f' ({kind.paper})' if kind.paper else ''}")


def _settings(domain: Domain, **said: str) -> Settings:
    """Return the settings of a domain with what the command line says otherwise: fields of `Finetune`."""
    settings = domain.settings()
    update: dict[str, object] = {key: value for key, value in said.items() if value}
    if said.get("steps"):
        update["steps"] = tuple(filter(None, map(str.strip, said["steps"].split(","))))
    if said.get("data"):
        update["data"] = str(Path(said["data"]).resolve())
    return settings.with_finetune(**update)


def _one_stage(settings: Settings) -> Settings:
    """Return the settings of the one objective that they name.

    Raises:
        AssistantError: they name several.
    """
    if len(stages := staged(settings)) > 1:
        raise AssistantError(f"{settings.finetune.objective}: one objective at a time here; name one of them")
    return stages[0]


@app.command()
@plain_errors()
def ablate(
    domain: DomainName,
    steps: Annotated[str, typer.Option(help="The steps to measure, joined by commas.")],
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each arm.")] = 3,
    updates: Annotated[int, typer.Option(min=0, help="Optimizer steps a run; 0: as the base takes.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Write the table here, as Markdown.")] = None,
    only_cost: Annotated[bool, typer.Option("--cost", help="Say what it would cost, and stop.")] = False,
    objective: Objective = "",
) -> None:
    """Measure what each step is worth: the same training with and without it, on the dev questions."""
    found = find_domain(domain)
    named = [step.strip() for step in steps.split(",") if step.strip()]
    settings = with_judge(found, _one_stage(_settings(found, objective=objective)))
    experiment = Experiment(found, settings, named)
    expected = experiment.cost(seeds, updates)
    print(f"cost: {expected}")
    if only_cost:
        return
    made = experiment.run(expected, print)
    Console().print(terminal(made.title, made.effects))
    for note in made.notes:
        print(note)
    if out is not None:
        out.write_text(markdown(made.title, made.effects, made.notes), encoding="utf-8")


@app.command()
@plain_errors()
def compare(
    domain: DomainName,
    methods: Annotated[
        str, typer.Option(help="Joined by commas; the first is what others are compared to.")
    ] = "",
    grid: Annotated[
        list[str] | None, typer.Option(help="Sweep settings of one method: rank=4,8,16; may be repeated.")
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each.")] = 1,
    tokens: Annotated[int, typer.Option(min=0, help="Tokens a run sees; 0: as in the first's epochs.")] = 0,
    test: Annotated[bool, typer.Option("--test", help="Ask the test questions as well.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write methods.md, methods.json and figures here.")] = None,
    only_cost: Annotated[bool, typer.Option("--cost", help="Say what it would cost, and stop.")] = False,
    objective: Objective = "",
) -> None:
    """Compare methods of tuning: what each gains, forgets and costs, on the same data and tokens."""
    found = find_domain(domain)
    wanted = Wanted(seeds, tokens, test, sweeps=bool(grid))
    settings = with_judge(found, _settings(found, objective=objective))
    experiment = Comparing(found, arms_of(settings, methods, grid or ()), wanted)
    print(f"cost: {experiment.cost()}")
    if only_cost:
        return
    made = experiment.run(print)
    for table in grids(made):
        Console().print(shown(table))
    for note in made.notes:
        print(note)
    if out is not None:
        write(made, out)


@app.command()
@plain_errors()
def methods() -> None:
    """List the ways to tune: what learns, where it is described, what it needs and what is missing here."""
    width = max(map(len, METHODS))
    for name, method in METHODS.items():
        parts = [method.learns, f"arXiv:{method.source}", f"rate {method.rate:g}"]
        parts += [f"needs {method.needs}"] if method.needs else []
        parts += [f"LACKS {method.lacks}"] if method.lacks else []
        print(f"{name:{width}}  {'; '.join(parts)}")


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
    for note in trained.notes:
        print(note)
    if trained.again:
        print("trained before of the same base, data and settings; remove the adapter to train it anew")
    print("epoch   train loss   dev loss   dev accuracy")
    for point in trained.progress.curve:
        print(f"{point.epoch:5} {point.train_loss:12.3f} {point.dev_loss:10.3f} {point.dev_accuracy:14.3f}")
    if trained.before is None or trained.after is None:
        print(f"\nadapter: {trained.folder}")
        return
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
