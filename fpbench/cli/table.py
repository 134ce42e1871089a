"""``fpbench table``: the results of a finished run in any format."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.options import RunFolder


class Format(StrEnum):
    """Formats a table can be rendered to."""

    terminal = "terminal"
    markdown = "markdown"
    csv = "csv"
    latex = "latex"
    html = "html"


def table(
    folder: RunFolder,
    form: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.terminal,
    layout: Annotated[
        str, typer.Option(help="results (columns of the protocol), all, or paired (against its reference).")
    ] = "results",
    out: Annotated[Path | None, typer.Option(help="Write to a file instead of the terminal.")] = None,
) -> None:
    """Print the results table of a finished run."""
    from fpbench.report import render
    from fpbench.report.outputs import results_of
    from fpbench.report.terminal import show

    found = results_of(folder, layout=layout)
    if form is Format.terminal:
        show(found)
    elif out is None:
        typer.echo(render(found, form.value), nl=False)
    else:
        out.write_text(render(found, form.value), encoding="utf-8")
        typer.echo(f"wrote {out}", err=True)
