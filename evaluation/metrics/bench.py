"""Where ragas' model calls meet our judge: bounded schemas, and concurrent calls in one batch.

Knows nothing of what the metrics mean.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Protocol

from evaluation.metrics.judge import Call, Judge, JudgeError
from evaluation.metrics.verdicts import Verdicts
from ingest.types import Vectors

_TASK = "\nNow perform the same with the following input\n"
_SAME_LANGUAGE = "\nWrite every text in the language of the input."
_LENGTHS = {"reason": 120, "statement": 200, "statements": 200, "question": 200}
_ITEMS = 4

BOUNDS = f"lists<={_ITEMS},reasons<={_LENGTHS['reason']} characters"


class QueryEmbedder(Protocol):
    """What answer relevancy compares questions with."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return one unit vector per text."""
        ...


class Bench:
    """Collects the calls that concurrent metrics make and has them judged together."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._waiting: list[tuple[Call, asyncio.Future[str]]] = []

    async def ask(self, call: Call) -> str:
        """Return the reply to `call`, once all that is ready to be asked has been judged.

        Raises:
            JudgeError: there is no reply.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[str] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._judge_waiting)  # after all tasks that are ready to ask
        self._waiting.append((call, future))
        return await future

    def _judge_waiting(self) -> None:
        batch, self._waiting = self._waiting, []
        try:
            replies = self._judge.reply([call for call, _ in batch])
        except Exception as error:  # to those who wait for it: a loop would log it and wait for ever
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), reply in zip(batch, replies, strict=True):
            if isinstance(reply, JudgeError):
                future.set_exception(reply)
            else:
                future.set_result(reply)


def ragas_metric(name: str, bench: Bench, embedder: QueryEmbedder, verdicts: Verdicts | None) -> Any:
    """Return the ragas metric of this class name, asking `bench` and comparing with `embedder`.

    With `verdicts` nobody is asked for one.
    """
    from ragas.embeddings.base import BaseRagasEmbedding
    from ragas.llms.base import InstructorBaseRagasLLM
    from ragas.metrics import collections

    class BenchLLM(InstructorBaseRagasLLM):  # type: ignore[misc]
        def generate(self, prompt: str, response_model: Any) -> Any:
            return asyncio.run(self.agenerate(prompt, response_model))

        async def agenerate(self, prompt: str, response_model: Any) -> Any:
            schema = response_model.model_json_schema()
            if verdicts is None:
                reply = await bench.ask(_call(prompt, schema))
            else:
                reply = verdicts.reply(_given(prompt.partition(_TASK)[2]), schema["properties"])
            return response_model.model_validate_json(reply)

    class OurEmbedding(BaseRagasEmbedding):  # type: ignore[misc]
        def embed_text(self, text: str, **kwargs: Any) -> list[float]:
            return [float(value) for value in embedder.embed_queries([text])[0]]

        async def aembed_text(self, text: str, **kwargs: Any) -> list[float]:
            return self.embed_text(text)

    # The judge is deterministic: more than one question per answer would be the same one again.
    extra = {"embeddings": OurEmbedding(), "strictness": 1} if name == "AnswerRelevancy" else {}
    return getattr(collections, name)(llm=BenchLLM(), **extra)


def _call(prompt: str, schema: dict[str, Any]) -> Call:
    """Split a ragas prompt into its constant rules and its task, and bound its schema."""
    rules, _, task = prompt.partition(_TASK)
    statements = _statements(task)
    bounded = _bounded(schema, "")
    if statements:
        _pin(bounded, statements)
    return Call(rules + _SAME_LANGUAGE, task, json.dumps(bounded, ensure_ascii=False))


def _statements(task: str) -> list[str]:
    """Return the statements whose verdicts are asked for, if the task lists any."""
    return [str(one) for one in _given(task).get("statements", [])]


def _given(task: str) -> dict[str, Any]:
    """Return the inputs of a ragas prompt."""
    found: dict[str, Any] = json.loads(task.removeprefix("input: ").removesuffix("\nOutput: "))
    return found


def _pin(schema: dict[str, Any], statements: Sequence[str]) -> None:
    """Ask for one verdict per statement, each repeated word by word."""
    item = schema["$defs"]["StatementFaithfulnessAnswer"]
    pinned = [
        {**item, "properties": {**item["properties"], "statement": {"const": statement}}}
        for statement in statements
    ]
    count = len(statements)
    schema["properties"]["statements"] = {
        "type": "array",
        "prefixItems": pinned,
        "items": False,
        "minItems": count,
        "maxItems": count,
    }


def _bounded(schema: Any, name: str) -> Any:
    """Return `schema` with short strings, small arrays and verdicts of 0 or 1; descriptions dropped."""
    if isinstance(schema, list):
        return [_bounded(one, name) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("title", "description")}
    if kept.get("type") == "integer":
        return {"enum": [0, 1]}
    if kept.get("type") == "string":
        return {"type": "string", "minLength": 1, "maxLength": _LENGTHS[name]}
    if kept.get("type") == "array":
        return {**kept, "items": _bounded(kept["items"], name), "minItems": 1, "maxItems": _ITEMS}
    if "properties" in kept:
        properties = {key: _bounded(value, key) for key, value in kept["properties"].items()}
        kept |= {"properties": properties, "additionalProperties": False}
    if "$defs" in kept:
        kept["$defs"] = {key: _bounded(value, key) for key, value in kept["$defs"].items()}
    return kept
