r"""A booktabs table for papers with numbers aligned by siunitx; needs ``\usepackage{booktabs,graphicx,siunitx}``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from fpbench.report.table import Column, Direction, Table, Value
from fpbench.report.text import MISSING, compact, number, opens_group, spans, value_text

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
    "ω": r"$\omega$",
    "−": "$-$",
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
_SYMBOLS = tuple(rf"$^{{{symbol}}}$" for symbol in (r"\dagger", r"\ddagger", r"\S", r"\P", r"\ast", r"\star"))
_PACKAGES = r"% \usepackage{booktabs,graphicx,siunitx}"
_SETTINGS = r"\sisetup{detect-all, separate-uncertainty, table-align-uncertainty, retain-zero-uncertainty}"
MOST_COLUMNS = 14
"""A wider table is set as several, since nobody could read it scaled down to the text."""
_SHRINK = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""A table wider than the text is scaled down to it; others keep the size of their letters."""


def escape(text: str) -> str:
    r"""Text that LaTeX prints as it is; brackets are guarded because a row may begin with one after ``\\\\``."""
    return re.sub(r"[\\{}_%&#$~^<>|±∞–Δ×·σω−\[\]]", lambda match: _SPECIAL[match.group()], text)


def render(table: Table) -> str:
    """The table as ``table`` environments with booktabs rules, caption and notes; flags of rows become symbols."""
    table = compact(table)
    symbols = dict(zip(dict.fromkeys(flag for row in table.rows for flag in row.flags), _SYMBOLS, strict=False))
    parts = _parts(table.columns)
    made = [
        replace(
            table,
            title=table.title + f" ({part} of {len(parts)})" * (len(parts) > 1),
            columns=columns,
            notes=table.notes if part == len(parts) else (),
        )
        for part, columns in enumerate(parts, 1)
    ]
    return "\n".join([_PACKAGES, *(line for one in made for line in _environment(one, symbols))]) + "\n"


def _parts(columns: Sequence[Column]) -> list[tuple[Column, ...]]:
    """Columns of each table; those of one metric stay together."""
    parts: list[tuple[Column, ...]] = [()]
    for _, of_one in groupby(columns, key=lambda column: column.key.partition(".")[0]):
        metric = tuple(of_one)
        if parts[-1] and len(parts[-1]) + len(metric) > MOST_COLUMNS:
            parts.append(())
        parts[-1] += metric
    return parts


def _environment(table: Table, symbols: Mapping[str, str]) -> list[str]:
    shapes = [_Shape.of(column, (row.values.get(column.key) for row in table.rows)) for column in table.columns]
    return [
        r"\begin{table}[t]",
        r"\centering",
        rf"\caption{{{escape(table.title)}.}}",
        r"\small",
        _SETTINGS,
        r"\setlength{\tabcolsep}{4pt}",
        _SHRINK,
        rf"\begin{{tabular}}{{@{{}}l{''.join(f' {shape.column}' for shape in shapes)}@{{}}}}",
        r"\toprule",
        *_head(table),
        r"\midrule",
        *_body(table, shapes, symbols),
        r"\bottomrule",
        r"\end{tabular}}",
        *_notes(table.notes, symbols),
        r"\end{table}",
    ]


def _head(table: Table) -> list[str]:
    lines, start = [], 2
    groups = spans(table.columns)
    if groups:
        cells = [rf"\multicolumn{{{count}}}{{c}}{{{escape(group)}}}" for group, count in groups]
        lines.append(" & ".join(["", *cells]) + r" \\")
        rules = []
        for group, count in groups:
            rules += [rf"\cmidrule(lr){{{start}-{start + count - 1}}}"] if group else []
            start += count
        lines.append("".join(rules))
    heads = (f"{{{_heading(column)}}}" for column in table.columns)
    return [*lines, " & ".join([escape(table.corner), *heads]) + r" \\"]


def _heading(column: Column) -> str:
    unit = f" ({escape(column.unit)})" if column.unit else ""
    return f"{escape(column.title)}{unit}{_ARROWS[column.direction]}"


def _body(table: Table, shapes: list[_Shape], symbols: Mapping[str, str]) -> list[str]:
    lines = []
    for position, row in enumerate(table.rows):
        if opens_group(table.rows, position):
            lines += [r"\addlinespace[2pt]"] if position else []
            lines.append(rf"\multicolumn{{{len(shapes) + 1}}}{{@{{}}l}}{{\textit{{{escape(row.group)}}}}} \\")
        cells = (shape.cell(row.values.get(shape.of_column.key)) for shape in shapes)
        flags = [symbols[flag] if flag in symbols else escape(f" [{flag}]") for flag in row.flags]
        lines.append(" & ".join([escape(row.label) + "".join(flags), *cells]) + r" \\")
    return lines


def _notes(notes: Iterable[str], symbols: Mapping[str, str]) -> list[str]:
    legend = ", ".join(f"{symbol} {escape(flag)}" for flag, symbol in symbols.items())
    text = " ".join([f"{legend}.", *map(escape, notes)] if legend else map(escape, notes))
    return [rf"\par\vspace{{3pt}}\parbox{{\linewidth}}{{\scriptsize\raggedright {text}}}"] if text else []


@dataclass(frozen=True)
class _Shape:
    """How many characters the numbers of a column take before and after the point, their uncertainties included."""

    of_column: Column
    before: int
    negative: bool
    uncertain: int

    @classmethod
    def of(cls, column: Column, values: Iterable[Value | None]) -> _Shape:
        known = [value for value in values if value is not None and math.isfinite(value.mean)]
        texts = [number(value.mean, column.digits) for value in known]
        halves = [_half(value, column) for value in known]
        return cls(
            column,
            max((_integers(text) for text in texts), default=1),
            any(text.startswith("-") for text in texts),
            max((_integers(text) + column.digits for text in halves if text), default=0),
        )

    @property
    def column(self) -> str:
        """The column's type in the preamble of ``tabular``."""
        return f"S[table-format={self._format(self.before, negative=self.negative)}]"

    def _format(self, before: int, *, negative: bool) -> str:
        uncertain = f"({self.uncertain})" if self.uncertain else ""
        digits = f".{self.of_column.digits}" if self.of_column.digits else ""
        return f"{'-' * negative}{before}{digits}{uncertain}"

    def cell(self, value: Value | None) -> str:
        """A number for siunitx, or text in braces."""
        if value is None or not math.isfinite(value.mean):
            return f"{{{escape(MISSING if value is None else value_text(value, self.of_column))}}}"
        text, half = number(value.mean, self.of_column.digits), _half(value, self.of_column)
        uncertain = f"{text} +- {half}" if half else text
        if value.best:
            return rf"\bfseries {uncertain}"
        return self._underlined(text, uncertain) if value.second else uncertain

    def _underlined(self, text: str, uncertain: str) -> str:
        """The cell aligns itself, because siunitx cannot underline: blanks for what it lacks before the point."""
        lacking = "$-$" * (self.negative and not text.startswith("-")) + "0" * (self.before - _integers(text))
        blank = rf"\phantom{{{lacking}}}" if lacking else ""
        shape = self._format(_integers(text), negative=text.startswith("-"))
        return rf"{{{blank}\underline{{\tablenum[table-format={shape}]{{{uncertain}}}}}}}"


def _integers(text: str) -> int:
    return len(text.lstrip("-").split(".")[0])


def _half(value: Value, column: Column) -> str:
    half = value.half_width
    return number(half, column.digits) if column.interval and half is not None and math.isfinite(half) else ""
