"""The plan: which section is made when (``targets``), and what each section sees (arXiv 2504.12626 §3.3).

A plan is plain data. Nothing here touches a tensor.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from fpbench.framepack.padding import Padding, paddings
from fpbench.framepack.schedule import Groups, Kernel, Pack, PackError, Side
from fpbench.framepack.targets import PLANNED, TARGETS, Order

Role = Literal["past", "future", "anchor", "tail"]


@dataclass(frozen=True)
class ContextGroup:
    """History frames that one kernel patchifies together.

    Attributes:
        frames: indices into the video, ascending; in a plan with fixed slots an index outside of the video stands
            for history that does not exist, and the one after the end for a given last image.
        times: position of each frame on the time axis, relative to the first target; gaps may be capped.
        kernel: patchify kernel.
        role: on which side of the section the frames lie, ``anchor`` across a gap, or ``tail``.
        pooled: frames are averaged over time before the kernel (``tc``).
    """

    frames: tuple[int, ...]
    times: tuple[int, ...]
    kernel: Kernel
    role: Role
    pooled: bool = False

    def tokens(self, height: int, width: int) -> int:
        return self.kernel.tokens(1 if self.pooled else len(self.frames), height, width)


@dataclass(frozen=True)
class Section:
    """One call of the sampler: the frames it makes and the context it sees."""

    targets: tuple[int, ...]
    times: tuple[int, ...]
    context: tuple[ContextGroup, ...]

    @property
    def origin(self) -> int:
        """The earliest position in sight; released checkpoints count every section's positions from it."""
        return min((time for group in self.context for time in group.times), default=0)

    def context_tokens(self, height: int, width: int) -> int:
        return sum(group.tokens(height, width) for group in self.context)

    def target_tokens(self, height: int, width: int) -> int:
        return Kernel.cubic(1).tokens(len(self.targets), height, width)


@dataclass(frozen=True)
class Plan:
    """Every section of a video in the order of generation."""

    pack: Pack
    order: Order
    frames: int
    given: int
    sections: tuple[Section, ...]

    def generation_order(self) -> list[int]:
        """Frame indices as they come into being, the given frames first."""
        made = [frame for section in self.sections for frame in section.targets]
        return [*range(self.given), *made]


def default_order(pack: Pack) -> Order:
    """The order a pack's name implies: context from the generated future can only come from working backwards."""
    if pack.future.near:
        return "inverted"
    return "endpoint" if pack.future.far else "forward"


def make_plan(
    pack: Pack,
    frames: int,
    *,
    order: Order | None = None,
    given: int = 1,
    max_gap: int | None = None,
    hop: int = 36,
    slots: Padding | None = None,
) -> Plan:
    """The plan that generates ``frames`` frames of which the first ``given`` are known.

    A section shorter than the pack's stands at the far end in time when the length does not divide.

    Args:
        pack: the packing schedule.
        frames: length of the finished video, counting the given frames.
        order: sampling order; default the one the pack implies.
        given: known frames at the start, at least 1.
        max_gap: positions across a gap are capped at this many frames, so that they stay in the trained range
            (the released checkpoints never place the first frame more than 27 frames away).
        hop: frames from one endpoint to the next, for orders ``endpoints`` and ``moving``.
        slots: fixed slots, as the released checkpoints were trained: every slot of the pack is there from the first
            section on, and this rule sets the gap to the anchor. None: a section sees the frames that exist.

    Raises:
        PackError: nothing to generate, or an order the pack cannot serve.
    """
    order = order or default_order(pack)
    if order not in get_args(Order):
        raise PackError(f"unknown order {order!r}; known: {', '.join(get_args(Order))}")
    if given < 1 or frames <= given:
        raise PackError(f"{frames} frames of which {given} are given leave no section to generate")
    if order == "inverted" and not pack.future.near:
        raise PackError(f"order 'inverted' needs context after the section; pack {str(pack)!r} has none")
    if order in PLANNED and not pack.future.far:
        raise PackError(f"order {order!r} needs an endpoint such as '_x_f1k1'; pack {str(pack)!r} has none")
    if order in ("endpoints", "moving") and hop < pack.section:
        raise PackError(f"order {order!r}: endpoints {hop} frames apart are closer than a section of {pack.section}")
    if slots is not None:
        return Plan(pack, order, frames, given, tuple(_fixed_sections(pack, frames, order, given, slots)))
    known = set(range(given))
    sections = []
    for targets in TARGETS[order](pack, frames, given, hop):
        sections.append(_look(pack, targets, known, max_gap))
        known.update(targets)
    return Plan(pack, order, frames, given, tuple(sections))


def _fixed_sections(pack: Pack, frames: int, order: Order, given: int, rule: Padding) -> Iterator[Section]:
    """Sections of a plan with fixed slots."""
    if pack.future.far or (pack.past.near and pack.future.near) or order != default_order(pack):
        raise PackError(f"pack {str(pack)!r} in order {order!r}: fixed slots need history on one side of the section")
    if sum(group.frames for group in pack.past.far) > given:
        raise PackError(f"pack {str(pack)!r}: its anchors need more given frames than {given}")
    targets = list(TARGETS[order](pack, frames, given, 0))
    for section, padding in zip(targets, paddings(rule, len(targets)), strict=True):
        context = [*_anchors(pack, padding * pack.section), *_slots(pack, section[0], section[-1])]
        times = tuple(range(len(section)))
        yield Section(section, times, tuple(sorted(context, key=lambda group: group.times)))


def _anchors(pack: Pack, gap: int) -> Iterator[ContextGroup]:
    """The first frames, ``gap`` frames away from the outermost slot; they may stand in a near slot as well."""
    start, taken = -pack.past.reach - gap - sum(group.frames for group in pack.past.far), 0
    for group in pack.past.far:
        frames = range(taken, taken + group.frames)
        yield ContextGroup(tuple(frames), tuple(start + frame for frame in frames), group.kernel, "anchor")
        taken += group.frames


def _slots(pack: Pack, start: int, stop: int) -> Iterator[ContextGroup]:
    """Every near group, whether its frames exist or not."""
    sides: tuple[tuple[Groups, int, Role], ...] = (
        (pack.past.near, start - pack.past.reach, "past"),
        (pack.future.near, stop + 1, "future"),
    )
    for groups, outer, role in sides:
        first = outer
        for group in groups:
            frames = tuple(range(first, first + group.frames))
            yield ContextGroup(frames, tuple(f - start for f in frames), group.kernel, role)
            first += group.frames


def _look(pack: Pack, targets: tuple[int, ...], known: set[int], max_gap: int | None) -> Section:
    """What a section sees of the frames known so far."""
    start, stop = targets[0], _contiguous(targets)
    past = sorted(frame for frame in known if frame < start)
    future = sorted(frame for frame in known if frame > stop)
    groups = [
        *_near(pack.past.near[::-1], past[::-1], "past"),
        *_near(pack.future.near, future, "future"),
    ]
    used = {frame for group in groups for frame in group[0]}
    rest_past = [frame for frame in past if frame not in used]
    rest_future = [frame for frame in future if frame not in used]
    groups += _far(pack.past.far, rest_past)
    groups += _far(pack.future.far, rest_future)
    used = {frame for group in groups for frame in group[0]}
    groups += _tail(pack.past, [frame for frame in past if frame not in used])
    groups += _tail(pack.future, [frame for frame in future if frame not in used])

    reached = _positions(start, stop, past, future, max_gap)

    def time(frame: int, across_gap: bool) -> int:
        if across_gap and max_gap is not None:
            frame = max(start - 1 - max_gap, min(frame, stop + 1 + max_gap))
        return frame - start

    context = tuple(
        ContextGroup(
            frames, tuple(time(f, True) if role == "anchor" else reached[f] for f in frames), kernel, role, pooled
        )
        for frames, kernel, role, pooled in sorted(groups, key=lambda group: group[0])
    )
    return Section(targets, tuple(time(f, f > stop) for f in targets), context)


def _positions(
    start: int, stop: int, past: Sequence[int], future: Sequence[int], max_gap: int | None
) -> dict[int, int]:
    """Position of every known frame when no gap counts for more than ``max_gap``; without gaps, its distance."""
    at: dict[int, int] = {}
    for edge, outwards, sign in ((start, past[::-1], -1), (stop, future, 1)):
        last, position = edge, edge - start
        for frame in outwards:
            distance = abs(frame - last)
            position += sign * (distance if max_gap is None else min(distance, max_gap + 1))
            last, at[frame] = frame, position
    return at


def _contiguous(targets: Sequence[int]) -> int:
    """Last frame of the contiguous run that ``targets`` opens with (an endpoint may follow across a gap)."""
    last = targets[0]
    for frame in targets[1:]:
        if frame != last + 1:
            break
        last = frame
    return last


_Seen = tuple[tuple[int, ...], Kernel, Role, bool]


def _near(groups: Groups, nearest_first: Sequence[int], role: Role) -> Iterator[_Seen]:
    """Fill groups from the nearest frame outwards; a group may stay short while history is young."""
    position = 0
    for group in groups:
        frames = nearest_first[position : position + group.frames]
        position += group.frames
        if frames:
            yield tuple(sorted(frames)), group.kernel, role, False


def _far(groups: Groups, candidates: Sequence[int]) -> Iterator[_Seen]:
    """Frames across a gap: the oldest on the past side (the user's image), the next endpoint on the future side."""
    position = 0
    for group in groups:
        frames = candidates[position : position + group.frames]
        position += group.frames
        if frames:
            yield tuple(frames), group.kernel, "anchor", False


def _tail(side: Side, frames: Sequence[int]) -> Iterable[_Seen]:
    """Frames beyond the pack: nothing (``td``), one token each (``ta``), or their mean (``tc``)."""
    if not frames or side.tail in (None, "td"):
        return
    if side.tail == "tc":
        largest = max(group.kernel for group in side.near)
        yield tuple(frames), largest, "tail", True
        return
    # One latent pixel per frame: a kernel as large as any frame, one frame deep.
    yield tuple(frames), Kernel(1, 32, 32), "tail", False
