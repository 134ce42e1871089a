"""Our rollout against diffusers' own FramePack pipeline: same random weights, seeds and scheduler."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_hunyuan import HEIGHT, WIDTH, save_tiny, tiny_pipeline

from fpbench.framepack import Pack
from fpbench.models.framepack_pipeline import FramePackHunyuan, Hunyuan, Settings
from fpbench.sampling import Strategy

INVERTED = Strategy(Pack.parse("f1k1_x_g9_f1k1f2k2f16k4_td"), slots="official")
FORWARD = Strategy(Pack.parse("f1k1_x_f16k4f2k2f1k1_g9"), slots="closed")
PROMPT = "a walker turns left into sunny street"
TOLERANCE = 1e-5


def picture(seed: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))


def reference(kind: str, sections: int, *, shift: float | None = None, **extra: object) -> list[torch.Tensor]:
    """Latents of diffusers' pipeline after each section."""
    made = tiny_pipeline(shift)(
        image=picture(0), prompt=PROMPT, height=HEIGHT, width=WIDTH, num_frames=33 * sections, num_inference_steps=2,
        guidance_scale=9.0, generator=torch.Generator().manual_seed(5), sampling_type=kind,
        **{"output_type": "latent", **extra},
    )  # fmt: skip
    return made.frames


def ours(
    strategy: Strategy, sections: int, *, shift: float | None = None, prompt: str = PROMPT, **extra: object
) -> torch.Tensor:
    model = FramePackHunyuan(tiny_pipeline(shift))
    settings = Settings(steps=2, **{k: extra.pop(k) for k in ("negative", "true_guidance") if k in extra})
    generator = torch.Generator().manual_seed(5)
    return model.latents(strategy, picture(0), prompt, 36 * sections + 1, generator, settings=settings, **extra)


@pytest.mark.parametrize("sections", [1, 4, 5])
@pytest.mark.parametrize(
    ("kind", "strategy", "last"),
    [
        ("inverted_anti_drifting", INVERTED, False),
        ("inverted_anti_drifting", INVERTED, True),
        ("vanilla", FORWARD, False),
    ],
    ids=["inverted", "inverted with last image", "vanilla"],
)
def test_latents_equal_diffusers(kind: str, strategy: Strategy, last: bool, sections: int) -> None:
    extra = {"last_image": picture(1)} if last else {}
    theirs = reference(kind, sections, **extra)[-1].transpose(1, 2)
    mine = ours(strategy, sections, **({"last": picture(1)} if last else {}))
    assert mine.shape == theirs.shape == (1, 9 * sections + 1, 4, HEIGHT // 8, WIDTH // 8)
    assert (mine - theirs).abs().max() <= TOLERANCE
    assert theirs.std() > 0.5


@pytest.mark.parametrize("shift", [7.0, 3.0])
def test_a_scheduler_with_a_fixed_shift_keeps_it(shift: float) -> None:
    theirs = reference("inverted_anti_drifting", 2, shift=shift)[-1].transpose(1, 2)
    assert (ours(INVERTED, 2, shift=shift) - theirs).abs().max() <= TOLERANCE


def test_true_guidance_equals_diffusers() -> None:
    extra = {"negative_prompt": "quiet room", "true_cfg_scale": 2.5}
    theirs = reference("vanilla", 2, **extra)[-1].transpose(1, 2)
    mine = ours(FORWARD, 2, negative="quiet room", true_guidance=2.5)
    assert (mine - theirs).abs().max() <= TOLERANCE
    assert (mine - ours(FORWARD, 2)).abs().max() > 1e-3


@pytest.mark.parametrize(
    ("kind", "strategy"), [("inverted_anti_drifting", INVERTED), ("vanilla", FORWARD)], ids=["inverted", "vanilla"]
)
@pytest.mark.parametrize("sections", [1, 3])
def test_pixels_equal_diffusers(kind: str, strategy: Strategy, sections: int) -> None:
    theirs = reference(kind, sections, output_type="pt")[0].transpose(0, 1)
    model = FramePackHunyuan(tiny_pipeline())
    pixels = model.decode(ours(strategy, sections), model.plan(strategy, 36 * sections + 1))[0]
    assert pixels.shape == theirs.shape == (3, 36 * sections + 1, HEIGHT, WIDTH)
    assert ((pixels / 2 + 0.5).clamp(0, 1) - theirs).abs().max() <= TOLERANCE


def test_latents_feel_what_they_are_made_from() -> None:
    # Parity of two constants would show nothing: padding, last image and prompt all move these latents.
    plain = ours(INVERTED, 5)
    assert (ours(replace(INVERTED, slots="plain"), 5) - plain).abs().max() > 1e-3
    assert (ours(INVERTED, 5, last=picture(1)) - plain).abs().max() > 1e-3
    assert (ours(INVERTED, 5, prompt="a quiet room") - plain).abs().max() > 1e-3


def test_deviation_sections_are_counted_in_latent_frames() -> None:
    # 145 frames are 37 latent frames: four sections. diffusers divides by the 33 frames of a lone window: five.
    theirs = tiny_pipeline()(
        image=picture(0), prompt=PROMPT, height=HEIGHT, width=WIDTH, num_frames=145, num_inference_steps=1,
        output_type="latent", sampling_type="inverted_anti_drifting", generator=torch.Generator().manual_seed(5),
    ).frames  # fmt: skip
    assert len(theirs) == 5
    assert len(FramePackHunyuan(tiny_pipeline()).plan(INVERTED, 145).sections) == 4


def test_deviation_a_video_has_the_length_that_was_asked_for(tmp_path: Path) -> None:
    # diffusers returns 37 frames for one section, whatever num_frames was.
    model = Hunyuan.of(checkpoint=str(save_tiny(tmp_path)), steps=1)
    video = model.video(FORWARD, picture(0), PROMPT, 21, torch.Generator().manual_seed(0))
    assert (video.shape, video.dtype) == ((21, HEIGHT, WIDTH, 3), np.uint8)


def test_deviation_decoding_whole_has_no_blended_seams() -> None:
    model, latents = FramePackHunyuan(tiny_pipeline()), ours(FORWARD, 2)
    plan = model.plan(FORWARD, 73)
    whole, blended = model.decode(latents, plan, "whole"), model.decode(latents, plan)
    assert whole.shape == blended.shape
    assert not torch.allclose(whole, blended, atol=1e-3)


def test_deviation_a_pinned_shift_replaces_the_checkpoint_s_own() -> None:
    model = FramePackHunyuan(tiny_pipeline())
    made = [
        model.latents(FORWARD, picture(0), PROMPT, 37, torch.Generator().manual_seed(0), settings=Settings(3, shift=s))
        for s in (None, 7.0)
    ]
    assert not torch.allclose(*made, atol=1e-3)


def test_deviation_no_second_prompt() -> None:
    # diffusers accepts prompt_2 and encodes the first prompt in its place, so there is nothing to pass on.
    assert torch.equal(reference("vanilla", 1, prompt_2="quiet room")[-1], reference("vanilla", 1)[-1])


def test_a_last_image_needs_the_inverted_order_in_both() -> None:
    with pytest.raises(ValueError, match="inverted order"):
        ours(FORWARD, 1, last=picture(1))
    with pytest.raises(ValueError, match="inverted_anti_drifting"):
        reference("vanilla", 1, last_image=picture(1))
