"""``fpbench check``: everything that can fail before the first frame."""

from __future__ import annotations

import typer

from fpbench.cli.options import RESULTS, Overrides, ProtocolFile, Results


def check(protocol: ProtocolFile, overrides: Overrides = None, results: Results = RESULTS) -> None:
    """Read a protocol, build its systems, and say what would run."""
    from fpbench.protocol import load_protocol
    from fpbench.runs.execute import run_folder
    from fpbench.runs.preflight import needed_bytes, preflight

    loaded, source = load_protocol(protocol, overrides or [])
    plan = preflight(loaded, source, results)
    for spec in plan.specs:
        typer.echo(f"  {spec.name}  ({spec.use})")
    size = needed_bytes(loaded, plan.world, len(plan.specs)) / 2**20
    tasks = plan.cell_count // len(plan.specs)
    typer.echo(
        f"{protocol}: ready. {len(plan.specs)} systems x {tasks} clips of {loaded.tasks.frames} frames,"
        f" {len(plan.metrics)} metrics, at most {size:.0f} MB, in {run_folder(results, plan.run_id)}"
    )
