"""An HTML table without scripts or style sheets; classes tell a style sheet what is what."""

from __future__ import annotations

from html import escape

from fpbench.report.table import Column, Row, Table, Value
from fpbench.report.text import compact, heading, label, opens_group, spans, value_text


def render(table: Table) -> str:
    """The table as one ``<table>`` element; notes in its footer."""
    table = compact(table)
    width = len(table.columns) + 1
    body = []
    for position, row in enumerate(table.rows):
        if opens_group(table.rows, position):
            body.append(f'<tr class="group"><th colspan="{width}" scope="rowgroup">{escape(row.group)}</th></tr>')
        body.append(_row(row, table.columns))
    rows = "\n".join(body)
    notes = "".join(f'<tr><td colspan="{width}">{escape(note)}</td></tr>\n' for note in table.notes)
    return (
        f"<table>\n<caption>{escape(table.title)}</caption>\n<thead>{_head(table)}</thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n<tfoot>\n{notes}</tfoot>\n</table>\n"
    )


def _head(table: Table) -> str:
    columns = "".join(f'<th scope="col">{escape(heading(column))}</th>' for column in table.columns)
    groups = spans(table.columns)
    if not groups:
        return f'<tr><th scope="col">{escape(table.corner)}</th>{columns}</tr>'
    upper = "".join(f'<th scope="colgroup" colspan="{count}">{escape(group)}</th>' for group, count in groups)
    return f'<tr><th scope="col" rowspan="2">{escape(table.corner)}</th>{upper}</tr>\n<tr>{columns}</tr>'


def _row(row: Row, columns: tuple[Column, ...]) -> str:
    cells = "".join(_cell(row.values.get(column.key), column) for column in columns)
    return f'<tr class="{row.role}"><th scope="row">{escape(label(row))}</th>{cells}</tr>'


def _cell(value: Value | None, column: Column) -> str:
    text = escape(value_text(value, column))
    if value is None or not (value.best or value.second):
        return f"<td>{text}</td>"
    return f"<td><strong>{text}</strong></td>" if value.best else f"<td><u>{text}</u></td>"
