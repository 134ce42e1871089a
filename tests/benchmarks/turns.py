"""How well the turn of a camera is read from the flow: ``python tests/benchmarks/turns.py``.

True videos of ViZDoom tasks on unseen maps, where every pose is known: error of the turn between neighbouring frames,
slope and correlation of the turn seen against the turn told, and the error that a frozen clip would have.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np

from fpbench.metrics import CameraPath, measure
from fpbench.metrics.camera import turn_of
from fpbench.metrics.frame import Clip
from fpbench.worlds import open_world


def main() -> None:
    """Print one row per kind of task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--split", default="test-near")
    parser.add_argument("--tasks", type=int, default=8)
    parser.add_argument("--frames", type=int, default=128)
    options = parser.parse_args()
    world = open_world("doom")
    lines = [
        "| kind | pairs | turn told (mean, °) | median error (°) | 90 % below (°) | slope | correlation | turn_err |",
        "| :-- | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for kind in ("walk", "loop", "return"):
        told, seen, errors = [], [], []
        for index in range(options.tasks):
            task = world.task(options.split, kind, index, frames=options.frames)
            video, camera = world.film(task), CameraPath(task.poses, world.unit, world.focal)
            clip = Clip(world.height, world.width, world.fps)
            for t, rgb in enumerate(video):
                flow = clip.add(rgb, t).flow(1)
                if flow is not None:
                    seen.append(turn_of(flow, world.focal))
            told += ((np.diff(task.poses[:, 3]) + np.pi) % (2 * np.pi) - np.pi).tolist()
            errors.append(measure([video], fps=world.fps, metrics=["turn_err"], camera=camera)["turn_err"].mean)
        a, b = np.degrees(told), np.degrees(seen)
        gap = np.abs(a - b)
        slope = float(a @ b / (a @ a))
        numbers = (np.abs(a).mean(), np.median(gap), np.quantile(gap, 0.9), slope, np.corrcoef(a, b)[0, 1])
        row = " | ".join(f"{value:.2f}" for value in (*numbers, np.mean(errors)))
        lines.append(f"| {kind} | {len(a)} | {row} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
