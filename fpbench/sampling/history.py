"""What happens to history before it is packed: noise at test time, with every switch the literature disagrees on.

Diffusion Forcing (arXiv 2407.01392), DFoT (2502.06764), SkyReels-V2 (2504.13074), the FramePack paper's baseline and
HiAR (2603.08703) all "noise the history", each differently: the fields below are the differences. A finished section
may also be changed once and for all before anybody sees it: that is its hand-over.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args, get_type_hints

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class HistoryNoise:
    """Noise level s of history frames while a section stands at level t.

    Attributes:
        sigma: level in [0, 1]; 0 is clean history.
        schedule: constant (s = sigma), relative (s = sigma t, the FramePack paper's reading), capped
            (s = min(sigma, t), never noisier than the section), or next (s = sigma t', the level the step ends at).
        scale: multiply the history by 1 - s.
        noise: add s times fresh noise. Scaled and noised is real Diffusion Forcing; some released code only scales,
            or only tells.
        told: tell the network the level.
        redraw: a new draw of noise at every step, one for the whole section, or one per frame that it keeps for ever
            (never). With path it is no draw: a generated frame appears as it stood when its own section was at that
            level, which is exact on the solver's levels only (sigma 1, relative or next).
        on: noise only generated frames, or the given ones too.
        band: of packed history, all groups, the nearest one, or all others.
    """

    sigma: float = 0.0
    schedule: Literal["constant", "relative", "capped", "next"] = "constant"
    scale: bool = True
    noise: bool = True
    told: bool = True
    redraw: Literal["step", "section", "never", "path"] = "step"
    on: Literal["generated", "all"] = "generated"
    band: Literal["all", "near", "far"] = "all"

    def __post_init__(self) -> None:
        if not 0 <= self.sigma <= 1:
            raise ValueError(f"history noise sigma must be in [0, 1], got {self.sigma}")
        for name, annotation in get_type_hints(type(self)).items():
            if (known := get_args(annotation)) and getattr(self, name) not in known:
                raise ValueError(f"history noise {name} {getattr(self, name)!r} is none of {', '.join(known)}")
        if self.redraw == "path" and (self.schedule not in ("relative", "next") or self.sigma not in (0, 1)):
            raise ValueError("history along its own path needs sigma 1 and schedule relative or next")

    def level(self, t: float, after: float | None = None) -> float:
        """The history level s while the section steps from level t to ``after`` (t itself when left out)."""
        match self.schedule:
            case "relative":
                return self.sigma * t
            case "next":
                return self.sigma * (t if after is None else after)
            case "capped":
                return min(self.sigma, t)
        return self.sigma

    def covers(self, nearest: bool) -> bool:
        """Whether a group of packed history is noised."""
        return self.band == "all" or nearest == (self.band == "near")

    def as_dict(self) -> dict[str, Any]:
        """JSON-able record; what was added later appears only where it changes something."""
        record = asdict(self)
        return record if self.band != "all" else {name: value for name, value in record.items() if name != "band"}


@dataclass(frozen=True)
class Handover:
    """What becomes of a finished section before later sections see it.

    Attributes:
        kind: latent (nothing), pixel (decoded to 8-bit frames and encoded again, as SkyReels-V2 does; the video that
            is shown keeps the first decoding), quantised (latents rounded to ``levels`` steps, after the 8-bit
            feedback of DIAMOND), or matched (per-channel mean and spread set to those of the first section).
        levels: steps of ``quantised`` between -4 and 4 standard deviations.
        strength: share of the way that ``matched`` goes, in [0, 1]; Helios uses 0.1 where its detector fires.
    """

    kind: Literal["latent", "pixel", "quantised", "matched"] = "latent"
    levels: int = 256
    strength: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in ("latent", "pixel", "quantised", "matched"):
            raise ValueError(f"hand-over {self.kind!r} is none of latent, pixel, quantised, matched")
        if self.levels < 2 or not 0 <= self.strength <= 1:
            raise ValueError(f"a hand-over needs levels >= 2 and a strength in [0, 1], got {self}")

    def quantise(self, latents: Tensor) -> Tensor:
        """Latents rounded to the nearest step; beyond 4 standard deviations they are clipped."""
        step = 8 / (self.levels - 1)
        return (latents.clamp(-4, 4) / step).round() * step

    def match(self, latents: Tensor, first: Tensor) -> Tensor:
        """(batch, frames, channels, height, width) latents with the per-channel moments of another section."""
        over = (1, 3, 4)
        mean, spread = latents.mean(over, keepdim=True), latents.std(over, keepdim=True, correction=0)
        wanted = first.std(over, keepdim=True, correction=0)
        matched = (latents - mean) / spread.clamp_min(1e-6) * wanted + first.mean(over, keepdim=True)
        return latents + self.strength * (matched - latents)
