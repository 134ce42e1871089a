"""``fpbench compare``: what differs between two runs, and by how much their numbers do."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fpbench.cli.output import Format, FormatOption, TableFile, put

UNCOMPARABLE = 3
"""Exit code when what differs was shown, but no number can be paired."""


def compare(
    first: Annotated[Path, typer.Argument(help="Folder of a run.", metavar="RUN")],
    second: Annotated[Path, typer.Argument(help="Folder of the run compared with it.", metavar="RUN")],
    form: FormatOption = Format.terminal,
    out: TableFile = None,
) -> None:
    """Show what differs between two runs (to standard error), and paired differences of the systems both have."""
    from fpbench.errors import FpbenchError
    from fpbench.report.data import load_run
    from fpbench.report.headers import differences
    from fpbench.report.versus import versus

    one, other = load_run(first), load_run(second)
    found = differences(one.manifest, other.manifest)
    for place, here, there in found:
        typer.echo(f"{place}: {_short(here)} -> {_short(there)}", err=True)
    if not found:
        typer.echo("protocol, systems, metrics, world, code and machine are the same", err=True)
    try:
        table = versus(one, other)
    except FpbenchError as error:
        typer.secho(f"error: {error}", err=True, fg=typer.colors.RED)
        raise typer.Exit(UNCOMPARABLE) from error
    put(table, form, out)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
