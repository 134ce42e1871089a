"""Result files of VBench and VBench-2.0, read to values by clip. What becomes of them is ``results_of_others``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from fpbench.errors import FpbenchError
from fpbench.metrics.imported import ALL, Imported
from fpbench.runs.scoring.results_of_others import Values, read_json, read_number

BY_DIMENSION: dict[str, Imported] = {one.dimension: one for one in ALL if one.suite in ("vbench", "vbench2")}


def read_vbench(path: Path) -> Values:
    """The values per clip of one result file, ``{dimension: [score, [{"video_path", "video_results"}, ...]]}``.

    Dimensions that fpbench has no column for are passed over. What VBench marks as not judged is NaN.

    Raises:
        FpbenchError: no JSON, another shape, no dimension that is known, or a value that is no finite number.
    """
    content = read_json(path)
    known = {name: body for name, body in content.items() if name in BY_DIMENSION}
    if not known:
        raise FpbenchError(f"{path}: none of VBench's dimensions in it; known: {', '.join(BY_DIMENSION)}")
    return {BY_DIMENSION[name].card.name: _clips(path, BY_DIMENSION[name], body) for name, body in known.items()}


def _clips(path: Path, metric: Imported, body: Any) -> dict[str, float]:
    values: dict[str, float] = {}
    try:
        entries = [(str(entry["video_path"]), entry["video_results"]) for entry in body[1]]
    except (TypeError, KeyError, IndexError) as error:
        raise FpbenchError(f"{path}: {metric.dimension}: expected [score, list of clips with video_path]") from error
    for video, found in entries:
        stem, value = read_number(path, metric.dimension, video, found, values)
        values[stem] = value * metric.scale if value >= metric.lowest else math.nan
    return values
