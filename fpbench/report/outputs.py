"""What a run leaves for its reader: tables in three formats, drift curves, contact sheets."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.report import render
from fpbench.report.antidrift import gain_table
from fpbench.report.arrange import arrange
from fpbench.report.by_lag import lag_table
from fpbench.report.data import RunData, load_run
from fpbench.report.layout import BUILT_IN, load_layout
from fpbench.report.origin import EVERYTHING, origin
from fpbench.report.paired import paired_table
from fpbench.report.results import primary_metrics, results_table
from fpbench.report.table import Table
from fpbench.report.tables_file import keep_table
from fpbench.runs.files import write_atomic
from fpbench.runs.store import Store

SUFFIXES = {"csv": "csv", "latex": "tex", "markdown": "md"}


OF_ONE_RUN: dict[str, Callable[[RunData], Table]] = {
    "results": results_table,
    "all": lambda run: results_table(run, everything=True),
    "paired": paired_table,
    "gain": gain_table,
    "lag": lag_table,
}
"""Layouts whose columns follow from the protocol of a run."""


def results_of(folders: Path | Sequence[Path], layout: str = "results") -> Table:
    """A table of finished runs.

    Args:
        folders: one run; or several, for the layouts of files.
        layout: "results" for the columns of the protocol, "all" for every metric with its drift, "paired" for
            differences to the reference of the protocol, "gain" for the drift removed against it, "lag" for what is
            measured by lag, or a layout of ``fpbench.report.layout``, built in or a file.

    Raises:
        FpbenchError: no such layout, no finished run, or several runs for a layout of one.
    """
    places = [folders] if isinstance(folders, Path) else list(folders)
    if layout not in OF_ONE_RUN:
        chosen = load_layout(layout)
        return arrange([load_run(place) for place in places], chosen)
    if len(places) > 1:
        raise FpbenchError(f"layout {layout!r} is of one run; lay several out with {', '.join(BUILT_IN)} or a file")
    return OF_ONE_RUN[layout](load_run(places[0]))


RECORD = Path("tables") / "outputs.json"
"""Of which results the outputs of a run were made, and the size of each; written when all are there."""
VERSION = 1
"""Raised whenever the same results may give other outputs, so that those there are made anew."""


def up_to_date(folder: Path) -> bool:
    """Whether everything that ``write_outputs`` wrote is there, whole, and made of the results as they are now.

    Contents are compared and not times, which a copy may keep and a checkout may not.
    """
    try:
        record = json.loads((folder / RECORD).read_bytes())
        fresh = record["of"] == origin(folder, VERSION, EVERYTHING)
        return fresh and all((folder / name).stat().st_size == size for name, size in record["sizes"].items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def write_outputs(folder: Path) -> list[Path]:
    """Write every table and figure of a finished run into its folder; the paths written."""
    from fpbench.report.contact import write_sheets
    from fpbench.report.curves import write_curves
    from fpbench.report.curves_file import write_curves_file

    run, store = load_run(folder), Store(folder.parent.parent, folder.name)
    paths = write_sheets(run, store, store.scratch)
    paths.append(write_curves_file(run, store.scratch))
    for metric in primary_metrics(run):
        paths += write_curves(run, metric, store.scratch)
    paths += _write_tables(run, store.scratch)
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in paths}
    record = {"of": origin(folder, VERSION, EVERYTHING), "sizes": sizes}
    write_atomic(folder / RECORD, json.dumps(record, indent=1).encode(), store.scratch)
    store.sweep()
    return paths


KEPT = {"table": "results", "all_metrics": "all", "paired": "paired"}
"""Layout of each table that is written."""


def _write_tables(run: RunData, scratch: Path) -> list[Path]:
    tables = {"all_metrics": results_table(run, everything=True)}
    if run.manifest.protocol["reference"] is not None:
        tables["paired"] = paired_table(run)
    tables["table"] = results_table(run)
    paths = [keep_table(run.folder, KEPT[stem], table, scratch) for stem, table in tables.items()]
    for stem, table in tables.items():
        for form, suffix in SUFFIXES.items():
            path = run.folder / f"{stem}.{suffix}"
            write_atomic(path, render(table, form).encode(), scratch)
            paths.append(path)
    return paths
