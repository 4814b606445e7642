"""A comparison as files: Markdown, JSON and figures. Knows nothing of how they look."""

from pathlib import Path

from core.files import write_whole
from finetune.comparison.experiment import Comparison
from finetune.comparison.figures import draw, gain_and_forgetting, quality_and_cost
from finetune.comparison.table import as_json, markdown

FIGURES = {"gain_and_forgetting": gain_and_forgetting, "quality_and_cost": quality_and_cost}


def write(comparison: Comparison, folder: Path) -> None:
    """Write `methods.md`, `methods.json` and two PNGs; a folder that is not there is made.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "methods.json", as_json(comparison))
    for name, chart in FIGURES.items():
        draw(chart(comparison.rows, comparison.split), folder / f"{name}.png")
    images = "\n".join(f"![{name.replace('_', ' ')}]({name}.png)" for name in FIGURES)
    write_whole(folder / "methods.md", f"{markdown(comparison)}\n{images}\n")
