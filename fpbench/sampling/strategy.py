"""A system under test as data: pack, order, history treatment, guidance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from fpbench.framepack import Order, Pack, PackError, Padding, Plan, make_plan
from fpbench.framepack.importance import Importance
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
        hop: frames from one endpoint to the next, in orders with several.
        importance: which history frame gets the finest kernel.
        codebook: name or path of the codebook of a pack with discrete history (``+D``).
        slots: fixed slots with this padding rule, for the released checkpoints; None for the frames that exist.
    """

    pack: Pack
    order: Order | None = None
    history: HistoryNoise = field(default_factory=HistoryNoise)
    guidance: Guidance = field(default_factory=Guidance)
    max_gap: int | None = 27
    hop: int = 36
    importance: Importance = field(default_factory=Importance)
    codebook: str | None = None
    slots: Padding | None = None

    def __post_init__(self) -> None:
        if self.slots is not None:
            check_padding(self.slots)
            if self.importance.by != "time":
                raise PackError(f"importance by {self.importance.by}: fixed slots hold history in the order of time")
        if self.codebook is not None and not self.pack.discrete:
            raise PackError(f"a codebook needs a pack with discrete history: '{self.pack}+D'")

    def plan(self, frames: int, *, given: int = 1) -> Plan:
        """Every section of a video of ``frames`` frames.

        Raises:
            PackError: the order cannot be served, or there is nothing to generate.
        """
        return make_plan(
            self.pack, frames, order=self.order, given=given, max_gap=self.max_gap, hop=self.hop, slots=self.slots
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
        if self.importance.by != "time" or self.order == "endpoints":
            needs.add("random_access")
        return frozenset(needs)

    def passes_per_frame(self, steps: int) -> float:
        """Forward passes per generated frame of a full section."""
        return steps * self.guidance.passes * self.importance.passes / self.pack.section

    def as_dict(self) -> dict[str, Any]:
        """JSON-able record of everything that determines the samples."""
        record = {
            "pack": str(self.pack),
            "order": self.order or default_order(self.pack),
            "history": asdict(self.history),
            "guidance": [asdict(branch) for branch in self.guidance.merged],
            "max_gap": self.max_gap,
        }
        # Left out where they change nothing: the record is part of the address of clips.
        if self.order in ("endpoints", "moving"):
            record["hop"] = self.hop
        if self.importance.by != "time":
            record["importance"] = asdict(self.importance)
        if self.slots:
            record["slots"] = self.slots
        return record
