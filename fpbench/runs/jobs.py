"""What a worker process does: generate one batch, or measure one clip. Which, when and where is decided elsewhere."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from fpbench.errors import FpbenchError
from fpbench.protocol import SystemSpec
from fpbench.runs.cells import Batch, generation_order
from fpbench.runs.clips import load_clip, load_facts, save_clip
from fpbench.runs.files import DiskFullError
from fpbench.runs.series import save_series
from fpbench.runs.store import Store
from fpbench.runs.summary import SUMMARY_VERSION, stored, summarise
from fpbench.worlds.task import Task, World, has_truth, open_world

if TYPE_CHECKING:
    from fpbench.systems import System


@dataclass(frozen=True)
class GenerateJob:
    """Make every clip of one batch."""

    batch: Batch
    world: str
    store: Store

    @property
    def label(self) -> str:
        """Short name for progress lines."""
        return f"{self.batch.spec.name} · {self.batch.tasks[0].id} +{len(self.batch.tasks) - 1}"

    def __call__(self) -> None:
        """Generate, then store clip by clip.

        Raises:
            FpbenchError: the system refuses or breaks its contract.
            DiskFullError: no space left.
        """
        world, system = _world(self.world), _system(self.batch.spec.key)
        videos = system.generate(world, self.batch.tasks, self.batch.seed)
        _check(self.batch, world, videos)
        for task, clip, video in zip(self.batch.tasks, self.batch.clips, videos, strict=True):
            order = generation_order(system, task.frames)
            facts = {"task": task.id, "seed": self.batch.seed, **({"generation_order": order} if order else {})}
            save_clip(self.store, clip, video, world.fps, facts)


@dataclass(frozen=True)
class MeasureJob:
    """Measure some metrics on one clip."""

    clip: str
    task: Task
    world: str
    metrics: tuple[str, ...]
    store: Store
    system: str

    @property
    def label(self) -> str:
        """Short name for progress lines."""
        return f"{self.system} · {self.task.id}"

    def __call__(self) -> None:
        """Decode once, measure, and store beside what was measured before.

        Raises:
            ClipError: the clip cannot be decoded.
            DiskFullError: no space left.
        """
        from fpbench.metrics import CameraPath, measure

        task, facts = self.task, load_facts(self.store, self.clip)
        truth = _truth(self.world, (task.split, task.kind, task.index), task.frames, task.seed)
        frames, world = load_clip(self.store, self.clip), _world(self.world)
        camera = None if truth is None else CameraPath(task.poses, world.unit, world.focal)
        found = measure(frames, fps=world.fps, metrics=self.metrics, truth=truth, given=1, camera=camera)
        measured = [
            summarise(name, one.index.astype(np.int32), one.values.astype(np.float32), facts.get("generation_order"))
            for name, one in found.items()
        ]
        kept = stored(self.store, self.clip, but=set(self.metrics))
        save_series(self.store, self.clip, [*kept, *measured], SUMMARY_VERSION)


class Job(Protocol):
    """Work for an executor: it can be pickled, and its result is on disk when it returns."""

    @property
    def label(self) -> str:
        """Short name for progress lines."""
        ...

    def __call__(self) -> None:
        """Do it, or raise."""
        ...


@dataclass(frozen=True)
class Outcome:
    """How a job ended.

    Attributes:
        index: position of the job in the list that was submitted.
        seconds: wall time of the attempt.
        error: one line, empty when it succeeded; ``detail`` has the traceback.
        fatal: nothing else can succeed either (a full disk).
    """

    index: int
    seconds: float
    error: str = ""
    detail: str = ""
    fatal: bool = False


def attempt(index: int, job: Callable[[], None]) -> Outcome:
    """Run a job; whatever it raises becomes part of the outcome, so that one failure costs one job."""
    start = time.monotonic()
    try:
        job()
    except DiskFullError as error:
        return Outcome(index, time.monotonic() - start, str(error), fatal=True)
    except FpbenchError as error:
        return Outcome(index, time.monotonic() - start, str(error))
    except Exception as error:  # noqa: BLE001 - a plug-in may raise anything; the run must go on and count it
        summary = f"{type(error).__name__}: {error}".splitlines()[0]
        return Outcome(index, time.monotonic() - start, summary, traceback.format_exc())
    return Outcome(index, time.monotonic() - start)


@lru_cache(maxsize=2)
def _world(name: str) -> World:
    return open_world(name)


@lru_cache(maxsize=1)
def _system(key: str) -> System:
    from fpbench.systems import build

    spec = SystemSpec.from_key(key)
    return build(spec.use, spec.params, name=spec.name, backbone=spec.backbone, sampling=spec.sampling)


@lru_cache(maxsize=2)
def _truth(world: str, which: tuple[str, str, int], frames: int, seed: int) -> NDArray[np.uint8] | None:
    place = _world(world)
    if not has_truth(place):
        return None
    return place.film(place.task(*which, frames=frames, seed=seed))


def _check(batch: Batch, world: World, videos: list[NDArray[np.uint8]]) -> None:
    if len(videos) != len(batch.tasks):
        raise FpbenchError(f"{batch.spec.name}: returned {len(videos)} videos for {len(batch.tasks)} tasks")
    for task, video in zip(batch.tasks, videos, strict=True):
        expected = (task.frames, world.height, world.width, 3)
        if video.shape != expected or video.dtype != np.uint8:
            raise FpbenchError(
                f"{batch.spec.name}: {task.id}: expected uint8 {expected}, got {video.dtype} {video.shape}"
            )
