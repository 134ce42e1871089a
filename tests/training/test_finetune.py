"""Fine-tuning Wan on a folder of videos: it learns, resumes to the same weights, and what it writes runs."""

from pathlib import Path

import av
import numpy as np
import pytest
import torch
from tiny_wan import save_tiny
from torch import nn

from fpbench.models.pretrained import Placement, digest
from fpbench.models.wan import WanFramePack, framepack_facts
from fpbench.models.wan_pipeline import WanCodec, open_codec
from fpbench.systems import build
from fpbench.training import train
from fpbench.training.clips import ClipCache, ClipFolderError, Spec
from fpbench.training.finetune import FineTuner, read_finetune
from fpbench.training.lora import adapt, merge
from fpbench.training.recipe import RecipeError

RECIPE = """\
kind: wan
name: tiny
base: {folder}/wan
videos: videos
frames: 41
buckets: [[16, 32], [32, 16]]
kernels: [1, 2, 4]
mixture: {{packs: {{td_f4k2f1k1_g4: 2, f1k1_x_g4_f1k1f2k2_td: 1}}, dropped: 0, history: {{clean: 1, shared: 1}}}}
method: {method}
rank: 4
steps: 40
batch: 2
rate: 0.01
precision: "no"
save_every: 100
"""


def write_video(path: Path, seed: int, size: tuple[int, int] = (32, 48), frames: int = 45) -> None:
    """Two colours that move."""
    height, width = size
    colours = np.random.default_rng(seed).integers(30, 220, (2, 3))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for i in range(frames):
            picture = np.empty((height, width, 3), np.uint8)
            picture[:] = colours[0]
            picture[:, (i // 2) % width :] = colours[1]
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("finetune")
    save_tiny(place / "wan")
    (place / "videos").mkdir()
    for seed in range(2):
        write_video(place / "videos" / f"{seed}.mp4", seed)
    write_video(place / "videos" / "portrait.mp4", 2, size=(48, 32))
    write_video(place / "videos" / "short.mp4", 3, frames=20)
    (place / "videos" / "0.txt").write_text("a walker turns left")
    for method in ("lora", "full"):
        (place / f"{method}.yaml").write_text(RECIPE.format(folder=place, method=method))
    return place


def tuner(folder: Path, method: str, state: Path) -> FineTuner:
    # One set of clips for all tests: encoding is what takes long.
    (folder / "clips").mkdir(exist_ok=True)
    state.mkdir(exist_ok=True)
    if not (state / "clips").exists():
        (state / "clips").symlink_to(folder / "clips", target_is_directory=True)
    return FineTuner(read_finetune(folder / f"{method}.yaml"), state)


def test_videos_are_sorted_into_buckets_and_encoded_once(folder: Path, tmp_path: Path) -> None:
    clips = tuner(folder, "lora", tmp_path / "a").clips
    assert {size: len(files) for size, files in clips.buckets.items()} == {(16, 32): 2, (32, 16): 1}
    latents, text = clips.batch((16, 32), [0, 1], textless=[False, True])
    assert (latents.shape, text.shape[0]) == ((2, 11, 16, 2, 4), 2)
    again, spec = ClipCache(folder / "clips"), Spec(41, ((16, 32), (32, 16)))

    def never() -> None:
        raise AssertionError

    again.fill(folder / "videos", spec, digest(folder / "wan"), never, lambda line: None)
    assert {size: [f.name for f in files] for size, files in again.buckets.items()} == {
        size: [f.name for f in files] for size, files in clips.buckets.items()
    }
    with pytest.raises(ClipFolderError, match="none of 4 videos has the 401 frames"):
        ClipCache(folder / "clips").fill(
            folder / "videos", Spec(401, spec.buckets), "x", lambda: codec(folder), lambda line: None
        )


def codec(folder: Path) -> WanCodec:
    return open_codec(folder / "wan", Placement(), place=True)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_the_loss_falls(folder: Path, method: str, tmp_path: Path) -> None:
    training = tuner(folder, method, tmp_path / method)

    @torch.no_grad()
    def loss() -> float:
        return float(torch.stack([training.loss(step) for step in range(1000, 1008)]).mean())

    before = loss()
    training.run()
    assert training.step == 40
    assert loss() < 0.9 * before


@pytest.mark.parametrize("method", ["lora", "full"])
def test_a_resumed_run_ends_in_identical_weights(folder: Path, method: str, tmp_path: Path) -> None:
    straight = tuner(folder, method, tmp_path / "straight")
    straight.run(steps=6)
    tuner(folder, method, tmp_path / "broken").run(steps=3)
    resumed = tuner(folder, method, tmp_path / "broken")
    assert resumed.step == 3
    resumed.run(steps=6)
    expected = straight.network.state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in resumed.network.state_dict().items())
    start = tuner(folder, method, tmp_path / "start").network.state_dict()
    assert any(not torch.equal(value, expected[name]) for name, value in start.items())


def test_what_training_writes_is_a_checkpoint(folder: Path, tmp_path: Path) -> None:
    training = tuner(folder, "lora", tmp_path)
    training.run(steps=2)
    training.network.eval()
    noisy, text = torch.randn(1, 4, 16, 2, 4), torch.randn(1, 3, 32)
    with torch.no_grad():
        expected = training.network(noisy, torch.full((1, 4), 0.5), torch.arange(4), [], text)
        made = WanFramePack.load(training.export())(noisy, torch.full((1, 4), 0.5), torch.arange(4), [], text)
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-5)
    facts = framepack_facts(tmp_path / "checkpoint")
    assert facts["capabilities"] == ["anchor_slot", "history_levels", "section_levels", "two_sided"]
    assert facts["card"]["steps"] == 2
    params = {"checkpoint": str(tmp_path / "checkpoint"), "base": str(folder / "wan"), "pack": "td_f4k2f1k1_g4"}
    assert build("wan_framepack", params).fingerprint()["weights"]


def test_train_follows_such_a_recipe_and_stops_in_time(folder: Path, tmp_path: Path) -> None:
    (folder / "clips").mkdir(exist_ok=True)
    (tmp_path / "clips").symlink_to(folder / "clips", target_is_directory=True)
    lines: list[str] = []
    written = train(folder / "lora.yaml", minutes=0, state=tmp_path, log=lines.append)
    assert written == tmp_path / "checkpoint"
    assert framepack_facts(written)["card"]["steps"] == 1
    assert (tmp_path / "state" / "step").read_text() == "1"


def test_train_knows_the_kind_of_a_recipe(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="accelerate launch --num_processes 2"):
        train(folder / "lora.yaml", processes=2, state=tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [("frames: 42", "42 is not 4 n . 1; the nearest: 41"), ("rnak: 3", "rnak"), ("method: all", "lora")],
)
def test_a_wrong_recipe_names_file_and_key(line: str, message: str, folder: Path, tmp_path: Path) -> None:
    key = line.partition(":")[0]
    kept = [row for row in (folder / "lora.yaml").read_text().splitlines() if not row.startswith(key)]
    path = tmp_path / "wrong.yaml"
    path.write_text("\n".join([*kept, line]))
    with pytest.raises(RecipeError, match=message):
        read_finetune(path)


def test_a_fresh_correction_changes_nothing_and_merging_keeps_what_was_learned() -> None:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(6, 8), nn.Sequential(nn.Linear(8, 3)))
    x = torch.randn(5, 6)
    before = plain(x)
    adapt(plain, 2)
    assert torch.equal(plain(x), before)
    assert sorted(n.rpartition(".")[0] for n, p in plain.named_parameters() if p.requires_grad) == [
        "0.down", "0.up", "1.0.down", "1.0.up"
    ]  # fmt: skip
    nn.init.normal_(plain[0].up.weight)
    learned = plain(x)
    merge(plain)
    assert all(isinstance(layer, nn.Linear) for layer in (plain[0], plain[1][0]))
    torch.testing.assert_close(plain(x), learned)
