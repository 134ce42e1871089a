"""From nested measurements to one number per task, the unit of every statistic here."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def task_means(values: ArrayLike, tasks: ArrayLike | None = None) -> NDArray[np.float64]:
    """Mean of the defined values of each task, in the order of the sorted task names; NaN where it has none.

    Averaging a task's seeds first keeps tasks exchangeable and makes resampling tasks the cluster bootstrap.

    Args:
        values: (n,) measurements, NaN where undefined.
        tasks: (n,) task each belongs to; every value its own task when left out.

    Raises:
        ValueError: not one dimension, or lengths differ.
    """
    data = np.asarray(values, np.float64)
    if data.ndim != 1:
        raise ValueError(f"values: expected one dimension, got shape {data.shape}")
    if tasks is None:
        return data
    names, group = np.unique(np.asarray(tasks), return_inverse=True)
    if group.shape != data.shape:
        raise ValueError(f"{len(group)} task names for {len(data)} values")
    defined = np.isfinite(data)
    total = np.bincount(group[defined], data[defined], minlength=len(names))
    count = np.bincount(group[defined], minlength=len(names))
    means = np.full(len(names), np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means


def paired_differences(first: ArrayLike, second: ArrayLike, tasks: ArrayLike | None = None) -> NDArray[np.float64]:
    """Per-task mean of first - second; NaN for tasks where no pair is complete.

    Args:
        first, second: (n,) measurements of the same cells in the same order.
        tasks: (n,) task of each pair.

    Raises:
        ValueError: lengths differ.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.shape != b.shape:
        raise ValueError(f"paired values differ in shape: {a.shape} and {b.shape}")
    return task_means(a - b, tasks)
