"""``fpbench check``: everything that can fail before the first frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from fpbench.protocol import Protocol

from fpbench.cli.options import RESULTS, Overrides, ProtocolFile, Results
from fpbench.cli.skipped import say_skipped


def check(protocol: ProtocolFile, overrides: Overrides = None, results: Results = RESULTS) -> None:
    """Read a protocol, build its systems, and say what would run."""
    from fpbench.protocol import load_protocol
    from fpbench.runs.execute import run_folder
    from fpbench.runs.preflight import needed_bytes, preflight

    loaded, source = load_protocol(protocol, overrides or [])
    plan = preflight(loaded, source, results)
    say_skipped(plan.skipped, len(plan.metrics))
    for spec in plan.specs:
        typer.echo(f"  {spec.name}  ({spec.use})")
    size = needed_bytes(loaded, plan.world, len(plan.specs)) / 2**20
    tasks = plan.cell_count // len(plan.specs)
    typer.echo(
        f"{protocol}: ready. {len(plan.specs)} systems x {tasks} clips of {loaded.tasks.frames} frames,"
        f" {len(plan.metrics)} metrics, at most {size:.0f} MB, in {run_folder(results, plan.run_id)}"
    )
    for line in powers(loaded):
        typer.echo(line)


def powers(protocol: Protocol) -> list[str]:
    """One line per comparison: the power it was planned with, and what it would need."""
    from fpbench.stats import paired_power, tasks_needed

    lines = []
    for one in protocol.comparisons:
        tasks, need = protocol.task_count(one.kind), tasks_needed(one.effect, power=one.power)
        power = paired_power(one.effect, tasks) if tasks > 1 else 0.0
        short = "" if power >= one.power else f"; UNDERPOWERED: {one.power:.0%} needs {need} tasks"
        lines.append(
            f"  {one.name}: {one.part} of {one.metric} {one.expect} by {one.smallest:g}; power {power:.0%} with"
            f" {tasks} tasks{short}"
        )
    return lines
