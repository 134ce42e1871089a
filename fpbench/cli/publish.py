"""``fpbench publish``: keep a finished run beside the code."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.options import RESULTS, RunFolder


def publish(
    folder: RunFolder,
    to: Annotated[
        Path | None, typer.Option(help="Folder to make.", show_default="results/published/NAME OF THE PROTOCOL")
    ] = None,
    clips: Annotated[int, typer.Option(min=0, help="Preview clips per system.")] = 2,
) -> None:
    """Copy a finished run's tables, figures, data and a few small clips to where results are committed."""
    from fpbench.runs.manifest import load_manifest
    from fpbench.runs.publish import publish as copy

    target = to or RESULTS / "published" / str(load_manifest(folder).protocol["name"])
    typer.echo(f"published {copy(folder, target, clips=clips)}")
