"""Result files of VBench and VBench-2.0 as an ordinary run, which tables, statistics and the dashboard read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fpbench.errors import FpbenchError
from fpbench.metrics.imported import ALL, Imported
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
BY_DIMENSION: dict[str, Imported] = {one.dimension: one for one in ALL}


class ImportedStore(Store):
    """Clips of which nothing is here but their values."""

    def has_clip(self, clip: str) -> bool:
        """Whether its values were imported."""
        return self.facts(clip).is_file()


def read_results(path: Path) -> Values:
    """The values per clip of one result file, ``{dimension: [score, [{"video_path", "video_results"}, ...]]}``.

    Dimensions that fpbench has no column for are passed over. What VBench marks as not judged is NaN.

    Raises:
        FpbenchError: no JSON, another shape, no dimension that is known, or a value that is no finite number.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise FpbenchError(f"{path}: no result file of VBench: {error}") from error
    known = {name: body for name, body in content.items() if name in BY_DIMENSION} if isinstance(content, dict) else {}
    if not known:
        raise FpbenchError(f"{path}: none of VBench's dimensions in it; known: {', '.join(BY_DIMENSION)}")
    return {BY_DIMENSION[name].card.name: _clips(path, BY_DIMENSION[name], body) for name, body in known.items()}


def _clips(path: Path, metric: Imported, body: Any) -> dict[str, float]:
    values: dict[str, float] = {}
    try:
        entries = [(str(entry["video_path"]), entry["video_results"]) for entry in body[1]]
    except (TypeError, KeyError, IndexError) as error:
        raise FpbenchError(f"{path}: {metric.dimension}: expected [score, list of clips with video_path]") from error
    for video, value in entries:
        stem = Path(video.replace("\\", "/")).stem
        if isinstance(value, str) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise FpbenchError(f"{path}: {metric.dimension}: {video}: {value!r} is no finite number")
        if stem in values:
            raise FpbenchError(f"{path}: {metric.dimension}: two clips are named {stem!r}")
        values[stem] = float(value) * metric.scale if value >= metric.lowest else math.nan
    return values


def import_vbench(files: Sequence[tuple[str, Path]], folder: Path, *, reference: str | None = None) -> Path:
    """Write the run at ``folder``, ``.../runs/NAME``, from result files by system; several files of one add up.

    Raises:
        FpbenchError: a file cannot be used, two give the same metric of a system, or the folder is no place for a run.
    """
    folder = folder.absolute()
    if folder.parent.name != "runs" or (folder / "run.json").exists():
        raise FpbenchError(f"{folder}: write the run as .../runs/NAME, where no run is yet")
    systems = _systems(files)
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


def _systems(files: Sequence[tuple[str, Path]]) -> dict[str, Values]:
    systems: dict[str, Values] = {}
    for system, path in files:
        values, found = systems.setdefault(system, {}), read_results(path)
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
