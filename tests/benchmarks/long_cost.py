"""Seconds and memory of every section of a long video, packed against everything kept: a table and a figure.

Run it: ``python tests/benchmarks/long_cost.py FIGURE.png``. World doom, shipped backbone, one walk of an unseen map,
one thread; each strategy in a process of its own. The full history is stopped after its first sections: it grows.
"""

from __future__ import annotations

import argparse
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

Cost = list[tuple[int, float, float]]
"""Per section: frames made so far, seconds, resident MB afterwards."""

PACKS = {
    "framepack-vanilla": "td_f16k4f2k2f1k1_g9",
    "framepack-inverted": "f1k1_x_g9_f1k1f2k2f16k4_td",
    "full_history": "td_f100000k1_g9",
}
SHORTENED = {"full_history": 199}


def measure(pack: str, frames: int, steps: int) -> Cost:
    """Generate one video and watch the clock and the process after every section."""
    import torch

    from fpbench import Pack, Strategy, open_checkpoint
    from fpbench.framepack import Section
    from fpbench.models.autoencoder import to_tensor
    from fpbench.sampling.flow import levels
    from fpbench.sampling.noise import NoiseBank
    from fpbench.sampling.rollout import rollout
    from fpbench.worlds import open_world

    torch.set_num_threads(1)
    world, checkpoint = open_world("doom"), open_checkpoint("doom")
    task = world.task("test-near", "walk", 0, frames=frames, seed=10)
    first = checkpoint.codec().encode(to_tensor(world.film(task)[:1]))[None]
    seen: Cost = []
    made, clock = 1, time.perf_counter()

    def note(section: Section) -> None:
        nonlocal made, clock
        made += len(section.targets)
        now = time.perf_counter()
        seen.append((made, now - clock, _resident()))
        clock = now

    noise = NoiseBank([task.id], 0, checkpoint.frame_shape)
    poses = torch.tensor(task.poses)[None]
    rollout(Strategy(Pack.parse(pack)), checkpoint.backbone(), first, poses, noise, levels(steps, 2.0), progress=note)
    return seen


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def draw(costs: dict[str, Cost], path: Path) -> None:
    """Two panels over frames made: seconds of a section, and memory of the process."""
    from fpbench.report.style import DASHES, FAINT, OKABE_ITO, drawing

    with drawing() as make:
        figure = make(figsize=(6.9, 2.1))
        for column, label in enumerate(("seconds of a section", "memory of the process / MB"), start=1):
            axes = figure.add_subplot(1, 2, column)
            for look, (name, cost) in enumerate(costs.items()):
                x, y = [c[0] for c in cost], [c[column] for c in cost]
                axes.plot(x, y, color=OKABE_ITO[look], linestyle=DASHES[look], label=name)
            axes.set_xlabel("frames made so far")
            axes.set_ylabel(label)
            axes.grid(color=FAINT, linewidth=0.4)
            if column == 1:
                axes.set_yscale("log")
                axes.legend(loc="center right")
            else:
                axes.set_ylim(bottom=0)
        figure.savefig(path, dpi=200)


def main() -> None:
    """Print one row per strategy and draw the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figure", type=Path)
    parser.add_argument("--frames", type=int, default=2017)
    parser.add_argument("--steps", type=int, default=5)
    options = parser.parse_args()
    costs = {}
    print("| strategy | frames | sections | s, first tenth | s, last tenth | MB, first tenth | MB, last tenth |")  # noqa: T201
    print("| :-- | --: | --: | --: | --: | --: | --: |")  # noqa: T201
    for name, pack in PACKS.items():
        frames = min(options.frames, SHORTENED.get(name, options.frames))
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            cost = costs[name] = pool.submit(measure, pack, frames, options.steps).result()
        # The first section builds the network and its caches.
        seconds, memory = (np.array([c[k] for c in cost[1:]]) for k in (1, 2))
        tenth = max(1, len(cost) // 10)
        early, late = slice(None, tenth), slice(-tenth, None)
        cells = (
            f"{np.median(v[part]):.{digits}f}" for v, digits in ((seconds, 3), (memory, 0)) for part in (early, late)
        )
        print(f"| {name} | {frames} | {len(cost)} | {' | '.join(cells)} |", flush=True)  # noqa: T201
    draw(costs, options.figure)


if __name__ == "__main__":
    main()
