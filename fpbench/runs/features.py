"""Deep features of the clips of a run, kept in the cache. What they are compared by is ``fpbench.metrics``."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fpbench.cache import cache_dir, write_atomically
from fpbench.errors import FpbenchError
from fpbench.metrics.features import Encoder, Feature, encode
from fpbench.metrics.footage import probe, read_chunks
from fpbench.metrics.frame import Clip
from fpbench.runs.clips import ClipError, load_facts
from fpbench.runs.store import Store
from fpbench.weights.packaged import sha256

VERSION = 1
"""Raised whenever the same file may give other features, so that kept ones are computed anew."""


@dataclass(frozen=True)
class EncodeJob:
    """Encode one clip, unless its features are there.

    Attributes:
        clip: content address. label: short name for progress lines.
    """

    clip: str
    encoder: Encoder
    store: Store
    label: str

    def __call__(self) -> None:
        """Decode once, encode, keep.

        Raises:
            FpbenchError: the clip is gone, cannot be decoded, or is not the one that was measured.
        """
        load_features(self.store, self.clip, self.encoder)


def load_features(store: Store, clip: str, encoder: Encoder) -> Feature:
    """The features of a clip of a run, (frames encoded / span, dimensions), that of frame 0 first.

    They are of the lossless master, or of the file that was scored; the cache goes by the bytes of that file.

    Raises:
        FpbenchError: as of `EncodeJob`.
    """
    facts = load_facts(store, clip)
    path = store.clip(clip) if store.clip(clip).is_file() else Path(facts.get("source", store.clip(clip)))
    if not path.is_file():
        raise FpbenchError(f"{path}: no longer there; distances between sets need the clips themselves")
    kept = cache_dir("features", f"{encoder.name}-{VERSION}", f"{sha256(path)}-{facts['fps']:g}.npy")
    if kept.is_file():
        return np.asarray(np.load(kept, allow_pickle=False), np.float32)
    features = _encode(path, encoder, facts["fps"], facts["frames"])
    buffer = io.BytesIO()
    np.save(buffer, features, allow_pickle=False)
    write_atomically(kept, buffer.getvalue())
    return features


def _encode(path: Path, encoder: Encoder, fps: float, promised: int) -> Feature:
    found: list[Feature] = []
    seen, waiting = 0, np.empty((0, 1, 1, 3), np.uint8)
    for chunk in read_chunks(probe(path), size=64):
        step = Clip(chunk.shape[1], chunk.shape[2], fps).motion_step if encoder.grid else 1
        wanted = chunk[-seen % step :: step]
        waiting = np.concatenate([waiting, wanted]) if len(waiting) else wanted
        whole = len(waiting) // encoder.span * encoder.span
        found += [encode(encoder, waiting[:whole])] if whole else []
        waiting = waiting[whole:]
        seen += len(chunk)
    if seen != promised:
        raise ClipError(f"{path}: has {seen} frames, {promised} when it was measured; score it again")
    if not found:
        raise ClipError(
            f"{path}: {len(waiting)} frames at about 8 a second; {encoder.name} sees {encoder.span} at a time"
        )
    return np.concatenate(found)
