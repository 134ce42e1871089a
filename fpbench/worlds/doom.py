"""World ``doom``: walks through the Freedoom campaign maps, filmed by a scripted camera, with ground truth.

This module only joins the others: which map (``splits``), where one can stand (``wad``, ``grid``), which way
to go (``routes``, ``paths``), and the film (``camera``), kept on disk (``arrays``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fpbench.cache import cache_dir
from fpbench.worlds import paths, splits, wad
from fpbench.worlds.arrays import keep_array, kept_array
from fpbench.worlds.camera import HEIGHT, WIDTH, camera, wad_folder
from fpbench.worlds.errors import EngineError, TaskError
from fpbench.worlds.grid import STEP, Grid, build_grid
from fpbench.worlds.kinds import varied
from fpbench.worlds.poses import angle_units, radians, rounded, seeded
from fpbench.worlds.routes import Routes, build_routes
from fpbench.worlds.task import KINDS, SPLITS, Task

VERSION = 2  # of paths and pictures together: a change of either makes other tasks
_DRAWS = 40
_AT_HAND = 16


class Doom:
    """Real 3-D footage of known places; implements ``fpbench.worlds.World``.

    Args:
        maps: restricts the splits ``train`` and ``test-in`` to these training maps; None for all 28.
        keep: whether tasks and films are kept on disk (1.3 MB per 128 frames). Planning a task films it, so
            without a cache the films of the last few tasks are at hand and older ones are filmed again.

    Raises:
        TaskError: ``maps`` names something that is not a training map.
    """

    name: ClassVar[str] = "doom"
    height: ClassVar[int] = HEIGHT
    width: ClassVar[int] = WIDTH
    fps: ClassVar[float] = 8.75
    focal: ClassVar[float] = 53.3
    unit: ClassVar[float] = 10.0

    def __init__(self, maps: Sequence[str] | None = None, *, keep: bool = True) -> None:
        self.maps = splits.maps_of("train", maps)
        self._keep = keep
        self._recent: dict[str, NDArray[np.uint8]] = {}

    def fingerprint(self) -> dict[str, object]:
        """What determines footage besides a task: this world's version, the engine's, the training maps."""
        return {"doom": VERSION, "vizdoom": version("vizdoom"), "maps": list(self.maps)}

    def task(self, split: str, kind: str, index: int, *, frames: int, seed: int = 0) -> Task:
        """The ``index``-th task of a split; its maps take turns.

        Planning includes filming, because the height of the camera is read back from the engine.

        Raises:
            TaskError: unknown split or kind, too few frames for it, or no map with such a part.
            EngineError: no engine, or no acceptable path.
        """
        if split not in SPLITS or kind not in KINDS:
            raise TaskError.unknown(self.name, split, kind)
        names = splits.maps_of(split, self.maps)
        map_name = names[index % len(names)]
        key = ("doom", VERSION, split, kind, seed, index, frames, map_name)
        poses = self._recalled(_file("tasks", key))
        if poses is None:
            poses = self._planned(key, map_name, split, kind, frames)
            self._store(_file("tasks", key), poses)
        return Task(self.name, split, kind, seed, index, f"{wad_of(map_name)}/{map_name}", poses)

    def film(self, task: Task) -> NDArray[np.uint8]:
        """The true video of a task, (frames, 64, 96, 3) uint8 RGB; a damaged cache entry is filmed again.

        Raises:
            EngineError: no engine.
        """
        map_name = task.place.split("/")[1]
        file = _film_file(map_name, task.poses)
        frames = self._recent.get(file.name)
        if frames is None:
            frames = self._recalled(file)
        if frames is None:
            xy = task.poses[:, :2].astype(np.int64)
            frames = camera(wad_of(map_name)).shoot(map_name, xy, angle_units(task.poses[:, 3])).frames
            self._store(file, frames)
        return frames

    def _planned(
        self, key: tuple[object, ...], map_name: str, split: str, kind: str, frames: int
    ) -> NDArray[np.float64]:
        """Poses of the first drawn path that films without a jump in height."""
        rng = seeded(*key)
        for _ in range(_DRAWS):
            try:
                routes = _drawn_routes(map_name, split, rng)
                path = varied(kind, frames, rng, partial(paths.walk, routes))
            except paths.NoPathError:
                continue
            xy, units = rounded(path)
            footage = camera(wad_of(map_name)).shoot(map_name, xy, units)
            if np.abs(np.diff(footage.heights)).max(initial=0) <= STEP:
                poses = np.column_stack([xy, footage.heights, radians(units)])
                self._store(_film_file(map_name, poses), footage.frames)
                self._remember(_film_file(map_name, poses), footage.frames)
                return poses
        raise EngineError(
            f"no acceptable {kind} of {frames} frames in map {map_name} after {_DRAWS} draws "
            f"(split {split}); ask for fewer frames or leave the map out"
        )

    def _recalled(self, file: Path) -> NDArray[Any] | None:
        return kept_array(file) if self._keep else None

    def _store(self, file: Path, array: NDArray[np.generic]) -> None:
        if self._keep:
            keep_array(file, array)

    def _remember(self, file: Path, frames: NDArray[np.uint8]) -> None:
        self._recent[file.name] = frames
        while len(self._recent) > _AT_HAND:
            del self._recent[next(iter(self._recent))]


def wad_of(map_name: str) -> str:
    """Stem of the WAD that holds a map: ``freedoom1`` has E1M1 ..., ``freedoom2`` has MAP01 ..."""
    return "freedoom1" if map_name.startswith("E") else "freedoom2"


@cache
def level_grid(map_name: str) -> Grid:
    """The collision grid of a map as it is filmed."""
    return build_grid(wad.still(wad.parse(map_name, _levels(wad_of(map_name))[map_name])))


@cache
def level_routes(map_name: str, part: int) -> Routes:
    """The way graph of one part of a map."""
    return build_routes(level_grid(map_name), part)


@cache
def _levels(wad_name: str) -> dict[str, dict[str, bytes]]:
    return wad.levels(wad.read_lumps(wad_folder() / f"{wad_name}.wad"))


def _drawn_routes(map_name: str, split: str, rng: np.random.Generator) -> Routes:
    """A part of the map that belongs to the split, drawn by area."""
    areas = np.array(level_grid(map_name).areas)
    parts = np.array(splits.parts_of(split, level_grid(map_name).areas))
    share = areas[parts - 1] / areas[parts - 1].sum()
    return level_routes(map_name, int(rng.choice(parts, p=share)))


def _film_file(map_name: str, poses: NDArray[np.float64]) -> Path:
    """Named by everything that determines the film: place, poses, recipe and engine."""
    content = np.ascontiguousarray(poses, "<f8").tobytes()
    digest = hashlib.sha256(content).hexdigest()
    return _file("films", ("doom", VERSION, version("vizdoom"), map_name, digest))


def _file(folder: str, key: tuple[object, ...]) -> Path:
    name = hashlib.sha256(" ".join(map(str, key)).encode()).hexdigest()
    return cache_dir("doom", folder, name[:2]) / f"{name}.bin"
