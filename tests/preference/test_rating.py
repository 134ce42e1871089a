"""Ratings against independent implementations, closed forms and simulated truths."""

from __future__ import annotations

import evalica
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from fpbench.preference.choice import MODELS, ChoiceModel
from fpbench.preference.errors import DisconnectedError, NotConvergedError, RatingError, UnboundedError, VoteFileError
from fpbench.preference.rating import ELO_PER_LOGIT, fit
from fpbench.preference.simulate import Crowd, simulate
from fpbench.preference.votes import Votes

_WINNER = {1: evalica.Winner.X, -1: evalica.Winner.Y, 0: evalica.Winner.Draw}


def _evalica_args(votes: Votes) -> tuple[list[str], list[str], list[evalica.Winner]]:
    left = [votes.items[k] for k in votes.left]
    right = [votes.items[k] for k in votes.right]
    return left, right, [_WINNER[int(sign)] for sign in votes.sign()]


def _centred_log(scores: np.ndarray) -> np.ndarray:
    logs = np.log(scores)
    return np.asarray(logs - logs.mean())


@pytest.mark.parametrize(("items", "count", "tie"), [(2, 60, 0.3), (7, 700, 0.2), (20, 3000, 0.05)])
def test_davidson_without_side_equals_evalica_newman(items: int, count: int, tie: float) -> None:
    votes = simulate(np.linspace(-1, 1, items), count, seed=items, crowd=Crowd(tie=tie))
    theirs = evalica.newman(*_evalica_args(votes), tolerance=1e-13, limit=100_000)
    ours = fit(votes, side=False)
    assert ours.theta == pytest.approx(_centred_log(theirs.scores.loc[list(votes.items)].to_numpy()), abs=1e-6)
    assert ours.tau == pytest.approx(np.log(2 * theirs.v), abs=1e-6)


def test_bradley_terry_equals_evalica() -> None:
    votes = simulate(np.linspace(-1, 1, 7), 700, seed=1)
    theirs = evalica.bradley_terry(*_evalica_args(votes), tolerance=1e-13, limit=100_000)
    ours = fit(votes, model="bradley-terry", side=False)
    assert ours.theta == pytest.approx(_centred_log(theirs.scores.loc[list(votes.items)].to_numpy()), abs=1e-6)


def test_two_items_have_a_closed_form() -> None:
    """30 : 10 without ties is a log-odds of ln 3 with variance 1/30 + 1/10."""
    votes = Votes.of(["a"] * 40, ["b"] * 40, ["left"] * 30 + ["right"] * 10)
    rated = fit(votes, side=False, cluster=False)
    assert rated.theta[0] - rated.theta[1] == pytest.approx(np.log(3))
    assert rated.difference_error()[0, 1] ** 2 == pytest.approx(1 / 30 + 1 / 10)
    assert rated.elo[0] - rated.elo[1] == pytest.approx(ELO_PER_LOGIT * np.log(3))
    assert rated.tau is None
    assert rated.ties == "none seen"


@pytest.mark.parametrize("model", ["davidson", "rao-kupper"])
def test_maximum_agrees_with_a_general_optimiser(model: str) -> None:
    votes = simulate(np.array([0.5, 0.0, -0.2, -0.3]), 400, seed=2, crowd=Crowd(tie=0.3, side=0.2))
    rated = fit(votes, model=model)

    def loss(x: np.ndarray) -> float:
        theta, beta, tau = np.append(x[:3], -x[:3].sum()), x[3], x[4]
        mass = MODELS[model].probabilities(theta[votes.left] - theta[votes.right] + beta, tau)
        chosen = np.choose(votes.sign() + 1, [mass[:, 1], mass[:, 2], mass[:, 0]])
        return -float(np.log(np.maximum(chosen, 1e-300)).sum())

    found = minimize(loss, np.array([0, 0, 0, 0, 0.5]), method="Nelder-Mead", options={"maxiter": 9000, "fatol": 1e-10})
    ours = [*rated.theta[:3], rated.beta[0], rated.tau]
    assert ours == pytest.approx(found.x, abs=2e-3)
    assert rated.log_likelihood >= -found.fun - 1e-7


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
@given(eta=st.floats(-4, 4), tau=st.floats(0.2, 2), sign=st.sampled_from([-1, 0, 1]))
@settings(max_examples=30, deadline=None)
def test_derivatives_match_differences(model: ChoiceModel, eta: float, tau: float, sign: int) -> None:
    step, answer = 1e-5, np.array([sign], np.int8)

    def at(de: float, dt: float) -> np.ndarray:
        return np.array(model.terms(np.array([eta + de]), tau + dt, answer))[:, 0]

    centre = at(0, 0)
    by_eta = (at(step, 0) - at(-step, 0)) / (2 * step)
    by_tau = (at(0, step) - at(0, -step)) / (2 * step)
    assert [centre[1], centre[2]] == pytest.approx([by_eta[0], by_tau[0]], abs=1e-6)
    assert list(centre[3:]) == pytest.approx([by_eta[1], by_tau[1], by_tau[2]], abs=1e-6)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_probabilities_sum_to_one_and_mirror(model: ChoiceModel) -> None:
    eta = np.linspace(-6, 6, 25)
    mass = model.probabilities(eta, 0.7)
    assert mass.sum(axis=-1) == pytest.approx(np.ones(25))
    assert mass[:, [1, 0, 2]] == pytest.approx(model.probabilities(-eta, 0.7))


def test_mirrored_votes_keep_ratings_and_flip_the_side_bias() -> None:
    votes = simulate(np.linspace(-0.5, 0.5, 5), 800, seed=4, crowd=Crowd(side=0.4))
    mirrored = Votes(
        votes.items,
        votes.right,
        votes.left,
        np.array([1, 0, 2, 3], np.int8)[votes.outcome],
        votes.rater,
        votes.task,
    )
    one, two = fit(votes), fit(mirrored)
    assert one.theta == pytest.approx(two.theta, abs=1e-8)
    assert one.beta == pytest.approx(-two.beta, abs=1e-8)
    assert one.coefficient("side")[0] == pytest.approx(0.4, abs=0.2)


def test_weights_count_like_copies() -> None:
    votes = simulate(np.linspace(-0.5, 0.5, 4), 300, seed=5)
    twice = votes.take(np.concatenate([np.arange(300), np.arange(100)]))
    weighted = Votes(
        votes.items, votes.left, votes.right, votes.outcome, weights=np.where(np.arange(300) < 100, 2.0, 1.0)
    )
    assert fit(weighted).theta == pytest.approx(fit(twice).theta, abs=1e-9)


def test_a_covariate_is_recovered() -> None:
    rng = np.random.default_rng(0)
    votes = simulate(np.zeros(4), 6000, seed=6)
    motion = rng.normal(size=len(votes))
    flips = rng.random(len(votes)) < 1 / (1 + np.exp(-0.8 * motion))
    outcome = np.where(votes.outcome == 2, 2, np.where(flips, 0, 1)).astype(np.int8)
    with_motion = Votes(votes.items, votes.left, votes.right, outcome, covariates={"motion": motion})
    estimate, low, high = fit(with_motion).coefficient("motion")
    assert estimate == pytest.approx(0.8, abs=0.15)
    assert low < estimate < high


def test_groups_that_never_met_are_refused_by_name() -> None:
    votes = Votes.of(["a", "b", "c", "d"], ["b", "a", "d", "c"], ["left", "left", "tie", "tie"])
    with pytest.raises(DisconnectedError, match=r"a, b \| c, d") as caught:
        fit(votes)
    assert caught.value.components == (("a", "b"), ("c", "d"))


def test_an_unbeaten_item_is_refused_where_evalica_answers_nonsense() -> None:
    votes = Votes.of(["a", "b", "c", "a"], ["b", "c", "b", "c"], ["left", "left", "left", "left"])
    with pytest.raises(UnboundedError, match="a"):
        fit(votes)


def test_separation_that_only_the_tie_parameter_hides_is_refused() -> None:
    """One win and one tie connect a and b, yet the joint likelihood has no maximum."""
    with pytest.raises(UnboundedError, match="ties"):
        fit(Votes.of(["a", "a"], ["b", "b"], ["left", "tie"]), side=False)


def test_a_side_that_always_wins_is_refused() -> None:
    with pytest.raises(UnboundedError, match="side"):
        fit(Votes.of(["a", "b", "a", "b"], ["b", "a", "b", "a"], ["left"] * 4))


@pytest.mark.parametrize(
    ("outcomes", "error"), [(["tie"] * 4, UnboundedError), ([], RatingError)], ids=["all ties", "empty"]
)
def test_nothing_to_rate(outcomes: list[str], error: type[RatingError]) -> None:
    names = ["a", "b", "a", "b"][: len(outcomes)]
    with pytest.raises(error):
        fit(Votes.of(names, names[::-1], outcomes))


def test_a_fit_that_is_cut_short_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fpbench.preference.rating._STEPS", 1)
    with pytest.raises(NotConvergedError, match="after 1 iterations") as caught:
        fit(simulate(np.linspace(-1, 1, 4), 200, seed=7))
    assert caught.value.gradient > 1e-6


def test_unknown_model_and_covariate_are_named() -> None:
    votes = simulate(np.zeros(3), 90, seed=7)
    with pytest.raises(RatingError, match=r"elo.*davidson"):
        fit(votes, model="elo")
    with pytest.raises(RatingError, match="motion"):
        fit(votes).coefficient("motion")


def test_a_covariate_that_is_the_side_in_disguise_is_refused() -> None:
    votes = simulate(np.zeros(3), 90, seed=8)
    twin = Votes(votes.items, votes.left, votes.right, votes.outcome, covariates={"twin": np.ones(90)})
    with pytest.raises(RatingError, match="side, twin"):
        fit(twin)


def test_a_covariate_must_be_finite() -> None:
    votes = simulate(np.zeros(3), 90, seed=8)
    with pytest.raises(VoteFileError, match="motion"):
        Votes(votes.items, votes.left, votes.right, votes.outcome, covariates={"motion": np.full(90, np.nan)})


@pytest.mark.parametrize("seed", range(20))
def test_where_the_two_ways_of_clustering_cancel_no_variance_is_negative(seed: int) -> None:
    """Where a task alone decides a vote, rater + task - both is singular, and zero may round to either side of it."""
    rng = np.random.default_rng(seed)
    decided = [*rng.permutation([1, 1, 0, -1]), *rng.choice([1, 0, -1], rng.integers(0, 3))]
    raters = int(rng.integers(3, 8))
    said = {1: "left", 0: "tie", -1: "right"}
    rows = [
        (pair[swap], pair[1 - swap], said[int(decided[n % len(decided)]) * (1 - 2 * swap)], f"r{n % raters}", n)
        for pair in ("ab", "ac", "bc") for swap in (0, 1) for n in range(3 * len(decided))
    ]  # fmt: skip
    left, right, outcome, rater, turn = zip(*rows, strict=True)
    rated = fit(Votes.of(left, right, outcome, rater=rater, task=[f"t{n % len(decided)}" for n in turn]))
    assert (np.diag(rated.covariance) >= 0).all()
    assert np.isfinite(rated.interval()).all()


def _coverage(crowd: Crowd, *, replicates: int, cluster: bool) -> float:
    """Share of 95 % intervals of differences that cover the limit of the estimator."""
    theta = np.linspace(-0.4, 0.4, 8)
    many = Crowd(4000, 4000, crowd.rater_sd, crowd.task_sd, crowd.tie)
    truth = fit(simulate(theta, 200_000, seed=99, crowd=many), cluster=False).theta
    i, j = np.triu_indices(8, 1)
    covered = []
    for seed in range(replicates):
        rated = fit(simulate(theta, 400, seed=seed, crowd=crowd), cluster=cluster)
        error = rated.difference_error()[i, j]
        off = (rated.theta - truth)[i] - (rated.theta - truth)[j]
        covered.append(np.abs(off) <= rated.quantile * error)
    return float(np.mean(covered))


def test_intervals_cover_with_rater_and_task_effects() -> None:
    """Ten raters, twenty tasks, effects of 60 and 150 Elo: clustered intervals hold, naive ones do not."""
    crowd = Crowd(raters=10, tasks=20, rater_sd=60 / ELO_PER_LOGIT, task_sd=150 / ELO_PER_LOGIT)
    assert 0.92 <= _coverage(crowd, replicates=150, cluster=True) <= 0.98
    assert _coverage(crowd, replicates=60, cluster=False) < 0.92


def test_intervals_cover_independent_votes() -> None:
    assert 0.92 <= _coverage(Crowd(raters=10, tasks=20), replicates=100, cluster=True) <= 0.98
