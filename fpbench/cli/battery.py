"""``fpbench battery``: does every metric answer damage the way its card says?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fpbench.cli.output import write

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DISAGREE = 3
"""Exit code when a declared sign does not hold."""


class BatteryFormat(StrEnum):
    """How the table is written."""

    markdown = "markdown"
    csv = "csv"


def battery(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Clips to damage.", show_default="photographs of scikit-image, panned over"),
    ] = None,
    metrics: Annotated[
        list[str] | None, typer.Option(help="Metric or group; several times. Default: all that can be.")
    ] = None,
    frames: Annotated[int, typer.Option(min=5, help="Frames of every file that are used, from its start.")] = 33,
    seed: Annotated[int, typer.Option(min=0, help="Of the noise.")] = 0,
    form: Annotated[BatteryFormat, typer.Option("--format", help="Output format.")] = BatteryFormat.markdown,
    out: Annotated[Path | None, typer.Option(help="Write to a file instead of the terminal.")] = None,
) -> None:
    """Damage clips in every way of the battery and print how each metric answers, misleading directions included."""
    from fpbench.metrics import groups, skipped
    from fpbench.metrics.battery import run_battery, specimen_battery
    from fpbench.report.battery import battery_csv, battery_table, failures

    known = [name for members in groups().values() for name in members]
    absent = {} if metrics else skipped(known, truth=True)
    for name, reason in absent.items():
        typer.echo(f"left out {name}: {reason}", err=True)
    names = metrics or [name for name in known if name not in absent]
    if files:
        clips, fps = _read(files, frames)
        outcomes = run_battery(clips, fps=fps, metrics=names, seed=seed)
    else:
        outcomes = specimen_battery(names, seed=seed)
    text = (battery_csv if form is BatteryFormat.csv else battery_table)(outcomes)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write(out, text)
    broken = failures(outcomes)
    for one in broken:
        share = f"declared {one.expected!r}, shown by {one.agreement:.0%} of the clips"
        typer.secho(f"{one.metric} under {one.degradation}: {share}", err=True, fg=typer.colors.RED)
    if broken:
        raise typer.Exit(DISAGREE)


def _read(files: list[Path], frames: int) -> tuple[list[NDArray[np.uint8]], float]:
    """The starts of some files, and the frame rate they share.

    Raises:
        FpbenchError: a file is no video, or rates differ.
    """
    from itertools import islice

    import numpy as np

    from fpbench.errors import FpbenchError
    from fpbench.metrics.footage import probe, read_chunks

    found = [probe(path) for path in files]
    rates = {round(one.fps, 1) for one in found}
    if len(rates) > 1:
        raise FpbenchError(f"the clips run at {sorted(rates)} frames per second; damage clips of one rate at a time")
    starts = [list(islice(read_chunks(one, size=1), frames)) for one in found]
    return [np.concatenate(start) for start in starts], found[0].fps
