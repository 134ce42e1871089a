"""``fpbench table``: the results of a finished run in any format."""

from __future__ import annotations

from typing import Annotated

import typer

from fpbench.cli.options import RunFolder
from fpbench.cli.output import Format, FormatOption, TableFile, put


def table(
    folder: RunFolder,
    form: FormatOption = Format.terminal,
    layout: Annotated[
        str, typer.Option(help="results (columns of the protocol), all, or paired (against its reference).")
    ] = "results",
    out: TableFile = None,
) -> None:
    """Print the results table of a finished run."""
    from fpbench.report.outputs import results_of

    put(results_of(folder, layout=layout), form, out)
