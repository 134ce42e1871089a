"""The append-only history of a run, ``cells.jsonl``: one line per attempt at a cell. No pixels, no values."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from fpbench.runs.files import explaining_full_disk

Stage = Literal["generate", "measure"]
Status = Literal["done", "failed"]


def now() -> str:
    """The current instant, ISO 8601 in UTC to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Entry:
    """One attempt.

    Attributes:
        clip: content address of the clip; with ``stage`` it says what was attempted.
        seconds: time of the attempt; of the whole batch for ``generate``.
        error: why it failed, empty when it did not.
    """

    stage: Stage
    clip: str
    system: str
    task: str
    seed: int
    status: Status
    seconds: float = 0.0
    error: str = ""
    time: str = ""


class Journal:
    """Appends entries to a file and reads them back; a line cut short by a kill is skipped, never repaired."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, entries: list[Entry]) -> None:
        """Add entries with one write, so that concurrent writers do not interleave.

        Raises:
            DiskFullError: no space left.
        """
        lines = [json.dumps(asdict(entry) | {"time": entry.time or now()}) + "\n" for entry in entries]
        text = "".join(lines) if self._ends_cleanly() else "\n" + "".join(lines)
        with explaining_full_disk(self.path), self.path.open("ab", buffering=0) as file:
            file.write(text.encode())

    def _ends_cleanly(self) -> bool:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return True
        with self.path.open("rb") as file:
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"

    def __iter__(self) -> Iterator[Entry]:
        if not self.path.exists():
            return
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                fields = json.loads(line)
            except json.JSONDecodeError:
                continue
            yield Entry(**fields)

    def failures(self) -> dict[tuple[Stage, str], Entry]:
        """The attempts whose latest outcome is a failure, by (stage, clip).

        A clip that is made anew may be measured again.
        """
        latest: dict[tuple[Stage, str], Entry] = {}
        for entry in self:
            latest[entry.stage, entry.clip] = entry
            if entry.stage == "generate":
                latest.pop(("measure", entry.clip), None)
        return {key: entry for key, entry in latest.items() if entry.status == "failed"}
