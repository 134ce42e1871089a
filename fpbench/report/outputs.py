"""What a run leaves for its reader: tables in three formats, figures, contact sheets."""

from __future__ import annotations

from pathlib import Path

from fpbench.report import render
from fpbench.report.data import load_run
from fpbench.report.results import results_table
from fpbench.report.table import Table
from fpbench.runs.files import write_atomic

SUFFIXES = {"markdown": "md", "csv": "csv", "latex": "tex"}


def results_of(folder: Path, layout: str = "results") -> Table:
    """The results table of the finished run in ``folder``."""
    return results_table(load_run(folder), layout)


def write_outputs(folder: Path) -> list[Path]:
    """Write every table and figure of a finished run into its folder; the paths written."""
    run = load_run(folder)
    paths = []
    for layout, stem in (("results", "table"), ("all", "all_metrics")):
        table = results_table(run, layout)
        for form, suffix in SUFFIXES.items():
            path = folder / f"{stem}.{suffix}"
            write_atomic(path, render(table, form).encode(), folder.parent.parent / "tmp" / folder.name)
            paths.append(path)
    return paths
