"""What one training step shows the backbone: a section of some plan, a section level, history levels.

One backbone serves every strategy, so a step draws its pack, order and section from the plans that sampling uses,
and its history levels from a mixture (clean, one shared level, a multiple of t, one level per group, absent).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from fpbench.framepack import Pack, Section, make_plan
from fpbench.framepack.importance import refill

MAX_GAP = 27
"""Positions across a gap are capped here in training and in sampling: the distance of the released checkpoints."""


@dataclass(frozen=True)
class Mixture:
    """Shares of the training cases.

    Attributes:
        packs: pack name -> weight; the order is the one the name implies.
        history: treatment -> weight: clean (s = 0), shared (one s for all groups), relative (s = r t), independent
            (one s per group), null (s = 1).
        dropped: share of steps whose history tokens are left out altogether.
        first: share of forward steps that make the first section, from one given frame.
        per_frame: share of steps whose section frames have levels of their own, half of them rising with time.
        reordered: share of steps whose history is filled in a random order of importance, from anywhere in the past.
        t_mean, t_std: section level t = sigmoid(normal(mean, std)).
    """

    packs: Mapping[str, float]
    history: Mapping[str, float] = field(
        default_factory=lambda: {"clean": 0.5, "shared": 0.15, "relative": 0.1, "independent": 0.15, "null": 0.1}
    )
    dropped: float = 0.03
    first: float = 0.2
    per_frame: float = 0.15
    reordered: float = 0.0
    t_mean: float = 0.3
    t_std: float = 1.2


@dataclass(frozen=True)
class Case:
    """One drawn step: which section, the length of video it needs, and whether history is quantised."""

    section: Section
    frames: int
    discrete: bool = False


def draw_case(mixture: Mixture, clip: int, rng: np.random.Generator) -> Case:
    """A section of a random plan that fits into clips of ``clip`` frames."""
    names = list(mixture.packs)
    weights = np.array([mixture.packs[name] for name in names])
    name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    pack = Pack.parse(name)
    shortest = 1 + pack.section
    frames = shortest + pack.section * int(rng.integers((clip - shortest) // pack.section + 1))
    if not pack.future.near and rng.random() < mixture.first:
        frames = shortest + (pack.section if pack.future.far else 0)
        index = 0
    else:
        index = int(rng.integers(len(_sections(name, frames))))
    section = _sections(name, frames)[index]
    if mixture.reordered > 0 and rng.random() < mixture.reordered:
        known = [0, *(frame for earlier in _sections(name, frames)[:index] for frame in earlier.targets)]
        section = refill(section, [known[i] for i in rng.permutation(len(known))])
    if rng.random() < mixture.dropped:
        section = Section(section.targets, section.times, ())
    return Case(section, frames, pack.discrete)


@lru_cache(maxsize=4096)
def _sections(name: str, frames: int) -> tuple[Section, ...]:
    return make_plan(Pack.parse(name), frames, max_gap=MAX_GAP).sections


def draw_section_levels(mixture: Mixture, batch: int, frames: int, rng: torch.Generator) -> Tensor:
    """Levels t of the section's frames: (batch, frames), equal within a sample except in ``per_frame`` steps."""
    t = (mixture.t_mean + mixture.t_std * torch.randn(batch, frames, generator=rng)).sigmoid()
    kind = torch.rand((), generator=rng).item()
    if kind >= mixture.per_frame:
        return t[:, :1].expand(-1, frames).contiguous()
    return t if kind < mixture.per_frame / 2 else t.sort(1).values


def draw_history_levels(mixture: Mixture, t: Tensor, groups: int, rng: torch.Generator) -> Tensor:
    """Levels s of the context groups: (batch, groups); the treatment is drawn per sample."""
    batch = len(t)
    kinds = list(mixture.history)
    weights = torch.tensor([float(mixture.history[kind]) for kind in kinds])
    kind = torch.multinomial(weights, batch, replacement=True, generator=rng)
    one = torch.rand(batch, 1, generator=rng).expand(-1, groups)
    levels = {
        "clean": torch.zeros(batch, groups),
        "shared": one,
        "relative": one * t.mean(1, keepdim=True),
        "independent": torch.rand(batch, groups, generator=rng),
        "null": torch.ones(batch, groups),
    }
    stacked = torch.stack([levels[name] for name in kinds])
    return stacked[kind, torch.arange(batch)]
