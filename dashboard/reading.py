"""A run read for showing: from its Parquet files, and where those are missing or damaged from what lies beneath.

The measurements of single clips are the truth and the Parquet files of a run only a faster copy of them, so a run in
progress and a run with a broken file can be shown from the former, with a note.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dashboard.library import RunEntry
from fpbench.errors import FpbenchError
from fpbench.report.curves import Curve, to_matrix
from fpbench.report.curves_file import FILE as CURVES
from fpbench.report.curves_file import read_curves_file
from fpbench.report.data import RunData
from fpbench.report.series_rows import rows_of
from fpbench.runs.journal import Entry, Journal
from fpbench.runs.manifest import Manifest
from fpbench.runs.series import load_content, load_series
from fpbench.runs.store import Store
from fpbench.runs.summary import COLUMNS, SUMMARY_VERSION

CELL_COLUMNS = ("system", "task", "split", "kind", "place", "seed", "clip", "status", "error")
_KEYS = ("system", "task", "split", "kind", "metric", "seed")


@dataclass(frozen=True, eq=False)
class Reading:
    """What could be read of a run.

    Attributes:
        data: values by system and metric, as tables and figures take them.
        problems: what is wrong with its files, one sentence each.
        preliminary: taken from the clips measured so far, because the run is not finished.
    """

    entry: RunEntry
    data: RunData
    problems: tuple[str, ...] = ()
    preliminary: bool = False

    @property
    def manifest(self) -> Manifest:
        """The header of the run."""
        return self.data.manifest

    @property
    def store(self) -> Store:
        """Where its clips lie."""
        return self.entry.store

    def clips(self) -> Mapping[tuple[str, str, int], str]:
        """Content address of every clip that was made, by (system, task, seed)."""
        return self._clips

    @cached_property
    def splits(self) -> list[str]:
        """Splits that its tasks are of, in order; like the next two gathered once, since large runs have many cells."""
        return sorted(set(self.data.cells["split"]))

    @cached_property
    def kinds(self) -> list[str]:
        """Kinds of its tasks, in order."""
        return sorted(set(self.data.cells["kind"]))

    @cached_property
    def task_count(self) -> int:
        """How many tasks it has."""
        return len(set(self.data.cells["task"]))

    @cached_property
    def _clips(self) -> dict[tuple[str, str, int], str]:
        rows = zip(*(self.data.cells[name] for name in ("system", "task", "seed", "clip")), strict=True)
        return {(system, task, int(seed)): clip for system, task, seed, clip in rows if clip}


def read_run(entry: RunEntry) -> Reading:
    """Read a run, whatever state it is in.

    Raises:
        FpbenchError: not even its header can be read.
    """
    if entry.manifest is None:
        raise FpbenchError(entry.problem)
    if not entry.finished:
        return Reading(entry, _from_clips(entry, entry.manifest), preliminary=True)
    try:
        summary = _table(entry, "summary", (*_KEYS, *COLUMNS))
    except (pa.ArrowException, OSError, KeyError) as error:
        why = f"summary.parquet is damaged ({_first_line(error)})"
        problem = f"{why}; shown from the measured clips instead. {_remedy(entry)}"
        return Reading(entry, _from_clips(entry, entry.manifest), (problem,))
    try:
        return Reading(entry, RunData(entry.folder, entry.manifest, _table(entry, "cells", CELL_COLUMNS), summary))
    except (pa.ArrowException, OSError, KeyError) as error:
        data = RunData(entry.folder, entry.manifest, _cells_of(summary), summary)
        if entry.published and not (entry.folder / "cells.parquet").exists():
            return Reading(entry, data)  # its numbers are whole; its clips were never meant to be here
        why = f"cells.parquet is damaged or missing ({_first_line(error)})"
        problem = f"{why}: values are complete, but failures and clips are not known. {_remedy(entry)}"
        return Reading(entry, data, (problem,))


def _remedy(entry: RunEntry) -> str:
    return "" if entry.published else f"Rebuild it: fpbench resume {entry.folder}"


def _cells_of(summary: Mapping[str, Any]) -> dict[str, list[Any]]:
    """The measured cells as ``cells.parquet`` has them, from the keys of the summary."""
    names = ("system", "task", "split", "kind", "seed")
    rows = list(dict.fromkeys(zip(*(summary[name] for name in names), strict=True)))
    columns: dict[str, list[Any]] = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)) if rows else {}
    nothing: dict[str, list[Any]] = {name: [] for name in names}
    count = len(rows)
    filled: dict[str, list[Any]] = {name: [""] * count for name in ("place", "error")}
    filled |= {"clip": [None] * count, "status": ["done"] * count}
    return nothing | columns | filled


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0].rstrip(".")


def _table(entry: RunEntry, name: str, needed: Sequence[str]) -> dict[str, list[Any]]:
    """Columns of a Parquet file; numbers stay arrays and names share their strings, which large runs need.

    Raises:
        KeyError: a column is missing, as in files of another version.
    """
    table = pq.read_table(entry.folder / f"{name}.parquet")
    missing = [column for column in needed if column not in table.column_names]
    if missing:
        raise KeyError(f"column {missing[0]} is missing")
    return cast("dict[str, list[Any]]", {column: _column(table[column]) for column in table.column_names})


def _column(column: pa.ChunkedArray) -> list[Any] | NDArray[Any]:
    if pa.types.is_dictionary(column.type):
        merged = column.unify_dictionaries().combine_chunks()
        names = np.array([*merged.dictionary.to_pylist(), None], dtype=object)
        return cast("list[Any]", names[merged.indices.fill_null(-1).to_numpy(zero_copy_only=False)].tolist())
    if pa.types.is_floating(column.type):
        return np.asarray(column.to_numpy(), np.float64)
    return cast("list[Any]", column.to_pylist())


def _from_clips(entry: RunEntry, manifest: Manifest) -> RunData:
    """What the journal says was made, with the summaries in the footers of the measured clips."""
    lines = [line for line in Journal(entry.folder / "cells.jsonl") if line.system in manifest.systems]
    latest = {(line.system, line.task, line.seed): line for line in lines if line.stage == "generate"}
    failed = {(line.stage, line.clip): line for line in lines}
    cells = [_cell(entry.store, line, failed.get(("measure", line.clip))) for line in latest.values()]
    summary = [row for cell in cells if cell["clip"] for row in _summaries(entry.store, manifest, cell)]
    return RunData(
        entry.folder,
        manifest,
        {name: [cell[name] for cell in cells] for name in CELL_COLUMNS},
        {name: [row[name] for row in summary] for name in (*_KEYS, *COLUMNS)},
    )


def _cell(store: Store, line: Entry, measured: Entry | None) -> dict[str, Any]:
    """A journal line as a row of ``cells.parquet``; split and kind are read from the task's name."""
    parts = line.task.rsplit("_", 4)
    split, kind = (parts[1], parts[2]) if len(parts) == 5 else ("", "")
    worst = next((one for one in (line, measured) if one and one.status == "failed"), None)
    return {
        "system": line.system,
        "task": line.task,
        "split": split,
        "kind": kind,
        "place": "",
        "seed": line.seed,
        "clip": line.clip if store.has_clip(line.clip) else None,
        "status": "failed" if worst else "done",
        "error": worst.error if worst else "",
    }


def _summaries(store: Store, manifest: Manifest, cell: dict[str, Any]) -> list[dict[str, Any]]:
    content = load_content(store, cell["clip"], SUMMARY_VERSION)
    keys = {name: cell[name] for name in _KEYS if name != "metric"}
    return [{**keys, "metric": name, **content[name].summary} for name in manifest.metrics if name in content]


def restrict(reading: Reading, *, systems: Collection[str], splits: Collection[str], kinds: Collection[str]) -> Reading:
    """The part of a run that filters leave; an empty collection filters nothing."""
    if not (systems or splits or kinds):
        return reading
    manifest = reading.manifest
    kept = {name: facts for name, facts in manifest.systems.items() if not systems or name in systems}

    def part(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
        rows = zip(columns["system"], columns["split"], columns["kind"], strict=True)
        wanted = [s in kept and (not splits or p in splits) and (not kinds or k in kinds) for s, p, k in rows]
        mask = np.array(wanted, dtype=bool)
        return {name: _take(column, mask) for name, column in columns.items()}

    data = replace(
        reading.data,
        manifest=manifest.model_copy(update={"systems": kept}),
        cells=part(reading.data.cells),
        summary=part(reading.data.summary),
    )
    return replace(reading, data=data)


def _take(column: Any, mask: NDArray[np.bool_]) -> Any:
    if isinstance(column, np.ndarray):
        return column[mask]
    return [value for value, keep in zip(column, mask, strict=True) if keep]


def read_curves(reading: Reading, metric: str, systems: Collection[str]) -> tuple[dict[str, Curve], str]:
    """Curves as the run keeps them, and what was wrong with ``curves.parquet``, if anything.

    {} where it keeps none, or where they are not of its results as they are now. They are means over all tasks, so a
    selection of tasks must not use them.
    """
    folder = reading.entry.folder
    if reading.preliminary or not (folder / CURVES).exists():
        return {}, ""
    try:
        return read_curves_file(folder, metric, systems), ""
    except (pa.ArrowException, OSError, KeyError) as error:
        why = f"{CURVES} is damaged ({_first_line(error)})"
        return {}, f"{why}; curves are made of the series again. {_remedy(reading.entry)}"


def read_matrix(reading: Reading, system: str, metric: str) -> tuple[NDArray[np.int64], NDArray[np.float64], str]:
    """Series of one metric of one system.

    Returns:
        Frames (n,), values (tasks, n) averaged over seeds, and what was wrong with ``series.parquet``, if anything.
    """
    tasks = sorted(set(reading.data.cells["task"]))
    if not reading.preliminary and (reading.entry.folder / "series.parquet").exists():
        try:
            rows = rows_of(reading.entry.folder / "series.parquet", system, ("metric", "task", "frame", "value"))
            wanted = pc.and_(pc.equal(rows["metric"], metric), pc.is_in(rows["task"].cast("string"), pa.array(tasks)))
            return *to_matrix(rows.filter(wanted)), ""
        except (pa.ArrowException, OSError) as error:
            problem = f"series.parquet is damaged ({_first_line(error)}); curves are read from the single clips."
            return *to_matrix(_series_of_clips(reading, system, metric)), problem
    return *to_matrix(_series_of_clips(reading, system, metric)), ""


def _series_of_clips(reading: Reading, system: str, metric: str) -> pa.Table:
    parts: list[tuple[str, NDArray[np.int32], NDArray[np.float32]]] = []
    for (name, task, _), clip in reading.clips().items():
        if name == system:
            frames, values = _series(reading.store, clip, metric)
            parts.append((task, frames, values))
    return pa.table(
        {
            "task": [task for task, frames, _ in parts for _ in range(len(frames))],
            "frame": _joined([frames for _, frames, _ in parts], np.int32),
            "value": _joined([values for _, _, values in parts], np.float32),
        }
    )


def _series(store: Store, clip: str, metric: str) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    nothing = np.empty(0, np.int32), np.empty(0, np.float32)
    try:
        return load_series(store, clip).get(metric, nothing)
    except FpbenchError:
        return nothing


def _joined(arrays: Sequence[NDArray[Any]], kind: type[Any]) -> NDArray[Any]:
    return np.concatenate(arrays) if arrays else np.empty(0, kind)
