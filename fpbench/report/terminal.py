"""The table on a terminal, by rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fpbench.report.table import Column, Table, Value
from fpbench.report.text import compact, heading, label, opens_group, spans, value_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as Grid
    from rich.text import Text

LOG_WIDTH = 250
"""Columns assumed where the output is no terminal, so that a log keeps whole rows."""
_BETWEEN, _MARK, _EDGES = 3, 2, 2
"""Characters between columns, those of a mark behind a number, and those of the table's edges."""


def show(table: Table, console: Console | None = None) -> None:
    """Print the table to standard output, first places bold with a star, second ones underlined with a tick.

    Where the terminal is too narrow, the columns that do not fit come below in a table of their own.
    """
    from rich.console import Console as RichConsole
    from rich.text import Text

    table, console = compact(table), console or RichConsole()
    if not console.is_terminal:
        console.width = LOG_WIDTH
    console.print(Text(table.title, style="bold"))
    for columns in _panels(table, console.width):
        console.print(_grid(table, columns))
    for note in table.notes:
        console.print(note, markup=False, highlight=False, soft_wrap=not console.is_terminal, style="dim")


def _panels(table: Table, width: int) -> list[list[Column]]:
    """The columns in order, in as few tables as fit into a width; a column keeps those beside it that explain it."""
    room = width - max(len(table.corner), *(len(label(row)) for row in table.rows), 0) - _EDGES
    panels: list[list[Column]] = [[]]
    left = room
    for together in _together(table.columns):
        fits = sum(_width(table, column) for column in together) <= room
        for part in [together] if fits else [[column] for column in together]:
            needed = sum(_width(table, column) for column in part)
            if needed > left and panels[-1]:
                panels.append([])
                left = room
            panels[-1] += part
            left -= needed
    return panels


def _together(columns: Sequence[Column]) -> list[list[Column]]:
    """A column with an interval, and the plain ones after it, such as sign and floor after a drift."""
    parts: list[list[Column]] = []
    for column in columns:
        if column.interval or not parts:
            parts.append([])
        parts[-1].append(column)
    return parts


def _width(table: Table, column: Column) -> int:
    cells = (value_text(row.values.get(column.key), column) for row in table.rows)
    return max(len(heading(column)), len(column.group), *(len(cell) + _MARK for cell in cells), 0) + _BETWEEN


def _grid(table: Table, columns: Sequence[Column]) -> Grid:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    grid = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column(Text(table.corner), overflow="fold")
    grouped = bool(spans(columns))
    for position, column in enumerate(columns):
        opens = position == 0 or columns[position - 1].group != column.group
        above = f"{column.group if opens else ''}\n" if grouped else ""
        grid.add_column(Text(above + heading(column)), justify="right", vertical="bottom")
    for position, row in enumerate(table.rows):
        if opens_group(table.rows, position):
            grid.add_row(Text(row.group, style="italic"))
        cells = [Text(label(row), style="dim" if row.role != "system" else "")]
        grid.add_row(*cells, *(_cell(row.values.get(column.key), column) for column in columns))
    return grid


def _cell(value: Value | None, column: Column) -> Text:
    from rich.text import Text

    text = value_text(value, column)
    if value is None or not (value.best or value.second):
        return Text(text)
    return Text(f"{text} *", style="bold") if value.best else Text(f"{text} '", style="underline")
