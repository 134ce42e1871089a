"""The start-end contrast a series shows without any drift: |start - end| never has mean zero."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fpbench.metrics.windows import nan_mean

_PART = 100_000


def autocorrelation_length(values: NDArray[np.float64]) -> int:
    """Integrated autocorrelation time 1 + 2 sum(rho), summed while rho stays positive, at least 1."""
    centred = values - values.mean()
    energy = float(centred @ centred)
    if energy == 0:
        return 1
    padded = np.fft.rfft(centred, 2 * len(centred))
    rho = np.fft.irfft(np.abs(padded) ** 2)[: len(centred)] / energy
    stop = int(np.argmax(rho <= 0)) if np.any(rho <= 0) else len(rho)
    return max(1, int(np.ceil(1 + 2 * rho[1:stop].sum())))


def block_permutations(count: int, block: int, resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """(resamples, count) orders of a series cut into blocks at a random offset (circularly) and shuffled."""
    return np.concatenate(list(_in_parts(count, block, resamples, rng)))


def _in_parts(count: int, block: int, resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """The rows of `block_permutations`, a few at a time for long series."""
    blocks = -(-count // block)
    order = np.tile(np.arange(blocks, dtype=np.int32), (resamples, 1))
    rng.permuted(order, axis=1, out=order)  # in place: a long series has as many blocks as values
    offsets, turn = rng.integers(0, count, (resamples, 1)), int(rng.integers(count))
    rows = max(1, _PART // count)
    for start in range(0, resamples, rows):
        part = order[start : start + rows]
        positions = (part[:, :, None] * block + np.arange(block)).reshape(len(part), -1)
        kept = positions[positions < count].reshape(len(part), count)
        yield np.roll((kept + offsets[start : start + rows]) % count, turn, axis=1)


def null_contrasts(
    values: NDArray[np.float64], length: int, trend: float, *, resamples: int, seed: int
) -> NDArray[np.float64]:
    """|mean(first window) - mean(last window)| of block-permuted copies of a series, (resamples,).

    Blocks are four autocorrelation lengths of the detrended series long: shorter ones lose dependence
    between blocks (at correlation 0.95 and 900 values, blocks of one length give 0.43 where the truth is
    0.54, those of four 0.51), longer ones leave too few. When the autocorrelation length exceeds a tenth of
    the series the floor is too low.

    Args:
        values: (n,) without NaN. length: values per window. trend: slope per value, removed before the
            autocorrelation is measured (not before permuting).
    """
    detrended = values - trend * np.arange(len(values))
    block = min(4 * autocorrelation_length(detrended), max(1, len(values) // 3))
    contrasts = []
    for order in _in_parts(len(values), block, resamples, np.random.default_rng(seed)):
        shuffled = values[order]
        contrasts.append(np.abs(nan_mean(shuffled[:, :length]) - nan_mean(shuffled[:, -length:])))
    return np.concatenate(contrasts)
