"""Clips small enough to be mailed: the first tasks of a run, every system, a tenth of the size of the previews."""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from fpbench.report.data import RunData
from fpbench.runs.clips import load_facts, read_frames, write_preview
from fpbench.runs.store import Store

HEIGHT, CRF = 128, 30
"""Lines of a snippet, and how strongly it is compressed."""


def snippets(run: RunData, tasks: int) -> dict[str, dict[str, bytes]]:
    """H.264 files by task and system: first seed of the first ``tasks`` tasks, systems without a clip left out.

    Raises:
        ClipError: a stored clip is damaged.
    """
    store = Store.of(run.folder)
    wanted = list(dict.fromkeys(run.cells["task"]))[:tasks]
    found: dict[str, dict[str, bytes]] = {}
    for system, task, clip in zip(*(run.cells[name] for name in ("system", "task", "clip")), strict=True):
        if task in wanted and clip and system not in found.get(task, {}) and (path := store.footage(clip)):
            found.setdefault(task, {})[system] = _small(path, load_facts(store, clip)["fps"])
    return found


def _small(path: Path, fps: float) -> bytes:
    """The clip at ``HEIGHT`` lines, its width even as the format needs."""
    frames = np.concatenate(list(read_frames(path)))
    width = round(frames.shape[2] * HEIGHT / frames.shape[1] / 2) * 2
    how = cv2.INTER_AREA if frames.shape[1] > HEIGHT else cv2.INTER_CUBIC
    resized = np.stack([cv2.resize(frame, (width, HEIGHT), interpolation=how) for frame in frames]).astype(np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "clip.mp4"
        write_preview(
            made, resized, fps, Path(folder) / "tmp", height=HEIGHT, x264={"preset": "veryfast", "crf": str(CRF)}
        )
        return made.read_bytes()
