"""A system under test as data: pack, order, history treatment, guidance."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from fpbench.framepack import Order, Pack, PackError, Padding, Plan, make_plan
from fpbench.framepack.importance import Importance
from fpbench.framepack.orders import default_order
from fpbench.framepack.padding import check_padding
from fpbench.sampling.anchor import Anchor
from fpbench.sampling.guidance import Guidance
from fpbench.sampling.history import Handover, HistoryNoise


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
        anchor: what stands in the slots across the gap as the video grows.
        handover: what becomes of a finished section before later ones see it.
        stagger: blocks that a section is cut into, each a step ahead of the next; 1 samples a section as one.
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
    anchor: Anchor = field(default_factory=Anchor)
    handover: Handover = field(default_factory=Handover)
    stagger: int = 1

    def __post_init__(self) -> None:
        self._check_anchor()
        self._check_windows()
        self._check_stagger()
        if self.slots is not None:
            check_padding(self.slots)
            if self.importance.by != "time":
                raise PackError(f"importance by {self.importance.by}: fixed slots hold history in the order of time")
        if self.codebook is not None and not self.pack.discrete:
            raise PackError(f"a codebook needs a pack with discrete history: '{self.pack}+D'")

    def _check_anchor(self) -> None:
        if self.anchor.kind != "fixed" and (not self.pack.past.far or not self._forward):
            raise PackError(f"a {self.anchor.kind} anchor needs order forward and an anchor, not pack '{self.pack}'")

    def _check_windows(self) -> None:
        """A window that shows everything, or nothing, would silently be plain sampling, or none."""
        windows = {branch.window for branch in self.guidance.merged}
        if windows & {"near", "far"} and len(self.pack.groups) < 2:
            raise PackError(f"pack '{self.pack}': guidance on near or far groups needs at least two of them")
        if "anchor" in windows and not self.pack.past.far:
            raise PackError(f"pack '{self.pack}': guidance on the anchor needs one, such as 'f1k1_x_'")

    def _check_stagger(self) -> None:
        if self.stagger < 1 or self.pack.section % self.stagger:
            raise PackError(f"pack '{self.pack}': a section of {self.pack.section} is not {self.stagger} equal blocks")
        along = self.history.redraw == "path"
        if (self.stagger > 1 or along) and self.importance.by != "time":
            raise PackError("staggered blocks, and history along its own path, need importance by time")
        if self.stagger > 1 and (not self._forward or self.slots is not None or along):
            raise PackError("staggered blocks need order forward, and history that is not along its own path")

    @property
    def _forward(self) -> bool:
        return (self.order or default_order(self.pack)) == "forward"

    def plan(self, frames: int, *, given: int = 1) -> Plan:
        """Every section of a video of ``frames`` frames, or every block of a staggered one.

        Raises:
            PackError: the order cannot be served, or there is nothing to generate.
        """
        pack = self.pack.with_section(self.pack.section // self.stagger)
        return make_plan(
            pack, frames, order=self.order, given=given, max_gap=self.max_gap, hop=self.hop, slots=self.slots
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
        if self.stagger > 1:
            needs.add("section_levels")
        return frozenset(needs)

    def passes_per_frame(self, steps: int, shift: float = 1.0) -> float:
        """Forward passes per generated frame of a full section; staggering a window does not change it."""
        from fpbench.sampling.flow import levels

        return self.guidance.passes_over(levels(steps, shift)) * self.importance.passes / self.pack.section

    def as_dict(self) -> dict[str, Any]:
        """JSON-able record of everything that determines the samples."""
        record = {
            "pack": str(self.pack),
            "order": self.order or default_order(self.pack),
            "history": self.history.as_dict(),
            "guidance": self.guidance.as_dict(),
            "max_gap": self.max_gap,
        }
        # Left out where they change nothing: the record is part of the address of clips.
        if self.order in ("endpoints", "moving"):
            record["hop"] = self.hop
        if self.importance.by != "time":
            record["importance"] = asdict(self.importance)
        if self.slots:
            record["slots"] = self.slots
        if self.anchor.kind != "fixed":
            record["anchor"] = asdict(self.anchor)
        if self.handover.kind != "latent":
            record["handover"] = asdict(self.handover)
        if self.stagger > 1:
            record["stagger"] = self.stagger
        return record
