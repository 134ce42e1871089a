"""Training footage: clips of a world, filmed once, kept as latents of the frozen autoencoder."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fpbench.models.autoencoder import Autoencoder, to_tensor


@dataclass(frozen=True)
class FootageSpec:
    """Which clips to film.

    Attributes:
        split: split of the world.
        kinds: kind of task -> clips per map.
        maps: maps of the world; empty for all of the split.
        frames: frames of a clip.
        seed: of the tasks.
    """

    split: str
    kinds: dict[str, int]
    maps: tuple[str, ...] = ()
    frames: int = 128
    seed: int = 0


def film(spec: FootageSpec, jobs: Sequence[tuple[str, str, int]]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Film (map, kind, count) jobs: videos (n, frames, h, w, 3) and poses (n, frames, 4)."""
    from fpbench.worlds.doom import Doom

    videos, poses = [], []
    for place, kind, count in jobs:
        world = Doom([place], keep=False)
        for index in range(count):
            task = world.task(spec.split, kind, index, frames=spec.frames, seed=spec.seed)
            videos.append(world.film(task))
            poses.append(task.poses)
    return np.stack(videos), np.stack(poses)


def collect(
    spec: FootageSpec,
    places: Sequence[str],
    codec: Autoencoder,
    folder: Path,
    *,
    workers: int = 1,
    log: Callable[[str], None] = lambda line: None,
) -> Footage:
    """Film every place, encode, and keep latents as float16; places already in ``folder`` are not filmed again."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spec.json").write_text(json.dumps(asdict(spec), indent=1))
    missing = [place for place in places if not (folder / f"{place}.npz").exists()]
    jobs = [[(place, kind, count) for kind, count in spec.kinds.items()] for place in missing]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        for place, shot in zip(missing, pool.map(film, [spec] * len(jobs), jobs), strict=True):
            videos, poses = with_mirror(*shot)
            partial = folder / f"{place}.partial.npz"
            np.savez(partial, latents=encode(codec, videos), poses=poses)
            partial.replace(folder / f"{place}.npz")
            log(f"{place}: {len(videos)} clips")
    return Footage.open(folder, places)


def with_mirror(videos: NDArray[np.uint8], poses: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Clips followed by their mirror images: left and right swapped, y and heading negated."""
    flipped = poses * np.array([1, -1, 1, -1])
    return np.concatenate([videos, videos[:, :, :, ::-1]]), np.concatenate([poses, flipped])


@torch.inference_mode()
def encode(codec: Autoencoder, videos: NDArray[np.uint8]) -> NDArray[np.float16]:
    """Latents (n, frames, channels, h / 8, w / 8) of (n, frames, h, w, 3) videos."""
    return np.stack([codec.encode(to_tensor(video)).half().numpy() for video in videos])


@dataclass(frozen=True)
class Footage:
    """Latent clips and their cameras.

    Attributes:
        latents: (clips, frames, channels, height, width) float16.
        poses: (clips, frames, 4) float64.
    """

    latents: NDArray[np.float16]
    poses: NDArray[np.float64]

    @classmethod
    def open(cls, folder: Path, places: Sequence[str]) -> Footage:
        loaded = [np.load(folder / f"{place}.npz") for place in places]
        return cls(np.concatenate([x["latents"] for x in loaded]), np.concatenate([x["poses"] for x in loaded]))

    def __len__(self) -> int:
        return len(self.latents)

    @property
    def frames(self) -> int:
        return int(self.latents.shape[1])

    def draw(self, batch: int, frames: int, rng: torch.Generator) -> Cut:
        """Random stretches of ``frames`` frames from random clips."""
        clips = torch.randint(len(self), (batch,), generator=rng)
        return Cut(self, clips, torch.randint(self.frames - frames + 1, (batch,), generator=rng))


@dataclass(frozen=True)
class Cut:
    """Stretches of clips.

    Attributes:
        footage: they are of.
        clips: (batch,) which clip. offsets: (batch,) its frame that is frame 0 here.
    """

    footage: Footage
    clips: Tensor
    offsets: Tensor

    def latents(self, frames: Sequence[int]) -> Tensor:
        """(batch, frames, channels, height, width), float32."""
        return torch.from_numpy(self._rows(self.footage.latents, frames)).float()

    def poses(self, frames: Sequence[int]) -> Tensor:
        """(batch, frames, 4), float64."""
        return torch.from_numpy(self._rows(self.footage.poses, frames))

    def _rows(self, array: NDArray[Any], frames: Sequence[int]) -> NDArray[Any]:
        rows = self.offsets.numpy()[:, None] + np.array(frames)
        return np.asarray(array[self.clips.numpy()[:, None], rows])
