"""One table for every output: typed columns, rows, footer. How it looks is in the renderers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Direction = Literal["up", "down", "two-sided", "none"]
Role = Literal["system", "ceiling", "floor"]


@dataclass(frozen=True)
class Column:
    """One column of numbers.

    Attributes:
        direction: "up" and "down" may carry best marks; "two-sided" and "none" (context) never.
        unit: of the values, "" for a pure number.
        digits: decimal places.
        interval: whether values carry confidence intervals worth printing.
        group: heading over this column and its neighbours of the same group; "" for none.
    """

    key: str
    title: str
    direction: Direction = "none"
    unit: str = ""
    digits: int = 3
    interval: bool = True
    group: str = ""


@dataclass(frozen=True)
class Value:
    """One cell: an estimate, its confidence interval, and whether it shares first or second place.

    Attributes:
        mean: NaN where the metric is undefined.
        low, high: interval ends; None without an interval.
        best: cannot be separated from the best of its column, while somebody else can.
        second: the same among those that are left when the best are taken away.
        coverage: share of the clips on which the metric is defined.
    """

    mean: float
    low: float | None = None
    high: float | None = None
    best: bool = False
    second: bool = False
    coverage: float = 1.0

    @property
    def half_width(self) -> float | None:
        """Half the width of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


@dataclass(frozen=True)
class Row:
    """One system.

    Attributes:
        values: by column key; a missing key is a missing value.
        role: ceilings and floors frame the others and are never marked best.
        flags: remarks such as "frozen", explained in the notes of the table.
        group: heading over this row and its neighbours of the same group; "" for none.
    """

    label: str
    values: Mapping[str, Value]
    role: Role = "system"
    flags: tuple[str, ...] = ()
    group: str = ""


@dataclass(frozen=True)
class Table:
    """A table that can be rendered anywhere.

    Attributes:
        notes: footer lines: run, counts, failures, confidence level, meaning of marks.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()
    corner: str = field(default="system")
