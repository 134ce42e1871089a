"""Reading and tabulating, done once per state of the files and kept in memory."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.library import RunEntry, Stamp, find_runs
from dashboard.reading import Reading, read_matrix, read_run, restrict
from dashboard.settings import results_roots
from fpbench.report.curves import Curve, curve
from fpbench.report.paired import paired_table
from fpbench.report.results import results_table
from fpbench.report.table import Table

Names = tuple[str, ...]
LAYOUTS = {"results": "Protocol's columns", "all": "All metrics", "paired": "Against the reference"}


def runs() -> list[RunEntry]:
    """All runs, looked for anew on every call: a folder listing is cheap and new runs should appear."""
    return find_runs(results_roots())


@st.cache_resource(max_entries=8, show_spinner="Reading the run …")
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
def _table(key: tuple[object, ...], _reading: Reading, layout: str) -> Table:  # noqa: ARG001
    if layout == "paired":
        return paired_table(_reading.data)
    return results_table(_reading.data, everything=layout == "all")


def table(reading: Reading, key: tuple[object, ...], layout: str) -> Table:
    """A table of ``LAYOUTS``; ``key`` names the selection it is of."""
    return _table(key, reading, layout)


@st.cache_resource(max_entries=512, show_spinner=False)
def _curve(key: tuple[object, ...], _reading: Reading, system: str, metric: str) -> tuple[Curve, str]:  # noqa: ARG001
    frames, values, problem = read_matrix(_reading, system, metric)
    return curve(frames, values), problem


def system_curve(reading: Reading, key: tuple[object, ...], system: str, metric: str) -> tuple[Curve, str]:
    """Mean and band of a metric over time, and what was wrong with the file it came from."""
    return _curve(key, reading, system, metric)
