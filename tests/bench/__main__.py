"""Ratios against what a user would otherwise write, in one run on the real default weights.

    make bench                      all of them (about an hour on two cores)
    python -m tests.bench ingest    those whose name contains a word

The arms take turns and medians are compared; what must be equal is checked beside each time.
"""

import sys
from collections.abc import Callable, Sequence

from core.domain import find_domain
from settings import Settings
from tests.bench.generating import evaluation, first_token, switching, together
from tests.bench.growing import one_document
from tests.bench.ingesting import embedding, ingest, ingest_again, parsing
from tests.bench.judging import judging
from tests.bench.measuring import Result, alone
from tests.bench.querying import bm25, query
from tests.bench.searching import filtered_search, index_search, large_search
from tests.bench.training import methods, packing, training

BENCHMARKS: dict[str, Callable[[Settings], list[Result]]] = {
    "parsing": parsing,
    "embedding": embedding,
    "ingest": ingest,
    "ingest again": ingest_again,
    "one document": one_document,
    "index search": index_search,
    "large search": large_search,
    "filtered search": filtered_search,
    "query": query,
    "bm25": bm25,
    "first token": first_token,
    "evaluation": evaluation,
    "three answers": together,
    "switching": switching,
    "judge": judging,
    "training": training,
    "packing": packing,
    "methods": methods,
}


def main(wanted: Sequence[str]) -> int:
    """Run the benchmarks whose name contains one of `wanted`; print a table."""
    settings = find_domain("travel").settings()
    print(f"{'what':16} {'against':36} {'ratio':>7} {'goal':>6}  also")
    for name, run in BENCHMARKS.items():
        if wanted and not any(word in name for word in wanted):
            continue
        try:
            results = alone(run, settings)
        except ModuleNotFoundError as error:
            print(f"{name:16} skipped: {error.name} is not installed; run: make peers", flush=True)
            continue
        for result in results:
            print(result.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
