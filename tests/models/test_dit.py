"""The DiT: what it may and may not depend on."""

import math

import pytest
import torch
from torch.nn import functional as F

from fpbench.framepack.schedule import Kernel
from fpbench.models.dit import DiT, DiTConfig, Packed, attention, camera_features
from tests._stubs.tiny_backbone import CONFIG, SHAPE, tiny_dit


def packed(frames: int, kernel: int, start: int, *, level: float = 0.0, seed: int = 3) -> Packed:
    rng = torch.Generator().manual_seed(seed)
    latents = torch.randn(2, frames, *SHAPE, generator=rng)
    poses = torch.randn(2, frames, 4, generator=rng, dtype=torch.float64)
    return Packed(latents, Kernel.cubic(kernel), "past", torch.arange(frames) + start, poses, torch.full((2,), level))


def inputs(frames: int = 9) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(5)
    noisy = torch.randn(2, frames, *SHAPE, generator=rng)
    poses = torch.randn(2, frames, 4, generator=rng, dtype=torch.float64)
    return noisy, torch.rand(2, frames, generator=rng), torch.arange(frames), poses


def test_output_has_the_section_s_shape_for_any_context() -> None:
    model = tiny_dit()
    for context in ([], [packed(1, 1, -1)], [packed(13, 4, -16), packed(2, 2, -3), packed(1, 1, -1)]):
        assert model(*inputs(), context).shape == (2, 9, *SHAPE)


def test_a_new_model_predicts_zero() -> None:
    assert not DiT(CONFIG)(*inputs(), [packed(1, 1, -1)]).any()


def test_the_world_s_origin_and_north_do_not_matter() -> None:
    model, (noisy, t, times, poses) = tiny_dit(), inputs()
    context = [packed(4, 2, -5), packed(1, 1, -1)]
    turn = 0.7
    spin = torch.tensor([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]], dtype=torch.float64)

    def moved(p: torch.Tensor) -> torch.Tensor:
        return torch.cat([p[..., :2] @ spin + 100.0, p[..., 2:3] - 50.0, p[..., 3:] + turn], -1)

    there = [Packed(c.latents, c.kernel, c.role, c.times, moved(c.poses), c.level) for c in context]
    here = model(noisy, t, times, poses, context)
    torch.testing.assert_close(model(noisy, t, times, moved(poses), there), here, atol=2e-4, rtol=1e-3)


def test_a_batch_element_does_not_see_the_others() -> None:
    model, (noisy, t, times, poses) = tiny_dit(), inputs()
    both = model(noisy, t, times, poses, [packed(1, 1, -1)])
    group = packed(1, 1, -1)
    alone = Packed(group.latents[:1], group.kernel, group.role, group.times, group.poses[:1], group.level[:1])
    torch.testing.assert_close(model(noisy[:1], t[:1], times, poses[:1], [alone]), both[:1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("change", ["level", "role", "time"])
def test_level_role_and_time_of_history_reach_the_output(change: str) -> None:
    model = tiny_dit()
    group = packed(1, 1, -1)
    other = {
        "level": Packed(group.latents, group.kernel, "past", group.times, group.poses, group.level + 0.5),
        "role": Packed(group.latents, group.kernel, "anchor", group.times, group.poses, group.level),
        "time": Packed(group.latents, group.kernel, "past", group.times - 5, group.poses, group.level),
    }[change]
    assert not torch.allclose(model(*inputs(), [group]), model(*inputs(), [other]), atol=1e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_a_causal_backbone_does_not_look_ahead(causal: bool) -> None:
    model, (noisy, t, times, poses) = tiny_dit(causal=causal), inputs()
    context = [packed(13, 4, -16), packed(2, 2, -3), packed(1, 1, -1)]
    before = model(noisy, t, times, poses, context)
    changed = noisy.clone()
    changed[:, 5] += 1
    after = model(changed, t, times, poses, context)
    assert torch.equal(after[:, :5], before[:, :5]) is causal
    assert not torch.allclose(after[:, 5:], before[:, 5:], atol=1e-4)
    # The newest frame of history is older than every frame of the section.
    newer = model(noisy, t, times, poses, [*context[:2], packed(1, 1, -1, seed=4)])
    assert not torch.allclose(newer[:, :1], before[:, :1], atol=1e-4)


def test_a_causal_backbone_takes_an_order_of_importance_of_each_video() -> None:
    model, (noisy, t, times, poses) = tiny_dit(causal=True), inputs()
    group, own = packed(2, 2, -3), torch.tensor([[-3, -2], [-9, -7]])
    both = Packed(group.latents, group.kernel, "past", own, group.poses, group.level)
    second = Packed(group.latents[1:], group.kernel, "past", own[1], group.poses[1:], group.level[1:])
    made = model(noisy, t, times, poses, [both])
    torch.testing.assert_close(made[1:], model(noisy[1:], t[1:], times, poses[1:], [second]), atol=1e-5, rtol=1e-5)


def test_camera_features_see_forward_as_forward() -> None:
    reference = torch.tensor([[[3.0, 4.0, 0.0, math.pi / 2]]], dtype=torch.float64)
    ahead = torch.tensor([[[3.0, 14.0, 0.0, math.pi / 2]]], dtype=torch.float64)
    features = camera_features(ahead, reference, unit=10.0)[0, 0]
    torch.testing.assert_close(features[:3], torch.tensor([math.asinh(1.0), 0.0, 0.0]), atol=1e-6, rtol=0)


def test_rotary_pairs_must_fill_a_head() -> None:
    with pytest.raises(ValueError, match="rotary pairs"):
        DiT(DiTConfig(dim=64, heads=1))


@pytest.mark.parametrize("masked", [False, True])
def test_attention_written_out_equals_the_fused_kernel(masked: bool) -> None:
    rng = torch.Generator().manual_seed(1)
    fused = [torch.randn(2, 3, 7, 8, generator=rng, dtype=torch.float64).requires_grad_() for _ in range(3)]
    seen = torch.ones(7, 7, dtype=torch.bool).tril()[None, None] if masked else None
    written = [x.detach().clone().requires_grad_() for x in fused]
    weight = torch.randn(2, 3, 7, 8, generator=rng, dtype=torch.float64)
    made = F.scaled_dot_product_attention(*fused, seen)
    torch.testing.assert_close(attention(*written, seen), made)
    (made * weight).sum().backward()
    (attention(*written, seen) * weight).sum().backward()
    for a, b in zip(fused, written, strict=True):
        torch.testing.assert_close(a.grad, b.grad)
