"""Prompts that change within a video, and the sections that are made under each."""

import numpy as np
import pytest
import tiny_hunyuan
import tiny_wan
import torch
from PIL import Image

from fpbench.framepack import Pack
from fpbench.models.framepack_pipeline import FramePackHunyuan, Settings
from fpbench.models.scenes import Scenes, clock
from fpbench.models.wan import WanBackbone, WanFramePack
from fpbench.sampling import Strategy
from fpbench.sampling.noise import StreamNoise
from fpbench.sampling.rollout import rollout


def told(prompt: str) -> list[tuple[int, str]]:
    return list(Scenes.of(prompt, str).parts)


def test_marks_are_video_frames_and_parts_start_at_their_latent_frame() -> None:
    assert told("a walk") == [(0, "a walk")]
    assert told("a walk [73] a room [81] the end") == [(0, "a walk"), (19, "a room"), (21, "the end")]
    assert told("[0] a walk [1] a room") == [(0, "a walk"), (1, "a room")]
    assert told("") == [(0, "")]
    with pytest.raises(ValueError, match="must ascend"):
        told("a [9] b [5] c")


def test_the_prompt_at_the_last_frame_of_a_section_counts() -> None:
    scenes, poses = Scenes.of("a [16] b", str), clock(torch.zeros(1), 12)
    assert [scenes.at(poses[:, section]) for section in ([1, 2, 3], [3, 4], [1, 2, 9])] == ["a", "b", "b"]


def test_every_endpoint_of_wan_is_made_under_its_own_prompt() -> None:
    class Recorder(WanFramePack):
        def forward(self, noisy, t, times, context, text):  # type: ignore[no-untyped-def]
            heard.append((len(times), float(text.flatten()[0])))
            return super().forward(noisy, t, times, context, text)

    heard: list[tuple[int, float]] = []
    strategy = Strategy(Pack.parse("td_f2k2f1k1_g4_x_f1k1"), order="endpoints", hop=8)
    scenes = Scenes.of("1 [13] 2 [33] 3", lambda text: torch.full((1, 3, 32), float(text)))
    given = torch.zeros(1, 1, 16, 2, 4)
    backbone = WanBackbone(Recorder(tiny_wan.tiny_transformer()), scenes)
    rollout(strategy, backbone, given, clock(given, 17), StreamNoise(torch.Generator(), given[:, 0].shape), [1.0, 0.0])
    plan = strategy.plan(17)
    expected = [
        {True: 3.0, False: {True: 2.0, False: 1.0}[s.targets[-1] >= 4]}[s.targets[-1] >= 9] for s in plan.sections
    ]
    assert [text for _, text in heard] == expected
    assert set(expected[:2]) == {2.0, 3.0}  # the two endpoints, planned first


def test_a_later_prompt_of_hunyuan_leaves_the_sections_before_it_alone() -> None:
    strategy = Strategy(Pack.parse("f1k1_x_f16k4f2k2f1k1_g9"), slots="closed")
    pixels = np.random.default_rng(0).integers(0, 256, (tiny_hunyuan.HEIGHT, tiny_hunyuan.WIDTH, 3), dtype=np.uint8)
    model = FramePackHunyuan(tiny_hunyuan.tiny_pipeline())
    plain, changed = (
        model.latents(
            strategy, Image.fromarray(pixels), prompt, 73, torch.Generator().manual_seed(0), settings=Settings(1)
        )
        for prompt in ("a walker turns left", "a walker turns left [41] quiet room")
    )
    assert torch.equal(plain[:, :10], changed[:, :10])
    assert (plain[:, 10:] - changed[:, 10:]).abs().max() > 1e-4
