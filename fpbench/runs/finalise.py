"""From per-clip measurements to the Parquet files that tables and dashboards read. Bytes depend on nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fpbench.runs.cells import Cell
from fpbench.runs.files import atomic
from fpbench.runs.journal import Entry, Stage
from fpbench.runs.preflight import Plan
from fpbench.runs.series import Measured, load_series
from fpbench.runs.store import Store

Failures = Mapping[tuple[Stage, str], Entry]

_NAME = pa.dictionary(pa.int32(), pa.string())
CELLS = pa.schema(
    [
        ("system", _NAME),
        ("task", _NAME),
        ("split", _NAME),
        ("kind", _NAME),
        ("place", _NAME),
        ("seed", pa.int32()),
        ("clip", pa.string()),
        ("status", _NAME),
        ("error", pa.string()),
    ]
)
SERIES = pa.schema(
    [
        ("system", _NAME),
        ("task", _NAME),
        ("seed", pa.int32()),
        ("metric", _NAME),
        ("version", pa.int32()),
        ("frame", pa.int32()),
        ("value", pa.float32()),
    ]
)
DRIFT = ("abs", "signed", "generation", "start", "end", "floor", "p", "slope", "mid", "area", "onset")
"""Columns ``drift_...`` of the summary: the drift family of `fpbench.metrics.drift`."""


def finalise(plan: Plan, store: Store, folder: Path, failures: Failures) -> None:
    """Write ``cells.parquet``, ``series.parquet`` and ``summary.parquet``, rows in the order of the protocol."""
    cells = [cell for batch in plan.batches for cell in batch.cells]
    _write(folder / "cells.parquet", pa.Table.from_pylist([_cell(c, store, failures) for c in cells], CELLS), store)
    summary: list[dict[str, Any]] = []
    with atomic(folder / "series.parquet", store.scratch) as temporary:
        with pq.ParquetWriter(temporary, SERIES, compression="zstd") as writer:
            for spec in plan.specs:
                rows = list(_measured(plan, store, [cell for cell in cells if cell.system == spec.name]))
                if rows:  # one row group per system: a reader of one system reads one part of the file
                    writer.write_table(pa.concat_tables([_series(*row) for row in rows]).unify_dictionaries())
                summary += [_summary(plan, cell, one) for cell, one in rows]
    _write(folder / "summary.parquet", _summary_table(summary), store)


def _write(path: Path, table: pa.Table, store: Store) -> None:
    with atomic(path, store.scratch) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _cell(cell: Cell, store: Store, failures: Failures) -> dict[str, Any]:
    entry = failures.get(("generate", cell.clip)) or failures.get(("measure", cell.clip))
    return {
        "system": cell.system,
        "task": cell.task.id,
        "split": cell.task.split,
        "kind": cell.task.kind,
        "place": cell.task.place,
        "seed": cell.seed,
        "clip": cell.clip if store.has_clip(cell.clip) else None,
        "status": "failed" if entry else "done",
        "error": entry.error if entry else "",
    }


def _measured(plan: Plan, store: Store, cells: Sequence[Cell]) -> Iterator[tuple[Cell, Measured]]:
    for cell in cells:
        found = load_series(store, cell.clip) if store.has_clip(cell.clip) else {}
        for key in plan.metrics.items():
            if key in found:
                yield cell, found[key]


def _series(cell: Cell, one: Measured) -> pa.Table:
    count = len(one.values)

    def name(value: str) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(count, np.int32)), pa.array([value]))

    columns = [
        name(cell.system),
        name(cell.task.id),
        pa.array(np.full(count, cell.seed, np.int32)),
        name(one.metric),
        pa.array(np.full(count, one.version, np.int32)),
        pa.array(one.frames, pa.int32()),
        pa.array(one.values, pa.float32()),
    ]
    return pa.table(columns, schema=SERIES)


def _summary(plan: Plan, cell: Cell, one: Measured) -> dict[str, Any]:
    from fpbench.metrics import card
    from fpbench.metrics.drift import family

    finite = one.values[np.isfinite(one.values)]
    facts, order = card(one.metric), plan.orders.get(cell.system)
    drift = family(one.values, index=one.frames, order=order, k_min=facts.k_min, direction=facts.direction)
    return {
        **{"system": cell.system, "task": cell.task.id, "split": cell.task.split, "kind": cell.task.kind},
        **{"seed": cell.seed, "metric": one.metric, "version": one.version},
        "mean": float(finite.mean(dtype=np.float64)) if len(finite) else float("nan"),
        "coverage": len(finite) / len(one.values) if len(one.values) else 0.0,
        **{f"drift_{name}": getattr(drift, name) for name in DRIFT},
    }


def _summary_table(rows: list[dict[str, Any]]) -> pa.Table:
    text = ("system", "task", "split", "kind", "metric")
    numbers = ["mean", "coverage", *(f"drift_{name}" for name in DRIFT)]
    schema = pa.schema(
        [
            *((name, _NAME) for name in text),
            ("seed", pa.int32()),
            ("version", pa.int32()),
            *((name, pa.float64()) for name in numbers),
        ]
    )
    return pa.Table.from_pylist(rows, schema)
