"""From a finished run to tables and figures. Reads stored results only; nothing is measured here."""

from __future__ import annotations

from fpbench.errors import FpbenchError
from fpbench.report import delimited, html, latex, markdown
from fpbench.report.table import Column, Row, Table, Value

__all__ = ["FORMATS", "Column", "Row", "Table", "Value", "render"]

FORMATS = {"markdown": markdown.render, "csv": delimited.render, "latex": latex.render, "html": html.render}


def render(table: Table, form: str) -> str:
    """The table in one of ``FORMATS``.

    Raises:
        FpbenchError: no such format.
    """
    if form not in FORMATS:
        raise FpbenchError(f"format {form!r}: known are {', '.join(FORMATS)}")
    return FORMATS[form](table)
