"""``fpbench table``: the results of finished runs in any format and layout."""

from __future__ import annotations

from typing import Annotated

import typer

from fpbench.cli.options import RunFolders
from fpbench.cli.output import Format, FormatOption, TableFile, put


def table(
    folders: RunFolders,
    form: FormatOption = Format.terminal,
    layout: Annotated[
        str,
        typer.Option(
            help="results (columns of the protocol), all, paired (against its reference), gain (drift removed"
            " against it at matched motion), lag (what is measured by lag), leaderboard, paper1 and paper2 (the"
            " paper's tables), or a layout file; docs/tables.md says what one holds."
        ),
    ] = "results",
    out: TableFile = None,
) -> None:
    """Print the results of finished runs: for reading, or for a paper."""
    from fpbench.report.outputs import results_of

    put(results_of(folders, layout=layout), form, out)
