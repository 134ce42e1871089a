"""SkyReels-V2 with Diffusion Forcing, as released: overlapping windows, the overlap noised a little."""

from __future__ import annotations

from typing import Any

from fpbench import External, SkyReels


def skyreels_v2(checkpoint: str = "Skywork/SkyReels-V2-DF-1.3B-540P-Diffusers", **options: Any) -> External:
    """SkyReels-V2 Diffusion Forcing, arXiv 2504.13074.

    Args:
        checkpoint: hub name, or folder of a saved pipeline.
        options: steps, guidance, window, overlap, noise, stagger, block; dtype, device, offload, storage, tiling.
    """
    return External.of(SkyReels, "skyreels-v2", checkpoint, f"{checkpoint}, arXiv 2504.13074", **options)
