"""What K centroids keep of the latents, and of the picture: explained variance and PSNR of decoded frames.

Run it: ``python tests/benchmarks/codebook_sweep.py``. Fitted to training walks of world doom, measured on unseen maps.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from fpbench import open_checkpoint
from fpbench.framepack.discretize import explained_variance, fit
from fpbench.models.autoencoder import to_tensor
from fpbench.worlds import World, open_world

SIZES = (1, 32, 64, 128, 256, 512, 1024)


def films(world: World, split: str, count: int) -> list[np.ndarray]:
    """True videos of walks, every fourth frame: neighbours say little new."""
    return [world.film(world.task(split, "walk", i, frames=128))[::4] for i in range(count)]


def main() -> None:
    """Print one row per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="doom")
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--passes", type=int, default=4)
    options = parser.parse_args()
    torch.set_num_threads(1)
    world, codec = open_world("doom"), open_checkpoint(options.backbone).codec()
    with torch.inference_mode():
        train = [codec.encode(to_tensor(film)) for film in films(world, "train", options.clips)]
        seen = films(world, "test-near", 6)
        truth = torch.stack([to_tensor(film) for film in seen])
        latents = codec.encode(truth)
        flat = [x.movedim(1, -1).flatten(0, 2) for x in train]
        batches = [torch.cat(flat[i : i + 4]) for i in range(0, len(flat), 4)]
        used = open_checkpoint(options.backbone).sha256[:12]
        print(f"backbone {used}, {options.clips} walks, {options.passes} passes")  # noqa: T201
        print("| K | explained variance | PSNR of decoded frames / dB |\n| --: | --: | --: |")  # noqa: T201
        for size in SIZES:
            codebook = fit(batches * options.passes, size)
            explained = explained_variance(codebook, [latents.movedim(2, -1).flatten(0, 3)])
            print(f"| {size} | {explained:.3f} | {psnr(codec.decode(codebook(latents)), truth):.2f} |", flush=True)  # noqa: T201
        print(f"| none | 1.000 | {psnr(codec.decode(latents), truth):.2f} |")  # noqa: T201


def psnr(made: torch.Tensor, truth: torch.Tensor) -> float:
    """Mean over frames, of values in [-1, 1]."""
    error = (made - truth).square().mean((2, 3, 4))
    return float((10 * torch.log10(4 / error)).mean())


if __name__ == "__main__":
    main()
