"""The HunyuanVideo adapter: what it refuses, the solver's levels, and a run from a folder on disk to a table."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import FlowMatchEulerDiscreteScheduler
from PIL import Image
from run_here import run_here
from tiny_hunyuan import HEIGHT, WIDTH, save_tiny, tiny_transformer

from fpbench.framepack.schedule import Kernel
from fpbench.models.dit import Packed
from fpbench.models.hunyuan import Condition, HistoryError, HunyuanBackbone, Text, solver_grid
from fpbench.models.pretrained import Placement, PretrainedError, digest, locate
from fpbench.sampling.flow import levels
from fpbench.systems import SystemBuildError, build


def packed(kernel: int, frames: int, level: float = 0.0) -> Packed:
    latents = torch.zeros(1, frames, 4, 4, 6)
    times, poses = torch.arange(frames), torch.zeros(1, frames, 4)
    return Packed(latents, Kernel.cubic(kernel), "future", times, poses, torch.full((1,), level))


def call(context: list[Packed], t: torch.Tensor) -> torch.Tensor:
    text = Text(torch.zeros(1, 3, 16), torch.ones(1, 3), torch.zeros(1, 8))
    backbone = HunyuanBackbone(tiny_transformer(), Condition(text, torch.zeros(1, 4, 32), 6.0))
    return backbone(torch.zeros(1, 9, 4, 4, 6), t, torch.arange(9), torch.zeros(1, 9, 4), context)


FULL = [(1, 2), (2, 2), (4, 16)]


@pytest.mark.parametrize(
    ("groups", "level", "t", "message"),
    [
        (FULL[:2], 0.0, [0.5] * 9, "exactly k1, k2, k4"),
        ([*FULL, (8, 8)], 0.0, [0.5] * 9, "got k1, k2, k4, k8"),
        (FULL, 0.1, [0.5] * 9, "no history level"),
        (FULL, 0.0, [0.5] * 8 + [0.4], "one level for the whole section"),
    ],
)
def test_history_the_checkpoints_never_saw_is_refused(
    groups: list[tuple[int, int]], level: float, t: list[float], message: str
) -> None:
    with pytest.raises(HistoryError, match=message):
        call([packed(kernel, frames, level) for kernel, frames in groups], torch.tensor([t]))


@pytest.mark.parametrize(("tokens", "shift"), [(256, math.exp(0.5)), (4096, math.exp(1.15)), (14040, 7.0)])
def test_the_dynamic_shift_grows_with_the_section_and_stops_at_seven(tokens: int, shift: float) -> None:
    grid = solver_grid(FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True), 10, tokens)
    assert grid == pytest.approx(levels(10, shift), abs=1e-6)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"model": "f2"}, "none of inverted, f1"),
        ({"model": "f1", "end": True}, "needs model: inverted"),
        ({"padding": "open"}, "unknown padding"),
        ({"stesp": 3}, "unknown option 'stesp'; known: checkpoint, base, vision, dtype"),
        ({"dtype": "int4"}, "dtype 'int4'"),
        ({"offload": "cloud"}, "offload 'cloud'"),
    ],
)
def test_wrong_options_are_named(params: dict[str, object], message: str) -> None:
    with pytest.raises(SystemBuildError, match=message):
        build("framepack_hunyuan", params)


def test_weights_that_cannot_be_had_or_trusted(tmp_path: Path) -> None:
    with pytest.raises(PretrainedError, match="no local folder and cannot be fetched"):
        locate("nobody/nothing-here")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(PretrainedError, match="pickled weights are refused"):
        locate(str(tmp_path))
    with pytest.raises(PretrainedError, match="needs a GPU"):
        Placement(device="cpu", offload="group").on()


def test_the_digest_follows_the_weights(tmp_path: Path) -> None:
    first = digest(save_tiny(tmp_path / "a"))
    assert digest(save_tiny(tmp_path / "b")) == first
    assert digest(save_tiny(tmp_path / "c", seed=1)) != first


def test_generation_order_in_video_frames() -> None:
    order = build("framepack_hunyuan", {}).generation_order(60)  # type: ignore[attr-defined]
    assert order == [0, *range(37, 60), *range(1, 37)]


PROTOCOL = """\
name: tiny
world: prompts:{folder}/tasks.yaml
tasks: {{splits: [test-far], kinds: [walk], count: 2, frames: 41}}
batch: 1
systems:
  - {{use: framepack_hunyuan, name: i2v, checkpoint: {folder}/model, steps: 1, end: true}}
  - {{use: framepack_hunyuan, name: f1, model: f1, checkpoint: {folder}/model, steps: 1}}
metrics: [luma_mean, contrast_rms]
reference: i2v
primary: {{quality: contrast_rms, drift: luma_mean}}
"""


def test_a_saved_checkpoint_runs_from_its_folder_to_a_table(tmp_path: Path) -> None:
    save_tiny(tmp_path / "model")
    rng = np.random.default_rng(0)
    for name in ("a", "b", "end"):
        Image.fromarray(rng.integers(0, 256, (HEIGHT * 2, WIDTH, 3), dtype=np.uint8)).save(tmp_path / f"{name}.png")
    (tmp_path / "tasks.yaml").write_text(
        f"height: {HEIGHT}\nwidth: {WIDTH}\ntasks:\n"
        "  - {image: a.png, prompt: a walker turns left, last: end.png}\n  - {image: b.png, prompt: a quiet room}\n"
    )
    (tmp_path / "tiny.yaml").write_text(PROTOCOL.format(folder=tmp_path))
    finished = run_here(tmp_path / "tiny.yaml", tmp_path / "results")
    assert finished.complete
    assert finished.manifest.counts.model_dump() == {"cells": 4, "generated": 4, "done": 4, "failed": 0}
