"""GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from fpbench.report.table import Column, Table, Value
from fpbench.report.text import heading, label, opens_group, value_text


def escape(text: str) -> str:
    """Text that Markdown shows as it is, also inside a table."""
    return re.sub(r"([\\`*_\[\]<>|#~&$])", r"\\\1", text)


def render(table: Table) -> str:
    """The table as Markdown: title, pipe table, notes as a list."""
    head = [escape(table.corner), *map(_heading, table.columns)]
    lines = [f"### {escape(table.title)}", "", _line(head), _line([":---", *("---:" for _ in table.columns)])]
    for position, row in enumerate(table.rows):
        if opens_group(table.rows, position):
            lines.append(_line([f"***{escape(row.group)}***", *("" for _ in table.columns)]))
        cells = (_cell(row.values.get(column.key), column) for column in table.columns)
        lines.append(_line([escape(label(row)), *cells]))
    lines += ["", *(f"- {escape(note)}" for note in table.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _heading(column: Column) -> str:
    return escape(f"{column.group}: {heading(column)}" if column.group else heading(column))


def _cell(value: Value | None, column: Column) -> str:
    text = escape(value_text(value, column))
    if value is None or not (value.best or value.second):
        return text
    return f"**{text}**" if value.best else f"*{text}*"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
