"""Command line of the assistant: ask a question. Only parses and prints.

python -m assistant ask "How long may I stay without a visa?" --domain travel --strategy rag
python -m assistant chat --domain travel      one question after the other, each may follow on those before
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from assistant.registry import Assistant, open_assistant
from assistant.strategies import STRATEGIES, check_strategies
from assistant.types import Answer
from core.command_line import plain_errors, run
from core.domain import find_domain
from core.errors import GenerationError
from core.progress import progress_bar
from ingest.updating import bring_up_to_date

Domain = Annotated[str, typer.Option("--domain", help="A name under data/, or a domain folder.")]
Strategy = Annotated[str, typer.Option("--strategy", help=f"One of {', '.join(STRATEGIES)}.")]
Lang = Annotated[str, typer.Option(help="zh or en: retrieve only documents in it; default: all.")]

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def _commands() -> None:
    """Ask a domain's assistant."""


@app.command()
@plain_errors()
def ask(
    question: Annotated[str, typer.Argument(help="In Chinese or English.")],
    domain: Domain,
    strategy: Strategy = "rag",
    lang: Lang = "",
    turn: Annotated[
        list[str] | None, typer.Option(help="Said before: a question, then its answer; repeat in order.")
    ] = None,
    schema: Annotated[
        Path | None, typer.Option(help="File with a JSON schema: the answer follows it, or is null.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as one JSON object.")] = False,
) -> None:
    """Answer one question, with the sentences that support the answer."""
    assistant = _opened(domain, strategy, lang, schema)
    asked = assistant.question(question, turns=turn or ())
    _bring_up_to_date(assistant)
    (answer,) = assistant.strategy(strategy).answer_many([asked])
    if as_json:
        print(json.dumps(asdict(answer), ensure_ascii=False, indent=1))
    else:
        print(_whole(answer) if schema else as_text(answer))


@app.command()
@plain_errors()
def chat(domain: Domain, strategy: Strategy = "rag", lang: Lang = "") -> None:
    """Answer one question after the other; each may follow on those before. An empty line ends."""
    assistant = _opened(domain, strategy, lang)
    _bring_up_to_date(assistant)
    turns: list[str] = []
    while question := _next_question():
        (answer,) = assistant.strategy(strategy).answer_many([assistant.question(question, turns=turns)])
        print(as_text(answer))
        turns += [question, answer.text]


def _next_question() -> str:
    try:
        return input("> ").strip()
    except EOFError:
        return ""


def _whole(answer: Answer) -> str:
    """Return an answer in JSON.

    Raises:
        GenerationError: it is not whole, or not what was asked for.
    """
    if answer.ending == "stop":
        return answer.text
    if answer.ending == "invalid":
        raise GenerationError(f"{answer.model} did not keep to the schema; does its server know json_schema?")
    raise GenerationError(
        f"the answer was cut after {answer.usage.completion_tokens} tokens, before its JSON was complete; "
        "raise generator.max_new_tokens"
    )


def _opened(domain: str, strategy: str, lang: str, schema: Path | None = None) -> Assistant:
    check_strategies([strategy])
    found = find_domain(domain)
    settings = found.settings()
    if lang:
        retrieval = settings.retrieval.model_copy(update={"lang": lang})
        settings = settings.model_copy(update={"retrieval": retrieval})
    if schema:
        form = {"answer_style": "json", "answer_schema": str(schema.resolve())}
        settings = settings.model_copy(update=form)
    return open_assistant(found, settings)


def _bring_up_to_date(assistant: Assistant) -> None:
    with progress_bar(desc="bringing the knowledge base up to date", unit="document") as bar:
        bring_up_to_date(assistant.knowledge, assistant.domain, assistant.settings, bar.update)


def as_text(answer: Answer) -> str:
    """Return the answer with its citations, seconds and tokens, for a terminal; first what was understood."""
    titles = {hit.chunk.id: hit.chunk.title for hit in answer.contexts}
    lines = [f"({answer.standalone})"] if answer.standalone else []
    lines.append(answer.text or "(no answer)")
    lines += [f"  [{titles[one.chunk_id]}: {one.chunk_id}] {one.quote}" for one in answer.citations]
    usage, timing = answer.usage, answer.timing
    route = f" ({', then '.join(answer.route)})" if answer.route else ""
    lines.append(
        f"{answer.strategy}{route}, {answer.model}: first token after {timing.first_token:.1f} s, "
        f"{timing.total:.1f} s in all; {usage.prompt_tokens} prompt tokens ({usage.cached_tokens} cached), "
        f"{usage.completion_tokens} completion tokens"
    )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    return run(app, arguments)


if __name__ == "__main__":
    raise SystemExit(main())
