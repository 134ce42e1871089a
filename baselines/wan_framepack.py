"""FramePack on Wan 2.1, fine-tuned by ``fpbench train``; any pack and order the checkpoint was trained for."""

from __future__ import annotations

from typing import Any, Literal

from fpbench import HistoryNoise, Importance, Pack, Released, Strategy, Wan

LATENT_FPS = 4.0
"""Latent frames per second of Wan's 16 fps."""


def wan_framepack(
    pack: str = "td_f16k4f2k2f1k1_g9",
    checkpoint: str | None = None,
    sigma: float = 0.0,
    order: Literal["endpoints", "moving"] | None = None,
    hop: int = 36,
    importance: Literal["time", "similarity", "hybrid"] = "time",
    estimate: Literal["last", "early", "two-pass"] = "early",
    time_weight: float = 1.0,
    **options: Any,
) -> Released:
    """FramePack on Wan 2.1, arXiv 2504.12626 §4.2.

    Args:
        pack: packing schedule; its name implies the order.
        checkpoint: folder that ``fpbench train`` wrote, or a Wan folder or hub name with ``interpolated: true``.
        sigma: history level at test time, told to the network.
        order: several endpoints, ``hop`` latent frames apart, instead of the order that the name implies; each is made
            under the prompt in force there (``a walk [145] a quiet room``).
        importance, estimate, time_weight: which history frames get the finest kernel; see `fpbench.Importance`.
        options: base, interpolated; dtype, device, offload, storage, tiling; steps, guidance, negative, shift.
    """
    strategy = Strategy(
        Pack.parse(pack),
        order=order,
        hop=hop,
        history=HistoryNoise(sigma),
        importance=Importance(importance, estimate, time_weight, fps=LATENT_FPS),
    )
    weights = Wan.of(**({"checkpoint": checkpoint} if checkpoint else {}), **options)
    return Released("wan-framepack", strategy, weights, source="Wan 2.1, arXiv 2503.20314; arXiv 2504.12626")
