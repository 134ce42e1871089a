"""Every rival: its card, its requirements, its cost, and that it really is what its name says."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from fpbench import registry
from fpbench.framepack.discretize import Codebook
from fpbench.sampling import Strategy
from fpbench.sampling.flow import levels
from fpbench.sampling.noise import NoiseBank
from fpbench.sampling.rollout import rollout
from fpbench.systems import GROUP, SystemBuildError, build, make
from tests._stubs.tiny_backbone import SHAPE, given_and_poses, tiny_dit

PACKED = "td_f16k4f2k2f1k1_g9"
RIVALS: list[tuple[str, dict[str, Any]]] = [
    *(("diffusion_forcing", {"preset": preset, "pack": PACKED}) for preset in ("df-ddim", "oasis", "dfot", "skyreels")),
    *(("diffusion_forcing", {"preset": preset}) for preset in ("plain", "dfot-re10k", "framepack", "gamengen")),
    *(("diffusion_forcing", {"pack": PACKED, "band": band}) for band in ("near", "far")),
    ("diffusion_forcing", {"preset": "helios", "pack": PACKED}),
    *(("history_guidance", {"scheme": scheme}) for scheme in ("vanilla", "fractional", "temporal")),
    ("history_guidance", {"scheme": "temporal", "weight": 2.0, "pack": PACKED}),
    ("history_guidance", {"weight": 0.7}),
    ("history_guidance", {"null": "drop"}),
    ("history_guidance", {"below": 0.3, "sigma": 0.05}),
    *(("anchor_frames", {"kind": kind}) for kind in ("fixed", "ema", "rolling")),
    *(("rolling", {"blocks": blocks}) for blocks in (3, 9)),
    *(("hiar", {"level": level, "path": path}) for level in ("input", "output") for path in (True, False)),
    ("pathwise_correction", {}),
    *(("calibrated_handover", {"kind": kind, "levels": 16}) for kind in ("pixel", "quantised", "matched")),
    ("repeat_image_to_video", {}),
    ("full_history", {}),
    *(("framepack", {"order": order}) for order in ("vanilla", "endpoint", "endpoints", "moving", "inverted")),
    ("framepack", {"importance": "similarity", "estimate": "last"}),
    ("framepack", {"importance": "hybrid", "estimate": "last", "time_weight": 0.1}),
    ("framepack", {"pack": f"{PACKED}+D", "codebook": "any"}),
]  # fmt: skip


def label(rival: tuple[str, dict[str, Any]]) -> str:
    return "-".join([rival[0], *map(str, rival[1].values())])


def sample(strategy: Strategy, frames: int = 28) -> torch.Tensor:
    given, poses = given_and_poses(frames, batch=1)
    noise = NoiseBank(["a"], 0, SHAPE)
    book = Codebook(torch.randn(8, SHAPE[0], generator=torch.Generator().manual_seed(0)))
    return rollout(
        strategy, tiny_dit(), given, poses, noise, levels(2), codebook=book, recode=lambda z: (z * 4).round() / 4
    )


@pytest.fixture(scope="module")
def vanilla() -> dict[str, torch.Tensor]:
    packs = ("td_f2k1_g9", PACKED, "f1k1_x_f2k1_g9", "td_f1k1f1k1_g9")
    return {pack: sample(make("framepack", {"pack": pack})) for pack in packs}  # type: ignore[arg-type]


@pytest.mark.parametrize("rival", RIVALS, ids=label)
def test_a_rival_makes_a_video_of_its_own(rival: tuple[str, dict[str, Any]], vanilla: dict[str, torch.Tensor]) -> None:
    """None is vanilla sampling under another name, except where its name says so."""
    strategy = make(*rival)
    assert isinstance(strategy, Strategy)
    video = sample(strategy)
    assert video.isfinite().all()
    assert (video[:, 1:].flatten(2).std(2) > 0).all()
    plain = vanilla.get(str(strategy.pack))
    if plain is not None and rival not in [("anchor_frames", {"kind": "fixed"}), ("framepack", {"order": "vanilla"})]:
        assert not torch.allclose(video[:, 19:], plain[:, 19:], atol=1e-3)


def test_the_presets_of_diffusion_forcing_are_all_different() -> None:
    from baselines.diffusion_forcing import PRESETS

    assert len(set(PRESETS.values())) == len(PRESETS)
    with pytest.raises(SystemBuildError, match="skyreels"):
        make("diffusion_forcing", {"preset": "skyreel"})


def test_sigma_and_switches_lie_over_a_preset() -> None:
    strategy = make("diffusion_forcing", {"preset": "skyreels", "sigma": 0.06, "redraw": "section"})
    assert isinstance(strategy, Strategy)
    assert (strategy.history.sigma, strategy.history.redraw, strategy.history.on) == (0.06, "section", "all")


@pytest.mark.parametrize(
    ("use", "params", "lacks"),
    [
        ("rolling", {}, "section_levels"),
        ("hiar", {}, "history_levels"),
        ("history_guidance", {}, "null_history"),
        ("pathwise_correction", {}, "anchor_slot"),
        ("anchor_frames", {"kind": "ema"}, "anchor_slot"),
        ("framepack", {"order": "inverted"}, "two_sided"),
        ("framepack", {"importance": "similarity"}, "random_access"),
    ],
)
def test_a_checkpoint_that_was_not_trained_for_it_is_refused(
    use: str, params: dict[str, Any], lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fpbench.models.checkpoint import Checkpoint

    monkeypatch.setattr(Checkpoint, "capabilities", frozenset[str]())
    with pytest.raises(SystemBuildError, match=lacks):
        build(use, params)


def test_every_registered_rival_names_its_source() -> None:
    for name in registry.names(GROUP):
        doc = registry.load(GROUP, name).__doc__ or ""
        assert len(doc.partition("\n")[0]) > 10, name


def test_guidance_costs_what_it_says() -> None:
    def passes(**params: Any) -> float:
        made = make("history_guidance", params)
        assert isinstance(made, Strategy)
        return made.passes_per_frame(9)

    assert passes(weight=1.0) == 1
    assert passes(weight=1.5) == 2
    assert passes(weight=1.5, scheme="fractional") == 3
    assert passes(weight=1.0, scheme="temporal") == 2
    assert passes(weight=2.0, scheme="temporal") == 3
    assert passes(weight=1.5, below=0.5) == 1 + 4 / 9
