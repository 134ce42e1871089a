"""A folder of videos as training clips: sorted into resolution buckets, encoded once, kept as safetensors.

A video's caption is the text file beside it (``walk.mp4``, ``walk.txt``); without one it trains without text.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import av
import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file
from torch import Tensor

from fpbench.errors import FpbenchError

SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi")
EMPTY = "no-text.safetensors"


class Codec(Protocol):
    """Encoders of a released model."""

    def pixels(self, images: list[Image.Image]) -> Tensor:
        """(1, 3, frames, height, width) in [-1, 1]."""
        ...

    def encode(self, pixels: Tensor) -> Tensor:
        """Latents (1, frames, channels, h, w)."""
        ...

    def describe(self, prompt: str) -> dict[str, Tensor]:
        """What the network is told of a prompt, by name, without a batch axis."""
        ...

    def look(self, pixels: Tensor) -> dict[str, Tensor]:
        """What the network is told of the first frame besides its latent."""
        ...


class ClipFolderError(FpbenchError):
    """A folder without a video that is long enough."""


@dataclass(frozen=True)
class Spec:
    """What is cut from a video.

    Attributes:
        frames: video frames per clip, 4 n + 1.
        buckets: (height, width) sizes; a video goes to the one of the nearest aspect ratio.
    """

    frames: int
    buckets: tuple[tuple[int, int], ...]

    def bucket(self, height: int, width: int) -> tuple[int, int]:
        """The bucket for a video's size."""
        return min(self.buckets, key=lambda size: abs(size[1] / size[0] - width / height))


class ClipCache:
    """Encoded clips on disk.

    Attributes:
        buckets: bucket -> files, each with ``latents`` (frames, channels, h, w) and what the encoders say by name.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.buckets: dict[tuple[int, int], list[Path]] = defaultdict(list)

    def fill(
        self, videos: Path, spec: Spec, weights: str, codec: Callable[[], Codec], log: Callable[[str], None]
    ) -> None:
        """Encode what is not there yet.

        Args:
            videos: folder, searched recursively.
            spec: how clips are cut.
            weights: identity of the encoders.
            codec: opens them; called only when something has to be encoded.

        Raises:
            ClipFolderError: no video has ``spec.frames`` frames.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        opened: list[Codec] = []

        def encoders() -> Codec:
            if not opened:
                opened.append(codec())
            return opened[0]

        if not (self.folder / EMPTY).exists():
            _save(encoders().describe(""), self.folder / EMPTY)
        found = sorted(path for path in videos.rglob("*") if path.suffix.lower() in SUFFIXES)
        for video in found:
            self._one(video, spec, weights, encoders, log)
        if not self.buckets:
            raise ClipFolderError(f"{videos}: none of {len(found)} videos has the {spec.frames} frames of a clip")

    def batch(
        self, size: tuple[int, int], picks: Sequence[int], *, textless: Sequence[bool]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Latents (batch, frames, channels, h, w), float32, and conditions (batch, ...) of clips of a bucket."""
        nothing = load_file(self.folder / EMPTY)
        clips = [load_file(self.buckets[size][pick]) for pick in picks]
        told = [{**clip, **nothing} if without else clip for clip, without in zip(clips, textless, strict=True)]
        stacked = {name: torch.stack([one[name] for one in told]) for name in told[0]}
        return stacked.pop("latents").float(), stacked

    def pixels(self) -> Iterator[Tensor]:
        """Latent pixels (n, channels) of every clip."""
        for size in sorted(self.buckets):
            for path in self.buckets[size]:
                yield load_file(path)["latents"].movedim(1, -1).flatten(0, 2).float()

    def _one(
        self, video: Path, spec: Spec, weights: str, encoders: Callable[[], Codec], log: Callable[[str], None]
    ) -> None:
        facts, beside = video.stat(), video.with_suffix(".txt")
        caption = beside.read_text(encoding="utf-8").strip() if beside.is_file() else ""
        key = hashlib.sha256(repr((video.name, facts.st_size, facts.st_mtime_ns, caption, spec, weights)).encode())
        index = self.folder / f"{key.hexdigest()[:24]}.done"
        if not index.exists():
            text = encoders().describe(caption)
            names = []
            for number, (size, pixels) in enumerate(_clips(video, spec, encoders())):
                name = f"{size[0]}x{size[1]}_{key.hexdigest()[:24]}_{number}.safetensors"
                seen = encoders().look(pixels)
                _save({"latents": encoders().encode(pixels)[0].half(), **text, **seen}, self.folder / name)
                names.append(name)
            index.write_text("\n".join(names))
            log(f"encoded {video.name}: {len(names)} clips")
        for name in index.read_text().split():
            height, width = name.partition("_")[0].split("x")
            self.buckets[int(height), int(width)].append(self.folder / name)


def _clips(video: Path, spec: Spec, codec: Codec) -> Iterator[tuple[tuple[int, int], Tensor]]:
    """Consecutive clips of a video as pixels; a rest that is too short is left out."""
    images: list[Image.Image] = []
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            size = spec.bucket(frame.height, frame.width)
            images.append(ImageOps.fit(Image.fromarray(frame.to_ndarray(format="rgb24")), size[::-1]))
            if len(images) == spec.frames:
                yield size, codec.pixels(images)
                images = []


def _save(tensors: dict[str, Tensor], path: Path) -> None:
    partial = path.with_suffix(".partial")
    save_file({name: tensor.contiguous().cpu() for name, tensor in tensors.items()}, partial)
    partial.replace(path)
