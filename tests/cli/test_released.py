"""The way of somebody with a GPU, on random networks: ``fpbench train``, then ``fpbench run`` on local folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import tiny_hunyuan
import tiny_wan
from accelerate.state import AcceleratorState
from PIL import Image
from real_clips import write_clips
from typer.testing import CliRunner

from fpbench.cli import app

RECIPE = """\
kind: {kind}
name: tiny
base: {folder}/{kind}
videos: videos
frames: 41
buckets: [[16, 32]]
mixture: {{packs: {{{pack}: 1}}}}
steps: 2
rank: 2
precision: "no"
"""
PACKS = {"wan": "td_f4k2f1k1_g4", "hunyuan": "f1k1_x_f4k4f2k2f1k1_g4"}
PROTOCOL = """\
name: tiny
world: prompts:tasks.yaml
tasks: {{splits: [test-far], kinds: [walk], count: 2, frames: 41}}
batch: 1
systems:
  - {{use: framepack_hunyuan, name: i2v, checkpoint: {folder}/hunyuan, steps: 1, end: true}}
  - {{use: framepack_hunyuan, name: f1, model: f1, checkpoint: {folder}/hunyuan, steps: 1, decoding: whole}}
  - {{use: framepack_hunyuan, name: tuned, pack: f1k1_x_f4k4f2k2f1k1_g4, steps: 1,
      checkpoint: {folder}/hunyuan-run/checkpoint, base: {folder}/hunyuan, vision: {folder}/hunyuan}}
  - {{use: wan_framepack, name: wan, pack: td_f4k2f1k1_g4, steps: 1,
      checkpoint: {folder}/wan-run/checkpoint, base: {folder}/wan}}
metrics: [luma_mean, contrast_rms]
reference: i2v
primary: {{quality: contrast_rms, drift: luma_mean}}
"""
TASKS = """\
height: 16
width: 32
tasks:
  - {image: a.png, prompt: "a walker turns left [21] quiet room", last: end.png}
  - {image: b.png}
"""


def test_trained_and_saved_networks_run_from_their_folders_to_a_table(tmp_path: Path) -> None:
    write_clips(tmp_path / "videos", frames=41)
    for kind, tiny in (("wan", tiny_wan), ("hunyuan", tiny_hunyuan)):
        tiny.save_tiny(tmp_path / kind)
        recipe = tmp_path / f"{kind}.yaml"
        recipe.write_text(RECIPE.format(kind=kind, folder=tmp_path, pack=PACKS[kind]))
        trained = CliRunner().invoke(app, ["train", str(recipe), "--state", str(tmp_path / f"{kind}-run")])
        AcceleratorState._reset_state(reset_partial_state=True)
        assert trained.exit_code == 0, trained.output
        assert f"checkpoint: {tmp_path / f'{kind}-run' / 'checkpoint'}" in trained.output
    rng = np.random.default_rng(0)
    for name in ("a", "b", "end"):
        Image.fromarray(rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "tasks.yaml").write_text(TASKS)
    (tmp_path / "tiny.yaml").write_text(PROTOCOL.format(folder=tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "fpbench.cli", "run", "tiny.yaml", "--workers", "1"], cwd=tmp_path, env=os.environ,
        check=False, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("i2v", "f1", "tuned", "wan"):
        assert name in done.stdout
    folder = next((tmp_path / "results" / "runs").iterdir())
    counts = json.loads((folder / "run.json").read_text())["counts"]
    assert counts == {"cells": 8, "generated": 8, "done": 8, "failed": 0}
