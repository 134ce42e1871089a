"""A run from its plan to its Parquet files, under a lock and with a manifest. Tables are ``fpbench.report``."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.runs.cells import Cell
from fpbench.runs.executors import Executor
from fpbench.runs.files import write_atomic
from fpbench.runs.finalise import finalise
from fpbench.runs.journal import Journal, now
from fpbench.runs.manifest import FILE, Counts, Manifest, RunStatus, describe, load_manifest, save_manifest
from fpbench.runs.preflight import Plan
from fpbench.runs.shard import Shard
from fpbench.runs.stages import Stages, Watcher, unique
from fpbench.runs.store import Store
from fpbench.runs.summary import missing


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


def all_clips_stored(plan: Plan, results: Path) -> bool:
    """Whether no clip of the plan is missing: those of a finished run may have been deleted since."""
    store = Store(results)
    return all(store.has_clip(cell.clip) for batch in plan.batches for cell in batch.cells)


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
    with locked(folder / f".lock{part}"):
        store.sweep()
        started = _start(plan, store, folder, executor.workers)
        work = Stages(plan, store, Journal(folder / "cells.jsonl"), executor, watcher, retry_failed=retry_failed)
        own = [batch for position, batch in enumerate(unique(plan.batches)) if shard.owns(position)]
        try:
            work.generate(own)
            work.measure(own)
            return _conclude(plan, store, folder, started)
        except BaseException:
            _record(plan, store, folder, started, "interrupted")
            raise
        finally:
            store.sweep()


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
        finalise(cells, plan.metrics, store, folder, failures)
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
def locked(path: Path) -> Iterator[None]:
    """Held while a run is worked on; the system frees it when the process dies, however it dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FpbenchError(f"{path.parent}: another process is at this run; wait for it or stop it") from error
        yield
