"""Our rollout against diffusers' own FramePack pipeline: same random weights, seeds and scheduler."""

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_hunyuan import HEIGHT, WIDTH, tiny_pipeline

from fpbench.framepack import Pack
from fpbench.models.framepack_pipeline import FramePackHunyuan, Settings
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


def ours(strategy: Strategy, sections: int, *, shift: float | None = None, **extra: object) -> torch.Tensor:
    model = FramePackHunyuan(tiny_pipeline(shift))
    settings = Settings(steps=2, **{k: extra.pop(k) for k in ("negative", "true_guidance") if k in extra})
    generator = torch.Generator().manual_seed(5)
    return model.latents(strategy, picture(0), PROMPT, 36 * sections + 1, generator, settings=settings, **extra)


@pytest.mark.parametrize("sections", [1, 4, 6])
@pytest.mark.parametrize(
    ("kind", "strategy", "last"),
    [("inverted_anti_drifting", INVERTED, False), ("inverted_anti_drifting", INVERTED, True), ("vanilla", FORWARD, False)],
    ids=["inverted", "inverted with last image", "vanilla"],
)
def test_latents_equal_diffusers(kind: str, strategy: Strategy, last: bool, sections: int) -> None:
    extra = {"last_image": picture(1)} if last else {}
    theirs = reference(kind, sections, **extra)[-1].transpose(1, 2)
    mine = ours(strategy, sections, **({"last": picture(1)} if last else {}))
    assert mine.shape == theirs.shape == (1, 9 * sections + 1, 4, HEIGHT // 8, WIDTH // 8)
    assert (mine - theirs).abs().max() <= TOLERANCE
    assert theirs.std() > 0.5
