"""Which runs there are, whole or broken. What is in them is ``reading``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fpbench.errors import FpbenchError
from fpbench.runs.journal import Journal
from fpbench.runs.manifest import FILE, Manifest, load_manifest
from fpbench.runs.store import Store

FILES = (FILE, "cells.parquet", "summary.parquet", "series.parquet", "cells.jsonl")
Stamp = tuple[tuple[int, int], ...]
STATES = {
    "done": "finished",
    "failed": "finished, with failures",
    "running": "in progress",
    "interrupted": "interrupted",
}
"""Status of a run in words."""


@dataclass(frozen=True)
class RunEntry:
    """A folder that is, or was meant to be, a run.

    Attributes:
        manifest: None when it cannot be read; ``problem`` then says why.
    """

    folder: Path
    manifest: Manifest | None
    problem: str = ""

    @property
    def id(self) -> str:
        """Name of the folder, by which the run is addressed."""
        return self.folder.name

    @property
    def finished(self) -> bool:
        """Whether every cell was tried, so that the Parquet files should be there."""
        return self.manifest is not None and self.manifest.status in ("done", "failed")

    @property
    def published(self) -> bool:
        """Whether it was put aside for readers, with its numbers and perhaps without its clips."""
        return self.folder.parent.name == "published"

    @property
    def store(self) -> Store:
        """Where its clips and measurements lie: in the results folder around it, or inside it when published."""
        return Store.of(self.folder)

    @property
    def stamp(self) -> Stamp:
        """Changes whenever a file of the run does: (mtime in ns, size) of each, zeros where missing."""
        return tuple(_stamp(self.folder / name) for name in FILES)

    @property
    def state(self) -> str:
        """In words, "" when it is simply done."""
        if self.manifest is None:
            return "unreadable"
        return "" if self.manifest.status == "done" else STATES[self.manifest.status]


def _stamp(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_mtime_ns, facts.st_size


def find_runs(roots: Iterable[Path]) -> list[RunEntry]:
    """Every run under some results folders, the one worked on last first; broken ones are listed too."""
    folders = dict.fromkeys(folder for root in roots for folder in _candidates(root))
    entries = [_entry(folder) for folder in folders]
    return sorted(entries, key=_worked_on, reverse=True)


def _worked_on(entry: RunEntry) -> datetime:
    """By its header, since a checkout gives files new times; by its files where it has no readable header."""
    if entry.manifest is None:
        return datetime.fromtimestamp(max(entry.stamp)[0] / 1e9, UTC)
    return datetime.fromisoformat(entry.manifest.updated)


def _candidates(root: Path) -> Iterator[Path]:
    """A run itself, a folder of runs, or a results folder with ``runs/`` and ``published/``."""
    if (root / FILE).exists():
        yield root
        return
    for parent in (root / "runs", root / "published", root):
        if parent.is_dir():
            inside = sorted(folder for folder in parent.iterdir() if folder.is_dir())
            yield from (folder for folder in inside if parent.name == "runs" or (folder / FILE).exists())


def _entry(folder: Path) -> RunEntry:
    try:
        return RunEntry(folder, load_manifest(folder))
    except FpbenchError as error:
        return RunEntry(folder, None, str(error))


@dataclass(frozen=True)
class Progress:
    """How far a run is, by its journal.

    Attributes:
        cells: of the whole run.
        generated, measured, failed: cells by the latest attempt of each stage.
        last: ISO time of the latest attempt, "" before the first.
    """

    cells: int
    generated: int
    measured: int
    failed: int
    last: str


def progress(entry: RunEntry) -> Progress:
    """Read the journal; a run without one has not begun.

    Clips that an earlier run had made already are not in the journal of this one, so the counts are lower bounds.
    """
    latest = {
        (line.stage, line.clip, line.system, line.task, line.seed): line
        for line in Journal(entry.folder / "cells.jsonl")
    }
    done = [line for line in latest.values() if line.status == "done"]
    counts = entry.manifest.counts if entry.manifest else None
    return Progress(
        cells=counts.cells if counts else len(latest),
        generated=max(sum(line.stage == "generate" for line in done), counts.generated if counts else 0),
        measured=max(sum(line.stage == "measure" for line in done), counts.done if counts else 0),
        failed=sum(line.status == "failed" for line in latest.values()),
        last=max((line.time for line in latest.values()), default=""),
    )
