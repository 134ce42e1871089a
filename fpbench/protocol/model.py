"""The protocol file as frozen pydantic models. Reading files and naming lines is ``load``; expansion is ``matrix``."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
    with_config,
)
from typing_extensions import TypedDict

from fpbench.protocol.comparison import Comparison
from fpbench.protocol.source import Location
from fpbench.worlds.task import KINDS, SPLITS

SCHEMA_VERSION: Literal[1] = 1

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=60)]
RowName = Annotated[str, StringConstraints(pattern=r"^\S(.*\S)?$", max_length=120)]


def suggest(value: str, known: Sequence[str]) -> str:
    """``did you mean 'walk'?``, or the list of what is known when nothing is near."""
    near = difflib.get_close_matches(value, known, n=2, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"known: {', '.join(known)}"


def _one_of(kind: str, known: Sequence[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"unknown {kind} {value!r}; {suggest(value, known)}")
        return value

    return AfterValidator(check)


def _unique(values: tuple[object, ...]) -> tuple[object, ...]:
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"{value!r} appears twice")
    return values


class _Model(BaseModel):
    """Unknown keys are errors and a protocol never changes after it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Tasks(_Model):
    """Which tasks: ``count`` of them for every (split, kind), each ``frames`` long, drawn with ``seed``.

    Attributes:
        splits: train, validation, test-in, test-near or test-far: which places.
        kinds: walk, loop or return: which camera paths.
        count: tasks for every split and kind.
        frames: length of a clip, the given first frame included.
        seed: of the tasks; another one draws other walks.
    """

    splits: Annotated[tuple[Annotated[str, _one_of("split", SPLITS)], ...], Field(min_length=1)]
    kinds: Annotated[tuple[Annotated[str, _one_of("kind", KINDS)], ...], Field(min_length=1)]
    count: Annotated[int, Field(ge=1)]
    frames: Annotated[int, Field(ge=2)]
    seed: Annotated[int, Field(ge=0)] = 0


@with_config(ConfigDict(extra="forbid"))
class Sampling(TypedDict, total=False):
    """Settings of the solver; see `fpbench.sampling.flow`.

    Attributes:
        steps: passes from noise to a section.
        shift: above 1 spends more steps at high noise.
        solver: order one, or two at the same cost.
    """

    steps: Annotated[int, Field(ge=1)]
    shift: Annotated[float, Field(gt=0)]
    solver: Literal["euler", "adams"]


class SystemEntry(BaseModel):
    """One line under ``systems``; keys beside the declared ones are parameters of the system.

    Attributes:
        use: registered name of the system.
        name: row name in tables; the registered name (and matrix values) when absent.
        matrix: parameter to list of values; the entry stands for their product.
        backbone, sampling: replace or extend those of the protocol for this entry.
    """

    model_config = ConfigDict(extra="allow", frozen=True)
    __pydantic_extra__: dict[str, JsonValue]

    use: str
    name: RowName | None = None
    matrix: dict[str, Annotated[list[JsonValue], Field(min_length=1)]] = Field(default_factory=dict)
    backbone: str | None = None
    sampling: Sampling = Field(default_factory=Sampling)

    @property
    def params(self) -> dict[str, JsonValue]:
        """The parameters of the system, matrix aside."""
        return dict(self.__pydantic_extra__ or {})


class Primary(_Model):
    """The two columns declared before looking: one metric for quality, one whose drift is the drift.

    Attributes:
        quality: the metric that ranks systems.
        drift: the metric whose start-end contrast is the drift.
    """

    quality: str
    drift: str


class Protocol(_Model):
    """A complete comparison: world, tasks, seeds, systems, metrics. Frozen; unknown keys are errors.

    Attributes:
        schema_version: of this format.
        name: lower-case letters, digits, dots, dashes; run folders begin with it.
        title: caption of tables; the name when absent.
        world: registered world, or ``name:file`` for one that reads a file.
        backbone: shipped weights or path of a checkpoint, for the systems that need one.
        tasks: which tasks, and how long.
        seeds: of the noise; every system makes every task once for each.
        sampling: options of the sampler, such as steps, solver and shift.
        batch: tasks per generation call; part of what determines the clips, so it is fixed here.
        systems: what is compared, one entry each.
        metrics: metric names or group names.
        columns: metrics shown in the results table, in this order; the primary ones when empty.
        reference: the system that paired comparisons are made against.
        primary: what was declared before looking.
        comparisons: what is asked, written down before the run.
        minutes: expected wall time on two cores; None where it was never measured.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    name: Slug
    title: str = ""
    world: str
    backbone: str = ""
    tasks: Tasks
    seeds: Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1), AfterValidator(_unique)] = (0,)
    sampling: Sampling = Field(default_factory=Sampling)
    batch: Annotated[int, Field(ge=1)] = 6
    systems: Annotated[tuple[SystemEntry, ...], Field(min_length=1)]
    metrics: Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_unique)]
    columns: Annotated[tuple[str, ...], AfterValidator(_unique)] = ()
    reference: str | None = None
    primary: Primary
    comparisons: tuple[Comparison, ...] = ()
    minutes: Annotated[float, Field(gt=0)] | None = None

    def task_count(self, kind: str | None = None) -> int:
        """Tasks of a kind, or in all: the unit of every comparison."""
        return len(self.tasks.splits) * (1 if kind else len(self.tasks.kinds)) * self.tasks.count

    def metrics_relied_on(self) -> list[tuple[Location, str]]:
        """Metrics without which it has no table, each with its place: primary ones, columns and those compared."""
        return [
            (("primary", "quality"), self.primary.quality),
            (("primary", "drift"), self.primary.drift),
            *((("columns", position), name) for position, name in enumerate(self.columns)),
            *((("comparisons", position, "metric"), one.metric) for position, one in enumerate(self.comparisons)),
        ]

    @model_validator(mode="after")
    def _title_defaults_to_name(self) -> Self:
        if not self.title:
            object.__setattr__(self, "title", self.name)
        return self
