"""Measure what is not measured yet and write the run. Every failure is named and counted, the rest is scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.runs.execute import Finished, locked, previous_manifest
from fpbench.runs.executors import Executor
from fpbench.runs.files import DiskFullError
from fpbench.runs.finalise import finalise
from fpbench.runs.journal import Entry, Journal, Status, now
from fpbench.runs.manifest import Counts, Manifest, save_manifest
from fpbench.runs.scoring.folders import ClipFile, find_clips, without_partner
from fpbench.runs.scoring.job import PreviewStore, ScoreJob, load_facts
from fpbench.runs.scoring.plan import WORLD, ScorePlan, describe, with_extent
from fpbench.runs.stages import Watcher
from fpbench.runs.summary import missing


@dataclass(frozen=True)
class Problem:
    """A clip that could not be scored, and why in one line that names its file."""

    system: str
    clip: str
    reason: str


@dataclass(frozen=True)
class Scored:
    """What scoring gave.

    Attributes:
        finished: the run.
        problems: one for each failed cell.
        remarks: what is unusual about clips that were scored all the same, to their files.
    """

    finished: Finished
    problems: tuple[Problem, ...]
    remarks: Mapping[str, tuple[str, ...]]


def score(plan: ScorePlan, folder: Path, executor: Executor, watcher: Watcher) -> Scored:
    """Score the clips of a plan into the run at ``folder``; what failed before is tried again.

    Args:
        folder: of the run, ``.../runs/NAME``; previews and measurements go beside ``runs``.

    Raises:
        FpbenchError: the folder is no place for a run, holds a run of another kind, or is being written to.
        DiskFullError: nothing half-written remains, and the same call continues later.
    """
    folder = folder.absolute()
    if folder.parent.name != "runs":
        raise FpbenchError(f"{folder}: a run lies in a folder 'runs', beside its clips; write it as .../runs/NAME")
    store = PreviewStore(folder.parent.parent, folder.name)
    with locked(folder / ".lock"):
        store.sweep()
        manifest = _start(plan, store, folder, executor.workers)
        clips = list(find_clips(plan.systems, plan.fps, plan.prompts))
        try:
            problems = _measure(plan, clips, store, Journal(folder / "cells.jsonl"), executor, watcher)
            return _finish(plan, clips, problems, store, folder, manifest)
        except BaseException:
            save_manifest(folder, manifest.model_copy(update={"status": "interrupted"}), store.scratch)
            raise
        finally:
            store.sweep()


def _start(plan: ScorePlan, store: PreviewStore, folder: Path, workers: int) -> Manifest:
    previous = previous_manifest(folder)
    if previous is not None and previous.world["name"] != WORLD:
        raise FpbenchError(f"{folder}: holds a run of another kind; choose another folder with --out")
    manifest = describe(plan, folder.name, workers, previous)
    save_manifest(folder, manifest, store.scratch)
    return manifest


def _measure(
    plan: ScorePlan,
    clips: Sequence[ClipFile],
    store: PreviewStore,
    journal: Journal,
    executor: Executor,
    watcher: Watcher,
) -> dict[str, str]:
    """Why clips could not be scored, by address."""
    problems = {clip.clip: clip.problem for clip in clips if clip.problem}
    sound = {clip.clip: clip for clip in clips if not clip.problem}  # equal files are measured once
    jobs = [
        ScoreJob(clip, todo, plan.fps, store)
        for address, clip in sound.items()
        if (todo := _todo(plan, store, address))
    ]
    watcher.stage("measure", len(sound), len(sound) - len(jobs))
    for outcome in executor.run(jobs):
        if outcome.fatal:
            raise DiskFullError(outcome.error)
        clip = jobs[outcome.index].clip
        if outcome.error:
            problems[clip.clip] = outcome.error
        journal.append([_entry(clip, outcome.error, outcome.seconds)])
        watcher.advance(jobs[outcome.index].label, 1, outcome)
    return problems


def _todo(plan: ScorePlan, store: PreviewStore, address: str) -> tuple[str, ...]:
    return tuple(missing(store, address, plan.metrics) if store.has_clip(address) else plan.metrics)


def _entry(clip: ClipFile, error: str, seconds: float = 0.0) -> Entry:
    status: Status = "failed" if error else "done"
    return Entry("measure", clip.clip, clip.system, clip.task.id, clip.seed, status, round(seconds, 3), error)


def _finish(
    plan: ScorePlan,
    clips: Sequence[ClipFile],
    problems: Mapping[str, str],
    store: PreviewStore,
    folder: Path,
    manifest: Manifest,
) -> Scored:
    good = [clip for clip in clips if clip.clip not in problems]
    lacking = without_partner(clips, good, plan.systems)
    cells, reasons = [*clips, *lacking], {**problems, **{clip.clip: clip.problem for clip in lacking}}
    finalise(
        cells,
        plan.metrics,
        store,
        folder,
        {("measure", cell.clip): _entry(cell, reasons[cell.clip]) for cell in cells if cell.clip in reasons},
    )
    facts = [load_facts(store, clip.clip) for clip in good]
    counts = Counts(cells=len(cells), generated=len(good), done=len(good), failed=len(cells) - len(good))
    ended = {"status": "failed" if counts.failed else "done", "counts": counts, "updated": now()}
    final = with_extent(manifest, facts).model_copy(update=ended)
    save_manifest(folder, final, store.scratch)
    return Scored(
        Finished(folder, final, complete=True),
        tuple(Problem(cell.system, cell.task.id, reasons[cell.clip]) for cell in cells if cell.clip in reasons),
        {remark: _sources(facts, remark) for remark in sorted({one for fact in facts for one in fact["remarks"]})},
    )


def _sources(facts: Sequence[Mapping[str, list[str]]], remark: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(fact["source"]) for fact in facts if remark in fact["remarks"]))
