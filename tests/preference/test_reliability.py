"""Screening, agreement, side bias and the judge, on studies answered by raters of known character."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from fpbench.preference.agreement import between, proportion, side_bias, with_self
from fpbench.preference.anomaly import anomalies, unusual
from fpbench.preference.errors import PoolingError, RatingError
from fpbench.preference.events import Ballot
from fpbench.preference.judge import AutomaticJudge, distance_to_truth, vote_automatically
from fpbench.preference.rating import RatingFit, fit
from fpbench.preference.records import VoteRecord, standing, to_votes
from fpbench.preference.report import rate
from fpbench.preference.screening import catch_scores, pass_mark, screen
from fpbench.preference.simulate import Crowd, simulate
from fpbench.preference.store import VoteStore
from fpbench.preference.study import Role, Study, Trial
from fpbench.preference.votes import Outcome, RaterKind

Policy = Callable[[Trial], str]
QUALITY = {"packed": 2, "anchor": 1, "vanilla": 0}


def expert(trial: Trial) -> str:
    """Knows every right answer and a strict order of systems."""
    if trial.expected is not None:
        return trial.expected.value
    return "left" if QUALITY[trial.left.item] > QUALITY[trial.right.item] else "right"


def lefty(_: Trial) -> str:
    return "left"


def contrary(trial: Trial) -> str:
    return {"left": "right", "right": "left", "tie": "tie"}[expert(trial)]


Answer = Callable[..., VoteStore]


@pytest.fixture
def answer(
    store_path: Path, make_study: Callable[..., Study], make_ballot: Callable[..., Ballot], clock: object
) -> Answer:
    """Let one rater per policy answer a whole study."""

    def run(policies: Sequence[Policy], **changes: object) -> VoteStore:
        store = VoteStore(store_path, make_study(seats=len(policies), **changes), now=clock)  # type: ignore[arg-type]
        trials = store.trials()
        for policy in policies:
            token = store.join()
            while (ticket := store.next(token, "tab")) is not None:
                clock.forward(20)  # type: ignore[attr-defined]
                outcome = policy(trials[ticket.assignment_id])
                store.vote(token, make_ballot(ticket.assignment_id, store.now(), outcome))
        return store

    return run


def _with_times(record: VoteRecord, **changes: object) -> VoteRecord:
    return replace(record, telemetry=record.telemetry.model_copy(update=changes))


@pytest.mark.parametrize(("shown", "needed"), [(8, 7), (10, 9), (12, 10), (20, 15), (4, 4), (0, 0)])
def test_a_guesser_seldom_reaches_the_pass_mark(shown: int, needed: int) -> None:
    assert pass_mark(shown) == needed


def test_catch_trials_tell_a_guesser_from_an_expert(answer: Answer) -> None:
    store = answer([expert, lefty])
    records = standing(store)
    good, bad = sorted(catch_scores(records), key=lambda score: -score.obvious[0])
    assert good.obvious == (8, 8)
    assert good.mild == (4, 4)
    assert good.passed
    assert not bad.passed
    result = screen(records, store.study.design)
    assert set(result.excluded.values()) == {"failed the catch trials"}
    assert {record.rater for record in result.kept} == {good.rater}
    assert len(to_votes(result.kept)) == 24


def test_time_filters_drop_and_flag(answer: Answer) -> None:
    store = answer([expert])
    first, second, third, fourth, *rest = standing(store)
    times = first.telemetry
    records = [
        _with_times(first, unlocked_at=times.voted_at),
        _with_times(second, watch_ms_right=3799),  # of 4000: 95 % is the whole clip, less what loops skip
        _with_times(third, hidden_ms=2701, watch_ms_right=3801),
        replace(fourth, outcome=Outcome.CANNOT_PLAY),
        *rest,
    ]
    result = screen(records, store.study.design)
    assert result.excluded == {
        first.event_id: "voted too soon",
        second.event_id: "not watched to the end",
        fourth.event_id: "could not be played",
    }
    assert result.flagged == {third.event_id: "page hidden"}
    assert result.counts()["page hidden"] == 1


def test_a_consistent_rater_agrees_with_herself_and_a_lefty_never_does(answer: Answer) -> None:
    records = standing(answer([expert, lefty]))
    by_rater = {rater: [r for r in records if r.rater == rater] for rater in {r.rater for r in records}}
    shares = sorted(with_self(mine).share for mine in by_rater.values())
    assert shares == [0.0, 1.0]
    assert with_self(records).total == 4


def _alpha_by_hand(units: Sequence[Sequence[str]]) -> float:
    """Krippendorff's nominal alpha from its definition: 1 - observed / expected disagreement."""
    values = [value for unit in units for value in unit]
    observed = sum(sum(a != b for a, b in permutations(unit, 2)) / (len(unit) - 1) for unit in units) / len(values)
    expected = np.mean([a != b for a, b in permutations(values, 2)])
    return float(1 - observed / expected)


def test_alpha_equals_its_definition(answer: Answer) -> None:
    rng = np.random.default_rng(0)

    def noisy(trial: Trial) -> str:
        return expert(trial) if rng.random() < 0.7 else str(rng.choice(["left", "right", "tie", "both_bad"]))

    records = standing(answer([noisy, noisy, noisy]))
    agreement = between(records, resamples=200)
    units: dict[object, dict[str, str]] = {}
    for record in records:
        if record.trial.role is Role.REAL:
            code = {record.pair[0]: "first", record.pair[1]: "second"}.get(record.preferred, record.preferred)
            units.setdefault((record.pair, record.trial.task), {}).setdefault(record.rater, code)
    shared = [list(answers.values()) for answers in units.values() if len(answers) > 1]
    assert agreement.alpha == pytest.approx(_alpha_by_hand(shared))
    assert agreement.low < agreement.alpha < agreement.high
    assert (agreement.units, agreement.raters) == (len(shared), 3)
    assert between(records, ties=False, resamples=50).raw > agreement.raw


def test_agreement_of_one_rater_is_not_a_number(answer: Answer) -> None:
    lonely = between(standing(answer([expert])))
    assert np.isnan(lonely.alpha)
    assert np.isnan(lonely.raw)
    assert np.isnan(proportion(0, 0).share)


def test_wilson_interval_of_sixteen_in_twenty() -> None:
    share = proportion(16, 20)
    assert (share.low, share.high) == pytest.approx((0.584, 0.919), abs=1e-3)


def _rated(side: float, votes: int) -> RatingFit:
    return fit(simulate(np.zeros(4), votes, seed=1, crowd=Crowd(side=side)))


@pytest.mark.parametrize(
    ("side", "votes", "verdict"),
    [(0.0, 60_000, "immaterial"), (0.6, 2000, "biased"), (0.0, 300, "undecided")],
)
def test_no_material_bias_is_a_finding_not_an_absence(side: float, votes: int, verdict: str) -> None:
    bias = side_bias(_rated(side, votes), [], band=0.05)
    assert bias.verdict == verdict
    assert bias.low < bias.beta < bias.high


def test_identical_pairs_split_evenly_or_not(answer: Answer) -> None:
    records = standing(answer([lefty], identical=7, trials_per_seat=8, repeats=0))
    bias = side_bias(_rated(0.0, 300), records, band=0.05)
    assert (bias.left, bias.right) == (7, 0)
    assert bias.p_value == pytest.approx(2 * 0.5**7)


def test_a_contrary_rater_and_a_lefty_stand_out() -> None:
    votes = simulate(np.linspace(-0.8, 0.8, 5), 2400, seed=2)
    assert votes.rater is not None
    assert unusual(anomalies(votes)) == []
    mine = votes.rater.codes
    flipped = np.where(mine == 1, np.array([1, 0, 2], np.int8)[votes.outcome], votes.outcome)
    sided = np.where(mine == 2, np.int8(0), flipped)
    found = {one.rater: one for one in unusual(anomalies(replace(votes, outcome=sided)))}
    assert set(found) == {"rater1", "rater2"}
    assert found["rater1"].disagrees
    assert found["rater2"].one_sided
    with pytest.raises(RatingError, match="does not name"):
        anomalies(replace(votes, rater=None))


def test_a_judge_votes_through_the_same_log_and_is_never_pooled(answer: Answer) -> None:
    store = answer([expert])
    by_clip = {
        shown.clip: float(QUALITY[shown.item])
        for trial in store.trials().values()
        for shown in (trial.left, trial.right)
    }
    judge = AutomaticJudge("quality v1", lambda _, clip: by_clip[clip], higher_is_better=True)
    cast = vote_automatically(store, judge)
    records = standing(store)
    automatic = [r for r in records if r.rater_kind is RaterKind.AUTOMATIC]
    assert cast == len(automatic) == len({(r.pair, r.trial.task) for r in automatic})
    assert all(expert(r.trial) == r.outcome for r in automatic)
    assert len(screen(records, store.study.design).catches) == 1
    with pytest.raises(PoolingError):
        to_votes(records)
    assert rate(to_votes(automatic), orders=2).notes[0].startswith("AUTOMATIC")
    store.verify()


@pytest.mark.parametrize(
    ("scores", "higher", "outcome"),
    [
        ((2, 1), True, "left"),
        ((2, 1), False, "right"),
        ((1, 1.4), True, "tie"),
        ((1, np.nan), True, "cannot_play"),
    ],
)
def test_a_judge_answers_by_its_score(answer: Answer, scores: tuple[float, float], higher: bool, outcome: str) -> None:
    store = answer([expert])
    token = store.join(kind=RaterKind.AUTOMATIC)
    ticket = store.next(token, "judge")
    assert ticket is not None
    table = dict(zip((ticket.left_clip, ticket.right_clip), scores, strict=True))
    judge = AutomaticJudge("toy", lambda _, clip: table[clip], higher_is_better=higher, margin=0.5)
    assert judge.answer(ticket) == outcome


def test_distance_to_truth_is_a_root_mean_square() -> None:
    truth = np.zeros((3, 4, 4, 3), np.uint8)
    assert distance_to_truth(truth + np.uint8(3), truth) == pytest.approx(3)
    assert distance_to_truth(truth, truth[:2]) == 0
