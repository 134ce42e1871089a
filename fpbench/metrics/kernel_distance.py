"""Kernel distance between sets of clips, unbiased although the frames of a clip resemble each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.clip_sets import Pair, SetMetric, set_card, unit
from fpbench.metrics.efficientnet import EFFICIENTNET
from fpbench.metrics.features import Encoder, Feature
from fpbench.metrics.inception import INCEPTION
from fpbench.metrics.videomae import VIDEOMAE
from fpbench.stats.pairs import pair_mean_interval
from fpbench.stats.results import Interval

_FRAMES, _WINDOWS = 100, 32


def task_pairs(made: Sequence[Feature], real: Sequence[Feature]) -> NDArray[np.float64]:
    """What every pair of tasks adds to the squared maximum mean discrepancy (KID of Bińkowski et al. 2018).

    h(i, j) = k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i), k the mean over frames of (x · y / d + 1)³, x_i a
    made clip and y_i the real one of its task. The mean over i ≠ j is the unbiased estimator of Gretton et al. (2012,
    eq. 4) with the task as the sample: frames of one clip, or of a clip and its own truth, are never compared.

    Args:
        made, real: (frames, dimensions) features of the clips, in the same order of tasks.

    Returns:
        (tasks, tasks), symmetric.
    """
    across = _mean_kernels(made, real)
    return _mean_kernels(made, made) + _mean_kernels(real, real) - across - across.T


def _mean_kernels(first: Sequence[Feature], second: Sequence[Feature]) -> NDArray[np.float64]:
    lengths = np.array([len(clip) for clip in second])
    starts = np.cumsum(lengths) - lengths
    columns = np.concatenate([clip.astype(np.float64) for clip in second]).T
    means = np.empty((len(first), len(second)))
    for row, clip in zip(means, first, strict=True):
        kernels = (clip.astype(np.float64) @ columns / len(columns) + 1) ** 3
        row[:] = np.add.reduceat(kernels.mean(0), starts) / lengths
    return means


def _distance(pair: Pair) -> Interval:
    return pair_mean_interval(task_pairs(*pair))


def _change(early: Pair, late: Pair) -> Interval:
    return pair_mean_interval(task_pairs(*late) - task_pairs(*early))


def _kernel(name: str, encoder: Encoder, doc: str, fewest: int = _FRAMES) -> SetMetric:
    formula = (
        "mean over tasks i ≠ j of k(x_i, x_j) + k(y_i, y_j) - 2 k(x_i, y_j), k the mean of (x · y / d + 1)³ over the"
        f" {unit(encoder)} of two clips, x of a system, y of the truth"
    )
    card = set_card(name, doc, formula, low=float("-inf"), fewest=fewest, weights=(encoder.name,))
    return SetMetric(card, encoder, _distance, _change)


KID_EFFICIENTNET = _kernel("kid_efficientnet", EFFICIENTNET, "kernel distance, EfficientNet-Lite0 features; no KID")
KID = _kernel("kid", INCEPTION, "kernel Inception distance, unbiased for clips")
KVD_VIDEOMAE = _kernel("kvd_videomae", VIDEOMAE, "kernel distance, VideoMAE features of 2 s, unbiased", _WINDOWS)
