"""Maximum-likelihood ratings by Newton's method, with cluster-robust covariance. No ranking here (``ranking``).

Penalty-free: a board without a finite maximum raises a typed error instead of returning a number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fpbench.preference.cells import Cells, fold
from fpbench.preference.choice import MODELS, ChoiceModel, Terms
from fpbench.preference.connectivity import diverging, require_finite
from fpbench.preference.covariance import cluster_covariance
from fpbench.preference.errors import NotConvergedError, RatingError, UnboundedError
from fpbench.preference.votes import RaterKind, Votes

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Array = NDArray[np.float64]

ELO_PER_LOGIT = 400 / np.log(10)  # the usual scale: 400 points are ten to one
ELO_MEAN = 1000.0
_STEPS = 100
_TOLERANCE = 1e-11  # gradient per vote; far below any sampling error, near what float64 sums allow
_SMALL_STEP = 1e-7  # log-odds; Newton's next step would be its square
_SUSPICIOUS = 5.0  # log-odds beyond which separation is tested exactly: 5 is 148 wins per loss
_FLAT = 1e-10  # curvature, relative to the steepest, below which a direction is not identified


@dataclass(frozen=True, eq=False)
class RatingFit:
    """Ratings and everything that made them.

    Attributes:
        model: name of the choice model; ``ties`` is how ties entered ("model", "half", "drop", "none seen").
        items: names, in the order of ``theta``.
        theta: (items,) log-odds, summing to zero.
        covariates, beta: names and (covariates,) log-odds coefficients; "side" is the advantage of being left.
        tau: tie parameter (log nu for Davidson), None where no tie parameter was fitted.
        covariance: over (theta, beta, tau), clustered by ``clusters``.
        df: degrees of freedom of the t quantile, clusters - 1; infinite where votes are taken as independent.
        level: coverage of every interval derived from this fit.
    """

    model: str
    ties: str
    items: tuple[str, ...]
    theta: Array
    covariates: tuple[str, ...]
    beta: Array
    tau: float | None
    covariance: Array
    clusters: tuple[str, ...]
    df: float
    level: float
    votes: int
    log_likelihood: float
    iterations: int
    kind: RaterKind

    @property
    def elo(self) -> Array:
        """(items,) ratings on the Elo scale, mean 1000."""
        return np.asarray(ELO_MEAN + ELO_PER_LOGIT * self.theta, dtype=np.float64)

    @property
    def quantile(self) -> float:
        """Two-sided t quantile at ``level``."""
        return t_quantile(self.df, self.level)

    def interval(self) -> Array:
        """(items, 2) Elo bounds of each rating against the mean of all items."""
        n = len(self.items)
        half = self.quantile * ELO_PER_LOGIT * np.sqrt(np.diag(self.covariance)[:n])
        return np.stack([self.elo - half, self.elo + half], axis=1)

    def difference_error(self) -> Array:
        """(items, items) standard errors of theta_i - theta_j in log-odds."""
        n = len(self.items)
        block = self.covariance[:n, :n]
        variance = np.diag(block)[:, None] + np.diag(block)[None, :] - 2 * block
        return np.asarray(np.sqrt(np.maximum(variance, 0)), dtype=np.float64)

    def coefficient(self, name: str) -> tuple[float, float, float]:
        """Estimate and bounds, in log-odds, of a covariate such as "side".

        Raises:
            RatingError: the covariate was not fitted.
        """
        if name not in self.covariates:
            raise RatingError(f"covariate {name!r} was not fitted; fitted: {list(self.covariates)}")
        k = self.covariates.index(name)
        half = self.quantile * float(np.sqrt(self.covariance[len(self.items) + k, len(self.items) + k]))
        return float(self.beta[k]), float(self.beta[k]) - half, float(self.beta[k]) + half


def t_quantile(df: float, level: float) -> float:
    """Two-sided quantile of Student's t; normal for infinite ``df``."""
    from scipy.special import ndtri, stdtrit

    upper = (1 + level) / 2
    return float(ndtri(upper) if np.isinf(df) else stdtrit(df, upper))


def fit(
    votes: Votes,
    *,
    model: str = "davidson",
    side: bool = True,
    ties: str = "half",
    level: float = 0.95,
    cluster: bool = True,
) -> RatingFit:
    """Fit a paired-comparison model by maximum likelihood.

    Args:
        votes: the table; weights and covariates are used where present.
        model: "davidson" (primary), "rao-kupper" or "bradley-terry".
        side: also estimate the advantage of being shown left.
        ties: for Bradley-Terry only, "half" a win each or "drop" them.
        level: coverage of intervals.
        cluster: cluster the covariance on rater and task where the log names them.

    Raises:
        DisconnectedError, UnboundedError, NotConvergedError: no finite rating follows from these votes.
        RatingError: unknown model, or no votes.
    """
    if model not in MODELS:
        raise RatingError(f"unknown rating model {model!r}; known: {', '.join(MODELS)}")
    choice = MODELS[model]
    if not choice.has_ties and ties == "drop":
        votes = votes.take(votes.sign() != 0)
    if not len(votes):
        raise RatingError("there are no votes to rate")
    cells = fold(votes, side=side)
    require_finite(cells, votes.items)
    problem = _Problem(cells, choice, cells.design(), *_tie_start(cells, choice))
    solution = _newton(problem, votes.items)
    information = problem.information(solution.terms)
    _require_curvature(information, (*votes.items, *cells.names, "ties"), len(votes.items))
    spread = cluster_covariance(information, problem.scores(solution.terms), votes, cells, cluster)
    n, p = len(votes.items), cells.features.shape[1]
    return RatingFit(
        model=model,
        ties=("model" if problem.tied else "none seen") if choice.has_ties else ties,
        items=votes.items,
        theta=solution.x[:n],
        covariates=cells.names,
        beta=solution.x[n : n + p],
        tau=float(solution.x[-1]) if problem.tied else None,
        covariance=spread.covariance,
        clusters=spread.clusters,
        df=spread.df,
        level=level,
        votes=len(votes),
        log_likelihood=float(cells.weight @ solution.terms.value),
        iterations=solution.iterations,
        kind=votes.kind,
    )


def _tie_start(cells: Cells, model: ChoiceModel) -> tuple[bool, float]:
    """Whether a tie parameter is estimated, and where it starts; without ties its estimate would be minus infinity."""
    rate = float(cells.weight[cells.sign == 0].sum() / cells.weight.sum())
    if not model.has_ties or rate == 0:
        return False, -np.inf if model.name == "davidson" else 0.0
    if rate == 1:
        raise UnboundedError(["ties"], "every vote is a tie")
    return True, model.start(rate)


@dataclass(frozen=True, eq=False)
class _Problem:
    """A log-likelihood in x = (theta, beta[, tau])."""

    cells: Cells
    model: ChoiceModel
    design: csr_array
    tied: bool
    tau: float

    def at(self, x: Array) -> Terms:
        tau = float(x[-1]) if self.tied else self.tau
        eta = self.design @ (x[:-1] if self.tied else x)
        return self.model.terms(eta, tau, self.cells.sign)

    def scores(self, terms: Terms) -> Array:
        """(cells, parameters) gradient of one vote of each cell."""
        on_eta = self.design.multiply(terms.d_eta[:, None]).toarray()
        return np.column_stack([on_eta, terms.d_tau]) if self.tied else np.asarray(on_eta)

    def gradient(self, terms: Terms) -> Array:
        w = self.cells.weight
        on_eta = self.design.T @ (w * terms.d_eta)
        return np.append(on_eta, w @ terms.d_tau) if self.tied else np.asarray(on_eta)

    def information(self, terms: Terms) -> Array:
        """(parameters, parameters) minus the Hessian."""
        w = self.cells.weight
        block = -(self.design.T @ self.design.multiply((w * terms.d_eta_eta)[:, None])).toarray()
        if not self.tied:
            return np.asarray(block)
        cross = -(self.design.T @ (w * terms.d_eta_tau))
        corner = -(w @ terms.d_tau_tau)
        return np.block([[block, cross[:, None]], [cross[None, :], np.array([[corner]])]])


class _Solution(NamedTuple):
    x: Array
    terms: Terms
    iterations: int


def _newton(problem: _Problem, items: tuple[str, ...]) -> _Solution:
    """Newton's method with step halving, on the subspace where theta sums to zero."""
    cells = problem.cells
    x = np.zeros(problem.design.shape[1] + problem.tied)
    if problem.tied:
        x[-1] = problem.tau
    terms, total, tested = problem.at(x), float(cells.weight.sum()), False
    for iteration in range(1, _STEPS + 1):
        gradient = problem.gradient(terms)
        step = _solve(problem.information(terms), gradient, cells.items)
        if np.abs(gradient).max() <= _TOLERANCE * total and np.abs(step).max() < _SMALL_STEP:
            return _Solution(x, terms, iteration)
        x, terms = _climb(problem, x, step, terms)
        if not tested and np.abs(x).max() > _SUSPICIOUS:
            _refuse_divergence(problem, items)
            tested = True
    _refuse_divergence(problem, items)
    raise NotConvergedError(_STEPS, float(np.abs(problem.gradient(terms)).max() / total))


def _require_curvature(information: Array, names: tuple[str, ...], items: int) -> None:
    """Refuse a fit whose parameters can be traded against each other without changing any probability."""
    pinned = information.copy()
    pinned[:items, :items] += information.diagonal().max() / items
    value, vector = np.linalg.eigh(pinned)
    if value[0] < _FLAT * value[-1]:
        guilty = [name for name, share in zip(names, np.abs(vector[:, 0]), strict=False) if share > 0.1]
        raise RatingError(f"votes cannot tell {', '.join(guilty)} apart; leave out a collinear covariate")


def _solve(information: Array, gradient: Array, items: int) -> Array:
    """Newton step; the flat direction (all items up together) is pinned, and a hint of damping survives separation."""
    pinned = information.copy()
    pinned[:items, :items] += information.diagonal().max() / items
    pinned[np.diag_indices_from(pinned)] += 1e-13 * information.diagonal().max()
    return np.asarray(np.linalg.solve(pinned, gradient), dtype=np.float64)


def _climb(problem: _Problem, x: Array, step: Array, terms: Terms) -> tuple[Array, Terms]:
    """Halve the step until the likelihood does not fall."""
    weight = problem.cells.weight
    before = float(weight @ terms.value)
    slack = 1e-12 * abs(before)
    scale = min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-300))
    for _ in range(40):
        moved = x + scale * step
        with np.errstate(invalid="ignore"):
            reached = problem.at(moved)
            after = float(weight @ reached.value)
        if after >= before - slack:
            return moved, reached
        scale /= 2
    return x, terms


def _refuse_divergence(problem: _Problem, items: tuple[str, ...]) -> None:
    direction = diverging(problem.cells, problem.model, tied=problem.tied)
    if direction is None:
        return
    direction[: len(items)] -= np.median(direction[: len(items)])
    names = (*items, *problem.cells.names, *(("ties",) if problem.tied else ()))
    guilty = [name for name, value in zip(names, direction, strict=True) if abs(value) > 1e-6]
    raise UnboundedError(guilty, "the votes separate perfectly along these parameters")
