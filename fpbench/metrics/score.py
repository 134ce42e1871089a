"""Scoring folders of videos: one folder per system, clips paired by file name, every failure named.

Tables and exit codes are made elsewhere from what is returned here.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from fpbench.cache import write_atomically
from fpbench.errors import FpbenchError
from fpbench.metrics.catalog import card, resolve
from fpbench.metrics.footage import Footage, probe, read_chunks
from fpbench.metrics.single_pass import Series, measure


@dataclass(frozen=True)
class Scored:
    """One measured clip: its facts, the hash of its file and its series by metric."""

    footage: Footage
    sha256: str
    series: Mapping[str, Series]


@dataclass(frozen=True)
class Scores:
    """What scoring gave.

    Attributes:
        clips: by system (folder name), then by clip name (file name without ending).
        failures: reason in words for every file that could not be scored.
        unpaired: clip names that some system lacks, with those systems.
    """

    clips: Mapping[str, Mapping[str, Scored]]
    failures: Mapping[Path, str]
    unpaired: Mapping[str, tuple[str, ...]]


def score_clip(path: Path, metrics: Sequence[str], cache: Path | None = None) -> Scored:
    """Measure one video file, reading from the cache what was measured before.

    Args:
        path: any container ffmpeg reads.
        metrics: names of metrics and groups that need no truth.
        cache: folder of measured series, keyed by file content and metric version; None measures anew.

    Raises:
        ClipError: the file is no video, is truncated, or changes size.
    """
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    footage, names = probe(path), resolve(metrics)
    shelf = Shelf(cache and cache / digest[:2] / digest)
    known = {name: found for name in names if (found := shelf.load(name))}
    todo = [name for name in names if name not in known]
    if todo:
        known |= measure(read_chunks(footage), fps=footage.fps, metrics=todo)
        for name in todo:
            shelf.save(known[name])
    return Scored(footage, digest, {name: known[name] for name in names})


@dataclass(frozen=True)
class Shelf:
    """The measured series of one clip on disk, a file per metric and version; keeps nothing without a folder."""

    folder: Path | None

    def load(self, name: str) -> Series | None:
        """The stored series; None when there is none that can be read."""
        if self.folder is None:
            return None
        try:
            with np.load(self._file(self.folder, name)) as stored:
                return Series(stored["values"], stored["index"], name)
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None

    def save(self, series: Series) -> None:
        """Store a series, replacing an unreadable one."""
        if self.folder is not None:
            buffer = io.BytesIO()
            np.savez_compressed(buffer, values=series.values, index=series.index)
            write_atomically(self._file(self.folder, series.metric), buffer.getvalue())

    @staticmethod
    def _file(folder: Path, name: str) -> Path:
        return folder / f"{name}-v{card(name).version}.npz"


def find_clips(folder: Path) -> tuple[dict[str, Path], dict[Path, str]]:
    """The files of a folder by name without ending, and reasons for those that share a name.

    Hidden files and sub-folders are passed over.

    Raises:
        FpbenchError: no such folder, or no file in it.
    """
    if not folder.is_dir():
        raise FpbenchError(f"{folder}: no such folder")
    files = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise FpbenchError(f"{folder}: no files in it")
    uses = Counter(path.stem for path in files)
    clips = {path.stem: path for path in files if uses[path.stem] == 1}
    clash = {path: f"{path}: another file has the same name" for path in files if uses[path.stem] > 1}
    return clips, clash


def score_folders(
    folders: Sequence[Path],
    metrics: Sequence[str],
    *,
    cache: Path | None = None,
    jobs: int = 1,
    progress: Callable[[Path], None] = lambda _: None,
) -> Scores:
    """Measure every clip of every folder; what fails is named and the rest is scored.

    Args:
        folders: one per system, named after it.
        metrics: names of metrics and groups that need no truth.
        cache: as in `score_clip`; makes a stopped run continue where it was.
        jobs: worker processes, each single-threaded.
        progress: called with each file that is done.

    Raises:
        FpbenchError: a folder is missing or empty, or two have the same name.
        UnknownNameError: no such metric or group.
    """
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        raise FpbenchError(f"folders share a name: {', '.join(map(str, folders))}; systems are named after them")
    wanted = resolve(metrics)
    found: dict[str, dict[str, Path]] = {}
    failures: dict[Path, str] = {}
    for name, folder in zip(names, folders, strict=True):
        found[name], clash = find_clips(folder)
        failures |= clash
    paths = [path for clips in found.values() for path in clips.values()]
    scored: dict[Path, Scored] = {}
    for path, result in _each(partial(_attempt, metrics=wanted, cache=cache), paths, jobs):
        if isinstance(result, Scored):
            scored[path] = result
        else:
            failures[path] = result
        progress(path)
    clips = {
        system: {clip: scored[path] for clip, path in files.items() if path in scored}
        for system, files in found.items()
    }
    return Scores(clips, failures, _unpaired(clips))


def _attempt(path: Path, metrics: Sequence[str], cache: Path | None) -> Scored | str:
    """The scored clip, or in one line why it could not be scored."""
    try:
        return score_clip(path, metrics, cache)
    except FpbenchError as error:
        return str(error)


def _each(
    work: Callable[[Path], Scored | str], paths: Iterable[Path], jobs: int
) -> Iterator[tuple[Path, Scored | str]]:
    """Results as they come, from this process or from ``jobs`` fresh ones."""
    if jobs == 1:
        yield from ((path, work(path)) for path in paths)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting: dict[Future[Scored | str], Path] = {pool.submit(work, path): path for path in paths}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _unpaired(clips: Mapping[str, Mapping[str, Scored]]) -> dict[str, tuple[str, ...]]:
    every = sorted({clip for scored in clips.values() for clip in scored})
    lacking = {clip: tuple(system for system in clips if clip not in clips[system]) for clip in every}
    return {clip: systems for clip, systems in lacking.items() if systems}
