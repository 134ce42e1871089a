"""Released pipelines on tiny random checkpoints: whole videos, from saved folders, reproducibly."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import (
    AutoencoderKLWan,
    FlowMatchEulerDiscreteScheduler,
    SkyReelsV2DiffusionForcingImageToVideoPipeline,
    SkyReelsV2Transformer3DModel,
    UniPCMultistepScheduler,
    WanImageToVideoPipeline,
    WanTransformer3DModel,
)
from tiny_hunyuan import tokenizer
from transformers import (
    CLIPImageProcessor,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    UMT5Config,
    UMT5EncoderModel,
)

from fpbench import Task
from fpbench.models.external import SkyReels, WanRepeated
from fpbench.models.pretrained import PretrainedError
from fpbench.systems import SystemBuildError, make

SHAPE = {
    "patch_size": (1, 2, 2), "num_attention_heads": 2, "attention_head_dim": 12, "text_dim": 32,
    "freq_dim": 256, "ffn_dim": 32, "num_layers": 1, "cross_attn_norm": True, "qk_norm": "rms_norm_across_heads",
    "rope_max_seq_len": 32,
}  # fmt: skip


class Pictures:
    """A world of one grey ramp."""

    name, height, width, fps, focal, unit, has_truth = "pictures", 32, 48, 24.0, 1.0, 1.0, False

    def film(self, task: Task) -> np.ndarray:
        ramp = np.linspace(0, 255, 48).astype(np.uint8)
        return np.broadcast_to(ramp[None, None, :, None], (task.frames, 32, 48, 3)).copy()


def tasks(frames: int) -> list[Task]:
    return [Task("pictures", "test-far", "walk", 0, i, "here", np.zeros((frames, 4)), "a ramp") for i in range(2)]


def shared() -> dict[str, object]:
    torch.manual_seed(0)
    vae = AutoencoderKLWan(
        base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
    )
    text = UMT5EncoderModel(
        UMT5Config(vocab_size=100, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=2, pad_token_id=0)
    )
    return {"tokenizer": tokenizer(), "text_encoder": text.eval(), "vae": vae.eval()}


@pytest.fixture(scope="module")
def skyreels(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("skyreels")
    transformer = SkyReelsV2Transformer3DModel(**SHAPE, in_channels=16, out_channels=16).eval()
    scheduler = UniPCMultistepScheduler(flow_shift=5.0, use_flow_sigmas=True, prediction_type="flow_prediction")
    pipe = SkyReelsV2DiffusionForcingImageToVideoPipeline(transformer=transformer, scheduler=scheduler, **shared())
    pipe.save_pretrained(folder, safe_serialization=True)
    return str(folder)


@pytest.fixture(scope="module")
def wan(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("wan")
    vision = CLIPVisionConfig(
        hidden_size=32, projection_dim=32, num_hidden_layers=1, num_attention_heads=2, image_size=32,
        intermediate_size=16, patch_size=16,
    )  # fmt: skip
    pipe = WanImageToVideoPipeline(
        transformer=WanTransformer3DModel(**SHAPE, in_channels=36, out_channels=16, image_dim=32).eval(),
        image_encoder=CLIPVisionModelWithProjection(vision).eval(),
        image_processor=CLIPImageProcessor(crop_size=32, size=32),
        scheduler=FlowMatchEulerDiscreteScheduler(shift=3.0), **shared(),
    )  # fmt: skip
    pipe.save_pretrained(folder, safe_serialization=True)
    return str(folder)


def check(system: object, frames: int) -> list[np.ndarray]:
    videos = system.generate(Pictures(), tasks(frames), 0)  # type: ignore[attr-defined]
    again = system.generate(Pictures(), tasks(frames)[1:], 0)  # type: ignore[attr-defined]
    assert [video.shape for video in videos] == [(frames, 32, 48, 3)] * 2
    assert all(np.array_equal(video[0], Pictures().film(tasks(1)[0])[0]) for video in videos)
    assert np.array_equal(videos[1], again[0])  # whatever batch it is in
    assert not np.array_equal(videos[0][1:], videos[1][1:])  # tasks differ in their noise
    return videos


def test_skyreels_makes_a_video_of_several_windows(skyreels: str) -> None:
    system = make("skyreels_v2", {"checkpoint": skyreels, "steps": 2, "window": 17, "overlap": 5, "guidance": 1.0})
    check(system, 29)
    assert system.card()["passes_per_frame"] == 2 / 12
    assert system.fingerprint()["settings"]["overlap"] == 5  # type: ignore[index]


def test_noise_on_the_overlap_and_staggering_reach_the_video(skyreels: str) -> None:
    def video(**options: object) -> np.ndarray:
        base = {"checkpoint": skyreels, "steps": 2, "window": 17, "overlap": 5, "guidance": 1.0, **options}
        system = make("skyreels_v2", base)
        return system.generate(Pictures(), tasks(29)[:1], 0)[0]  # type: ignore[union-attr]

    plain = video(noise=0)
    assert not np.array_equal(plain, video(noise=60))
    assert not np.array_equal(plain, video(noise=0, stagger=1))


def test_wan_goes_on_from_its_own_last_frame(wan: str) -> None:
    system = make("wan_image_to_video", {"checkpoint": wan, "steps": 1, "clip": 5, "guidance": 1.0})
    check(system, 12)
    assert system.card()["passes_per_frame"] == 1 / 4


@pytest.mark.parametrize(("frames", "made"), [(5, 97), (97, 97), (98, 177), (901, 977)])
def test_skyreels_is_asked_for_whole_windows(frames: int, made: int) -> None:
    assert SkyReels().frames_made(frames) == made >= frames


@pytest.mark.parametrize(
    ("use", "options", "hint"),
    [
        ("skyreels_v2", {"overlap": 16}, "4 n"),
        ("skyreels_v2", {"window": 17}, "smaller"),
        ("wan_image_to_video", {"clip": 80}, "4 n"),
        ("wan_image_to_video", {"sigma": 0.1}, "known: steps"),
    ],
)
def test_wrong_options_are_refused(use: str, options: dict[str, object], hint: str) -> None:
    with pytest.raises(SystemBuildError, match=hint):
        make(use, options)


def test_another_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").touch()
    with pytest.raises(PretrainedError, match=r"not a SkyReelsV2Diff"):
        make("skyreels_v2", {"checkpoint": str(tmp_path)}).generate(Pictures(), tasks(5), 0)  # type: ignore[union-attr]


def test_passes_per_frame_of_the_defaults() -> None:
    assert SkyReels().passes_per_frame() == 60 / 80
    assert WanRepeated().passes_per_frame() == 60 / 80
