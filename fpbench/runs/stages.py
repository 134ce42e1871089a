"""The two stages of a run, each resumable by itself: what is there already is found on disk, not remembered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from fpbench.runs.cells import Batch, Cell
from fpbench.runs.executors import Executor
from fpbench.runs.files import DiskFullError
from fpbench.runs.jobs import GenerateJob, Job, MeasureJob, Outcome
from fpbench.runs.journal import Entry, Journal, Stage, Status
from fpbench.runs.preflight import Plan
from fpbench.runs.store import Store
from fpbench.runs.summary import missing


class Watcher(Protocol):
    """Is told how a run gets on; the command line draws bars or writes lines."""

    def stage(self, stage: Stage, total: int, finished: int) -> None:
        """A stage begins: ``finished`` of ``total`` cells were done before."""
        ...

    def advance(self, label: str, cells: int, outcome: Outcome) -> None:
        """A job of some cells ended."""
        ...


class Stages:
    """The stages of one call of ``execute``, with everything they share."""

    def __init__(
        self,
        plan: Plan,
        store: Store,
        journal: Journal,
        executor: Executor,
        watcher: Watcher,
        *,
        retry_failed: bool,
    ) -> None:
        self.plan, self.store, self.journal = plan, store, journal
        self.executor, self.watcher = executor, watcher
        self.retry_failed = retry_failed
        self.skip: frozenset[tuple[Stage, str]] = frozenset()

    def generate(self, batches: Sequence[Batch]) -> None:
        """Make the clips that are not there yet.

        Raises:
            DiskFullError: no space left; what is in flight ends, nothing more is begun.
        """
        self._look_up_failures()
        todo = [batch for batch in batches if not self._settled(batch)]
        self.watcher.stage("generate", *_progress(batches, todo))
        jobs = [GenerateJob(batch, self.plan.protocol.world, self.store) for batch in todo]
        for outcome in self._run(jobs):
            batch = todo[outcome.index]
            self._note("generate", batch.cells, outcome)
            self.watcher.advance(jobs[outcome.index].label, len(batch.cells), outcome)

    def measure(self, batches: Sequence[Batch]) -> None:
        """Measure what is not measured yet on the clips that are there; raises like ``generate``."""
        self._look_up_failures()
        cells = [cell for batch in batches for cell in batch.cells if self.store.has_clip(cell.clip)]
        todo = [(cell, names) for cell in cells if (names := self._unmeasured(cell))]
        todo.sort(key=lambda pair: pair[0].task.id)  # neighbours share the true video
        self.watcher.stage("measure", len(cells), len(cells) - len(todo))
        jobs = [self._measure_job(cell, names) for cell, names in todo]
        for outcome in self._run(jobs):
            self._note("measure", [todo[outcome.index][0]], outcome)
            self.watcher.advance(jobs[outcome.index].label, 1, outcome)

    def _look_up_failures(self) -> None:
        """Failures before this stage are kept, unless they are to be tried again."""
        self.skip = frozenset() if self.retry_failed else frozenset(self.journal.failures())

    def _settled(self, batch: Batch) -> bool:
        failed = all(("generate", clip) in self.skip for clip in batch.clips)
        return failed or all(self.store.has_clip(clip) for clip in batch.clips)

    def _unmeasured(self, cell: Cell) -> list[str]:
        return [] if ("measure", cell.clip) in self.skip else missing(self.store, cell.clip, self.plan.metrics)

    def _measure_job(self, cell: Cell, names: Sequence[str]) -> MeasureJob:
        return MeasureJob(cell.clip, cell.task, self.plan.protocol.world, tuple(names), self.store, cell.system)

    def _run(self, jobs: Sequence[Job]) -> Iterator[Outcome]:
        for outcome in self.executor.run(jobs):
            if outcome.fatal:
                raise DiskFullError(outcome.error)
            yield outcome

    def _note(self, stage: Stage, cells: Sequence[Cell], outcome: Outcome) -> None:
        status: Status = "failed" if outcome.error else "done"
        error, seconds = outcome.detail or outcome.error, round(outcome.seconds, 3)
        self.journal.append(
            [Entry(stage, cell.clip, cell.system, cell.task.id, cell.seed, status, seconds, error) for cell in cells]
        )


def _progress(batches: Sequence[Batch], todo: Sequence[Batch]) -> tuple[int, int]:
    total = sum(len(batch.clips) for batch in batches)
    return total, total - sum(len(batch.clips) for batch in todo)


def unique(batches: Sequence[Batch]) -> list[Batch]:
    """One batch per content address: systems with equal fingerprints share their clips."""
    first: dict[tuple[str, ...], Batch] = {}
    for batch in batches:
        first.setdefault(batch.clips, batch)
    return list(first.values())
