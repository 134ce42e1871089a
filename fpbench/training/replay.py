"""Histories of the model's own making, kept for a while: what fine-tuning on rollouts shows instead of true history.

The averaged model films a walk as it would in a test, errors and all; the section to be made keeps its true frames as
the target. This is data aggregation in the manner of DAgger, without a loss between distributions: not Self Forcing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from fpbench.framepack import Pack, PackError, Section
from fpbench.models.dit import DiT
from fpbench.sampling.flow import levels
from fpbench.sampling.noise import StreamNoise
from fpbench.sampling.rollout import rollout
from fpbench.sampling.strategy import Strategy
from fpbench.training.footage import Footage


@dataclass(frozen=True)
class Rollouts:
    """How rollouts enter training.

    Attributes:
        share: of the steps, whose history comes from a rollout.
        packs: pack name -> weight, without discrete history; the order is the one the name implies.
        batch: clips of a rollout, and of a step that uses it.
        every: steps between two rollouts.
        keep: latest rollouts kept to draw from.
        steps, shift: of the flow, second-order Adams-Bashforth.
    """

    share: float
    packs: Mapping[str, float]
    batch: int = 24
    every: int = 12
    keep: int = 6
    steps: int = 3
    shift: float = 2.0

    def __post_init__(self) -> None:
        if discrete := [name for name in self.packs if Pack.parse(name).discrete]:
            raise PackError(f"pack {discrete[0]!r} of the rollouts: discrete history is not rolled out in training")


@dataclass(frozen=True)
class Played:
    """One rollout.

    Attributes:
        pack: its name.
        clips, offsets: (batch,) clips of the footage and their first frames.
        video: (batch, frames, channels, height, width) float16 latents, the first frame true.
    """

    pack: str
    clips: Tensor
    offsets: Tensor
    video: Tensor

    def sections(self) -> tuple[Section, ...]:
        """The plan it was made by."""
        return Strategy(Pack.parse(self.pack)).plan(self.video.shape[1]).sections


class Replay:
    """The latest rollouts. `refresh` films one more, `draw` gives a rollout and one of its sections."""

    def __init__(self, rule: Rollouts, footage: Footage, seed: int) -> None:
        self.rule, self.footage, self.seed = rule, footage, seed
        self.played: list[Played] = []

    def refresh(self, model: DiT, weights: Mapping[str, Tensor], step: int) -> None:
        """Film a rollout with a model's averaged weights, if it is time or there is none.

        Args:
            model: of the same sizes; not changed.
            weights: parameter name -> value.
            step: of the training.
        """
        if self.played and step % self.rule.every:
            return
        actor = DiT(model.config)
        actor.load_state_dict({**model.state_dict(), **weights})
        numpy_rng = np.random.default_rng([self.seed, step, 1])
        rng = torch.Generator().manual_seed(int(numpy_rng.integers(2**62)))
        names = list(self.rule.packs)
        shares = np.array([self.rule.packs[name] for name in names])
        pack = Pack.parse(name := names[int(numpy_rng.choice(len(names), p=shares / shares.sum()))])
        frames = 1 + (self.footage.frames - 1) // pack.section * pack.section
        cut = self.footage.draw(self.rule.batch, frames, rng)
        given, poses = cut.latents([0]), cut.poses(range(frames))
        noise = StreamNoise(rng, (self.rule.batch, *given.shape[2:]))
        grid = levels(self.rule.steps, self.rule.shift)
        video = rollout(Strategy(pack), actor.eval(), given, poses, noise, grid, solver="adams")
        self.played = [*self.played, Played(name, cut.clips, cut.offsets, video.half())][-self.rule.keep :]

    def draw(self, rng: np.random.Generator) -> tuple[Played, Section]:
        """One of the rollouts, and one of the sections of its plan."""
        played = self.played[int(rng.integers(len(self.played)))]
        sections = played.sections()
        return played, sections[int(rng.integers(len(sections)))]

    def state(self) -> list[dict[str, Any]]:
        """What `load` takes."""
        return [vars(one) for one in self.played]

    def load(self, state: list[dict[str, Any]]) -> None:
        self.played = [Played(**one) for one in state]
