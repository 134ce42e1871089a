"""Reading and tabulating, done once per state of the files and kept in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from dashboard.library import RunEntry, Stamp, find_runs
from dashboard.polls import Poll, find_polls, read_rows, table_of
from dashboard.reading import Reading, read_curves, read_matrix, read_run, restrict
from dashboard.settings import results_roots
from fpbench.report.curves import Curve, curve
from fpbench.report.paired import paired_table
from fpbench.report.results import BESIDE_DRIFT, results_table
from fpbench.report.table import Table
from fpbench.report.tables_file import kept_table

if TYPE_CHECKING:
    from dashboard.selection import Selection

Names = tuple[str, ...]
LAYOUTS = {"results": "Protocol's columns", "all": "All metrics", "paired": "Against the reference"}
PRESETS = {
    "results": LAYOUTS["results"],
    "quality": "Quality",
    "drift": "Drift and motion",
    "all": LAYOUTS["all"],
    "paired": LAYOUTS["paired"],
}
"""Ways to look at the board; those that are no layout are columns of "all"."""


def runs() -> list[RunEntry]:
    """All runs, looked for anew on every call: a folder listing is cheap and new runs should appear."""
    return find_runs(results_roots())


@st.cache_resource(max_entries=8, show_spinner=False)
def _reading(folder: Path, _entry: RunEntry, stamp: Stamp) -> Reading:  # noqa: ARG001 - what the cache looks at
    return read_run(_entry)


@st.cache_resource(max_entries=32, show_spinner=False)
def _selected(folder: Path, _entry: RunEntry, stamp: Stamp, systems: Names, splits: Names, kinds: Names) -> Reading:
    whole = _reading(folder, _entry, stamp)
    return restrict(whole, systems=systems, splits=splits, kinds=kinds)


def whole(entry: RunEntry) -> Reading:
    """The run without filters.

    Raises:
        FpbenchError: its header cannot be read.
    """
    return _reading(entry.folder, entry, entry.stamp)


def selected(entry: RunEntry, systems: Names, splits: Names, kinds: Names) -> Reading:
    """The part of a run that filters leave; raises like `whole`."""
    return _selected(entry.folder, entry, entry.stamp, systems, splits, kinds)


@st.cache_resource(max_entries=64, show_spinner="Resampling tasks …")
def _table(key: tuple[object, ...], _reading: Reading, layout: str, *, whole: bool) -> Table:  # noqa: ARG001
    kept = kept_table(_reading.entry.folder, layout) if whole and not _reading.preliminary else None
    if kept is not None:
        return kept
    if layout == "paired":
        return paired_table(_reading.data)
    return results_table(_reading.data, everything=layout == "all")


def table(selection: Selection, reading: Reading, layout: str) -> Table:
    """A table of ``LAYOUTS``: as the run keeps it, unless filters ask for a part or a file was damaged."""
    return _table(selection.key, reading, layout, whole=not selection.filters and not reading.problems)


def preset(selection: Selection, reading: Reading, name: str) -> Table:
    """A board of ``PRESETS``."""
    if name in LAYOUTS:
        return table(selection, reading, name)
    whole = table(selection, reading, "all")
    beside = [f"{metric}.mean" for metric in BESIDE_DRIFT]
    kept = [
        column
        for column in whole.columns
        if (column.key.endswith(".mean") if name == "quality" else column.key.endswith(".drift_abs"))
        or (name == "drift" and column.key in beside)
    ]
    return replace(whole, columns=tuple(kept) or whole.columns)


@st.cache_resource(max_entries=64, show_spinner=False)
def _kept_curves(
    key: tuple[object, ...],  # noqa: ARG001
    _reading: Reading,
    metric: str,
    systems: Names,
) -> tuple[dict[str, Curve], str]:
    return read_curves(_reading, metric, systems)


@st.cache_resource(max_entries=512, show_spinner=False)
def _curve(key: tuple[object, ...], _reading: Reading, system: str, metric: str) -> tuple[Curve, str]:  # noqa: ARG001
    frames, values, problem = read_matrix(_reading, system, metric)
    if not len(values):
        nothing = np.empty(0)
        return Curve(frames, nothing, nothing, nothing), problem
    return curve(frames, values), problem


def system_curves(
    selection: Selection, reading: Reading, systems: Names, metric: str
) -> tuple[dict[str, Curve], tuple[str, ...]]:
    """Mean and band of a metric over time by system, and what was wrong with the files they came from."""
    of_a_part = bool(selection.splits or selection.kinds)
    found, damage = ({}, "") if of_a_part else _kept_curves(selection.key, reading, metric, systems)
    missing = {name: _curve(selection.key, reading, name, metric) for name in systems if name not in found}
    found = {name: found[name] if name in found else missing[name][0] for name in systems}
    problems = sorted({damage, *(problem for _, problem in missing.values())} - {""})
    return {name: one for name, one in found.items() if len(one.frames)}, tuple(problems)


def polls() -> list[Poll]:
    """All vote logs, looked for anew on every call."""
    return find_polls(results_roots())


@st.cache_resource(max_entries=2, show_spinner="Reading votes …")
def _vote_rows(_poll: Poll, name: str, stamp: str) -> Any:  # noqa: ARG001
    return read_rows(table_of(_poll))


def vote_rows(poll: Poll) -> Any:
    """The rows of a vote log as a table that nobody may change; raises like `read_rows`."""
    return _vote_rows(poll, poll.name, poll.stamp)
