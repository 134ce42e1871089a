"""Released video models as systems: a strategy on a model that reads an image and a prompt.

What differs between models is behind `VideoModel`; here is what a protocol needs of any of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch
    from PIL.Image import Image

    from fpbench.models.memory import Network
    from fpbench.sampling import Strategy
    from fpbench.worlds import Task, World


class VideoModel(Protocol):
    """Makes videos under any strategy its checkpoint was trained for; loads its weights on first use."""

    @property
    def steps(self) -> int:
        """Solver steps per section."""
        ...

    @property
    def passes(self) -> int:
        """Forward passes per step and branch: 2 with classifier-free guidance."""
        ...

    @property
    def latent(self) -> tuple[int, int]:
        """Latent height and width of the resolution it was made for, for token counts."""
        ...

    @property
    def network(self) -> Network:
        """Sizes of its transformer, for the memory estimate."""
        ...

    def check(self, strategy: Strategy, *, weights: bool = False) -> None:
        """Raise ValueError or FpbenchError when the checkpoint lacks what the strategy requires.

        Args:
            weights: open the weights' own record as well; without, nothing is read or fetched.
        """
        ...

    def fingerprint(self) -> dict[str, object]:
        """JSON-able: weights by content, and every setting that moves a pixel."""
        ...

    def video(
        self, strategy: Strategy, image: Image, prompt: str, frames: int, generator: torch.Generator,
        last: Image | None = None,
    ) -> NDArray[np.uint8]:  # fmt: skip
        """A uint8 (frames, height, width, 3) video that starts with the image."""
        ...


@dataclass(frozen=True)
class Released:
    """A strategy on a released model.

    Attributes:
        name: row name in tables.
        strategy: pack, order, padding, treatment of history.
        model: the weights and how they are run.
        end: show the model the last frame, where the world has one.
        source: where model and strategy come from.
    """

    name: str
    strategy: Strategy
    model: VideoModel
    end: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        self.model.check(self.strategy)

    def fingerprint(self) -> dict[str, object]:
        self.model.check(self.strategy, weights=True)
        return {"strategy": self.strategy.as_dict(), "end": self.end, **self.model.fingerprint()}

    def card(self) -> dict[str, object]:
        pack = self.strategy.pack
        return {
            "source": self.source,
            "strategy": self.strategy.as_dict(),
            "context_tokens": pack.context_tokens(*self.model.latent),
            "section_tokens": pack.section_tokens(*self.model.latent),
            "passes_per_frame": self.strategy.passes_per_frame(self.model.steps) * self.model.passes / TIME,
        }

    def generation_order(self, frames: int) -> list[int]:
        """Video frames in the order in which their latent frames are made."""
        latents = self.strategy.plan(self.latent_frames(frames)).generation_order()
        made = [frame for latent in latents for frame in range(max(0, TIME * latent - 3), TIME * latent + 1)]
        return [frame for frame in made if frame < frames]

    def latent_frames(self, frames: int) -> int:
        """Latent frames made for ``frames`` video frames: the given one and whole sections."""
        return latent_frames(frames, self.strategy.pack.section)

    def generate(self, world: World, tasks: Sequence[Task], seed: int) -> list[NDArray[np.uint8]]:
        """One task after the other: a clip does not depend on the batch it is in."""
        import torch
        from PIL import Image

        videos = []
        for task in tasks:
            film, last = world.film(task), last_frame(world, task) if self.end else None
            generator = torch.Generator().manual_seed(seed_of(task.id, seed))
            end = None if last is None else Image.fromarray(last)
            first = Image.fromarray(film[0])
            videos.append(self.model.video(self.strategy, first, task.prompt, task.frames, generator, end))
        return videos


TIME = 4
"""Video frames per latent frame after the first, in the autoencoders of HunyuanVideo and Wan."""


def latent_frames(frames: int, section: int) -> int:
    """Latent frames of the shortest video of whole sections, after one given frame, that has ``frames`` frames."""
    needed = -(-(frames - 1) // TIME)
    return 1 + max(1, -(-needed // section)) * section


def seed_of(task: str, seed: int) -> int:
    """The generator's seed for a task: the same in any batch and order."""
    digest = hashlib.sha256(f"{task} {seed}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1


def last_frame(world: World, task: Task) -> NDArray[np.uint8] | None:
    """Where the video should end, if the world knows."""
    from fpbench.worlds.task import has_truth

    own = getattr(world, "last", None)
    if callable(own):
        found: NDArray[np.uint8] | None = own(task)
        return found
    return world.film(task)[-1] if has_truth(world) else None
