"""Tables to the terminal, to standard output or to a file, alike for every command that ends in one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from fpbench.report import Table


class Format(StrEnum):
    """Formats a table can be rendered to."""

    terminal = "terminal"
    markdown = "markdown"
    csv = "csv"
    latex = "latex"
    html = "html"


FormatOption = Annotated[Format, typer.Option("--format", help="Output format.")]
TableFile = Annotated[Path | None, typer.Option("--out", help="Write to a file instead of the terminal.")]


def put(table: Table, form: Format, out: Path | None) -> None:
    """Show a table or write it.

    Raises:
        FpbenchError: a terminal table was to go into a file, or the file cannot be written.
    """
    from fpbench.errors import FpbenchError
    from fpbench.report import render
    from fpbench.report.terminal import show

    if form is Format.terminal and out is None:
        show(table)
    elif out is None:
        typer.echo(render(table, form.value), nl=False)
    elif form is Format.terminal:
        raise FpbenchError(f"--out {out}: say which format to write: --format markdown, csv, latex or html")
    else:
        write(out, render(table, form.value))


def write(out: Path, text: str) -> None:
    """Write a text file and say so; errors as of ``write_bytes``."""
    write_bytes(out, text.encode())


def write_bytes(out: Path, content: bytes) -> None:
    """Write a file and say so.

    Raises:
        FpbenchError: it cannot be written.
    """
    from fpbench.errors import FpbenchError

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(content)
    except OSError as error:
        raise FpbenchError(f"{out}: cannot be written ({error.strerror})") from error
    typer.echo(f"wrote {out}", err=True)
