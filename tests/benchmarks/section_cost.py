"""Context tokens and time per section, early and late in a video: constant when packed, growing with full history.

Run it: ``python tests/benchmarks/section_cost.py``. Both times of a row come from one process, alternating.
"""

from __future__ import annotations

import statistics
import time

import torch

from fpbench.framepack import Pack, Section
from fpbench.models.dit import DiT, DiTConfig, Packed
from fpbench.sampling import Strategy

EARLY, LATE = 5, 100
PACKS = {
    "framepack-vanilla": "td_f16k4f2k2f1k1_g9",
    "framepack-inverted": "f1k1_x_g9_f1k1f2k2f16k4_td",
    "sliding_window": "td_f2k1_g9",
    "full_history": "td_f100000k1_g9",
}


def one_pass(model: DiT, section: Section) -> float:
    """Seconds of one forward pass of a section with random history."""
    c = model.config
    shape = (c.channels, c.height, c.width)

    def poses(frames: int) -> torch.Tensor:
        return torch.zeros(1, frames, 4, dtype=torch.float64)

    context = []
    for group in section.context:
        n = len(group.frames)
        latents, times = torch.randn(1, n, *shape), torch.tensor(group.times)
        context.append(Packed(latents, group.kernel, group.role, times, poses(n), torch.zeros(1), group.pooled))
    made = len(section.targets)
    noisy, t = torch.randn(1, made, *shape), torch.full((1, made), 0.5)
    began = time.perf_counter()
    with torch.inference_mode():
        model(noisy, t, torch.tensor(section.times), poses(made), context)
    return time.perf_counter() - began


def main() -> None:
    """Print one row per strategy."""
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = DiT(DiTConfig(kernels=(1, 2, 4))).eval()
    size = model.config.height, model.config.width
    print(f"{'strategy':20} {'tokens 5':>9} {'tokens 100':>11} {'s 5':>8} {'s 100':>8} {'ratio':>7}")  # noqa: T201
    for name, pack in PACKS.items():
        sections = Strategy(Pack.parse(pack)).plan(1 + 9 * (LATE + 1)).sections
        # An inverted plan settles only after its first, shorter sections; "early" counts sections made.
        early, late = sections[EARLY], sections[LATE]
        repeats = 2 if name == "full_history" else 20
        one_pass(model, early)
        pairs = [(one_pass(model, early), one_pass(model, late)) for _ in range(repeats)]
        first, last = (statistics.median(column) for column in zip(*pairs, strict=True))
        tokens = early.context_tokens(*size), late.context_tokens(*size)
        print(f"{name:20} {tokens[0]:9} {tokens[1]:11} {first:8.3f} {last:8.3f} {last / first:7.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
