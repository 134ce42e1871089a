"""Every figure of a run or a vote log by name, as bytes of a vector or pixel format."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from fpbench.errors import FpbenchError
from fpbench.report.curves import drift_figure
from fpbench.report.data import RunData, load_run
from fpbench.report.figures.clips import FRAMES, TASKS, clips_figure
from fpbench.report.figures.forest import run_forest, votes_forest
from fpbench.report.figures.lag import run_lag
from fpbench.report.figures.plans import cost_figure, plan_diagram
from fpbench.report.figures.tradeoff import run_tradeoff
from fpbench.report.figures.wins import run_wins, votes_wins
from fpbench.report.published import strategy
from fpbench.report.results import primary_metrics
from fpbench.report.style import COLUMN_INCHES, FORMS, PAGE_INCHES, Factory, drawing, figure_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

KINDS = ("drift", "tradeoff", "lag", "forest", "wins", "plan", "cost", "clips")
WIDTHS = {"column": COLUMN_INCHES, "page": PAGE_INCHES}


def draw_figure(
    source: Path,
    kind: str,
    form: str,
    *,
    metric: str | None = None,
    against: str | None = None,
    systems: Sequence[str] = (),
    tasks: int = TASKS,
    frames: int = FRAMES,
    width: str = "page",
) -> bytes:
    """One figure of a finished run, or of a file of votes ("forest" and "wins").

    Args:
        source: folder of a run; or votes as .csv, .jsonl or .parquet.
        kind: one of ``KINDS``.
        form: pdf, svg, png or jpg.
        metric: whose curve, wins or drift is drawn; that of the protocol by default.
        against: whose mean the trade-off draws drift against; the protocol's quality metric by default.
        systems: whose clips are shown, all by default; or the one whose plan is drawn, the first by default.
        tasks, frames: how many of the first tasks of the run, and how many moments, are shown of clips.
        width: "column" or "page" of a two-column paper.

    Raises:
        FpbenchError: unknown kind, form, width, metric or system, or nothing to draw.
    """
    for what, value, known in (("figure", kind, KINDS), ("format", form, [*FORMS]), ("width", width, [*WIDTHS])):
        if value not in known:
            raise FpbenchError(f"{what} {value!r}: known are {', '.join(known)}")
    with drawing() as make:
        if source.is_file():
            made = _of_votes(make, source, kind, WIDTHS[width])
        else:
            run = load_run(source)
            if kind == "clips":
                made = clips_figure(make, run, systems, tasks, frames, WIDTHS[width])
            else:
                made = _of_run(make, run, kind, metric, against, systems, WIDTHS[width])
        return figure_bytes(made, form)


def _of_votes(make: Factory, source: Path, kind: str, width: float) -> Figure:
    from fpbench.preference import elo_report

    drawers = {"forest": votes_forest, "wins": votes_wins}
    if kind not in drawers:
        raise FpbenchError(f"{source}: votes have the figures {' and '.join(drawers)}, not {kind!r}")
    return drawers[kind](make, elo_report(source), width)


def _of_run(
    make: Factory,
    run: RunData,
    kind: str,
    metric: str | None,
    against: str | None,
    systems: Sequence[str],
    width: float,
) -> Figure:
    for named in (metric, against):
        if named is not None and named not in run.manifest.metrics:
            known = ", ".join(run.manifest.metrics)
            raise FpbenchError(f"{run.folder}: metric {named!r} was not measured; {known} were")
    quality = metric or primary_metrics(run)[0]
    drawers: Mapping[str, Callable[[], Figure]] = {
        "drift": lambda: _drift(make, run, quality, width),
        "tradeoff": lambda: run_tradeoff(make, run, metric, against, width),
        "lag": lambda: run_lag(make, run, width),
        "forest": lambda: run_forest(make, run, width),
        "wins": lambda: run_wins(make, run, quality, width),
        "plan": lambda: plan_diagram(make, run, _planned(run, systems), width),
        "cost": lambda: cost_figure(make, run, width),
    }
    return drawers[kind]()


def _drift(make: Factory, run: RunData, metric: str, width: float) -> Figure:
    if not (run.folder / "series.parquet").is_file():
        raise FpbenchError(
            f"{run.folder}: holds no series.parquet, so no curve can be drawn; run its protocol again:"
            f" fpbench run {run.folder / 'protocol.yaml'}"
        )
    made = drift_figure(make, run, metric, width)
    if made is None:
        raise FpbenchError(f"{run.folder}: no system was measured by {metric!r}")
    return made


def _planned(run: RunData, systems: Sequence[str]) -> str:
    if len(systems) > 1:
        raise FpbenchError(f"a plan is of one system; choose one of {', '.join(systems)}")
    return systems[0] if systems else next((name for name in run.systems if strategy(run, name)), run.systems[0])
