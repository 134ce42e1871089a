"""``fpbench list``: what exists: systems, metrics, worlds, packs, runs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.options import RESULTS, Results


class What(StrEnum):
    """Things that can be listed."""

    systems = "systems"
    metrics = "metrics"
    worlds = "worlds"
    packs = "packs"
    runs = "runs"


def listing(what: Annotated[What, typer.Argument(help="What to list.")], results: Results = RESULTS) -> None:
    """List registered systems, metrics or worlds, the packs of the paper's Table 1, or the runs of a folder."""
    if what is What.runs:
        typer.echo("\n".join(_runs(results)))
    elif what is What.packs:
        typer.echo(_packs())
    else:
        typer.echo("\n".join(_metrics() if what is What.metrics else _names(what)))


def _names(what: What) -> list[str]:
    from fpbench.registry import names

    return names(f"fpbench.{what}")


def _packs() -> str:
    from fpbench.framepack.paper import table

    return table()


def _metrics() -> list[str]:
    from fpbench.metrics import card
    from fpbench.registry import names

    cards = [card(name) for name in names("fpbench.metrics")]
    return [f"{one.name:18} {one.group:8} {one.direction:10} {one.doc}" for one in cards]


def _runs(results: Path) -> list[str]:
    from fpbench.errors import FpbenchError
    from fpbench.runs.manifest import FILE, load_manifest

    lines = []
    for path in sorted((results / "runs").glob(f"*/{FILE}")):
        try:
            run = load_manifest(path.parent)
        except FpbenchError as error:
            lines.append(f"{path.parent}: {error}")
            continue
        counts = run.counts
        progress = f"{counts.done}/{counts.cells} done, {counts.failed} failed"
        lines.append(f"{path.parent}  {run.status}  {progress}  {run.updated}")
    return lines or [f"no runs in {results}; start one with: fpbench run protocols/drift.yaml"]
