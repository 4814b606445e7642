"""Questions as others write them down: a name, and what reads and writes it. Knows nothing of domains.

To add one: write a file beside these, and a line here. What a format has no place for (`Format.keeps`) is
told when questions are written in it, what a reader leaves out (`Format.leaves`) when they are read.
"""

from evaluation.formats.alpaca import ALPACA
from evaluation.formats.openai_chat import OPENAI_CHAT
from evaluation.formats.openai_evals import OPENAI_EVALS
from evaluation.formats.ours import OURS
from evaluation.formats.ragas import RAGAS
from evaluation.formats.sharegpt import SHAREGPT
from evaluation.formats.table import CSV
from evaluation.formats.types import Format

FORMATS: dict[str, Format] = {
    "ours": OURS,
    "alpaca": ALPACA,
    "sharegpt": SHAREGPT,
    "openai-chat": OPENAI_CHAT,
    "openai-evals": OPENAI_EVALS,
    "csv": CSV,
    "ragas": RAGAS,
}
