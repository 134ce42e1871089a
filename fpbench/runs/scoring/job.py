"""One file decoded once: measured, and copied for browsers on the way. Which files, and what for, is ``score``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics import ClipError, measure
from fpbench.metrics.footage import Footage, probe, read_chunks, remarks
from fpbench.runs.files import write_atomic
from fpbench.runs.scoring.folders import ClipFile
from fpbench.runs.scoring.previews import with_preview
from fpbench.runs.series import save_series
from fpbench.runs.store import Store
from fpbench.runs.summary import SUMMARY_VERSION, stored, summarise

Video = NDArray[np.uint8]


class PreviewStore(Store):
    """A store of clips that were made elsewhere: a preview and measurements, no lossless master."""

    def has_clip(self, clip: str) -> bool:
        """Whether the clip was decoded to its end."""
        return self.facts(clip).is_file() and self.preview(clip).is_file()


@dataclass(frozen=True)
class ScoreJob:
    """Measure some metrics on one file.

    Attributes:
        fps: rate to measure at; None for the file's own mean rate.
    """

    clip: ClipFile
    metrics: tuple[str, ...]
    fps: float | None
    store: PreviewStore

    @property
    def label(self) -> str:
        """Short name for progress lines."""
        return f"{self.clip.system} · {self.clip.task.id}"

    def __call__(self) -> None:
        """Store measurements, preview and facts; the facts last, which declare the clip complete.

        Raises:
            ClipError: no video, truncated, or frames change size.
            DiskFullError: no space left.
        """
        footage = probe(self.clip.path)
        fps, seen = self.fps or footage.fps, Seen(read_chunks(footage))
        self._measure(seen, fps)
        text = json.dumps(facts(self.clip, footage, seen, fps), indent=1)
        write_atomic(self.store.facts(self.clip.clip), text.encode(), self.store.scratch)

    def _measure(self, chunks: Iterable[Video], fps: float) -> None:
        store, clip = self.store, self.clip.clip
        if not store.preview(clip).is_file():
            chunks = with_preview(chunks, store.preview(clip), fps, store.scratch)
        try:
            found = measure(chunks, fps=fps, metrics=self.metrics, prompt=self.clip.prompt)
        except ClipError as error:
            named = str(self.clip.path) in str(error)
            raise error if named else ClipError(f"{self.clip.path}: {error}") from error
        measured = [
            summarise(name, one.index.astype(np.int32), one.values.astype(np.float32), None)
            for name, one in found.items()
        ]
        save_series(store, clip, [*stored(store, clip, but=set(self.metrics)), *measured], SUMMARY_VERSION)


class Seen:
    """Chunks as they pass: their frames are counted, the size of the picture (height, width) is noted."""

    def __init__(self, chunks: Iterable[Video]) -> None:
        self.chunks, self.frames, self.size = chunks, 0, (0, 0)

    def __iter__(self) -> Iterator[Video]:
        for chunk in self.chunks:
            self.frames += len(chunk)
            self.size = (chunk.shape[1], chunk.shape[2])
            yield chunk


def facts(clip: ClipFile, footage: Footage, seen: Seen, fps: float) -> dict[str, Any]:
    """What is kept about a clip: size and rate as measured, where it came from, and what is unusual about it."""
    shape = {"frames": seen.frames, "height": seen.size[0], "width": seen.size[1], "fps": fps}
    source = {"source": str(clip.path), "file_fps": footage.fps, "pixel_format": footage.pixel_format}
    return {"clip": clip.clip, **shape, **source, "remarks": remarks(footage, seen.frames, seen.size)}


def load_facts(store: Store, clip: str) -> dict[str, Any]:
    """The facts of a clip that was scored."""
    found: dict[str, Any] = json.loads(store.facts(clip).read_text("utf-8"))
    return found
