"""FramePack (Zhang & Agrawala, arXiv 2504.12626): packed history; vanilla, endpoint or inverted sampling."""

from __future__ import annotations

from typing import Literal

from fpbench import Pack, Strategy

PACKS = {
    "vanilla": "td_f16k4f2k2f1k1_g9",
    "endpoint": "td_f16k4f2k2f1k1_g9_x_f1k1",
    "inverted": "f1k1_x_g9_f1k1f2k2f16k4_td",
}


def framepack(order: Literal["vanilla", "endpoint", "inverted"] = "vanilla", pack: str | None = None) -> Strategy:
    """FramePack, arXiv 2504.12626.

    Args:
        order: the paper's sampling family; chooses its default pack.
        pack: another packing schedule in the paper's grammar; its order follows from its name.
    """
    if pack is None and order not in PACKS:
        raise ValueError(f"order {order!r} is none of {', '.join(PACKS)}")
    return Strategy(Pack.parse(pack or PACKS[order]))
