"""Elo with K = 32 against arithmetic by hand, evalica, and its own shuffles."""

from __future__ import annotations

import evalica
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fpbench.preference.elo import banded_rank, elo, elo_k32, shuffled
from fpbench.preference.simulate import simulate
from fpbench.preference.votes import Votes


def test_three_votes_by_hand() -> None:
    """Equals: the winner takes 16. Then 1016 v 984: expected 0.546. A tie moves half of K less the expectation."""
    votes = Votes.of(["a", "a", "b"], ["b", "b", "a"], ["left", "left", "tie"])
    second = 32 * (1 - 1 / (1 + 10 ** (-32 / 400)))
    a, b = 1016 + second, 984 - second
    third = 32 * (0.5 - 1 / (1 + 10 ** ((a - b) / 400)))
    assert elo(votes) == pytest.approx([a - third, b + third], abs=1e-9)
    assert second == pytest.approx(14.5305, abs=1e-4)


@given(seed=st.integers(0, 10_000), items=st.integers(2, 9))
@settings(max_examples=25, deadline=None)
def test_equals_evalica_at_k_32(seed: int, items: int) -> None:
    votes = simulate(np.linspace(-1, 1, items), 120, seed=seed)
    winner = {1: evalica.Winner.X, -1: evalica.Winner.Y, 0: evalica.Winner.Draw}
    theirs = evalica.elo(
        [votes.items[k] for k in votes.left],
        [votes.items[k] for k in votes.right],
        [winner[int(sign)] for sign in votes.sign()],
        k=32.0,
    )
    ours = dict(zip(votes.items, elo(votes), strict=True))
    assert {name: ours[name] for name in theirs.scores.index} == pytest.approx(theirs.scores.to_dict(), abs=1e-9)
    assert np.mean(list(ours.values())) == pytest.approx(1000)


def test_side_by_side_shuffles_equal_one_at_a_time() -> None:
    votes = simulate(np.linspace(-1, 1, 5), 200, seed=0)
    rng = np.random.default_rng(7)
    alone = [elo(votes.take(rng.permutation(200))) for _ in range(20)]
    assert shuffled(votes, orders=20, seed=7) == pytest.approx(np.array(alone), abs=1e-9)


def test_the_tail_of_a_long_shuffle_is_all_that_matters() -> None:
    votes = simulate(np.linspace(-1, 1, 3), 4000, seed=1)
    whole, tail = shuffled(votes, orders=5, seed=2), shuffled(votes, orders=5, seed=2, tail=1000)
    assert tail == pytest.approx(whole, abs=1e-4)
    assert elo_k32(votes, orders=2).tail < len(votes)


def test_order_noise_is_about_forty_points_however_many_votes() -> None:
    """More votes do not help a constant K: the finding printed beside the paper's ±16."""
    few, many = (elo_k32(simulate(np.zeros(6), n, seed=3), orders=300).sd.mean() for n in (300, 3000))
    assert 25 < few < 60
    assert 25 < many < 60


def test_items_within_sixteen_points_of_a_leader_share_its_rank() -> None:
    ratings = np.array([1000.0, 1221.0, 1225.0, 1205.0, 984.0, 983.9])
    assert list(banded_rank(ratings, 16)) == [3, 1, 1, 2, 3, 4]


def test_parameters_are_remembered() -> None:
    result = elo_k32(simulate(np.zeros(3), 50, seed=4), orders=10, seed=9)
    assert (result.k, result.initial, result.tie_band, result.orders, result.seed) == (
        32.0,
        1000.0,
        16.0,
        10,
        9,
    )
    assert (result.low <= result.mean).all()
    assert (result.mean <= result.high).all()
