"""From per-clip measurements to the Parquet files that tables and dashboards read. Bytes depend on nothing else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fpbench.runs.files import atomic
from fpbench.runs.journal import Entry, Stage
from fpbench.runs.series import Measured, load_content
from fpbench.runs.store import Store
from fpbench.runs.summary import COLUMNS, SUMMARY_VERSION, stored

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
SUMMARY = pa.schema(
    [
        *((name, _NAME) for name in ("system", "task", "split", "kind", "metric")),
        ("seed", pa.int32()),
        ("version", pa.int32()),
        *((name, pa.float64()) for name in COLUMNS),
    ]
)


class Subject(Protocol):
    """What clips of several systems have in common: a task, or a file name; see `fpbench.worlds.task.Task`."""

    @property
    def id(self) -> str: ...
    @property
    def split(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def place(self) -> str: ...


class Measurable(Protocol):
    """One clip of one row; see `fpbench.runs.cells.Cell`."""

    @property
    def system(self) -> str: ...
    @property
    def task(self) -> Subject: ...
    @property
    def seed(self) -> int: ...
    @property
    def clip(self) -> str: ...


def finalise(
    cells: Sequence[Measurable], metrics: Collection[str], store: Store, folder: Path, failures: Failures
) -> None:
    """Write ``cells.parquet``, ``series.parquet`` and ``summary.parquet``, rows in the order of the cells."""
    _write(
        folder / "cells.parquet",
        pa.Table.from_pylist([_cell(c, store, failures) for c in cells], CELLS),
        store,
    )
    with (
        atomic(folder / "series.parquet", store.scratch) as temporary,
        pq.ParquetWriter(
            temporary,
            SERIES,
            compression="zstd",
            use_dictionary=[x for x in SERIES.names if x not in ("frame", "value")],
        ) as writer,
    ):
        for system in dict.fromkeys(cell.system for cell in cells):
            tables = [_series(*row) for row in _measured(metrics, store, cells, system)]
            if tables:  # one row group per system: a reader of one system reads one part of the file
                writer.write_table(pa.concat_tables(tables).unify_dictionaries())
    rows = [row for cell in cells for row in _summaries(metrics, store, cell)]
    _write(folder / "summary.parquet", pa.Table.from_pylist(rows, SUMMARY), store)


def _write(path: Path, table: pa.Table, store: Store) -> None:
    with atomic(path, store.scratch) as temporary:
        pq.write_table(table, temporary, compression="zstd")


def _cell(cell: Measurable, store: Store, failures: Failures) -> dict[str, Any]:
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


def _measured(
    metrics: Collection[str], store: Store, cells: Sequence[Measurable], system: str
) -> Iterator[tuple[Measurable, Measured]]:
    for cell in cells:
        if cell.system == system and store.has_clip(cell.clip):
            found = {one.metric: one for one in stored(store, cell.clip)}
            yield from ((cell, found[name]) for name in metrics if name in found)


def _series(cell: Measurable, one: Measured) -> pa.Table:
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


def _summaries(metrics: Collection[str], store: Store, cell: Measurable) -> Iterator[dict[str, Any]]:
    content = load_content(store, cell.clip, SUMMARY_VERSION) if store.has_clip(cell.clip) else {}
    task = cell.task
    for name in metrics:
        if name in content:
            place = {"system": cell.system, "task": task.id, "split": task.split, "kind": task.kind}
            measured = {"seed": cell.seed, "metric": name, "version": content[name].version}
            yield {**place, **measured, **content[name].summary}
