"""What happens to history before it is packed: noise at test time, with every switch the literature disagrees on.

Diffusion Forcing (arXiv 2407.01392), DFoT (2502.06764), SkyReels-V2 (2504.13074), the FramePack paper's baseline and
HiAR (2603.08703) all "noise the history", each differently: the fields below are the differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class HistoryNoise:
    """Noise level s of history frames while a section stands at level t.

    Attributes:
        sigma: level in [0, 1]; 0 is clean history.
        schedule: constant (s = sigma), relative (s = sigma t, the FramePack paper's reading), capped
            (s = min(sigma, t), never noisier than the section).
        scale: multiply the history by 1 - s.
        noise: add s times fresh noise. Scaled and noised is real Diffusion Forcing; some released code only scales,
            or only tells.
        told: tell the network the level.
        redraw: a new draw of noise at every step, or one for the whole section.
        on: noise only generated frames, or the given ones too.
    """

    sigma: float = 0.0
    schedule: Literal["constant", "relative", "capped"] = "constant"
    scale: bool = True
    noise: bool = True
    told: bool = True
    redraw: Literal["step", "section"] = "step"
    on: Literal["generated", "all"] = "generated"

    def __post_init__(self) -> None:
        if not 0 <= self.sigma <= 1:
            raise ValueError(f"history noise sigma must be in [0, 1], got {self.sigma}")

    def level(self, t: float) -> float:
        """The history level s at section level t."""
        if self.schedule == "relative":
            return self.sigma * t
        return min(self.sigma, t) if self.schedule == "capped" else self.sigma
