"""``curves.parquet``: every drift curve of a run with its band, so that a page need not read the series of all clips.

Derived from ``series.parquet`` and small; it can be deleted and is made again with the other outputs of a run.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fpbench.report.curves import Curve, curve, to_matrix
from fpbench.report.data import RunData
from fpbench.report.origin import origin
from fpbench.report.series_rows import rows_of
from fpbench.runs.files import atomic

FILE = "curves.parquet"
VERSION = 1
"""Raised whenever the same results may give other curves, so that kept ones are not used."""
_OF = b"fpbench.of"
_NAME = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema(
    [
        ("metric", _NAME),
        ("system", _NAME),
        ("frame", pa.int32()),
        *((name, pa.float64()) for name in ("mean", "low", "high")),
    ]
)


def write_curves_file(run: RunData, scratch: Path) -> Path:
    """Write the curves of every system and metric, one row group per metric; reads one system at a time."""
    parts: dict[str, list[pa.Table]] = {name: [] for name in run.manifest.metrics}
    for system in run.systems:
        series = rows_of(run.folder / "series.parquet", system, ("metric", "task", "frame", "value"))
        for metric, found in parts.items():
            rows = series.filter(pc.equal(series["metric"], metric))
            if len(rows):
                found.append(_rows(metric, system, curve(*to_matrix(rows))))
    path = run.folder / FILE
    schema = SCHEMA.with_metadata({_OF: origin(run.folder, VERSION)})
    with atomic(path, scratch) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        for tables in parts.values():
            if tables:
                writer.write_table(pa.concat_tables(tables).unify_dictionaries())
    return path


def _rows(metric: str, system: str, one: Curve) -> pa.Table:
    def name(value: str) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(one.frames), np.int32)), pa.array([value]))

    numbers = (pa.array(one.frames, pa.int32()), *(pa.array(column) for column in (one.mean, one.low, one.high)))
    return pa.table([name(metric), name(system), *numbers], schema=SCHEMA)


def read_curves_file(folder: Path, metric: str, systems: Collection[str]) -> dict[str, Curve]:
    """The curves of some systems by one metric; systems that were not measured by it are left out.

    {} where the file was made of other results than those that lie there now. A file that does not say is believed.

    Raises:
        OSError, pyarrow.ArrowException: missing or damaged.
    """
    made_of = (pq.read_schema(folder / FILE).metadata or {}).get(_OF)
    if made_of is not None and made_of.decode() != origin(folder, VERSION):
        return {}
    wanted = [("metric", "=", metric), ("system", "in", list(systems))]
    table = pq.read_table(folder / FILE, filters=wanted)
    owner = np.array(table["system"].to_pylist(), dtype=str)
    columns = [table[name].to_numpy() for name in ("mean", "low", "high")]
    frames = table["frame"].to_numpy().astype(np.int64)
    masks = {name: owner == name for name in systems}
    return {
        name: Curve(frames[mask], *(column[mask] for column in columns)) for name, mask in masks.items() if mask.any()
    }
