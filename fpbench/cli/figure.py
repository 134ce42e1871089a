"""``fpbench figure``: one figure of a run, ready for a paper."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.output import write_bytes


class Kind(StrEnum):
    """Figures that can be drawn."""

    drift = "drift"
    tradeoff = "tradeoff"
    lag = "lag"
    forest = "forest"
    wins = "wins"
    plan = "plan"
    cost = "cost"
    clips = "clips"


class Width(StrEnum):
    """Of a paper set in two columns."""

    column = "column"
    page = "page"


def figure(
    source: Annotated[Path, typer.Argument(help="Folder of a run; or a file of votes, for forest and wins.")],
    kind: Annotated[
        Kind,
        typer.Argument(
            help="drift (a metric over time), tradeoff (drift against quality or forgetting), lag (what is remembered"
            " after how long), forest (differences to the reference, or ratings), wins (who beats whom), plan (what is"
            " seen at which kernel), cost (tokens over time), clips (what systems showed at the same moments)."
        ),
    ],
    metric: Annotated[
        str | None, typer.Option(help="Metric of drift, wins, or the drift of tradeoff.", show_default="the protocol's")
    ] = None,
    against: Annotated[
        str | None, typer.Option(help="Metric whose mean tradeoff draws drift against.", show_default="the protocol's")
    ] = None,
    system: Annotated[
        list[str] | None,
        typer.Option(
            help="System of the plan; or, several times, those whose clips are shown.", show_default="the first; all"
        ),
    ] = None,
    tasks: Annotated[int, typer.Option(min=1, help="Tasks whose clips are shown, from the first.")] = 2,
    frames: Annotated[int, typer.Option(min=1, help="Moments of each clip that are shown.")] = 8,
    width: Annotated[Width, typer.Option(help="Of a two-column paper.")] = Width.page,
    out: Annotated[
        Path | None, typer.Option(help="File .pdf, .svg, .png or .jpg.", show_default="KIND.pdf here")
    ] = None,
) -> None:
    """Draw a figure: vector graphics, one style, colours that colour-blind readers tell apart."""
    from fpbench.report.figures import draw_figure

    path = out or Path(f"{kind.value}.pdf")
    drawn = draw_figure(
        source,
        kind.value,
        path.suffix.lower().removeprefix("."),
        metric=metric,
        against=against,
        systems=system or (),
        tasks=tasks,
        frames=frames,
        width=width.value,
    )
    write_bytes(path, drawn)
