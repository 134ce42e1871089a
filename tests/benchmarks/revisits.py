"""How often the most important frame of history is an earlier view of a pose the section comes back to.

Run it: ``python tests/benchmarks/revisits.py``. World doom, *loop* tasks of unseen maps, true latents of the shipped
autoencoder; every forward section that revisits a pose counts, tasks are the unit of the interval.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from fpbench import Importance, Pack, Strategy, open_checkpoint
from fpbench.models.autoencoder import to_tensor
from fpbench.sampling.flow import levels
from fpbench.sampling.noise import NoiseBank
from fpbench.sampling.rollout import rollout
from fpbench.stats import mean_interval
from fpbench.worlds import Task, open_world
from fpbench.worlds.task import revisits

STRATEGY = Strategy(Pack.parse("td_f16k4f2k2f1k1_g9"))
SECTION, REACH = STRATEGY.pack.section, STRATEGY.pack.past.reach
RANKINGS = {
    "time": Importance("time"),
    "hybrid, weight 0.1": Importance("hybrid", time_weight=0.1),
    "similarity": Importance("similarity"),
}
ESTIMATES = {"last known section": None, "early step": 1, "two-pass": 4, "the true section": 0}
"""Solver steps from true history; None: no model; 0: no estimate at all, the ceiling."""


@dataclass(frozen=True)
class Return:
    """A section that comes back: its first frame, the earlier views of its poses, and whether any lies in reach."""

    start: int
    views: frozenset[int]

    @property
    def beyond(self) -> bool:
        """Whether every earlier view is older than the pack reaches back."""
        return max(self.views) < self.start - REACH


def returns(task: Task) -> Iterator[Return]:
    """Sections of a forward plan that revisit a pose seen before them."""
    pairs = revisits(task)
    for section in STRATEGY.plan(task.frames).sections:
        start, stop = section.targets[0], section.targets[-1]
        views = {int(a) for a, b in pairs if a < start <= b <= stop}
        if views:
            yield Return(start, frozenset(views))


def estimate(name: str, backbone: str, task: Task, latents: Tensor, start: int) -> Tensor:
    """The stand-in for the section at ``start``: (1, frames, channels, height, width)."""
    steps = ESTIMATES[name]
    if steps is None:
        return latents[:, max(0, start - SECTION) : start]
    stop = min(start + SECTION, task.frames)
    if steps == 0:
        return latents[:, start:stop]
    checkpoint = open_checkpoint(backbone)
    noise = NoiseBank([task.id], 0, checkpoint.frame_shape)
    poses = torch.tensor(task.poses)[None, :stop]
    return rollout(STRATEGY, checkpoint.backbone(), latents[:, :start], poses, noise, levels(steps))[:, start:]


def main() -> None:
    """Print one row per estimate and ranking."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="doom")
    parser.add_argument("--split", default="test-near")
    parser.add_argument("--tasks", type=int, default=8)
    parser.add_argument("--frames", type=int, default=128)
    options = parser.parse_args()
    torch.set_num_threads(1)
    world, codec = open_world("doom"), open_checkpoint(options.backbone).codec()
    hits: dict[tuple[str, str, bool], list[tuple[str, bool, bool]]] = defaultdict(list)
    for index in range(options.tasks):
        task = world.task(options.split, "loop", index, frames=options.frames)
        with torch.inference_mode():
            latents = codec.encode(to_tensor(world.film(task)))[None]
        for case in returns(task):
            known = list(range(case.start))[::-1]
            for name in ESTIMATES:
                guess = estimate(name, options.backbone, task, latents, case.start)
                for label, importance in RANKINGS.items():
                    scores = importance.scores(latents[:, known], known, guess, case.start)[0]
                    ranked = [known[i] for i in scores.argsort(descending=True, stable=True)[:3].tolist()]
                    found = (task.id, ranked[0] in case.views, bool(case.views & set(ranked)))
                    hits[name, label, case.beyond].append(found)
    print(f"backbone {open_checkpoint(options.backbone).sha256[:12]}, {options.tasks} loop tasks of {options.split}")  # noqa: T201
    print("| estimate | ranking | views | sections | first | 95 % | in k1 or k2 | 95 % |")  # noqa: T201
    print("| :-- | :-- | :-- | --: | --: | --: | --: | --: |")  # noqa: T201
    for (name, label, beyond), found in hits.items():
        tasks = np.array([task for task, _, _ in found])
        first, fine = (mean_interval(np.array([row[i] for row in found], float), tasks) for i in (1, 2))
        spans = [f"{x.estimate:.3f} | {x.low:.3f} to {x.high:.3f}" for x in (first, fine)]
        where = "beyond the pack" if beyond else "within"
        print(f"| {name} | {label} | {where} | {len(found)} | {' | '.join(spans)} |")  # noqa: T201


if __name__ == "__main__":
    main()
