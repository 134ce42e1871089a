"""A finished run read back: values by system and metric, aligned over cells. Opens Parquet and ``run.json`` only."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.report.table import Role
from fpbench.runs.manifest import Manifest, load_manifest

Direction = Literal["up", "down", "two-sided"]


@dataclass(frozen=True)
class MetricFacts:
    """What a table needs to know of a metric, as recorded when it was measured."""

    name: str
    direction: Direction
    unit: str
    doc: str
    digits: int


@dataclass(frozen=True, eq=False)
class RunData:
    """A finished run.

    Attributes:
        cells: columns of ``cells.parquet``.
        summary: columns of ``summary.parquet``.
    """

    folder: Path
    manifest: Manifest
    cells: dict[str, list[Any]]
    summary: dict[str, list[Any]]

    @cached_property
    def systems(self) -> list[str]:
        """Row names in the order of the protocol."""
        return list(self.manifest.systems)

    @cached_property
    def units(self) -> dict[tuple[str, int], int]:
        """Position of every (task, seed) in the arrays of ``values``."""
        pairs = zip(self.cells["task"], self.cells["seed"], strict=True)
        return {pair: position for position, pair in enumerate(dict.fromkeys(pairs))}

    @property
    def frames(self) -> int:
        """Length of a clip in frames, as its protocol asks for."""
        return int(str(cast("dict[str, Any]", self.manifest.protocol["tasks"])["frames"]))

    @property
    def tasks(self) -> NDArray[np.str_]:
        """(cells,) task of each unit, by which values are clustered."""
        return np.array([task for task, _ in self.units])

    @cached_property
    def _rows(self) -> dict[tuple[str, str], list[tuple[int, int]]]:
        rows: dict[tuple[str, str], list[tuple[int, int]]] = {}
        names = ("system", "metric", "task", "seed")
        for row, (system, metric, task, seed) in enumerate(zip(*(self.summary[n] for n in names), strict=True)):
            rows.setdefault((system, metric), []).append((self.units[task, seed], row))
        return rows

    def values(self, system: str, metric: str, column: str = "mean") -> NDArray[np.float64]:
        """(cells,) float64 of one summary column, NaN where failed or undefined."""
        found = np.full(len(self.units), np.nan)
        source = self.summary[column]
        for unit, row in self._rows.get((system, metric), []):
            found[unit] = source[row]
        return found

    def clip_values(self, metric: str) -> dict[str, float]:
        """The value of every clip, by content address; NaN where undefined.

        Raises:
            FpbenchError: the run was not measured by that metric.
        """
        if metric not in self.manifest.metrics:
            known = ", ".join(self.manifest.metrics)
            raise FpbenchError(f"{self.folder}: was not measured by {metric!r}; there are {known}")
        values = {system: self.values(system, metric) for system in self.systems}
        columns = (self.cells[name] for name in ("system", "task", "seed", "clip"))
        rows = zip(*columns, strict=True)
        return {clip: float(values[system][self.units[task, seed]]) for system, task, seed, clip in rows if clip}

    def measured(self, system: str, metric: str) -> bool:
        """Whether any clip of the system was measured by the metric."""
        return (system, metric) in self._measured

    @cached_property
    def _measured(self) -> frozenset[tuple[str, str]]:
        return frozenset(zip(self.summary["system"], self.summary["metric"], strict=True))

    def metric(self, name: str) -> MetricFacts:
        """Direction, unit and sensible decimals of a metric."""
        facts = cast("dict[str, Any]", self.manifest.metrics[name])
        top = facts["range"][1]
        digits = 3 if not facts["unit"] and (top is None or top <= 1) else 2
        return MetricFacts(name, facts["direction"], facts["unit"], facts["doc"], digits)

    def role(self, system: str) -> Role:
        """What its card gives as source: "ceiling" and "floor" frame the others."""
        source = cast("dict[str, Any]", self.manifest.systems[system]["card"]).get("source")
        return source if source in ("ceiling", "floor") else "system"

    def failures(self) -> Counter[str]:
        """Failed cells by system."""
        pairs = zip(self.cells["system"], self.cells["status"], strict=True)
        return Counter(system for system, status in pairs if status == "failed")


def load_run(folder: Path) -> RunData:
    """Read a finished run.

    Raises:
        FpbenchError: no run, not finished, or a damaged file; the message names it and the remedy.
    """
    manifest = load_manifest(folder)
    if manifest.status not in ("done", "failed"):
        counts = manifest.counts
        raise FpbenchError(
            f"{folder}: not finished ({counts.done} of {counts.cells} cells); continue: fpbench resume {folder}"
        )
    return RunData(folder, manifest, _columns(folder, "cells"), _columns(folder, "summary"))


def _columns(folder: Path, name: str) -> dict[str, list[Any]]:
    path = folder / f"{name}.parquet"
    try:
        return cast("dict[str, list[Any]]", pq.read_table(path).to_pydict())
    except (pa.ArrowException, OSError) as error:
        raise FpbenchError(f"{path}: unreadable ({error}); rebuild it: fpbench resume {folder}") from error
