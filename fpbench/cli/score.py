"""``fpbench score``: anybody's folders of clips, measured into an ordinary run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fpbench.cli.options import RESULTS, Workers
from fpbench.cli.skipped import say_skipped

if TYPE_CHECKING:
    from fpbench.runs.scoring import Scored

FAILED = 3
"""Exit code when every clip was tried and some could not be scored."""
SHOWN = 3


def score(
    folders: Annotated[
        list[str],
        typer.Argument(
            help="A folder of clips for each system, paired by file name; or NAME=FOLDER.", metavar="FOLDER"
        ),
    ],
    metrics: Annotated[list[str] | None, typer.Option(help="Metric or group; several times. Default: tier0.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run, .../runs/NAME.", show_default="results/runs/score-NAMES")
    ] = None,
    fps: Annotated[
        str, typer.Option(help="'file' for every file's own mean rate, or a rate that all are measured at.")
    ] = "file",
    quality: Annotated[str | None, typer.Option(help="Metric of the first column.")] = None,
    drift: Annotated[str | None, typer.Option(help="Metric whose drift is the drift.")] = None,
    reference: Annotated[str | None, typer.Option(help="System that paired differences are against.")] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="JSON or YAML: what each clip was asked to show, by file name without ending.")
    ] = None,
    workers: Workers = None,
) -> None:
    """Measure every clip of every folder and print the table; what cannot be scored is named and counted.

    A metric of a group that cannot be measured here is skipped with its reason; a bad file costs exit code 3.
    """
    from fpbench.cli.progress import watcher
    from fpbench.runs.executors import local
    from fpbench.runs.scoring import plan_score, read_prompts
    from fpbench.runs.scoring import score as measure

    names = metrics or ["tier0"]
    texts = read_prompts(prompts) if prompts else None
    chosen = {"quality": quality, "drift": drift, "reference": reference}
    plan = plan_score(folders, names, fps=_rate(fps), prompts=texts, **chosen)
    say_skipped(plan.skipped, len(plan.metrics))
    executor = local(workers)
    try:
        with watcher() as watching:
            scored = measure(plan, out or default_run("score", list(plan.systems)), executor, watching)
    finally:
        executor.close()
    _report(scored)


def _rate(text: str) -> float | None:
    from fpbench.errors import FpbenchError

    try:
        rate = None if text == "file" else float(text)
    except ValueError:
        rate = 0.0
    if rate is not None and not 0 < rate < float("inf"):
        raise FpbenchError(f"--fps {text!r}: write 'file' or a positive number of frames per second")
    return rate


def default_run(kind: str, systems: list[str]) -> Path:
    """Folder of a run that was given no name."""
    return RESULTS / "runs" / re.sub(r"[^\w.-]+", "-", "-".join([kind, *systems]))[:80]


def _report(scored: Scored) -> None:
    from fpbench.report.outputs import results_of, write_outputs
    from fpbench.report.terminal import show

    counts, folder = scored.finished.manifest.counts, scored.finished.folder
    for remark, files in scored.remarks.items():
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        typer.echo(
            f"note: {remark}: {', '.join(files[:SHOWN])}{more} ({len(files)} file{'s' if len(files) > 1 else ''})",
            err=True,
        )
    for problem in scored.problems:
        typer.secho(f"FAILED {problem.system} · {problem.clip}: {problem.reason}", err=True, fg=typer.colors.RED)
    if counts.done:
        for path in write_outputs(folder):
            typer.echo(f"wrote {path}", err=True)
        show(results_of(folder))
    if counts.failed:
        typer.echo(f"{counts.failed} of {counts.cells} clips could not be scored; the rest is in {folder}", err=True)
        raise typer.Exit(FAILED)
