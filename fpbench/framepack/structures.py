"""The packing structures of Fig. 1 and the arithmetic of context length (arXiv 2504.12626 §3.1, Eq. 1-2).

Every structure is a sum over levels j, and level j costs 2^-j of a full frame. How a level spends it is what differs:
one frame compressed 2^j times in space, or 2^j frames compressed 4^j times each in space and time. Rates count from
the kernel (1, 2, 2). Not here: the packs of the paper's ablations, which use cubic kernels (``paper``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from fpbench.framepack.schedule import Group, Groups, Kernel, Pack, PackError, Side

FULL = Group(1, Kernel.cubic(1))


def frame_length(index: int, full: float, decay: float = 2.0) -> float:
    """Context length phi(F_i) = L_f / decay^i of the frame of importance rank ``index`` (Eq. 1); ``full`` is L_f."""
    return full / decay**index


def context_length(frames: int, section: int, full: float, decay: float = 2.0) -> float:
    """Tokens of a section and ``frames`` history frames (Eq. 2).

    Raises:
        PackError: ``decay`` does not exceed 1, so that the sum grows without bound.
    """
    return section * full + full * ratio_of(decay) * (1 - decay**-frames)


def converged_length(section: int, full: float, decay: float = 2.0) -> float:
    """The limit of `context_length` for endless history: (S + decay / (decay - 1)) L_f (v1 Eq. 3)."""
    return (section + ratio_of(decay)) * full


def ratio_of(decay: float) -> float:
    """Full frames that endless history costs under a decay: decay / (decay - 1), its own inverse.

    Raises:
        PackError: ``decay`` does not exceed 1.
    """
    if decay <= 1:
        raise PackError(f"decay {decay}: must exceed 1, or context grows without bound")
    return decay / (decay - 1)


def cost(pack: Pack) -> float:
    """Context of a pack in full frames, before padding to kernels: the sum of frames / rate."""
    return sum(group.frames / group.kernel.rate for group in pack.groups)


def multiplicities(ratio: float, levels: int) -> tuple[int, ...]:
    """How often levels 0 .. ``levels`` - 1 occur, so that history costs about ``ratio`` full frames.

    The plain series sums to 2. A surplus is written in binary, each bit one level more; a deficit likewise, each bit
    one level less. The result is short of ``ratio`` by less than 2^(2 - levels).

    Raises:
        PackError: a ratio that is not positive, or no level.
    """
    if ratio <= 0 or levels < 1:
        raise PackError(f"history needs a positive ratio and at least one level, got {ratio} on {levels} levels")
    steps = int(abs(ratio - 2) * 2 ** (levels - 1) + 1e-9)
    whole, part = divmod(steps, 2 ** (levels - 1))
    bits = [whole, *(part >> (levels - 1 - j) & 1 for j in range(1, levels))]
    return tuple(1 + bit if ratio >= 2 else 1 - bit for bit in bits)


def spatial(level: int) -> Kernel:
    """One frame, 2^level times shorter, height and width halved in turn: (1,2,2), (1,4,2), (1,4,4), (1,8,4), ..."""
    return Kernel(1, 2 << (level + 1) // 2, 2 << level // 2)


def temporal(level: int) -> Kernel:
    """2^level frames in one tensor, each 4^level times shorter: (1,2,2), (2,4,2), (4,4,4), (8,8,4), ..."""
    return replace(spatial(level), time=1 << level)


def geometric(levels: int, section: int = 9, ratio: float = 2.0) -> Pack:
    """Fig. 1 (a): one frame per level, each half as long as the one before."""
    return _past(_levels(levels, ratio, lambda j, n: Group(n, spatial(j))), section)


def duplicated(levels: int, section: int = 9) -> Pack:
    """Fig. 1 (b): powers of 4, three frames each after the first, so that kernels stay square. Costs 2 like (a)."""
    return _past((FULL, *(Group(3, Kernel(1, 2 << j, 2 << j)) for j in range(1, levels))), section)


def temporal_levels(levels: int, section: int = 9, ratio: float = 2.0) -> Pack:
    """Fig. 1 (c): level j holds 2^j neighbouring frames under one temporal kernel; n levels cover 2^n - 1 frames."""
    return _past(_levels(levels, ratio, lambda j, n: Group(n << j, temporal(j))), section)


def important_start(levels: int, section: int = 9) -> Pack:
    """Fig. 1 (d): as (a), and the oldest frame keeps its full length; for image-to-video."""
    return Pack(Side(geometric(levels).past.near, (FULL,)), section, Side())


def symmetric(levels: int, section: int = 9) -> Pack:
    """Fig. 1 (e): both ends of history in full, each followed by the series of (a) towards the middle."""
    near = geometric(levels).past.near
    return Pack(Side(near, near[::-1]), section, Side())


def _levels(levels: int, ratio: float, group: Callable[[int, int], Group]) -> Groups:
    counts = multiplicities(ratio, levels)
    return tuple(group(level, count) for level, count in enumerate(counts) if count)


def _past(nearest_first: Groups, section: int) -> Pack:
    return Pack(Side(nearest_first[::-1], tail="td"), section, Side())
