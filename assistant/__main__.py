"""Command line of the assistant: ask a question. Only parses and prints.

python -m assistant ask "How long may I stay without a visa?" --domain travel --strategy rag
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from assistant.registry import open_assistant
from assistant.strategies import STRATEGIES, check_strategies
from assistant.types import Answer
from core.command_line import plain_errors, run
from core.domain import find_domain
from core.progress import progress_bar
from ingest.knowledge_base import bring_up_to_date

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def _commands() -> None:
    """Ask a domain's assistant."""


@app.command()
@plain_errors()
def ask(
    question: Annotated[str, typer.Argument(help="In Chinese or English.")],
    domain: Annotated[str, typer.Option("--domain", help="A name under data/, or a domain folder.")],
    strategy: Annotated[str, typer.Option("--strategy", help=f"One of {', '.join(STRATEGIES)}.")] = "rag",
    lang: Annotated[str, typer.Option(help="zh or en: retrieve only documents in it; default: all.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="The whole answer as one JSON object.")] = False,
) -> None:
    """Answer one question, with the sentences that support the answer."""
    check_strategies([strategy])
    found = find_domain(domain)
    settings = found.settings()
    if lang:
        retrieval = settings.retrieval.model_copy(update={"lang": lang})
        settings = settings.model_copy(update={"retrieval": retrieval})
    assistant = open_assistant(found, settings)
    asked = assistant.question(question)
    with progress_bar(desc="bringing the knowledge base up to date", unit="document") as bar:
        bring_up_to_date(assistant.knowledge, found, assistant.settings, bar.update)
    (answer,) = assistant.strategy(strategy).answer_many([asked])
    print(json.dumps(asdict(answer), ensure_ascii=False, indent=1) if as_json else as_text(answer))


def as_text(answer: Answer) -> str:
    """Return the answer with its citations, seconds and tokens, for a terminal."""
    titles = {hit.chunk.id: hit.chunk.title for hit in answer.contexts}
    lines = [answer.text or "(no answer)"]
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
