"""Planted boards: each defect trips exactly its probe, and the clean board trips none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from fpbench.preference.probes import PROBES, inspect_board
from fpbench.preference.simulate import Crowd, simulate
from fpbench.preference.votes import LEFT, RIGHT, TIE, Labels, Votes

THETA = np.array([0.6, 0.3, 0.0, -0.3, -0.6])


def clean(seed: int) -> Votes:
    return simulate(THETA, 2400, seed=seed)


def few(seed: int) -> Votes:
    return simulate(THETA / 2, 60, seed=seed)


def slot(seed: int) -> Votes:
    return simulate(THETA, 2400, seed=seed, crowd=Crowd(side=0.7))


def draws(seed: int) -> Votes:
    votes = clean(seed)
    mine = (votes.left == 2) | (votes.right == 2)
    drawn = mine & (np.random.default_rng(seed).random(len(votes)) < 0.5)
    return replace(votes, outcome=np.where(drawn, np.int8(TIE), votes.outcome))


def cyclic(seed: int) -> Votes:
    """Items 1, 2 and 3 beat each other in a circle, 80 : 20."""
    votes = simulate(np.zeros(5), 2400, seed=seed)
    step = (votes.left - votes.right) % 3
    inside = (votes.left >= 1) & (votes.left <= 3) & (votes.right >= 1) & (votes.right <= 3)
    upset = np.random.default_rng(seed).random(len(votes)) < 0.2
    outcome = np.where((step == 1) ^ upset, np.int8(LEFT), np.int8(RIGHT))
    kept = inside & (votes.outcome != TIE)
    return replace(votes, outcome=np.where(kept, outcome, votes.outcome))


def pools(seed: int) -> Votes:
    """Two boards side by side: five items each, one log."""
    one, two = clean(seed), clean(seed + 100)
    assert one.rater is not None
    assert two.rater is not None
    return Votes(
        items=tuple(f"item{k:02d}" for k in range(10)),
        left=np.concatenate([one.left, two.left + 5]),
        right=np.concatenate([one.right, two.right + 5]),
        outcome=np.concatenate([one.outcome, two.outcome]),
        rater=Labels(one.rater.names, np.concatenate([one.rater.codes, two.rater.codes])),
    )


def lopsided(seed: int) -> Votes:
    votes = clean(seed)
    rare = (votes.left == 4) | (votes.right == 4)
    return votes.take(~rare | (np.random.default_rng(seed).random(len(votes)) < 0.15))


def power(seed: int) -> Votes:
    votes = clean(seed)
    assert votes.rater is not None
    grabbed = np.random.default_rng(seed).random(len(votes)) < 0.4
    return replace(votes, rater=replace(votes.rater, codes=np.where(grabbed, np.int32(0), votes.rater.codes)))


def loud(seed: int) -> Votes:
    """One rater of twelve answers the opposite of what everybody sees."""
    votes = clean(seed)
    assert votes.rater is not None
    flipped = np.array([RIGHT, LEFT, TIE], np.int8)[votes.outcome]
    return replace(votes, outcome=np.where(votes.rater.codes == 3, flipped, votes.outcome))


BOARDS: dict[str, Callable[[int], Votes]] = {
    "too_few_votes": few,
    "first_slot": slot,
    "draw_prone": draws,
    "cycles": cyclic,
    "disconnected": pools,
    "lopsided_budget": lopsided,
    "power_voters": power,
    "loud_annotator": loud,
}


def test_every_probe_has_a_board() -> None:
    assert set(BOARDS) == set(PROBES)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("defect", BOARDS)
def test_a_planted_defect_trips_exactly_its_probe(defect: str, seed: int) -> None:
    flags = inspect_board(BOARDS[defect](seed))
    assert {flag.probe for flag in flags} == {defect}


@pytest.mark.parametrize("seed", range(5))
def test_a_clean_board_trips_none(seed: int) -> None:
    assert inspect_board(clean(seed)) == []


@pytest.mark.parametrize(
    ("defect", "subject"),
    [
        ("first_slot", "left"),
        ("draw_prone", "item02"),
        ("cycles", "item01, item02, item03"),
        ("power_voters", "rater0"),
        ("loud_annotator", "rater3"),
    ],
)
def test_flags_name_the_culprit(defect: str, subject: str) -> None:
    (flag,) = inspect_board(BOARDS[defect](0))
    assert flag.subject == subject
    assert abs(flag.value) > flag.threshold


def test_logs_without_raters_can_be_inspected() -> None:
    assert inspect_board(replace(clean(0), rater=None)) == []
