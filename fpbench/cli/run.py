"""``fpbench run`` and ``fpbench resume``: from a protocol to clips, measurements, a table and figures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fpbench.cli.options import RESULTS, Overrides, ProtocolFile, Results, RunFolder, ShardOption, Workers
from fpbench.cli.skipped import say_skipped

if TYPE_CHECKING:
    from fpbench.runs.execute import Finished
    from fpbench.runs.preflight import Plan
    from fpbench.runs.shard import Shard

FAILED = 3
"""Exit code when every cell was tried and some failed."""


def run(
    protocol: ProtocolFile,
    overrides: Overrides = None,
    results: Results = RESULTS,
    workers: Workers = None,
    shard: ShardOption = None,
) -> None:
    """Run a protocol, or continue it, and print its table.

    A metric of a group that cannot be measured here is skipped with its reason.
    """
    _run(protocol, overrides or [], results, workers, shard, retry_failed=False)


def resume(folder: RunFolder, workers: Workers = None, shard: ShardOption = None) -> None:
    """Continue a run from its folder and try its failed cells again."""
    from fpbench.runs.manifest import load_manifest

    overrides = list(load_manifest(folder).overrides)
    results = folder.absolute().parent.parent
    _run(folder / "protocol.yaml", overrides, results, workers, shard, retry_failed=True, expected=folder.name)


def _run(
    protocol: Path,
    overrides: list[str],
    results: Path,
    workers: int | None,
    shard: str | None,
    *,
    retry_failed: bool,
    expected: str | None = None,
) -> None:
    from fpbench.protocol import load_protocol
    from fpbench.report.outputs import up_to_date
    from fpbench.runs.execute import all_clips_stored, previous_manifest, run_folder
    from fpbench.runs.preflight import preflight
    from fpbench.runs.shard import Shard

    part = Shard.parse(shard) if shard else None
    loaded, source = load_protocol(protocol, overrides)
    plan = preflight(loaded, source, results)
    say_skipped(plan.skipped, len(plan.metrics))
    folder = run_folder(results, plan.run_id)
    if expected not in (None, plan.run_id):
        typer.echo(f"note: weights, metrics or code changed since {expected}; continuing as {plan.run_id}", err=True)
    previous = previous_manifest(folder)
    if previous and previous.status == "done" and up_to_date(folder) and all_clips_stored(plan, results):
        typer.echo(f"{folder}: finished at {previous.updated}; nothing to do", err=True)
        _show(folder)
        return
    finished = _execute(plan, results, workers, part, retry_failed=retry_failed)
    _report(finished)


def _execute(plan: Plan, results: Path, workers: int | None, shard: Shard | None, *, retry_failed: bool) -> Finished:
    from fpbench.cli.progress import watcher
    from fpbench.runs.execute import execute
    from fpbench.runs.executors import local

    executor = local(workers)
    typer.echo(f"{plan.run_id}: {plan.cell_count} cells, {executor.workers} workers", err=True)
    try:
        with watcher() as watching:
            return execute(plan, results, executor, watching, shard=shard, retry_failed=retry_failed)
    finally:
        executor.close()


def _report(finished: Finished) -> None:
    counts, folder = finished.manifest.counts, finished.folder
    if not finished.complete:
        typer.echo(f"{folder}: {counts.done} of {counts.cells} cells done; the rest is in other shards", err=True)
        return
    from fpbench.report.outputs import write_outputs

    for path in write_outputs(folder):
        typer.echo(f"wrote {path}", err=True)
    _show(folder)
    if counts.failed:
        typer.echo(
            f"{counts.failed} of {counts.cells} cells failed, see {folder / 'cells.jsonl'};"
            f" try them again with: fpbench resume {folder}",
            err=True,
        )
        raise typer.Exit(FAILED)


def _show(folder: Path) -> None:
    from fpbench.report.outputs import results_of
    from fpbench.report.terminal import show

    show(results_of(folder))
