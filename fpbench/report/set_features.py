"""The clips of a run as sets that can be compared, encoded where they are not yet."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from fpbench.errors import FpbenchError
from fpbench.metrics.features import Encoder, Feature
from fpbench.report.data import RunData
from fpbench.runs.executors import Executor
from fpbench.runs.features import EncodeJob, load_features
from fpbench.runs.scoring.plan import WORLD
from fpbench.runs.stages import Watcher
from fpbench.runs.store import Store


@dataclass(frozen=True)
class ClipSets:
    """The clips of a run.

    Attributes:
        clips: content addresses by system and task, one for each seed that did not fail.
        given: leading frames that every system was handed, left out.
    """

    store: Store
    clips: dict[str, dict[str, list[str]]]
    given: int

    def features(self, system: str, encoder: Encoder) -> dict[str, Feature]:
        """(frames, dimensions) of every task of a system, its seeds one after the other."""
        return {
            task: np.concatenate([load_features(self.store, clip, encoder)[self.given :] for clip in clips])
            for task, clips in self.clips[system].items()
        }

    def encode(self, encoders: Iterable[Encoder], executor: Executor, watcher: Watcher) -> None:
        """Encode every clip, those that are equal once.

        Raises:
            FpbenchError: some could not be encoded; what could is kept.
        """
        places = {
            clip: f"{system} · {task}"
            for system, tasks in self.clips.items()
            for task, clips in tasks.items()
            for clip in clips
        }
        jobs = [
            EncodeJob(clip, encoder, self.store, label)
            for encoder in dict.fromkeys(encoders)
            for clip, label in places.items()
        ]
        watcher.stage("measure", len(jobs), 0)
        problems = []
        for outcome in executor.run(jobs):
            watcher.advance(jobs[outcome.index].label, 1, outcome)
            problems += [outcome.error] if outcome.error else []
        if problems:
            raise FpbenchError(f"{len(problems)} of {len(jobs)} clips could not be encoded, the first: {problems[0]}")


def clip_sets(run: RunData) -> ClipSets:
    """The sets of a run, a system without a clip left out.

    Raises:
        FpbenchError: the run was published without most of its clips.
    """
    clips: dict[str, dict[str, list[str]]] = {}
    for system, task, clip, status in zip(
        *(run.cells[name] for name in ("system", "task", "clip", "status")), strict=True
    ):
        if clip and status != "failed":
            clips.setdefault(system, {}).setdefault(task, []).append(clip)
    store = Store(run.folder.absolute().parent.parent, run.folder.name)
    ordered = {system: clips[system] for system in run.systems if system in clips}
    needed = [clip for tasks in ordered.values() for seeds in tasks.values() for clip in seeds]
    if run.folder.absolute().parent != store.runs and not all(store.facts(clip).is_file() for clip in needed):
        raise FpbenchError(_published(run, ordered))
    return ClipSets(store, ordered, given=0 if run.manifest.world["name"] == WORLD else 1)


def _published(run: RunData, clips: Mapping[str, Mapping[str, list[str]]]) -> str:
    """Why the sets of a run outside ``runs/`` are not whole, and what makes them so."""
    own, there = Store.of(run.folder), set[str]()
    for tasks in clips.values():
        there |= {task for task, seeds in tasks.items() if any(own.footage(clip) for clip in seeds)}
    protocol, overrides = run.folder / "protocol.yaml", run.manifest.overrides
    again = ["fpbench", "run", str(protocol), *(word for one in overrides for word in ("--set", one))]
    remedy = shlex.join(again) if protocol.is_file() else "fpbench score on its folders of clips"
    return (
        f"{run.folder}: has clips of {len(there)} of its {len(set(run.tasks))} tasks; a published run carries previews"
        " of its first tasks only, and a distance between sets needs every clip as it was made. Make the run whole:"
        f" {remedy}; then: fpbench distance on the folder which that wrote"
    )
