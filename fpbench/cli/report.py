"""``fpbench report``: a run as one page to be mailed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.options import RunFolder
from fpbench.cli.output import write


def report(
    folder: RunFolder,
    clips: Annotated[int, typer.Option(min=0, help="Tasks whose clips are embedded.")] = 2,
    out: Annotated[
        Path | None, typer.Option(help="HTML file.", show_default="report.html in the folder of the run")
    ] = None,
) -> None:
    """Write a finished run as one self-contained HTML page: tables, figures, small clips, provenance."""
    from fpbench.report.page import report_page

    path = out or folder / "report.html"
    write(path, report_page(folder, clips=clips))
    typer.echo(f"{path.stat().st_size / 2**20:.1f} MB", err=True)
