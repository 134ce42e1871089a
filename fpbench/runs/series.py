"""Measured series on disk, one Parquet file per clip. What a metric computes is ``fpbench.metrics``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.runs.files import atomic
from fpbench.runs.store import Store

SCHEMA = pa.schema([("metric", pa.string()), ("frame", pa.int32()), ("value", pa.float32())])

_CONTENT = b"fpbench.content"
"""Footer entry with versions and summaries: resuming and summarising a large run reads no series."""


@dataclass(frozen=True, eq=False)
class Measured:
    """One metric of one clip.

    Attributes:
        version: of the metric.
        frames: (n,) frame each value belongs to.
        values: (n,) NaN where undefined.
        summary: mean, coverage and drift family.
    """

    metric: str
    version: int
    frames: NDArray[np.int32]
    values: NDArray[np.float32]
    summary: Mapping[str, float]


@dataclass(frozen=True)
class Content:
    """What the file of a clip holds of one metric, its series aside."""

    version: int
    summary: Mapping[str, float]


def load_content(store: Store, clip: str, summary_version: int) -> dict[str, Content]:
    """Versions and summaries by metric; empty when nothing usable is stored."""
    try:
        footer = json.loads(pq.read_schema(store.series(clip)).metadata[_CONTENT])
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError):
        return {}
    if footer["summary_version"] != summary_version:
        return {}
    return {name: Content(**content) for name, content in footer["metrics"].items()}


def load_series(store: Store, clip: str) -> dict[str, tuple[NDArray[np.int32], NDArray[np.float32]]]:
    """Frames and values by metric.

    Raises:
        FpbenchError: the file is missing or unreadable.
    """
    path = store.series(clip)
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise FpbenchError(f"{path}: unreadable ({error}); delete it and run again to measure anew") from error
    columns = cast("dict[str, Any]", {name: table[name].to_numpy() for name in ("frame", "value")})
    runs = pc.run_end_encode(table["metric"].combine_chunks())  # a string for every row would outweigh the values
    ends = runs.run_ends.to_pylist()
    return {
        name: (columns["frame"][start:end], columns["value"][start:end])
        for name, start, end in zip(runs.values.to_pylist(), [0, *ends], ends, strict=False)
    }


def save_series(store: Store, clip: str, series: Iterable[Measured], summary_version: int) -> None:
    """Replace the stored series of a clip in one step; equal series give equal bytes."""
    ordered = sorted(series, key=lambda one: one.metric)
    metrics = {one.metric: {"version": one.version, "summary": one.summary} for one in ordered}
    footer = json.dumps({"summary_version": summary_version, "metrics": metrics}).encode()
    parts = [
        pa.table(
            [pa.repeat(one.metric, len(one.values)), pa.array(one.frames), pa.array(one.values)],
            schema=SCHEMA,
        )
        for one in ordered
    ]
    table = pa.concat_tables(parts) if parts else SCHEMA.empty_table()
    with atomic(store.series(clip), store.scratch) as temporary:
        # A dictionary of values that hardly ever repeat costs 30 MB for ten minutes, and makes the file larger.
        table = table.replace_schema_metadata({_CONTENT: footer})
        pq.write_table(table, temporary, compression="zstd", use_dictionary=["metric"])
