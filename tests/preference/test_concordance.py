"""How often a metric prefers what people preferred, by hand and at the extremes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fpbench.preference.concordance import concordance
from fpbench.preference.events import Ballot
from fpbench.preference.records import VoteRecord, standing
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Role, Study

QUALITY = {"vanilla": 0.0, "packed": 1.0, "anchor": 2.0}


@pytest.fixture(scope="module")
def records(
    tmp_path_factory: pytest.TempPathFactory, make_study: Callable[..., Study], make_ballot: Callable[..., Ballot]
) -> list[VoteRecord]:
    """One rater who prefers by ``QUALITY``, but is wrong on every fifth real pair and undecided on every seventh."""
    store = VoteStore(tmp_path_factory.mktemp("concordance") / "votes.sqlite", make_study())
    token, trials, real = store.join(), store.trials(), 0
    while (ticket := store.next(token, "tab")) is not None:
        trial = trials[ticket.assignment_id]
        better = QUALITY[trial.left.item] > QUALITY[trial.right.item]
        real += trial.role is Role.REAL
        answer = "left" if better != (real % 5 == 0) else "right"
        store.vote(token, make_ballot(ticket.assignment_id, store.now(), "tie" if real % 7 == 0 else answer))
    found = standing(store)
    store.close()
    return found


def scores(records: list[VoteRecord], sign: float = 1) -> dict[str, float]:
    return {shown.clip: sign * QUALITY[shown.item] for r in records for shown in (r.trial.left, r.trial.right)}


def test_agreement_is_the_share_of_decided_real_votes_with_the_same_preference(records: list[VoteRecord]) -> None:
    found = concordance(records, scores(records), higher_is_better=True)
    decided = [k for k in range(1, 25) if k % 7]
    wrong = [k for k in decided if k % 5 == 0]
    assert found.decided == len(decided)
    assert found.agreement == pytest.approx(1 - len(wrong) / len(decided), abs=0.05)  # tasks weigh alike
    assert found.low < found.agreement < found.high
    assert found.tau == pytest.approx(1)


def test_the_direction_of_a_metric_turns_it_round(records: list[VoteRecord]) -> None:
    right = concordance(records, scores(records), higher_is_better=True)
    assert concordance(records, scores(records, -1), higher_is_better=False) == right
    wrong = concordance(records, scores(records), higher_is_better=False)
    assert (wrong.agreement, wrong.tau) == (pytest.approx(1 - right.agreement), pytest.approx(-1))


def test_a_metric_without_an_opinion_is_at_chance_and_one_without_values_is_not_judged(
    records: list[VoteRecord],
) -> None:
    assert concordance(records, dict.fromkeys(scores(records), 3.0), higher_is_better=True).agreement == 0.5
    nothing = concordance(records, {}, higher_is_better=True)
    assert (nothing.decided, np.isnan(nothing.agreement), np.isnan(nothing.tau)) == (0, True, True)
