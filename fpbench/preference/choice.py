"""Likelihoods of one comparison: Davidson, Rao-Kupper and Bradley-Terry, as functions of two numbers.

``eta`` is the log-odds of left over right, theta_left - theta_right + covariates; ``tau`` governs ties. Every model is
log-concave in (eta, tau), so Newton's method in ``rating`` finds the maximum or proves that none exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Terms(NamedTuple):
    """Log-likelihood of each comparison and its derivatives in eta and tau; all (cells,)."""

    value: Array
    d_eta: Array
    d_tau: Array
    d_eta_eta: Array
    d_eta_tau: Array
    d_tau_tau: Array


class ChoiceModel(Protocol):
    """How a comparison is answered, given eta and tau."""

    name: ClassVar[str]
    has_ties: ClassVar[bool]

    def terms(self, eta: Array, tau: float, sign: NDArray[np.int8]) -> Terms:
        """Log-likelihood of the answers ``sign`` (+1 left, -1 right, 0 tie) and its derivatives."""
        ...

    def start(self, tie_rate: float) -> float:
        """The tau at which equals tie at ``tie_rate``, strictly between 0 and 1."""
        ...

    def probabilities(self, eta: Array, tau: float) -> Array:
        """(..., 3): left preferred, right preferred, tie."""
        ...

    def recession(self, sign: NDArray[np.int8]) -> tuple[Array, Array]:
        """Half-spaces ``a * eta + b * tau >= 0`` along which an answer only becomes likelier.

        Returns:
            ``a`` and ``b``, each (cells, 2): two half-spaces per comparison.
        """
        ...


def sigmoid(x: Array) -> Array:
    """The logistic function, without overflow."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * x)), dtype=np.float64)


@dataclass(frozen=True)
class Davidson:
    """P(left) : P(right) : P(tie) = exp(eta/2) : exp(-eta/2) : nu, with nu = exp(tau) (Davidson 1970).

    Newman's iteration (JMLR 24, 2023) maximises the same likelihood with nu = 2v.
    """

    name: ClassVar[str] = "davidson"
    has_ties: ClassVar[bool] = True

    def terms(self, eta: Array, tau: float, sign: NDArray[np.int8]) -> Terms:
        """See ``ChoiceModel.terms``: an exponential family, so the Hessian is minus a covariance."""
        left, right, tie = np.moveaxis(self.probabilities(eta, tau), -1, 0)
        chosen = np.choose(sign + 1, [right, tie, left])
        lead = left - right
        return Terms(
            value=np.log(np.maximum(chosen, np.finfo(float).tiny)),
            d_eta=(sign - lead) / 2,
            d_tau=(sign == 0) - tie,
            d_eta_eta=-(left + right - lead**2) / 4,
            d_eta_tau=lead * tie / 2,
            d_tau_tau=-tie * (1 - tie),
        )

    def start(self, tie_rate: float) -> float:
        """See ``ChoiceModel.start``: at eta = 0 a tie has mass nu / (2 + nu)."""
        return float(np.log(2 * tie_rate / (1 - tie_rate)))

    def probabilities(self, eta: Array, tau: float) -> Array:
        """See ``ChoiceModel.probabilities``."""
        logits = np.stack(np.broadcast_arrays(eta / 2, -eta / 2, tau), axis=-1)
        mass = np.exp(logits - logits.max(axis=-1, keepdims=True))
        return np.asarray(mass / mass.sum(axis=-1, keepdims=True), dtype=np.float64)

    def recession(self, sign: NDArray[np.int8]) -> tuple[Array, Array]:
        """See ``ChoiceModel.recession``: the answer given must gain on both others."""
        other = np.where(sign == 0, 0.5, sign)
        last = np.where(sign == 0, -0.5, sign / 2)
        tie = np.where(sign == 0, 1.0, 0.0)
        return np.stack([other, last], axis=1), np.stack([tie, np.where(sign == 0, 1.0, -1.0)], axis=1)


@dataclass(frozen=True)
class RaoKupper:
    """A win needs a visible difference: P(left) = sigmoid(eta - tau), P(right) = sigmoid(-eta - tau).

    The threshold on the odds is exp(tau), tau > 0; the rest of the mass is a tie (Rao, Kupper 1967).
    """

    name: ClassVar[str] = "rao-kupper"
    has_ties: ClassVar[bool] = True

    def terms(self, eta: Array, tau: float, sign: NDArray[np.int8]) -> Terms:
        """See ``ChoiceModel.terms``: an ordered logit with thresholds -tau and tau."""
        upper, lower = sigmoid(eta + tau), sigmoid(eta - tau)
        # density of each threshold and its slope; a win involves one threshold, a tie both
        fu, fl = upper * (1 - upper), lower * (1 - lower)
        gu, gl = fu * (1 - 2 * upper), fl * (1 - 2 * lower)
        mass = np.choose(sign + 1, [sigmoid(-eta - tau), upper - lower, lower])
        safe = np.maximum(mass, np.finfo(float).tiny)
        on_upper = np.choose(sign + 1, [-1.0, 1.0, 0.0])
        on_lower = np.choose(sign + 1, [0.0, -1.0, 1.0])
        d_eta = (on_upper * fu + on_lower * fl) / safe
        d_tau = (on_upper * fu - on_lower * fl) / safe
        curve = (on_upper * gu + on_lower * gl) / safe
        return Terms(
            value=np.where(mass > 0, np.log(safe), -np.inf),
            d_eta=d_eta,
            d_tau=d_tau,
            d_eta_eta=curve - d_eta**2,
            d_eta_tau=(on_upper * gu - on_lower * gl) / safe - d_eta * d_tau,
            d_tau_tau=curve - d_tau**2,
        )

    def start(self, tie_rate: float) -> float:
        """See ``ChoiceModel.start``: at eta = 0 a tie has mass 2 sigmoid(tau) - 1."""
        return float(np.log((1 + tie_rate) / (1 - tie_rate)))

    def probabilities(self, eta: Array, tau: float) -> Array:
        """See ``ChoiceModel.probabilities``."""
        left, right = sigmoid(eta - tau), sigmoid(-eta - tau)
        return np.stack([left, right, 1 - left - right], axis=-1)

    def recession(self, sign: NDArray[np.int8]) -> tuple[Array, Array]:
        """See ``ChoiceModel.recession``: wins push a threshold away, ties widen both."""
        first = np.where(sign == 0, 1.0, sign)
        second = np.where(sign == 0, -1.0, sign)
        tie = np.where(sign == 0, 1.0, -1.0)
        return np.stack([first, second], axis=1), np.stack([tie, tie], axis=1)


@dataclass(frozen=True)
class BradleyTerry:
    """P(left) = sigmoid(eta); a tie counts as half a win for each side, a convention that shrinks the scale."""

    name: ClassVar[str] = "bradley-terry"
    has_ties: ClassVar[bool] = False

    def terms(self, eta: Array, tau: float, sign: NDArray[np.int8]) -> Terms:
        """See ``ChoiceModel.terms``; ``tau`` is ignored."""
        left = sigmoid(eta)
        score = (sign + 1) / 2
        nothing = np.zeros_like(eta)
        value = score * np.log(np.maximum(left, np.finfo(float).tiny))
        value = value + (1 - score) * np.log(np.maximum(1 - left, np.finfo(float).tiny))
        return Terms(value, score - left, nothing, -left * (1 - left), nothing, nothing)

    def start(self, tie_rate: float) -> float:
        """No tie parameter: 0."""
        return 0.0 * tie_rate

    def probabilities(self, eta: Array, tau: float) -> Array:
        """See ``ChoiceModel.probabilities``; ties have no mass."""
        left = sigmoid(eta)
        return np.stack([left, 1 - left, np.zeros_like(left)], axis=-1)

    def recession(self, sign: NDArray[np.int8]) -> tuple[Array, Array]:
        """See ``ChoiceModel.recession``: a tie binds from both sides."""
        first = np.where(sign == 0, 1.0, sign)
        second = np.where(sign == 0, -1.0, sign)
        return np.stack([first, second], axis=1), np.zeros((len(sign), 2))


MODELS: dict[str, ChoiceModel] = {model.name: model for model in (Davidson(), RaoKupper(), BradleyTerry())}
