"""`report.json`: the one place that knows how a report is written down. Knows nothing of its blocks.

The schema is a contract (`schema_version`); keys are added, never renamed.
"""

import json
from collections.abc import Mapping
from typing import Any

from evaluation.report.blocks import Report

SCHEMA_VERSION = 1


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON-ready values."""
    whole: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **report.facts}
    for block in report.blocks:
        _merge(whole, block.data)
    return {**whole, "questions": list(report.questions)}


def dumps(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_json(report), ensure_ascii=False, indent=1, allow_nan=False)


def _merge(whole: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add what is new, also inside of objects that are there already."""
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(whole.get(key), dict):
            _merge(whole[key], value)
        else:
            whole[key] = dict(value) if isinstance(value, Mapping) else value
