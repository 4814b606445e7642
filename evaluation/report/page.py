"""A report as one HTML page that needs no other file. Knows only blocks.

Questions, documents and answers are untrusted: the template escapes them, pictures are images.
"""

import base64
from pathlib import Path

from evaluation.report.blocks import Report

SHOWN = 200
"""Questions whose answers the page shows; report.json has all."""


def html(report: Report) -> str:
    """Return the page."""
    from jinja2 import Environment, FileSystemLoader

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html").render(
        report=report,
        notes=report.notes(),
        summary=report.summary(),
        details=[block for block in report.blocks if block.level == "detail"],
        plots=[(plot, _image(plot.svg)) for plot in report.plots()],
        shown=report.questions[:SHOWN],
    )


def _image(svg: str) -> str:
    """Return a data URL: in an image no script runs, whatever a label says."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
