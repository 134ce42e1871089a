"""Progress bars on a terminal, plain lines in a log. The run itself knows neither."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from fpbench.runs.jobs import Outcome
    from fpbench.runs.stages import Watcher

TITLES = {"generate": "generating", "measure": "measuring"}


class PlainLines:
    """One line per finished job, with the clock and what is left."""

    def __init__(self) -> None:
        self.title, self.total, self.finished, self.start, self.before = "", 0, 0, 0.0, 0

    def stage(self, stage: str, total: int, finished: int) -> None:
        """Name the stage and start its clock."""
        self.title, self.total, self.finished, self.before = TITLES[stage], total, finished, finished
        self.start = time.monotonic()
        typer.echo(f"{self.title}: {finished} of {total} cells already there", err=True)

    def advance(self, label: str, cells: int, outcome: Outcome) -> None:
        """One line for a finished job."""
        self.finished += cells
        end = f"FAILED: {outcome.error}" if outcome.error else f"{outcome.seconds:.1f} s"
        typer.echo(f"{self.title} {self.finished}/{self.total} {label}: {end}{self._left()}", err=True)

    def _left(self) -> str:
        made = self.finished - self.before
        rest = (time.monotonic() - self.start) / made * (self.total - self.finished) if made else 0.0
        return f" (about {rest:.0f} s left)" if rest >= 1 else ""


class Bars:
    """A rich bar per stage; failures are printed above it."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.task: TaskID | None = None

    def stage(self, stage: str, total: int, finished: int) -> None:
        """Add the bar of a stage."""
        self.task = self.progress.add_task(TITLES[stage], total=total, completed=finished)

    def advance(self, label: str, cells: int, outcome: Outcome) -> None:
        """Move the bar on; print a failure."""
        if outcome.error:
            self.progress.console.print(f"FAILED {label}: {outcome.error}", style="red", markup=False)
        if self.task is not None:
            self.progress.advance(self.task, cells)


@contextmanager
def watcher() -> Iterator[Watcher]:
    """Bars when standard error is a terminal, else lines."""
    if not sys.stderr.isatty():
        yield PlainLines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield Bars(progress)
