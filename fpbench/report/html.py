"""A plain HTML table without scripts or style sheets."""

from __future__ import annotations

from html import escape

from fpbench.report.table import Column, Table, Value
from fpbench.report.text import heading, label, value_text


def render(table: Table) -> str:
    """The table as one ``<table>`` element; notes in its footer."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in [table.corner, *map(heading, table.columns)])
    rows = "\n".join(
        f'<tr><th scope="row">{escape(label(row))}</th>'
        + "".join(_cell(row.values.get(column.key), column) for column in table.columns)
        + "</tr>"
        for row in table.rows
    )
    notes = "".join(f'<tr><td colspan="{len(table.columns) + 1}">{escape(note)}</td></tr>\n' for note in table.notes)
    return (
        f"<table>\n<caption>{escape(table.title)}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n<tfoot>\n{notes}</tfoot>\n</table>\n"
    )


def _cell(value: Value | None, column: Column) -> str:
    text = escape(value_text(value, column))
    return f"<td><strong>{text}</strong></td>" if value is not None and value.best else f"<td>{text}</td>"
