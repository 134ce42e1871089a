"""Diffusion Forcing (Chen et al., arXiv 2407.01392): history enters at a told noise level sigma_test.

Released systems that "noise the history" differ in what they scale, add, tell and redraw; each is a preset. Levels
published as schedule indices are given as rectified-flow levels of the same signal-to-noise ratio.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from baselines.sliding_window import WINDOW, history_of
from fpbench import HistoryNoise, Strategy

PRESETS = {
    "plain": HistoryNoise(0.1),
    "df-ddim": HistoryNoise(0.064, noise=False, on="all"),  # buoyancy99/diffusion-forcing v1.5, DDIM path
    "df-ddpm": HistoryNoise(0.064, on="all"),
    "oasis": HistoryNoise(0.064, scale=False, noise=False, on="all"),  # etched-ai/open-oasis: the level is only told
    "dfot": HistoryNoise(0.04),  # arXiv 2502.06764, plain cosine schedule
    "dfot-re10k": HistoryNoise(0.2),  # the same index under the shifted schedule of RealEstate10K
    "skyreels": HistoryNoise(0.02, on="all"),  # arXiv 2504.13074, addnoise_condition 20
    "framepack": HistoryNoise(0.1, "relative", on="all"),  # arXiv 2504.12626v3 section 5: sigma t
    "self-forcing": HistoryNoise(0.0),  # arXiv 2506.08009, context_noise 0
    "helios": HistoryNoise(0.12, told=False, on="all"),  # PKU-YuanGroup/Helios: noised, not told
    "gamengen": HistoryNoise(0.1, scale=False, on="all"),  # arXiv 2408.14837: additive
}


def diffusion_forcing(
    sigma: float | None = None,
    schedule: str | None = None,
    window: int = WINDOW,
    pack: str | None = None,
    preset: str = "plain",
    **switches: Any,
) -> Strategy:
    """Diffusion Forcing, arXiv 2407.01392; sigma_test as in arXiv 2504.12626 §4.5.

    Args:
        sigma: history level sigma_test in [0, 1]; default that of the preset.
        schedule: constant, relative (sigma t), capped (min(sigma, t)) or next (sigma t').
        window: full-resolution history frames.
        pack: a packing schedule instead of the window.
        preset: whose treatment of history: plain, df-ddim, df-ddpm, oasis, dfot, dfot-re10k, skyreels, framepack,
            self-forcing, helios, gamengen.
        switches: further fields of `fpbench.HistoryNoise`: scale, noise, told, redraw, on, band.
    """
    if preset not in PRESETS:
        raise ValueError(f"preset {preset!r} is none of {', '.join(PRESETS)}")
    given = {"sigma": sigma, "schedule": schedule, **switches}
    noise = replace(PRESETS[preset], **{name: value for name, value in given.items() if value is not None})
    return Strategy(history_of(pack, window), history=noise)
