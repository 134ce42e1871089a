"""``fpbench distance``: the clips of every system of a run, taken together, against the true ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fpbench.cli.options import RunFolder, Workers
from fpbench.cli.output import Format, FormatOption, TableFile, put

if TYPE_CHECKING:
    from fpbench.metrics.clip_sets import SetMetric

DEFAULT = ("kid_efficientnet", "fd_efficientnet")


def distance(
    folder: RunFolder,
    metrics: Annotated[
        list[str] | None,
        typer.Option(help="Metric of the group 'sets'; several times.", show_default=", ".join(DEFAULT)),
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="System whose clips are the true ones.", show_default="the ceiling")
    ] = None,
    workers: Workers = None,
    form: FormatOption = Format.terminal,
    out: TableFile = None,
) -> None:
    """Print Fréchet and kernel distances of a run's sets of clips from the true ones: whole, at their start and end."""
    from fpbench.cli.progress import watcher
    from fpbench.report.data import load_run
    from fpbench.report.distances import distance_table, real_system
    from fpbench.report.set_features import clip_sets
    from fpbench.runs.executors import local

    chosen, run = _set_metrics(metrics or DEFAULT), load_run(folder)
    real, sets = real_system(run, against), clip_sets(run)
    executor = local(workers)
    try:
        with watcher() as watching:
            sets.encode([one.encoder for one in chosen], executor, watching)
    finally:
        executor.close()
    put(distance_table(run, chosen, list(sets.clips), real, sets.features), form, out)


def _set_metrics(wanted: list[str] | tuple[str, ...]) -> list[SetMetric]:
    from fpbench.errors import PreflightError
    from fpbench.metrics import resolve
    from fpbench.metrics.catalog import find, groups
    from fpbench.metrics.clip_sets import SetMetric
    from fpbench.metrics.meter import lacking_weights

    found = []
    for name in resolve(wanted):
        metric = find(name)
        if not isinstance(metric, SetMetric):
            raise PreflightError(f"--metrics {name}: measured clip by clip; of sets are {', '.join(groups()['sets'])}")
        if reason := lacking_weights(metric.card):
            raise PreflightError(f"--metrics {name}: {reason}")
        found.append(metric)
    return found
