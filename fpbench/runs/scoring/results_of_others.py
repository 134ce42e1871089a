"""Results that another suite computed, as an ordinary run, which tables, statistics and the dashboard read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fpbench.errors import FpbenchError
from fpbench.metrics.imported import ALL
from fpbench.protocol import digest
from fpbench.runs.execute import locked
from fpbench.runs.files import write_atomic
from fpbench.runs.finalise import finalise
from fpbench.runs.journal import now
from fpbench.runs.manifest import Counts, save_manifest
from fpbench.runs.scoring.folders import ClipFile, FileName
from fpbench.runs.scoring.plan import ScorePlan, describe
from fpbench.runs.series import save_series
from fpbench.runs.store import Store
from fpbench.runs.summary import SUMMARY_VERSION, summarise

Values = dict[str, dict[str, float]]
"""Value by clip (file name without its ending) by metric."""
RATE = 1.0
"""Frames per second of clips that are one value each, so that an axis of time has a unit."""


class ImportedStore(Store):
    """Clips of which nothing is here but their values."""

    def has_clip(self, clip: str) -> bool:
        """Whether its values were imported."""
        return self.facts(clip).is_file()


def read_json(path: Path) -> dict[str, Any]:
    """The object in a result file; an empty one for any other JSON.

    Raises:
        FpbenchError: it cannot be read, or is no JSON.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FpbenchError(f"{path}: no result file: {error}") from error
    return content if isinstance(content, dict) else {}


def read_number(path: Path, column: str, video: str, found: Any, known: Collection[str]) -> tuple[str, float]:
    """The name of a clip, its file's without folder and ending, and its value.

    Args:
        column: name of the values in the file. video: path of the clip. found: its value. known: clips read before.

    Raises:
        FpbenchError: no finite number, or a second clip of that name.
    """
    stem = Path(video.replace("\\", "/")).stem
    if isinstance(found, str) or not isinstance(found, (int, float)) or not math.isfinite(found):
        raise FpbenchError(f"{path}: {column}: {video}: {found!r} is no finite number")
    if stem in known:
        raise FpbenchError(f"{path}: {column}: two clips are named {stem!r}")
    return stem, float(found)


def import_results(
    files: Sequence[tuple[str, Path]], read: Callable[[Path], Values], folder: Path, *, reference: str | None = None
) -> Path:
    """Write the run at ``folder``, ``.../runs/NAME``, from result files by system; several files of one add up.

    Args:
        read: the reader of a suite's files.

    Raises:
        FpbenchError: a file cannot be used, two give the same metric of a system, or the folder is no place for a run.
    """
    folder = folder.absolute()
    if folder.parent.name != "runs" or (folder / "run.json").exists():
        raise FpbenchError(f"{folder}: write the run as .../runs/NAME, where no run is yet")
    systems = _systems(files, read)
    if reference is not None and reference not in systems:
        raise FpbenchError(f"--reference {reference!r}: no such system; there are {', '.join(systems)}")
    names = [one.card.name for one in ALL if any(one.card.name in values for values in systems.values())]
    plan = ScorePlan(
        {system: next(path for name, path in files if name == system) for system in systems},
        dict.fromkeys(names, 1),
        fps=RATE,
        quality=names[0],
        drift=names[0],
        reference=reference,
    )
    store = ImportedStore(folder.parent.parent, folder.name)
    with locked(folder / ".lock"):
        cells = [cell for system, values in systems.items() for cell in _store(store, system, values, names)]
        finalise(cells, names, store, folder, {})
        counts = Counts(cells=len(cells), generated=len(cells), done=len(cells), failed=0)
        ended = {"status": "done", "counts": counts, "updated": now()}
        manifest = describe(plan, folder.name, 1, None).model_copy(update=ended)
        save_manifest(folder, manifest, store.scratch)
        store.sweep()
    return folder


def _systems(files: Sequence[tuple[str, Path]], read: Callable[[Path], Values]) -> dict[str, Values]:
    systems: dict[str, Values] = {}
    for system, path in files:
        values, found = systems.setdefault(system, {}), read(path)
        if twice := sorted(values.keys() & found.keys()):
            raise FpbenchError(f"{path}: {twice[0]} of {system!r} came in another file already")
        values.update(found)
    return systems


def _store(store: Store, system: str, values: Values, names: Sequence[str]) -> list[ClipFile]:
    """A cell for every clip of a system; a metric that lacks a clip has an undefined value there."""
    cells = []
    for stem in sorted({stem for clips in values.values() for stem in clips}):
        row: Mapping[str, float] = {name: values[name].get(stem, math.nan) for name in names if name in values}
        clip = digest([system, stem, {name: repr(value) for name, value in row.items()}])
        measured = [
            summarise(name, np.zeros(1, np.int32), np.array([value], np.float32), None) for name, value in row.items()
        ]
        save_series(store, clip, measured, SUMMARY_VERSION)
        facts = {"clip": clip, "frames": 1, "height": 0, "width": 0, "fps": RATE, "source": stem, "remarks": []}
        write_atomic(store.facts(clip), json.dumps(facts).encode(), store.scratch)
        cells.append(ClipFile(system, FileName(stem), clip, Path(stem)))
    return cells
