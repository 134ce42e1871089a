"""The two stages of a run, generate and measure, each resumable by itself. Tables are ``fpbench.report``."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fpbench.errors import FpbenchError
from fpbench.runs.cells import Batch, Cell
from fpbench.runs.executors import Executor
from fpbench.runs.files import DiskFullError, write_atomic
from fpbench.runs.finalise import finalise
from fpbench.runs.jobs import GenerateJob, Job, MeasureJob, Outcome
from fpbench.runs.journal import Entry, Journal, Stage, Status, now
from fpbench.runs.manifest import FILE, Counts, Manifest, RunStatus, describe, load_manifest, save_manifest
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


@dataclass(frozen=True)
class Shard:
    """The ``number``-th of ``of`` parts of a run, counted from 1."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """``2/8`` as the second of eight parts.

        Raises:
            FpbenchError: not of that form, or out of range.
        """
        number, slash, of = text.partition("/")
        if not (slash and number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
            raise FpbenchError(f"--shard {text!r}: write it as 2/8, the second of eight parts")
        return cls(int(number), int(of))

    def owns(self, position: int) -> bool:
        """Whether the batch at ``position`` is this shard's."""
        return position % self.of == self.number - 1


@dataclass(frozen=True)
class Finished:
    """Where a run stands when ``execute`` returns.

    Attributes:
        complete: no cell is left to try; the Parquet files are written.
    """

    folder: Path
    manifest: Manifest
    complete: bool


def run_folder(results: Path, run_id: str) -> Path:
    """The folder of a run, the same for the same protocol, systems and metrics."""
    return Store(results).runs / run_id


def previous_manifest(folder: Path) -> Manifest | None:
    """The manifest of an earlier start, if there was one."""
    return load_manifest(folder) if (folder / FILE).exists() else None


def execute(
    plan: Plan,
    results: Path,
    executor: Executor,
    watcher: Watcher,
    *,
    shard: Shard | None = None,
    retry_failed: bool = False,
) -> Finished:
    """Do whatever of the plan is not done yet.

    Args:
        results: the results folder; clips and measurements in it are shared by all runs.
        shard: the part of the batches this process is responsible for; all when absent.
        retry_failed: try recorded failures again instead of keeping them.

    Raises:
        DiskFullError: nothing half-written remains, and the same call continues later.
        FpbenchError: another process is at this run.
    """
    shard = shard or Shard()
    part = "" if shard.of == 1 else f"-{shard.number}of{shard.of}"
    store, folder = Store(results, plan.run_id + part), run_folder(results, plan.run_id)
    with _lock(folder / f".lock{part}"):
        store.sweep()
        started = _start(plan, store, folder, executor.workers)
        work = _Work(plan, store, Journal(folder / "cells.jsonl"), executor, watcher, retry_failed=retry_failed)
        own = [batch for position, batch in enumerate(_unique(plan.batches)) if shard.owns(position)]
        try:
            work.generate(own)
            work.measure(own)
            return _conclude(plan, store, folder, started)
        except BaseException:
            _record(plan, store, folder, started, "interrupted")
            raise
        finally:
            store.sweep()


def _unique(batches: Sequence[Batch]) -> list[Batch]:
    """One batch per content address: systems with equal fingerprints share their clips."""
    first: dict[tuple[str, ...], Batch] = {}
    for batch in batches:
        first.setdefault(batch.clips, batch)
    return list(first.values())


class _Work:
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
        self._look_up_failures()
        todo = [batch for batch in batches if not self._settled(batch)]
        self.watcher.stage("generate", *_progress(batches, todo))
        jobs = [GenerateJob(batch, self.plan.protocol.world, self.store) for batch in todo]
        for outcome in self._run(jobs):
            batch = todo[outcome.index]
            self._note("generate", batch.cells, outcome)
            self.watcher.advance(jobs[outcome.index].label, len(batch.cells), outcome)

    def measure(self, batches: Sequence[Batch]) -> None:
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


def _start(plan: Plan, store: Store, folder: Path, workers: int) -> Manifest:
    manifest = describe(plan, workers, previous_manifest(folder))
    write_atomic(folder / "protocol.yaml", plan.source.text.encode(), store.scratch)
    save_manifest(folder, manifest, store.scratch)
    return manifest


def _conclude(plan: Plan, store: Store, folder: Path, manifest: Manifest) -> Finished:
    cells = [cell for batch in plan.batches for cell in batch.cells]
    open_cells = {cell.clip for cell in cells if not _done(plan, store, cell)}
    recorded = Journal(folder / "cells.jsonl").failures()
    failures = {key: entry for key, entry in recorded.items() if entry.clip in open_cells}  # others were made elsewhere
    complete = open_cells == {entry.clip for entry in failures.values()}
    if complete:
        finalise(plan, store, folder, failures)
    status: RunStatus = "interrupted" if not complete else "failed" if failures else "done"
    return Finished(folder, _record(plan, store, folder, manifest, status), complete)


def _done(plan: Plan, store: Store, cell: Cell) -> bool:
    return store.has_clip(cell.clip) and not missing(store, cell.clip, plan.metrics)


def _record(plan: Plan, store: Store, folder: Path, manifest: Manifest, status: RunStatus) -> Manifest:
    cells = [cell for batch in plan.batches for cell in batch.cells]
    generated = sum(store.has_clip(cell.clip) for cell in cells)
    done = sum(_done(plan, store, cell) for cell in cells)
    failed = len(cells) - done if status in ("done", "failed") else 0
    counts = Counts(cells=len(cells), generated=generated, done=done, failed=failed)
    final = manifest.model_copy(update={"status": status, "counts": counts, "updated": now()})
    save_manifest(folder, final, store.scratch)
    return final


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    """Held while a run is worked on; the system frees it when the process dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FpbenchError(f"{path.parent}: another process is at this run; wait for it or stop it") from error
        yield
