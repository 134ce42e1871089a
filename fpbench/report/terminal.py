"""The table on a terminal, by rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpbench.report.table import Column, Table, Value
from fpbench.report.text import compact, heading, label, opens_group, spans, value_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LOG_WIDTH = 250
"""Columns assumed where the output is no terminal, so that a log keeps whole rows."""


def show(table: Table, console: Console | None = None) -> None:
    """Print the table to standard output, first places bold with a star, second ones underlined with a tick."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console as RichConsole
    from rich.table import Table as RichTable
    from rich.text import Text

    table, console = compact(table), console or RichConsole()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    grid = RichTable(title=Text(table.title, style="bold"), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column(Text(table.corner), overflow="fold", min_width=12)
    grouped = bool(spans(table.columns))
    for position, column in enumerate(table.columns):
        above = f"{column.group if _opens(table.columns, position) else ''}\n" if grouped else ""
        grid.add_column(Text(above + heading(column)), justify="right", vertical="bottom")
    for position, row in enumerate(table.rows):
        if opens_group(table.rows, position):
            grid.add_row(Text(row.group, style="italic"))
        cells = [Text(label(row), style="dim" if row.role != "system" else "")]
        cells += [_cell(row.values.get(column.key), column) for column in table.columns]
        grid.add_row(*cells)
    console.print(grid)
    for note in table.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=not console.is_terminal, style="dim")


def _opens(columns: Sequence[Column], position: int) -> bool:
    return position == 0 or columns[position - 1].group != columns[position].group


def _cell(value: Value | None, column: Column) -> Text:
    from rich.text import Text

    text = value_text(value, column)
    if value is None or not (value.best or value.second):
        return Text(text)
    return Text(f"{text} *", style="bold") if value.best else Text(f"{text} '", style="underline")
