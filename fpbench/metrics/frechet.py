"""Fréchet distance between sets of features, each set taken for a Gaussian: FID on Inception, others by their name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.clip_sets import FEWEST_TASKS, Pair, SetMetric, set_card, unit
from fpbench.metrics.efficientnet import EFFICIENTNET
from fpbench.metrics.features import Encoder, Feature
from fpbench.metrics.inception import INCEPTION
from fpbench.metrics.videomae import VIDEOMAE
from fpbench.stats.results import Interval

NAN = float("nan")
FEWEST_CLIPS = 256
"""Tasks of a distance on windows: fewer clips rank systems by the bias of few windows, which depends on the system."""


def frechet_distance(first: Feature, second: Feature) -> float:
    """|μ₁ - μ₂|² + Tr(Σ₁ + Σ₂ - 2 (Σ₁ Σ₂)^½) (Dowson & Landau 1982; FID of Heusel et al. 2017), at least 0.

    The trace of the root is the sum of the singular values of A₁ A₂ᵀ, where Σ = Aᵀ A: exact also for covariances
    without full rank, and no matrix root is taken.

    Args:
        first, second: (n, dimensions) and (m, dimensions), at least two rows each; covariances divide by n - 1.
    """
    (mean_a, root_a), (mean_b, root_b) = _moments(first), _moments(second)
    shared = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    spread = np.square(root_a).sum() + np.square(root_b).sum() - 2 * shared
    return max(0.0, float(np.square(mean_a - mean_b).sum() + spread))


def _moments(features: Feature) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean, (dimensions,), and a root of the covariance with at most as many rows as columns."""
    rows = features.astype(np.float64)
    mean = rows.mean(0)
    centred = (rows - mean) / np.sqrt(len(rows) - 1)
    return mean, np.asarray(np.linalg.qr(centred, mode="r")) if len(rows) > rows.shape[1] else centred


def _distance(pair: Pair) -> Interval:
    """Without an interval: resampling repeats tasks, and repeated frames raise the distance itself."""
    value = frechet_distance(*(np.concatenate(clips) for clips in pair))
    return Interval(value, NAN, NAN, NAN, len(pair.made), 0, "none", 0, 0)


def _change(early: Pair, late: Pair) -> Interval:
    first, second = _distance(early), _distance(late)
    return replace(second, estimate=second.estimate - first.estimate)


def _frechet(name: str, encoder: Encoder, dimensions: int, doc: str, tasks: int = FEWEST_TASKS) -> SetMetric:
    formula = (
        f"|μ_x - μ_y|² + Tr(Σ_x + Σ_y - 2 (Σ_x Σ_y)^½) over the features of all {unit(encoder)} x of a system, y of the"
        " truth"
    )
    card = set_card(name, doc, formula, low=0, fewest=dimensions + 1, weights=(encoder.name,))
    return SetMetric(card, encoder, _distance, _change, tasks)


FD_EFFICIENTNET = _frechet(
    "fd_efficientnet", EFFICIENTNET, 1280, "Fréchet distance, EfficientNet-Lite0 features; no FID"
)
FID = _frechet("fid", INCEPTION, 2048, "Fréchet Inception distance")
FVD_VIDEOMAE = _frechet(
    "fvd_videomae",
    VIDEOMAE,
    768,
    "Fréchet distance, VideoMAE features of 2 s; not the FVD of papers (I3D)",
    FEWEST_CLIPS,
)
