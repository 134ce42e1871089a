"""What of a finished run can enter a preference study: tasks of which every chosen system has a clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.report.data import RunData, load_run
from fpbench.runs.clips import load_facts
from fpbench.runs.store import Store


@dataclass(frozen=True)
class Entrants:
    """Clips to be compared.

    Attributes:
        clips: content address by system and task, the same tasks for every system.
        seconds: length of the shortest clip.
    """

    clips: dict[str, dict[str, str]]
    seconds: float

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks, in the order of the run."""
        return tuple(next(iter(self.clips.values())))


def entrants(folder: Path, systems: Sequence[str] = ()) -> Entrants:
    """The clips of a run, first seed, that can be compared.

    Args:
        folder: of a finished run.
        systems: whom to compare; by default all but ceilings and floors.

    Raises:
        FpbenchError: no such run or system, fewer than two systems, or no task of which all have a clip.
    """
    run = load_run(folder)
    if unknown := set(systems) - set(run.systems):
        raise FpbenchError(f"{folder}: has no system {min(unknown)!r}; there are {', '.join(run.systems)}")
    chosen = list(systems) or [name for name in run.systems if run.role(name) == "system"]
    if len(chosen) < 2:
        raise FpbenchError(f"{folder}: a study compares at least 2 systems, found {', '.join(chosen) or 'none'}")
    made = _clips(run)
    tasks = [task for task in dict.fromkeys(run.cells["task"]) if all((name, task) in made for name in chosen)]
    if not tasks:
        raise FpbenchError(f"{folder}: no task of which all of {', '.join(chosen)} have a clip")
    clips = {name: {task: made[name, task] for task in tasks} for name in chosen}
    store = Store(folder.absolute().parent.parent)
    facts = [load_facts(store, clip) for table in clips.values() for clip in table.values()]
    return Entrants(clips, min(one["frames"] / one["fps"] for one in facts))


def _clips(run: RunData) -> dict[tuple[str, str], str]:
    made: dict[tuple[str, str], str] = {}
    for system, task, clip in zip(*(run.cells[name] for name in ("system", "task", "clip")), strict=True):
        if clip:
            made.setdefault((system, task), clip)
    return made
