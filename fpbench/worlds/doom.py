"""World ``doom``: walks through the Freedoom campaign maps, filmed by a scripted camera, with exact ground truth.

This module only joins the others: which map (``splits``), where one can stand (``wad``, ``grid``), which way to go
(``routes``, ``paths``), and the film (``camera``), kept in a cache (``cache``).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from fpbench.worlds import paths, splits, wad
from fpbench.worlds.cache import cache_dir, load_array, save_array
from fpbench.worlds.camera import HEIGHT, WIDTH, EngineError, angle_units, camera, radians, wad_folder
from fpbench.worlds.grid import STEP, Grid, build_grid
from fpbench.worlds.routes import Routes, build_routes
from fpbench.worlds.task import KINDS, Task

VERSION = 1
_DRAWS = 40


class Doom:
    """Real 3-D footage of known places; implements ``fpbench.worlds.World``.

    Args:
        maps: restricts the splits ``train`` and ``test-in`` to these training maps; None for all 28.
        keep: whether films are kept on disk. Planning a task films it, so with ``keep=False`` only the films of
            the last few tasks are at hand and others are filmed again.

    Raises:
        MapError: ``maps`` names something that is not a training map.
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

    def task(self, split: str, kind: str, index: int, *, frames: int, seed: int = 0) -> Task:
        """The ``index``-th task of a split; maps take turns.

        Planning includes filming, because the height of the camera is read back from the engine.

        Raises:
            MapError: unknown split, or no map with such a part.
            ValueError: unknown kind.
            EngineError: no engine, or no acceptable path.
        """
        if kind not in KINDS:
            raise ValueError(f"unknown kind of task {kind!r}; known: {', '.join(KINDS)}")
        names = splits.maps_of(split, self.maps)
        map_name = names[index % len(names)]
        entry = f"doom v{VERSION} {split} {kind} {seed} {index} {frames} {map_name}"
        place = f"{wad_of(map_name)}/{map_name}"
        stored = cache_dir() / "doom" / "tasks" / f"{hashlib.sha256(entry.encode()).hexdigest()[:32]}.bin"
        poses = load_array(stored) if self._keep else None
        if poses is None:
            poses = self._planned(entry, map_name, split, kind, frames)
            if self._keep:
                save_array(stored, poses)
        return Task(self.name, split, kind, seed, index, place, poses)

    def film(self, task: Task) -> NDArray[np.uint8]:
        """The true video of a task, (frames, 64, 96, 3) uint8 RGB; a damaged cache entry is filmed again."""
        map_name = task.place.split("/")[1]
        key = _film_key(map_name, task.poses)
        frames = self._recalled(key)
        if frames is None:
            xy = task.poses[:, :2].astype(np.int64)
            frames = camera(wad_of(map_name)).shoot(map_name, xy, angle_units(task.poses[:, 3])).frames
            self._remember(key, frames)
        return frames

    def _planned(self, entry: str, map_name: str, split: str, kind: str, frames: int) -> NDArray[np.float64]:
        """Poses of the first drawn path that films without a jump in height."""
        rng = np.random.default_rng(int.from_bytes(hashlib.sha256(entry.encode()).digest()[:16], "little"))
        parts = splits.parts_of(split, level_grid(map_name).areas)
        areas = np.array([level_grid(map_name).areas[part - 1] for part in parts])
        for _ in range(_DRAWS):
            part = parts[int(rng.choice(len(parts), p=areas / areas.sum()))]
            try:
                path = paths.path(kind, level_routes(map_name, part), frames, rng)
            except paths.NoPathError:
                continue
            pose = paths.rounded(path)
            footage = camera(wad_of(map_name)).shoot(map_name, pose.xy, pose.units)
            if np.abs(np.diff(footage.heights)).max(initial=0) <= STEP:
                poses = np.column_stack([pose.xy, footage.heights, radians(pose.units)])
                self._remember(_film_key(map_name, poses), footage.frames)
                return poses
        raise EngineError(f"no acceptable {kind} of {frames} frames in {map_name} after {_DRAWS} draws ({entry})")

    def _recalled(self, key: str) -> NDArray[np.uint8] | None:
        if key in self._recent:
            return self._recent[key]
        stored = load_array(_film_file(key)) if self._keep else None
        return None if stored is None else stored.astype(np.uint8, copy=False)

    def _remember(self, key: str, frames: NDArray[np.uint8]) -> None:
        if self._keep:
            save_array(_film_file(key), frames)
        self._recent[key] = frames
        while len(self._recent) > 8:
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


def _film_key(map_name: str, poses: NDArray[np.float64]) -> str:
    label = json.dumps(["doom", VERSION, map_name, *poses.shape]).encode()
    return hashlib.sha256(label + np.ascontiguousarray(poses, "<f8").tobytes()).hexdigest()


def _film_file(key: str) -> Path:
    return cache_dir() / "doom" / "films" / key[:2] / f"{key}.bin"
