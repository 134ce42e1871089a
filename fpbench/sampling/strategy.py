"""A system under test as data: pack, order, history treatment, guidance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from fpbench.framepack import Order, Pack, Padding, Plan, make_plan
from fpbench.framepack.orders import default_order
from fpbench.framepack.padding import check_padding
from fpbench.sampling.guidance import Guidance
from fpbench.sampling.history import HistoryNoise


@dataclass(frozen=True)
class Strategy:
    """Four orthogonal choices; everything the paper compares is one backbone under different values of them.

    Attributes:
        pack: which frames are seen, at which kernel, and the section's length.
        order: which section is made when; None for what the pack implies.
        history: what happens to history before it is packed.
        guidance: which velocities are mixed.
        max_gap: cap of positions across a gap in frames; None for true positions.
        slots: fixed slots with this padding rule, for the released checkpoints; None for the frames that exist.
    """

    pack: Pack
    order: Order | None = None
    history: HistoryNoise = field(default_factory=HistoryNoise)
    guidance: Guidance = field(default_factory=Guidance)
    max_gap: int | None = 27
    slots: Padding | None = None

    def __post_init__(self) -> None:
        if self.slots is not None:
            check_padding(self.slots)

    def plan(self, frames: int, *, given: int = 1) -> Plan:
        """Every section of a video of ``frames`` frames.

        Raises:
            PackError: the order cannot be served, or there is nothing to generate.
        """
        return make_plan(
            self.pack, frames, order=self.order, given=given, max_gap=self.max_gap, slots=self.slots
        )

    @property
    def requires(self) -> frozenset[str]:
        """Capabilities a checkpoint must have been trained for."""
        needs = set()
        if self.history.sigma > 0 and self.history.told:
            needs.add("history_levels")
        if any(branch.level is not None or branch.window != "all" for branch in self.guidance.merged):
            needs.add("null_history")
        if self.pack.future.near or self.pack.future.far:
            needs.add("two_sided")
        if self.pack.past.far:
            needs.add("anchor_slot")
        if self.pack.discrete:
            needs.add("codebook")
        return frozenset(needs)

    def passes_per_frame(self, steps: int) -> float:
        """Forward passes per generated frame of a full section."""
        return steps * self.guidance.passes / self.pack.section

    def as_dict(self) -> dict[str, Any]:
        """JSON-able record of everything that determines the samples."""
        # Left out where it changes nothing: the record is part of the address of clips.
        slots = {"slots": self.slots} if self.slots else {}
        return {
            "pack": str(self.pack),
            "order": self.order or default_order(self.pack),
            "history": asdict(self.history),
            "guidance": [asdict(branch) for branch in self.guidance.merged],
            "max_gap": self.max_gap,
            **slots,
        }
