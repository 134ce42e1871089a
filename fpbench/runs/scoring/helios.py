"""Result files of HeliosBench (Helios, arXiv 2603.04379), one for each metric, read to values by clip."""

from __future__ import annotations

from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.metrics.imported import ALL, Imported
from fpbench.runs.scoring.results_of_others import Values, read_json, read_number

BY_METRIC: dict[str, Imported] = {one.dimension: one for one in ALL if one.suite == "helios"}
_KEYS = {"motion_fb": "motion_fb"}
"""Values named otherwise than ``METRIC_score``, or ``drift_METRIC_score`` for ``drifting_METRIC``."""


def read_helios(path: Path) -> Values:
    """The values per clip of one ``*_results.json``: ``{"metric", "per_video_results": [{"video_name", ...}, ...]}``.

    Raises:
        FpbenchError: no JSON, another shape (merged files hold averages only), a metric that is not known, or a value
            that is no finite number.
    """
    content = read_json(path)
    metric, entries = BY_METRIC.get(str(content.get("metric"))), content.get("per_video_results")
    if metric is None or not isinstance(entries, list):
        known = ", ".join(BY_METRIC)
        raise FpbenchError(f"{path}: no clips of one of HeliosBench's metrics in it (merged files have none): {known}")
    name, key = metric.dimension, _key(metric.dimension)
    values: dict[str, float] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not {"video_name", key} <= entry.keys():
            raise FpbenchError(f"{path}: {name}: expected clips with video_name and {key}, found {str(entry)[:60]}")
        stem, value = read_number(path, name, str(entry["video_name"]), entry[key], values)
        values[stem] = value * metric.scale
    return {metric.card.name: values}


def _key(metric: str) -> str:
    return _KEYS.get(metric, metric.replace("drifting_", "drift_") + "_score")
