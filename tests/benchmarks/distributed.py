"""Two processes train as one: random networks, real clips, DDP over gloo on the CPU, started by accelerate.

Run it: ``python tests/benchmarks/distributed.py``. It trains half of the steps, is started again for the other half,
and compares with a run that was not stopped. Exits with 1 where they differ.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_stubs"))

import torch
from safetensors.torch import load_file

import fpbench.training

CONFIG = Path(fpbench.training.__file__).parent / "launch" / "cpu.yaml"
RECIPE = """\
kind: {kind}
name: tiny
base: {folder}/{kind}
videos: videos
frames: 41
buckets: [[16, 32], [32, 16]]
mixture: {{packs: {{{packs}}}}}
method: {method}
rank: 4
steps: {steps}
rate: 0.01
precision: "no"
"""
METHODS = ("lora", "full")
PACKS = {
    "wan": "td_f4k2f1k1_g4: 2, f1k1_x_g4_f1k1f2k2_td: 1",
    "hunyuan": "f1k1_x_f4k4f2k2f1k1_g4: 2, f1k1_x_g4_f1k1f2k2f4k4_td: 1",
}


def train(folder: Path, kind: str, method: str, steps: int, state: str) -> None:
    """Up to a step, in two processes."""
    recipe = folder / "recipe.yaml"
    recipe.write_text(RECIPE.format(folder=folder, kind=kind, packs=PACKS[kind], method=method, steps=steps))
    command = ["-m", "accelerate.commands.launch", "--config_file", str(CONFIG), "-m", "fpbench.cli", "train"]
    subprocess.run([sys.executable, *command, str(recipe), "--state", str(folder / state)], check=True)


def weights(folder: Path, state: str) -> dict[str, torch.Tensor]:
    """Of a written checkpoint."""
    files = sorted((folder / state / "checkpoint").rglob("*.safetensors"))
    return {f"{file.name} {name}": value for file in files for name, value in load_file(file).items()}


def main() -> int:
    """Every family and method; 1 if a resumed run differs from a straight one, or learnt nothing."""
    # After fpbench, which makes torchvision importable for them.
    import tiny_hunyuan
    import tiny_wan
    from real_clips import write_clips

    wrong = 0
    for kind in PACKS:
        for method in METHODS:
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                {"wan": tiny_wan, "hunyuan": tiny_hunyuan}[kind].save_tiny(folder / kind)
                write_clips(folder / "videos", frames=45)
                train(folder, kind, method, 6, "straight")
                train(folder, kind, method, 3, "broken")
                middle = weights(folder, "broken")
                train(folder, kind, method, 6, "broken")
                straight, resumed = weights(folder, "straight"), weights(folder, "broken")
                same = all(torch.equal(value, resumed[name]) for name, value in straight.items())
                moved = any(not torch.equal(value, middle[name]) for name, value in straight.items())
                wrong += not (same and moved)
                print(f"{kind} {method}: 2 processes, resumed equals straight: {same}; it moved: {moved}", flush=True)  # noqa: T201
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
