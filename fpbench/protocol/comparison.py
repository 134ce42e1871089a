"""Comparisons that are written down before a protocol runs: who against whom, on what, how large, how surely."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Part = Literal["mean", "drift_abs", "drift_signed", "drift_generation", "drift_slope", "drift_mid", "drift_area"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_]*$", max_length=60)]
Side = Annotated[tuple[str, ...], Field(min_length=1)]


class Paper(BaseModel):
    """Where the FramePack paper gives the same comparison.

    Attributes:
        version: v1 or v3 of arXiv 2504.12626.
        table: its number.
        column: of ``results/paper/framepack_tables.csv``.
        first, second: patterns of its variants (``*`` stands for anything); several are averaged.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal["v1", "v3"] = "v1"
    table: Literal[1, 2]
    column: str
    first: str
    second: str


class Comparison(BaseModel):
    """One paired comparison, first minus second, with the task as unit.

    Attributes:
        name: unique within the protocol.
        claim: the claim it tests, a name of `fpbench.report.claims.CLAIMS`; none when left out.
        first, second: systems or patterns of systems, each side averaged task by task.
        metric, part: what is compared: a metric's mean over the clip or a member of its drift family.
        kind: kind of tasks it is restricted to; all when left out.
        expect: which way the claim goes; ``same`` means within ``smallest`` of each other.
        smallest: the smallest effect worth having, in the metric's unit.
        spread: expected standard deviation over tasks of the difference, from validation or an earlier run.
        power: wanted probability of finding the smallest effect at a level of 5 %.
        paper: the same comparison in the paper.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    claim: Name | None = None
    first: Side
    second: Side
    metric: str
    part: Part = "mean"
    kind: str | None = None
    expect: Literal["less", "more", "same"]
    smallest: Annotated[float, Field(gt=0)]
    spread: Annotated[float, Field(gt=0)]
    power: Annotated[float, Field(gt=0, lt=1)] = 0.8
    paper: Paper | None = None

    @property
    def effect(self) -> float:
        """The smallest effect in standard deviations, d_z."""
        return self.smallest / self.spread


def named(patterns: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names that a side of a comparison stands for, in their own order.

    Square brackets belong to the names of systems; only ``*`` and ``?`` are wild.
    """
    plain = [pattern.replace("[", "[[]") for pattern in patterns]
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in plain)]
