"""Wan with packed history: equal to Wan where nothing is packed, and whole while its weights are elsewhere."""

from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import cpu_offload
from PIL import Image
from tiny_wan import save_tiny, tiny_transformer
from torch.nn import functional as F

from fpbench.errors import PreflightError
from fpbench.framepack import Pack
from fpbench.framepack.schedule import Kernel
from fpbench.models.dit import Packed
from fpbench.models.wan import WanFramePack
from fpbench.models.wan_pipeline import Wan
from fpbench.sampling import Strategy
from fpbench.systems import SystemBuildError, build


def latents(frames: int, seed: int = 0, batch: int = 2) -> torch.Tensor:
    return torch.randn(batch, frames, 16, 4, 6, generator=torch.Generator().manual_seed(seed))


def packed(clip: torch.Tensor, kernel: int, start: int, level: float = 0.0) -> Packed:
    frames = clip.shape[1]
    times, poses = torch.arange(start, start + frames), torch.zeros(len(clip), frames, 4)
    return Packed(clip, Kernel.cubic(kernel), "past", times, poses, torch.full((len(clip),), level))


TEXT = torch.randn(2, 5, 32, generator=torch.Generator().manual_seed(9))


@torch.no_grad()
def wan(clip: torch.Tensor, t: float) -> torch.Tensor:
    """The pretrained transformer alone."""
    model = tiny_transformer()
    return model(clip.transpose(1, 2), torch.full((len(clip),), 1000 * t), TEXT, return_dict=False)[0].transpose(1, 2)


@torch.no_grad()
def test_without_history_it_is_wan() -> None:
    model = WanFramePack(tiny_transformer())
    made = model(latents(5), torch.full((2, 5), 0.3), torch.arange(5), [], TEXT)
    torch.testing.assert_close(made, wan(latents(5), 0.3), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_history_on_k1_at_the_section_s_level_is_wan_on_the_whole_clip() -> None:
    model, clip = WanFramePack(tiny_transformer()), latents(7)
    context = [packed(clip[:, :3], 1, -3, level=0.6)]
    made = model(clip[:, 3:], torch.full((2, 4), 0.6), torch.arange(4), context, TEXT)
    torch.testing.assert_close(made, wan(clip, 0.6)[:, 3:], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("kernel", [1, 2, 4, 8])
def test_projections_start_as_pooling_before_wan_s_own(kernel: int) -> None:
    model = WanFramePack(tiny_transformer())
    clip = torch.randn(1, kernel, 16, 16, 16)
    pooled = F.avg_pool3d(clip.transpose(1, 2), kernel, kernel)
    expected = model.transformer.patch_embedding(pooled).flatten(2).transpose(1, 2)
    made = model.history(clip, Kernel.cubic(kernel)).flatten(1, 3)
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_levels_and_positions_of_a_group_reach_the_section() -> None:
    model, section = WanFramePack(tiny_transformer()), latents(3)

    def velocity(start: int, level: float) -> torch.Tensor:
        context = [packed(latents(4, 1), 2, start, level)]
        return model(section, torch.full((2, 3), 0.5), torch.arange(3), context, TEXT)

    plain = velocity(-4, 0.0)
    assert plain.isfinite().all()
    assert (velocity(-4, 0.8) - plain).abs().max() > 1e-4
    assert (velocity(-20, 0.0) - plain).abs().max() > 1e-4


@torch.no_grad()
def test_weights_may_be_elsewhere_until_the_network_is_called() -> None:
    # As with offload: sequential, only that the device is the CPU: outside of a module's call its weights have no data.
    model, clip = WanFramePack(tiny_transformer()), latents(7)
    arguments = (clip[:, 3:], torch.full((2, 4), 0.6), torch.arange(4), [packed(clip[:, :3], 1, -3)], TEXT)
    expected = model(*arguments)
    cpu_offload(model.transformer, torch.device("cpu"))
    assert model.transformer.scale_shift_table.is_meta
    torch.testing.assert_close(model(*arguments), expected)


def test_likeness_ranks_history_on_wan_too(tmp_path: Path) -> None:
    folder = str(save_tiny(tmp_path))
    parameters = {"checkpoint": folder, "base": folder, "interpolated": True, "steps": 2, "pack": "td_f2k2f1k1_g4"}

    def video(**ranking: object) -> np.ndarray:
        system = build("wan_framepack", {**parameters, **ranking})
        first = Image.new("RGB", (48, 32), "teal")
        return system.model.video(system.strategy, first, "a room", 49, torch.Generator().manual_seed(0))  # type: ignore[attr-defined]

    plain = video()
    assert np.array_equal(video(importance="hybrid", time_weight=1e9), plain)
    assert not np.array_equal(video(importance="similarity"), plain)


@pytest.mark.parametrize("options", [{"dtype": "bfloat16"}, {"storage": "float8_e4m3fn"}, {"tiling": False}])
def test_half_precision_and_storage_change_little(options: dict[str, object], tmp_path: Path) -> None:
    folder = str(save_tiny(tmp_path))

    def video(**placement: object) -> np.ndarray:
        model = Wan.of(checkpoint=folder, base=folder, interpolated=True, steps=1, **placement)
        strategy = Strategy(Pack.parse("td_f4k2f1k1_g4"))
        return model.video(strategy, Image.new("RGB", (48, 32), "teal"), "a room", 17, torch.Generator().manual_seed(0))

    difference = np.abs(video(**options).astype(int) - video().astype(int))
    assert difference.mean() < 4
    assert difference.any() != (options == {"tiling": False})


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    model = WanFramePack(tiny_transformer(), kernels=(1, 2))
    torch.nn.init.normal_(model.history.project["k2"].weight)
    model.save(tmp_path, capabilities={"two_sided"}, card={"steps": 1})
    again = WanFramePack.load(tmp_path)
    assert again.state_dict().keys() == model.state_dict().keys()
    assert all(torch.equal(again.state_dict()[name], value) for name, value in model.state_dict().items())


def test_an_image_to_video_transformer_is_refused() -> None:
    transformer = tiny_transformer()
    transformer.register_to_config(in_channels=36)
    with pytest.raises(ValueError, match="36 input and 16 output"):
        WanFramePack(transformer)


def test_weights_that_never_saw_packed_history_are_refused(tmp_path: Path) -> None:
    folder = str(save_tiny(tmp_path))
    with pytest.raises(PreflightError, match="not trained on packed history"):
        build("wan_framepack", {"checkpoint": folder, "base": folder}).fingerprint()
    WanFramePack.load(tmp_path).save(tmp_path, capabilities={"history_levels"})
    one_sided = build("wan_framepack", {"checkpoint": folder, "base": folder, "sigma": 0.1})
    assert one_sided.fingerprint()["weights"]
    inverted = build("wan_framepack", {"checkpoint": folder, "base": folder, "pack": "f1k1_x_g9_f1k1f2k2f16k4_td"})
    with pytest.raises(PreflightError, match="not trained for anchor_slot, two_sided"):
        inverted.fingerprint()
    with pytest.raises(SystemBuildError, match="unknown option 'setps'"):
        build("wan_framepack", {"setps": 3})
