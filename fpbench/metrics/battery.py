"""The degradation battery: does every metric move the way its card says when a video is damaged?

Misleading directions are declared like all others (noise raises sharpness, freezing raises smoothness), so that
the table warns of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.card import Sign
from fpbench.metrics.catalog import card, resolve
from fpbench.metrics.degradations import DEGRADATIONS, Degradation
from fpbench.metrics.frame import CameraPath
from fpbench.metrics.single_pass import Series, measure
from fpbench.metrics.specimens import FPS, specimens, walks

RELATIVE, SPREAD, NOTHING = 0.05, 0.1, 1e-9
"""A mean has stayed when it moved by no more than 5 % of itself or a tenth of its spread over frames."""


@dataclass(frozen=True)
class Outcome:
    """How one metric answered one degradation.

    Attributes:
        metric, degradation: names.
        expected: the sign on the metric's card; "?" where it declares none.
        changes: mean of the degraded minus mean of the original, per clip; NaN where damage left it undefined.
        stayed: whether that change is negligible, per clip.
    """

    metric: str
    degradation: str
    expected: Sign
    changes: tuple[float, ...]
    stayed: tuple[bool, ...]

    def share(self, sign: Sign) -> float:
        """Share of clips whose mean rose ("+"), fell ("-") or stayed within the tolerance ("0")."""
        if sign == "0":
            return float(np.mean(self.stayed))
        changes = np.asarray(self.changes)
        return float(np.mean(changes > NOTHING if sign == "+" else changes < -NOTHING))

    @property
    def agreement(self) -> float:
        """Share of clips with the declared sign; NaN where none is declared."""
        return float("nan") if self.expected == "?" else self.share(self.expected)

    @property
    def observed(self) -> Sign:
        """What most clips did: stayed, rose or fell; "?" without a majority."""
        signs: tuple[Sign, ...] = ("0", "+", "-")
        return next((sign for sign in signs if self.share(sign) > 0.5), "?")


def stays(original: Series, degraded: Series) -> bool:
    """Whether the mean moved by no more than `RELATIVE` of itself or `SPREAD` of the spread over frames."""
    spread = float(np.nanstd(original.values)) if original.coverage else 0.0
    tolerance = max(RELATIVE * abs(original.mean), SPREAD * spread, NOTHING)
    return bool(abs(degraded.mean - original.mean) <= tolerance)


def run_battery(
    clips: Sequence[NDArray[np.uint8]],
    *,
    fps: float,
    metrics: Sequence[str],
    degradations: Mapping[str, Degradation] | None = None,
    camera: CameraPath | None = None,
    seed: int = 0,
) -> list[Outcome]:
    """Damage every clip in every way and compare what each metric says before and after.

    The undamaged clip serves as the truth; metrics that need one, or the path of the camera, are left out where
    frames no longer align.

    Args:
        clips: (frames, height, width, 3) uint8 videos with real motion.
        fps: their frame rate. metrics: names of metrics and groups.
        degradations: by name; `DEGRADATIONS` when left out.
        camera: the path of all clips; metrics that need one are left out without it.
        seed: of the noise.

    Returns:
        One outcome for each metric and degradation that could be measured; clips on which the metric is undefined
        before any damage do not count.
    """
    names = [name for name in resolve(metrics) if camera is not None or "camera" not in card(name).needs]
    before = [measure([clip], fps=fps, metrics=names, truth=clip, camera=camera) for clip in clips]
    outcomes = []
    for kind, degradation in (DEGRADATIONS if degradations is None else degradations).items():
        kept = [name for name in names if degradation.aligned or not {"truth", "camera"} & set(card(name).needs)]
        after = [_damaged(clip, fps, kept, degradation, camera, seed) for clip in clips] if kept else []
        outcomes += [one for name in kept if (one := _outcome(name, kind, before, after)).changes]
    return outcomes


def specimen_battery(metrics: Sequence[str], *, count: int | None = None, seed: int = 0) -> list[Outcome]:
    """The battery on the shipped specimens; metrics that need the path of the camera are shown them going and coming.

    Args:
        metrics: names of metrics and groups. count: of specimens, all when left out. seed: of the noise.
    """
    clips = specimens() if count is None else specimens(count)
    led = [name for name in resolve(metrics) if "camera" in card(name).needs]
    outcomes = run_battery(clips, fps=FPS, metrics=[name for name in resolve(metrics) if name not in led], seed=seed)
    if led:
        returning, camera = walks(len(clips))
        outcomes += run_battery(returning, fps=FPS, metrics=led, camera=camera, seed=seed)
    return outcomes


def _damaged(
    clip: NDArray[np.uint8],
    fps: float,
    names: list[str],
    degradation: Degradation,
    camera: CameraPath | None,
    seed: int,
) -> dict[str, Series]:
    video = degradation.apply(clip, np.random.default_rng(seed))
    truth, path = (clip, camera) if degradation.aligned else (None, None)
    return measure([video], fps=fps * degradation.fps_factor, metrics=names, truth=truth, camera=path)


def _outcome(name: str, kind: str, before: list[dict[str, Series]], after: list[dict[str, Series]]) -> Outcome:
    pairs = [(old[name], new[name]) for old, new in zip(before, after, strict=True) if old[name].coverage]
    return Outcome(
        metric=name,
        degradation=kind,
        expected=card(name).signs.get(kind, "?"),
        changes=tuple(new.mean - old.mean for old, new in pairs),
        stayed=tuple(stays(old, new) for old, new in pairs),
    )
