"""FramePack (Zhang & Agrawala, arXiv 2504.12626): packed history in every sampling order, ranking and discreteness."""

from __future__ import annotations

from typing import Literal

from fpbench import Importance, Pack, Strategy

PACKS = {
    "vanilla": "td_f16k4f2k2f1k1_g9",
    "endpoint": "td_f16k4f2k2f1k1_g9_x_f1k1",
    "endpoints": "td_f16k4f2k2f1k1_g9_x_f1k1",
    "moving": "td_f16k4f2k2f1k1_g9_x_f1k1",
    "inverted": "f1k1_x_g9_f1k1f2k2f16k4_td",
}


def framepack(
    order: Literal["vanilla", "endpoint", "endpoints", "moving", "inverted"] = "vanilla",
    pack: str | None = None,
    *,
    hop: int = 36,
    importance: Literal["time", "similarity", "hybrid"] = "time",
    estimate: Literal["last", "early", "two-pass"] = "early",
    time_weight: float = 1.0,
    codebook: str | None = None,
) -> Strategy:
    """FramePack, arXiv 2504.12626.

    Args:
        order: the paper's sampling family; chooses its default pack.
        pack: another packing schedule in the paper's grammar; its order follows from its name, except that several
            endpoints are asked for by ``order``.
        hop: frames from one endpoint to the next, for ``endpoints`` and ``moving``.
        importance: which history frames get the finest kernel; estimate, time_weight: how likeness is measured.
        codebook: file of the centroids that a pack with ``+D`` replaces history by.
    """
    if order not in PACKS:
        raise ValueError(f"order {order!r} is none of {', '.join(PACKS)}")
    return Strategy(
        Pack.parse(pack or PACKS[order]),
        order=order if order in ("endpoints", "moving") else None,
        hop=hop,
        importance=Importance(importance, estimate, time_weight),
        codebook=codebook,
    )
