"""What a study is: one immutable JSON file, written before the first vote, that fixes every trial and every rule.

Not here: how trials are scheduled (``schedule``), how votes are kept (``store``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from fpbench.preference.errors import StudyError
from fpbench.preference.votes import Outcome
from fpbench.preference.wording import INSTRUCTIONS

SCHEMA_VERSION = 1


class Record(BaseModel):
    """Base of everything written to disk here: immutable, and unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Criterion(StrEnum):
    """What is asked, overall first because later questions colour it."""

    OVERALL = "overall"
    DRIFT = "drift"
    MOTION = "motion"
    CONSISTENCY = "consistency"


class Role(StrEnum):
    """Why a trial is shown; only ``REAL`` enters a rating."""

    PRACTICE = "practice"
    REAL = "real"
    CATCH = "catch"
    REPEAT = "repeat"
    IDENTICAL = "identical"


class Grade(StrEnum):
    """How plain a catch trial is: failing obvious ones excludes, mild ones only measure sensitivity."""

    OBVIOUS = "obvious"
    MILD = "mild"


class Shown(Record):
    """One side of a trial. ``clip`` is opaque and all a client ever learns; ``item`` stays on the server."""

    item: str
    clip: str
    corruption: str | None = None


class Trial(Record):
    """One comparison in one seat's queue.

    Attributes:
        id: opaque assignment id.
        seat: whose queue; ``index`` is the place in it, from 0.
        expected: the right answer of a catch or identical trial.
        repeat_of: id of the trial this one shows again with sides swapped.
        propensity: probability with which its pair was chosen, relative to a uniform choice.
    """

    id: str
    seat: int
    index: int
    role: Role
    task: str
    left: Shown
    right: Shown
    grade: Grade | None = None
    expected: Outcome | None = None
    repeat_of: str | None = None
    propensity: Annotated[float, Field(gt=0)] = 1.0


class TimeFilters(Record):
    """Rules on the client's clock, fixed before data; ``drop`` excludes a vote, ``flag`` only reports it."""

    drop_below_s_after_unlock: Annotated[float, Field(ge=0)] = 1.0
    drop_below_plays: Annotated[float, Field(ge=0)] = 1.0
    flag_above_s: Annotated[float, Field(gt=0)] = 300.0
    flag_hidden_share: Annotated[float, Field(gt=0, le=1)] = 0.3


class StudyDesign(Record):
    """What the researcher chooses; the rest follows from the seed.

    Attributes:
        seats: number of raters; ``trials_per_seat`` counts real trials only.
        obvious_catch, mild_catch, repeats, identical, practice: extra trials per seat; None for the default
            (10 % obvious, at least 8, which makes 7 of 8 a one-sided 3.5 % test of guessing; 10 % repeats; 3 %
            identical).
        repeat_gap: trials between a pair and its repeat, at least.
        clip_seconds: length of every clip, for the time filters.
        lease_s: how long a trial is held for a rater; ``clock_skew_s``: how wrong a client's clock may be.
        equivalence: half-width in log-odds inside which a side bias is called immaterial.
        instructions: what raters read before the first pair; ``prompts``: what the videos of a task were asked to
            show, by task, for tasks that have such a text.
    """

    study_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
    seed: int
    items: Annotated[tuple[str, ...], Field(min_length=2)]
    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    seats: Annotated[int, Field(ge=1)]
    trials_per_seat: Annotated[int, Field(ge=1)]
    clip_seconds: Annotated[float, Field(gt=0)]
    criteria: tuple[Criterion, ...] = (Criterion.OVERALL,)
    obvious_catch: int | None = None
    mild_catch: Annotated[int, Field(ge=0)] = 4
    repeats: int | None = None
    identical: int | None = None
    practice: Annotated[int, Field(ge=0)] = 3
    repeat_gap: Annotated[int, Field(ge=1)] = 15
    break_every: Annotated[int, Field(ge=1)] = 25
    lease_s: Annotated[float, Field(gt=0)] = 900.0
    clock_skew_s: Annotated[float, Field(gt=0)] = 300.0
    equivalence: Annotated[float, Field(gt=0)] = 0.05
    filters: TimeFilters = TimeFilters()
    instructions: str = INSTRUCTIONS
    prompts: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for name in ("items", "tasks", "criteria"):
            values = getattr(self, name)
            if len(set(values)) != len(values):
                raise ValueError(f"{name} repeat a value: {list(values)}")
        if unknown := set(self.prompts) - set(self.tasks):
            raise ValueError(f"prompt of {min(unknown)!r}, which is no task of the study")
        if self.criteria[:1] != (Criterion.OVERALL,):
            raise ValueError(f"the first criterion must be 'overall', got {list(self.criteria)}")
        return self


class Study(Record):
    """A design with its schedule."""

    schema_version: int = SCHEMA_VERSION
    design: StudyDesign
    trials: tuple[Trial, ...]

    @property
    def sha256(self) -> str:
        """Identity of the study, written into every event."""
        return digest(canonical(self.model_dump(mode="json")))

    @property
    def instructions_sha256(self) -> str:
        """Hash of the text raters read."""
        return digest(self.design.instructions)

    def seat(self, number: int) -> tuple[Trial, ...]:
        """The queue of one seat, in order."""
        return tuple(trial for trial in self.trials if trial.seat == number)

    def save(self, path: Path) -> None:
        """Write the study; refuses to replace a different one.

        Raises:
            StudyError: another study is already there.
        """
        if path.exists() and load_study(path).sha256 != self.sha256:
            raise StudyError(f"{path}: holds a different study; a schedule is fixed once written, choose another name")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n", "utf-8")


def load_study(path: Path) -> Study:
    """Read a study file.

    Raises:
        StudyError: missing, malformed, or from a newer version.
    """
    try:
        return parse_study(path.read_text("utf-8"))
    except FileNotFoundError:
        raise StudyError(f"{path}: no such study; make one with `fpbench study plan`") from None
    except StudyError as error:
        raise StudyError(f"{path}: {error}") from error


def parse_study(text: str) -> Study:
    """A study from its JSON.

    Raises:
        StudyError: malformed, or from a newer version.
    """
    try:
        study = Study.model_validate_json(text)
    except ValidationError as error:
        raise StudyError(f"not a study: {error}") from error
    if study.schema_version > SCHEMA_VERSION:
        raise StudyError(f"schema version {study.schema_version} is newer than {SCHEMA_VERSION}; update fpbench")
    return study


def canonical(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(text: str) -> str:
    """SHA-256 of UTF-8 text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
