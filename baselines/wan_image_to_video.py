"""Wan 2.1 image-to-video, repeated from its own last frame: what there is without any history."""

from __future__ import annotations

from typing import Any

from fpbench import External, WanRepeated


def wan_image_to_video(checkpoint: str = "Wan-AI/Wan2.1-I2V-14B-480P-Diffusers", **options: Any) -> External:
    """Repeated image-to-video with Wan 2.1, arXiv 2503.20314.

    Args:
        checkpoint: hub name, or folder of a saved pipeline.
        options: steps, guidance, clip; dtype, device, offload, storage, tiling.
    """
    return External.of(WanRepeated, "wan-repeated", checkpoint, f"{checkpoint}, arXiv 2503.20314", **options)
