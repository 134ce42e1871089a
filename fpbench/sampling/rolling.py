"""Staggered sampling: a window of blocks whose levels rise with time, each block finished while later ones form.

Diffusion Forcing's pyramid (arXiv 2407.01392), Rolling Diffusion (2402.09470), FIFO (2405.11473), SkyReels-V2's
asynchronous mode (2504.13074), MAGI-1 (2505.13211) and Rolling Forcing (2509.25161) differ in the number of blocks in
flight and their length. A block starts whenever ``steps / blocks`` more steps are done, so that a frame costs as many
forward passes as in plain sampling; filling and emptying the window adds less than one section's worth to a video.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from fpbench.framepack import Plan, Section
from fpbench.sampling.flow import Solver, advance
from fpbench.sampling.memory import Memory
from fpbench.sampling.noise import Noise
from fpbench.sampling.section import Backbone, SectionSampler, Step
from fpbench.sampling.strategy import Strategy


def level_matrix(blocks: int, ahead: int, steps: int) -> list[list[int]]:
    """Steps done by every block before each row of the sampler: 0 is pure noise, ``steps`` is finished.

    Args:
        blocks: in the whole video.
        ahead: blocks in flight.
        steps: solver steps of a block.
    """
    starts = [block * steps // ahead for block in range(blocks)]
    return [[min(max(row - start, 0), steps) for start in starts] for row in range(starts[-1] + steps + 1)]


def roll(
    strategy: Strategy,
    backbone: Backbone,
    memory: Memory,
    plan: Plan,
    noise: Noise,
    grid: Sequence[float],
    solver: Solver,
    finish: Callable[[Section, Tensor], None],
) -> None:
    """Sample a plan of blocks with ``strategy.stagger`` of them in flight.

    Args:
        finish: takes each finished block, in the order of time.
    """
    steps, ahead = len(grid) - 1, strategy.stagger
    blocks = [_Block(section, noise, memory) for section in plan.sections]

    def look(first: int) -> SectionSampler:
        return SectionSampler(strategy, backbone, memory, _window(plan, first, ahead), noise, first)

    first, sampler = 0, look(0)
    for done, then in pairwise(level_matrix(len(blocks), ahead, steps)):
        if done[first] == steps:
            first = next(number for number in range(first, len(blocks)) if done[number] < steps)
            sampler = look(first)
        window = blocks[first : first + ahead]
        x = torch.cat([block.x for block in window], 1)
        levels = torch.cat([x.new_full(b.x.shape[:2], grid[k]) for b, k in zip(window, done[first:], strict=False)], 1)
        lead = Step(done[first], grid[done[first]], grid[then[first]])
        v = sampler.velocity(x, levels, lead).split([block.x.shape[1] for block in window], 1)
        for number, (block, own) in enumerate(zip(window, v, strict=True), start=first):
            if then[number] > done[number]:
                block.step(own, grid[then[number]] - grid[done[number]], solver)
                if then[number] == steps:
                    finish(plan.sections[number], block.x)


class _Block:
    """A block in flight and its last velocity."""

    def __init__(self, section: Section, noise: Noise, memory: Memory) -> None:
        self.x = noise.section(section.targets).to(memory.poses.device)
        self.last: tuple[Tensor, float] | None = None

    def step(self, v: Tensor, step: float, solver: Solver) -> None:
        self.x, self.last = advance(self.x, v, step, self.last, solver), (v, step)


def _window(plan: Plan, first: int, ahead: int) -> Section:
    """Blocks that are sampled together, seen from the first of them."""
    part = plan.sections[first : first + ahead]
    targets = tuple(frame for section in part for frame in section.targets)
    return Section(targets, tuple(frame - targets[0] for frame in targets), part[0].context)
