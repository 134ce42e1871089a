"""GitHub-flavoured Markdown."""

from __future__ import annotations

import re

from fpbench.report.table import Table
from fpbench.report.text import heading, label, value_text


def escape(text: str) -> str:
    """Text that Markdown shows as it is, also inside a table."""
    return re.sub(r"([\\`*_\[\]<>|#~&$])", r"\\\1", text)


def render(table: Table) -> str:
    """The table as Markdown: title, pipe table, notes as a list."""
    head = [escape(table.corner), *(escape(heading(column)) for column in table.columns)]
    lines = [f"### {escape(table.title)}", "", _line(head), _line([":---", *("---:" for _ in table.columns)])]
    for row in table.rows:
        cells = [escape(label(row))]
        for column in table.columns:
            value = row.values.get(column.key)
            text = escape(value_text(value, column))
            cells.append(f"**{text}**" if value is not None and value.best else text)
        lines.append(_line(cells))
    lines += ["", *(f"- {escape(note)}" for note in table.notes)]
    return "\n".join(lines).rstrip() + "\n"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
