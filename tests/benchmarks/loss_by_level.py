"""Loss of checkpoints by section level on validation walks: what further training, or a specialist, changed.

Run it: ``python tests/benchmarks/loss_by_level.py doom mine.safetensors``. Every checkpoint sees the same walks,
sections and noise, so that the differences from the first, and their intervals over walks, are paired.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from fpbench import Pack, open_checkpoint
from fpbench.framepack import Section
from fpbench.models.dit import DiT, Packed
from fpbench.sampling.strategy import Strategy
from fpbench.training.footage import Footage, encode
from fpbench.worlds import open_world

PACKS = ("td_f16k4f2k2f1k1_g9", "f1k1_x_g9_f1k1f2k2f16k4_td", "td_f2k1_g9", "td_f1k1_g9")
LEVELS = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
FRAMES = 118


def walks(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Videos (walks, frames, h, w, 3) of validation walks, and poses (walks, frames, 4)."""
    world = open_world("doom")
    tasks = [world.task("validation", "walk", i, frames=FRAMES) for i in range(count)]
    return np.stack([world.film(task) for task in tasks]), np.stack([task.poses for task in tasks])


@torch.inference_mode()
def losses(model: DiT, footage: Footage, section: Section, level: float, rng: torch.Generator) -> np.ndarray:
    """Squared error of the velocity with clean true history: (walks,)."""
    latents, poses = torch.from_numpy(footage.latents).float(), torch.from_numpy(footage.poses)
    targets = list(section.targets)
    data, clean = latents[:, targets], torch.zeros(len(latents))
    noise = torch.randn(data.shape, generator=rng)
    context = [
        Packed(latents[:, list(g.frames)], g.kernel, g.role, torch.tensor(g.times), poses[:, list(g.frames)], clean,
               g.pooled)
        for g in section.context
    ]  # fmt: skip
    t = torch.full(data.shape[:2], level)
    made = model((1 - level) * data + level * noise, t, torch.tensor(section.times), poses[:, targets], context)
    return (made - (noise - data)).square().mean((1, 2, 3, 4)).numpy()


def measure(checkpoint: str, videos: np.ndarray, poses: np.ndarray) -> np.ndarray:
    """Losses (packs, levels, walks), each the mean over an early, a middle and the last section of the plan."""
    opened = open_checkpoint(checkpoint)
    footage, model = Footage(encode(opened.codec(), videos), poses), opened.backbone()
    rows = []
    for name in PACKS:
        sections = Strategy(Pack.parse(name)).plan(FRAMES).sections
        picked = [sections[i] for i in (1, len(sections) // 2, len(sections) - 1)]
        rng = torch.Generator().manual_seed(0)
        rows.append([[losses(model, footage, one, level, rng) for one in picked] for level in LEVELS])
    return np.array(rows).mean(2)


def main() -> None:
    """Print a table of levels, and one of packs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoints", nargs="+", help="Shipped names or paths; differences are from the first.")
    parser.add_argument("--walks", type=int, default=24)
    options = parser.parse_args()
    torch.set_num_threads(1)
    filmed = walks(options.walks)
    found = [measure(name, *filmed) for name in options.checkpoints]
    for title, names, axis in (("level", [f"{x:.2f}" for x in LEVELS], 0), ("pack", list(PACKS), 1)):
        table = Table(title, *(f"{name} ({open_checkpoint(name).sha256[:8]})" for name in options.checkpoints))
        for i, name in enumerate([*names, "all"]):
            values = [x.mean((0, 1)) if name == "all" else x.mean(axis)[i] for x in found]
            table.add_row(name, f"{values[0].mean():.4f}", *(difference(x, values[0]) for x in values[1:]))
        Console(width=160).print(table)


def difference(values: np.ndarray, reference: np.ndarray) -> str:
    """Mean, and the paired difference with half its normal 95 % interval over walks."""
    gap = values - reference
    return f"{values.mean():.4f} ({gap.mean():+.4f} ± {1.96 * gap.std(ddof=1) / len(gap) ** 0.5:.4f})"


if __name__ == "__main__":
    main()
