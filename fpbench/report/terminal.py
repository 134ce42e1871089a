"""The table on a terminal, by rich."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fpbench.report.table import Table
from fpbench.report.text import heading, label, value_text

if TYPE_CHECKING:
    from rich.console import Console

LOG_WIDTH = 200
"""Columns assumed where the output is no terminal, so that a log keeps whole rows."""


def show(table: Table, console: Console | None = None) -> None:
    """Print the table to standard output, best values bold."""
    from rich.console import Console as RichConsole
    from rich.table import Table as RichTable
    from rich.text import Text

    console = console or RichConsole()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    grid = RichTable(title=Text(table.title), title_justify="left")
    grid.add_column(Text(table.corner), overflow="fold")
    for column in table.columns:
        grid.add_column(Text(heading(column)), justify="right")
    for row in table.rows:
        cells = [Text(label(row), style="dim" if row.role != "system" else "")]
        for column in table.columns:
            value = row.values.get(column.key)
            best = value is not None and value.best
            cells.append(Text(value_text(value, column) + (" *" if best else ""), style="bold" if best else ""))
        grid.add_row(*cells)
    console.print(grid)
    for note in table.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=True)
