"""Sampling orders: which frames are made together, and when (arXiv 2504.12626 §3.3, Fig. 2).

Not here: what a section sees of the frames made before it (``orders``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Literal

from fpbench.framepack.schedule import Pack, PackError

Order = Literal["forward", "endpoint", "endpoints", "moving", "inverted"]
"""forward: vanilla; endpoint: opening and endpoint first, then fill; endpoints: a planned section every ``hop`` frames,
all before anything else, then fill; moving: the endpoint lies ``hop`` frames ahead and moves on when it is reached;
inverted: far end first, towards frame 0."""

Targets = Iterator[tuple[int, ...]]


def _forward(pack: Pack, frames: int, given: int, _hop: int = 0) -> Targets:
    for start in range(given, frames, pack.section):
        yield tuple(range(start, min(start + pack.section, frames)))


def _inverted(pack: Pack, frames: int, given: int, _hop: int = 0) -> Targets:
    yield from reversed(list(_forward(pack, frames, given)))


def _endpoint(pack: Pack, frames: int, given: int, _hop: int = 0) -> Targets:
    """The first section makes the opening and the endpoint together, so that every section has the same size.

    A section that the endpoint fills makes the endpoint alone (g1 with one endpoint frame, a row of Table 1).
    """
    ends = sum(group.frames for group in pack.future.far)
    if pack.section < ends:
        raise PackError(f"pack {str(pack)!r}: a section of {pack.section} cannot hold {ends} endpoint frames as well")
    last = frames - ends
    opening = range(given, min(given + pack.section - ends, last))
    yield (*opening, *range(max(last, given), frames))
    yield from _forward(pack, last, max(opening.stop, given))


def _moving(pack: Pack, frames: int, given: int, hop: int) -> Targets:
    """One endpoint after the other, each planned together with the first frames after the one before."""
    for start in range(given, frames, hop):
        yield from _endpoint(pack, min(start + hop, frames), start)


def _endpoints(pack: Pack, frames: int, given: int, hop: int) -> Targets:
    """Planned sections in the order of time, each ending at an endpoint, then the frames between them."""
    stops = [*range(given + hop, frames, hop), frames]
    edges = [given, *stops]
    planned = [(max(start, stop - pack.section), stop) for start, stop in pairwise(edges)]
    yield from (tuple(range(*section)) for section in planned)
    for start, (stop, _) in zip(edges, planned, strict=False):
        yield from _forward(pack, stop, start)


TARGETS: dict[Order, Callable[[Pack, int, int, int], Targets]] = {
    "forward": _forward, "endpoint": _endpoint, "endpoints": _endpoints, "moving": _moving, "inverted": _inverted,
}  # fmt: skip

PLANNED = ("endpoint", "endpoints", "moving")
"""Orders that plan a frame ahead of the section before they reach it."""
