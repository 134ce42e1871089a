"""From a protocol to cells (system x task x seed) and the fixed batches that make them. Nothing is executed here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fpbench.errors import FpbenchError
from fpbench.protocol import Protocol, SystemSpec, digest
from fpbench.worlds.task import Task, World

GENERATION_VERSION = 1
"""Raised whenever the same system, task and seed would give other pixels than before."""


@dataclass(frozen=True)
class Cell:
    """One clip of one row: who makes it, of what, and its content address."""

    system: str
    task: Task
    seed: int
    clip: str


@dataclass(frozen=True)
class Batch:
    """Tasks that one system generates in one call.

    A rollout depends in its last bits on who else is in the batch, so the composition is fixed and part of the
    address of its clips.
    """

    spec: SystemSpec
    tasks: tuple[Task, ...]
    seed: int
    clips: tuple[str, ...]

    @property
    def cells(self) -> list[Cell]:
        """The cells of the batch, in the order of its tasks."""
        return [Cell(self.spec.name, task, self.seed, clip) for task, clip in zip(self.tasks, self.clips, strict=True)]


def world_fingerprint(world: World) -> dict[str, object]:
    """What of a world decides its pixels: what it says itself, and its frame size and rate."""
    own = getattr(world, "fingerprint", None)
    basic = {"name": world.name, "height": world.height, "width": world.width, "fps": world.fps}
    return {**basic, **(own() if callable(own) else {})}


def tasks_of(protocol: Protocol, world: World) -> list[list[Task]]:
    """The tasks of a protocol in batches; a batch never mixes splits or kinds, so adding one moves no other."""
    spec, size = protocol.tasks, protocol.batch
    batches = []
    for split in spec.splits:
        for kind in spec.kinds:
            tasks = [world.task(split, kind, i, frames=spec.frames, seed=spec.seed) for i in range(spec.count)]
            batches += [tasks[start : start + size] for start in range(0, len(tasks), size)]
    return batches


def _task_digest(task: Task) -> str:
    poses = hashlib.sha256(task.poses.astype("<f8").tobytes()).hexdigest()
    return digest({"id": task.id, "frames": task.frames, "poses": poses})


def clip_ids(
    system: Mapping[str, object], world: Mapping[str, object], tasks: Sequence[Task], seed: int
) -> tuple[str, ...]:
    """Content addresses of the clips of one batch: SHA-256 of everything that determines their pixels."""
    tasks_digest = [_task_digest(task) for task in tasks]
    common = {
        "generation": GENERATION_VERSION,
        "system": system,
        "world": world,
        "seed": seed,
        "batch": tasks_digest,
    }
    return tuple(digest({**common, "position": position}) for position in range(len(tasks)))


def batches_of(
    protocol: Protocol,
    world: World,
    specs: Sequence[SystemSpec],
    fingerprints: Mapping[str, Mapping[str, object]],
) -> Iterator[Batch]:
    """All batches of a protocol, system by system, seed by seed."""
    place, tasks = world_fingerprint(world), tasks_of(protocol, world)
    for spec in specs:
        for seed in protocol.seeds:
            for group in tasks:
                clips = clip_ids(fingerprints[spec.name], place, group, seed)
                yield Batch(spec, tuple(group), seed, clips)


def generation_order(system: object, frames: int) -> list[int] | None:
    """Frame indices in the order in which a system makes them; None when that is playback order.

    Raises:
        FpbenchError: the system's own order is no permutation of the frames.
    """
    own = getattr(system, "generation_order", None)
    if not callable(own):
        return None
    order = [int(frame) for frame in own(frames)]
    playback = list(range(frames))
    if sorted(order) != playback:
        raise FpbenchError(f"{system!r}: generation_order({frames}) must name every frame once")
    return None if order == playback else order
