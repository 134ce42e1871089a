"""What a table shows, as data: a YAML file of columns. Filling it with the numbers of runs is ``arrange``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fpbench.errors import FpbenchError
from fpbench.report.published import COLUMNS, VERY_MODEL
from fpbench.runs.summary import COLUMNS as PARTS

BUILT_IN = ("paper1", "paper2", "leaderboard")
COSTS = {"passes_per_frame": ("passes / frame", 2), "context_tokens": ("context tokens", 0)}
"""Cost on a system's card to its heading and digits."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LayoutColumn(_Model):
    """One column: exactly one of ``metric``, ``primary``, ``published`` and ``cost``.

    Attributes:
        metric: a metric, or a mapping of metrics to titles of which the first that was measured is shown.
        primary: the metric that the protocol declared for quality, or for drift.
        published: a column of the paper's table, shown where the run has the same configuration.
        cost: what the card of a system says it costs.
        part: column of ``summary.parquet``: mean, drift_abs, drift_signed, drift_floor …
        title: heading instead of the name; names of the paper's metrics only for the paper's own models.
        group: heading over neighbouring columns.
        digits: decimals instead of the metric's own.
        optional: leave the column out where nothing was measured, instead of an error.
    """

    metric: str | Annotated[dict[str, str], Field(min_length=1)] | None = None
    primary: Literal["quality", "drift"] | None = None
    published: str | None = None
    cost: str | None = None
    part: str = "mean"
    title: str = ""
    group: str = ""
    digits: Annotated[int, Field(ge=0, le=9)] | None = None
    optional: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        sources = [self.metric, self.primary, self.published, self.cost]
        if sum(source is not None for source in sources) != 1:
            raise ValueError("needs exactly one of 'metric', 'primary', 'published', 'cost'")
        _known("part", self.part, PARTS)
        _known("published", self.published, COLUMNS)
        _known("cost", self.cost, COSTS)
        for metric, title in self.candidates.items():
            model = VERY_MODEL.get((self.title or title).removeprefix("Δ ").strip().capitalize())
            if model not in (None, metric):
                raise ValueError(f"the title {self.title or title!r} belongs to {model}; {metric} needs another")
        return self

    @property
    def candidates(self) -> dict[str, str]:
        """Metrics to titles, the preferred one first."""
        if isinstance(self.metric, dict):
            return self.metric
        return {} if self.metric is None else {self.metric: self.title or self.metric}


def _known(field: str, value: str | None, known: object) -> None:
    names = list(known)  # type: ignore[call-overload]
    if value is not None and value not in names:
        raise ValueError(f"{field} {value!r}: known are {', '.join(names)}")


class Layout(_Model):
    """A table to be filled.

    Attributes:
        title: caption; that of the run's protocol when empty.
        corner: heading of the column of names.
        paper: which of the paper's tables "published" columns are of.
        families: rows grouped by sampling family, as in the paper's Table 1.
        sort: rows by "protocol", or by the primary "quality" with those that fail the motion gate last.
        columns: from left to right.
    """

    title: str = ""
    corner: str = "system"
    paper: Literal[1, 2] = 1
    families: bool = False
    sort: Literal["protocol", "quality"] = "protocol"
    columns: Annotated[tuple[LayoutColumn, ...], Field(min_length=1)]


def load_layout(name: str) -> Layout:
    """A built-in layout, or one from a YAML file.

    Raises:
        FpbenchError: no such layout; or a file that does not say what a layout can say, with file and place.
    """
    if name in BUILT_IN:
        text, where = files("fpbench.report.layouts").joinpath(f"{name}.yaml").read_text("utf-8"), name
    else:
        path, where = Path(name), name
        if not path.is_file():
            raise FpbenchError(
                f"layout {name!r}: no such file; known are results, all, paired, gain, lag, {', '.join(BUILT_IN)}"
            )
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise FpbenchError(f"{path}: cannot be read ({error})") from error
    try:
        return Layout.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise FpbenchError(f"{where}: not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the whole file"
        raise FpbenchError(f"{where}: {place}: {first['msg'].removeprefix('Value error, ')}") from error
