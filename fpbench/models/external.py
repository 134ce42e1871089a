"""Released pipelines run as their authors run them: diffusers does everything but ask for a long video.

For rivals whose sampling is not a strategy of ours. What a protocol needs of them is the same as of any system.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from fpbench.models.pretrained import Placement, PretrainedError, digest, locate
from fpbench.released import TIME, seed_of

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from fpbench.worlds import Task, World


class Sampling(Protocol):
    """How a pipeline is asked for a long video; a frozen dataclass of its settings."""

    pipeline: ClassVar[str]

    def video(self, pipe: Any, image: Image, prompt: str, frames: int, generator: torch.Generator) -> NDArray[np.uint8]:
        """(at least ``frames``, height, width, 3) uint8, the image first."""
        ...

    def passes_per_frame(self) -> float:
        """Forward passes per frame of a long video."""
        ...


@dataclass(frozen=True)
class SkyReels:
    """SkyReels-V2 with Diffusion Forcing (arXiv 2504.13074): overlapping windows in latents.

    Attributes:
        steps, guidance: solver steps of a window, scale of classifier-free guidance.
        window, overlap: frames of a window, and those it shares with the one before; both 4 n + 1.
        noise: level of the overlap in thousandths; 20 is advised, above 60 diffusers warns.
        stagger: rows by which a frame lags behind the one before (``ar_step``); 0 denoises a window as one.
        block: latent frames that share a level when staggered.
    """

    steps: int = 30
    guidance: float = 5.0
    window: int = 97
    overlap: int = 17
    noise: int = 20
    stagger: int = 0
    block: int = 1

    pipeline: ClassVar[str] = "SkyReelsV2DiffusionForcingImageToVideoPipeline"

    def __post_init__(self) -> None:
        if self.window % TIME != 1 or self.overlap % TIME != 1 or not self.overlap < self.window:
            raise ValueError(f"window {self.window} and overlap {self.overlap} must be 4 n + 1, the overlap smaller")

    def frames_made(self, frames: int) -> int:
        """The shortest video of whole windows; the pipeline drops the tail of any other length."""
        hop = self.window - self.overlap
        return self.window + max(0, -(-(frames - self.window) // hop)) * hop

    def video(self, pipe: Any, image: Image, prompt: str, frames: int, generator: torch.Generator) -> NDArray[np.uint8]:
        import torch

        with torch.random.fork_rng():
            torch.manual_seed(generator.initial_seed())  # the noise on the overlap comes from the global generator
            made = pipe(
                image=image, prompt=prompt, height=image.height, width=image.width,
                num_frames=self.frames_made(frames), num_inference_steps=self.steps, guidance_scale=self.guidance,
                overlap_history=self.overlap, base_num_frames=self.window, addnoise_condition=self.noise,
                ar_step=self.stagger, causal_block_size=self.block, generator=generator, output_type="np",
            ).frames[0]  # fmt: skip
        return _uint8(made)

    def passes_per_frame(self) -> float:
        lag = self.stagger * ((self.window - 1) // TIME // self.block)
        return (self.steps + lag) * (2 if self.guidance > 1 else 1) / (self.window - self.overlap)


@dataclass(frozen=True)
class WanRepeated:
    """Wan 2.1 image-to-video (arXiv 2503.20314), each clip started from the last frame of the one before.

    Attributes:
        steps, guidance: solver steps of a clip, scale of classifier-free guidance.
        clip: frames of a clip, 4 n + 1.
    """

    steps: int = 30
    guidance: float = 5.0
    clip: int = 81

    pipeline: ClassVar[str] = "WanImageToVideoPipeline"

    def __post_init__(self) -> None:
        if self.clip % TIME != 1 or self.clip < 5:
            raise ValueError(f"a clip of {self.clip} frames is not 4 n + 1, at least 5")

    def video(self, pipe: Any, image: Image, prompt: str, frames: int, generator: torch.Generator) -> NDArray[np.uint8]:
        from PIL import Image as Pictures

        parts = [np.asarray(image.convert("RGB"))[None]]
        while sum(map(len, parts)) < frames:
            made = pipe(
                image=Pictures.fromarray(parts[-1][-1]), prompt=prompt, height=image.height, width=image.width,
                num_frames=self.clip, num_inference_steps=self.steps, guidance_scale=self.guidance,
                generator=generator, output_type="np",
            ).frames[0]  # fmt: skip
            parts.append(_uint8(made)[1:])
        return np.concatenate(parts)

    def passes_per_frame(self) -> float:
        return self.steps * (2 if self.guidance > 1 else 1) / (self.clip - 1)


@dataclass(frozen=True)
class External:
    """A released pipeline as a `fpbench.System`; weights load on first use.

    Attributes:
        name: row name in tables.
        repository: hub name, or folder that ``save_pretrained`` wrote.
        sampling: which pipeline, and how it is asked.
        placement: where and how precisely it runs.
        source: paper and weights.
    """

    name: str
    repository: str
    sampling: Sampling
    placement: Placement = field(default_factory=Placement)
    source: str = ""

    @classmethod
    def of(cls, kind: type[Any], name: str, repository: str, source: str, **options: Any) -> External:
        """From the flat options of a protocol, each a field of ``kind`` or of `Placement`.

        Raises:
            TypeError: an option that neither has.
        """
        parts = [{f.name: options.pop(f.name) for f in fields(part) if f.name in options} for part in (kind, Placement)]
        if options:
            known = ", ".join(f.name for part in (kind, Placement) for f in fields(part))
            raise TypeError(f"unknown option {', '.join(map(repr, options))}; known: {known}")
        return cls(name, repository, kind(**parts[0]), Placement(**parts[1]), source)

    def fingerprint(self) -> dict[str, object]:
        return {
            "pipeline": self.sampling.pipeline,
            "weights": digest(locate(self.repository)),
            "settings": asdict(self.sampling),  # type: ignore[call-overload]
            "dtype": str(self.placement.precision()),
            "storage": self.placement.storage,
            "tiling": self.placement.tiling,
        }

    def card(self) -> dict[str, object]:
        return {"source": self.source, "passes_per_frame": self.sampling.passes_per_frame()}

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[NDArray[np.uint8]]:
        """One task after the other: a clip does not depend on the batch it is in."""
        import torch
        from PIL import Image

        pipe = open_pipeline(self.sampling.pipeline, locate(self.repository), self.placement)
        videos = []
        for task in tasks:
            first, generator = world.film(task)[0], torch.Generator().manual_seed(seed_of(task.id, seed))
            made = self.sampling.video(pipe, Image.fromarray(first), task.prompt, task.frames, generator)
            if len(made) < task.frames:
                raise PretrainedError(f"{self.repository}: made {len(made)} of {task.frames} frames")
            # The given frame is the same for every system, whatever an autoencoder makes of it.
            videos.append(np.concatenate([first[None], made[1 : task.frames]]))
        return videos


@lru_cache(maxsize=1)
def open_pipeline(kind: str, folder: Path, placement: Placement) -> Any:
    """A diffusers pipeline, placed; the last one stays loaded.

    Raises:
        PretrainedError: the folder holds another pipeline, or a part is missing.
    """
    import diffusers

    try:
        pipe = getattr(diffusers, kind).from_pretrained(folder, dtype=placement.precision(), use_safetensors=True)
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise PretrainedError(f"{folder}: not a {kind}: {error}") from error
    pipe.set_progress_bar_config(disable=True)
    placement.apply(pipe)
    return pipe


def _uint8(frames: NDArray[np.floating]) -> NDArray[np.uint8]:
    return np.clip(np.round(np.asarray(frames, np.float32) * 255), 0, 255).astype(np.uint8)
