"""``fpbench power``: how many tasks a comparison needs, and what a run of so many could have found."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.output import Format, FormatOption, TableFile, put


def power(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A finished run whose differences tell how much tasks vary.", metavar="[RUN]"),
    ] = None,
    difference: Annotated[
        float | None, typer.Option(help="Difference that is to be found, in the metric's unit.")
    ] = None,
    spread: Annotated[
        float | None, typer.Option(help="Standard deviation of the paired differences between tasks, without a run.")
    ] = None,
    tasks: Annotated[int | None, typer.Option(min=2, help="Tasks that there will be, without a run.")] = None,
    wanted: Annotated[
        float, typer.Option("--power", min=0.05, max=0.999, help="With this probability.", metavar="SHARE")
    ] = 0.8,
    alpha: Annotated[float, typer.Option(min=1e-6, max=0.5, help="Two-sided error rate.")] = 0.05,
    tests: Annotated[int, typer.Option(min=1, help="Comparisons in one family; each gets alpha / tests.")] = 1,
    form: FormatOption = Format.terminal,
    out: TableFile = None,
) -> None:
    """Plan a comparison of two systems on the same tasks: tasks needed, power, smallest difference that is found.

    With RUN a table of what its tasks can find; without, --spread and --difference, --tasks, or both.
    """
    from fpbench.errors import FpbenchError
    from fpbench.report.data import load_run
    from fpbench.report.power import power_table

    if folder is not None:
        if spread is not None or tasks is not None:
            raise FpbenchError("--spread and --tasks are read from RUN; leave them out, or leave RUN out")
        run = load_run(folder)
        put(power_table(run, difference=difference, power=wanted, alpha=alpha, tests=tests), form, out)
        return
    if spread is None or not spread > 0 or (difference is None and tasks is None) or difference == 0:
        raise FpbenchError("give a RUN, or --spread SD (above 0) with --difference D (not 0), --tasks N, or both")
    for line in _plan(spread, difference, tasks, wanted, alpha / tests):
        typer.echo(line)


def _plan(spread: float, difference: float | None, tasks: int | None, power: float, alpha: float) -> list[str]:
    from fpbench.errors import FpbenchError
    from fpbench.report.power import needed
    from fpbench.stats import detectable_effect, paired_power

    lines = []
    if difference is not None:
        count = needed(difference, spread, power=power, alpha=alpha)
        if isnan(count):
            raise FpbenchError(f"--difference {difference:g}: too small against --spread {spread:g} to plan for")
        lines.append(f"{count:.0f} tasks find a difference of {difference:g} with {power:.0%} power")
    if tasks is not None:
        reach = spread * detectable_effect(tasks, power=power, alpha=alpha)
        lines.append(f"{tasks} tasks find differences from {reach:.3g} on with {power:.0%} power")
    if difference is not None and tasks is not None:
        share = paired_power(difference / spread, tasks, alpha=alpha)
        lines.append(f"{tasks} tasks find a difference of {difference:g} with {share:.0%} power")
    return [*lines, f"paired, two-sided, alpha {alpha:.3g}, differences between tasks of standard deviation {spread:g}"]
