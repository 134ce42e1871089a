"""The clips of a study, made before the first vote: all encoded alike, corrupted ones for catch trials among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from fpbench.errors import FpbenchError
from fpbench.preference.corrupt import corrupt
from fpbench.preference.study import Study, Trial
from fpbench.runs.clips import load_facts, read_frames, write_preview
from fpbench.runs.store import Store

FOLDER = "clips"


def clip_path(study_folder: Path, clip: str) -> Path:
    """Where a clip of a study lies; only ids of its trials are ever looked up."""
    return study_folder / FOLDER / f"{clip}.mp4"


def needed(study: Study) -> Mapping[str, tuple[str, str | None]]:
    """Every clip of a study with the clip it is made from and the corruption, None for an intact one.

    A corrupted clip stands against its intact original, so the other side of its trial names the source.
    """
    return {shown: source for trial in study.trials for shown, source in _sides(trial)}


def _sides(trial: Trial) -> Iterator[tuple[str, tuple[str, str | None]]]:
    for shown, other in ((trial.left, trial.right), (trial.right, trial.left)):
        yield shown.clip, (other.clip if shown.corruption else shown.clip, shown.corruption)


def stage(study: Study, folder: Path, store: Store) -> int:
    """Encode what is not there yet from a results folder; the number of clips made.

    Raises:
        FpbenchError: a clip of the study is not in the results folder.
    """
    made = 0
    for clip, (source, corruption) in needed(study).items():
        path = clip_path(folder, clip)
        if path.is_file():
            continue
        footage = store.footage(source)
        if footage is None:
            raise FpbenchError(f"{store.root}: has no clip {source[:12]}… of this study; name its results folder")
        video = np.concatenate(list(read_frames(footage)))
        shown = video if corruption is None else corrupt(video, corruption)
        write_preview(path, shown, load_facts(store, source)["fps"], folder / "tmp")
        made += 1
    return made


def bitrates(study: Study, folder: Path) -> dict[str, float]:
    """Kilobits per second of every staged clip, by clip id: a property of a clip that raters may notice."""
    paths = {clip: clip_path(folder, clip) for clip in needed(study)}
    seconds = study.design.clip_seconds
    return {clip: path.stat().st_size * 8 / 1000 / seconds for clip, path in paths.items() if path.is_file()}
