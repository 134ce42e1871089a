r"""A booktabs table for papers; needs only ``\\usepackage{booktabs}``."""

from __future__ import annotations

import re

from fpbench.report.table import Column, Direction, Table, Value
from fpbench.report.text import MISSING, label, value_text

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "∞": r"$\infty$",
    "–": "--",
    "Δ": r"$\Delta$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "σ": r"$\sigma$",
    "|": r"\textbar{}",
    "[": "{[}",
    "]": "{]}",
}
_ARROWS: dict[Direction, str] = {
    "up": r" $\uparrow$",
    "down": r" $\downarrow$",
    "two-sided": r" $\updownarrow$",
    "none": "",
}


def escape(text: str) -> str:
    r"""Text that LaTeX prints as it is; brackets are guarded because a row may begin with one after ``\\\\``."""
    return re.sub(r"[\\{}_%&#$~^<>|±∞–Δ×·σ\[\]]", lambda match: _SPECIAL[match.group()], text)


def render(table: Table) -> str:
    """The table as a ``table`` environment with booktabs rules, caption and notes."""
    head = " & ".join([escape(table.corner), *(_heading(column) for column in table.columns)])
    lines = [
        r"\begin{table}[t]",
        r"\centering\small",
        rf"\caption{{{escape(table.title)}.}}",
        rf"\begin{{tabular}}{{l{'r' * len(table.columns)}}}",
        r"\toprule",
        rf"{head} \\",
        r"\midrule",
        *(rf"{line} \\" for line in _body(table)),
        r"\bottomrule",
        r"\end{tabular}",
        *(rf"\par\footnotesize {escape(note)}" for note in table.notes),
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def _heading(column: Column) -> str:
    unit = f" ({escape(column.unit)})" if column.unit else ""
    return f"{escape(column.title)}{unit}{_ARROWS[column.direction]}"


def _body(table: Table) -> list[str]:
    return [
        " & ".join([escape(label(row)), *(_cell(row.values.get(column.key), column) for column in table.columns)])
        for row in table.rows
    ]


def _cell(value: Value | None, column: Column) -> str:
    text = escape(value_text(value, column)) if value is not None else escape(MISSING)
    text = re.sub(r"(?<![\w.])-(?=[\d$])", "$-$", text)  # a minus sign, not a hyphen
    return rf"\textbf{{{text}}}" if value is not None and value.best else text
