import numpy as np
import pytest

from fpbench.metrics import catalog
from fpbench.metrics.battery import Outcome, run_battery, specimen_battery
from fpbench.metrics.card import signs
from fpbench.metrics.degradations import DEGRADATIONS
from fpbench.metrics.specimens import FPS, specimens, there_and_back, walks
from fpbench.registry import names


@pytest.fixture(scope="module")
def outcomes():
    seen = specimen_battery(["tier0", "truth", "lpips"], count=4)
    views = [name for name in catalog.resolve(["forgetting"]) if not name.startswith("revisit_lag")]
    seen += specimen_battery(["lag", *views], count=1)
    clips, camera = walks(1)  # LPIPS is slow: those of its signs that are declared
    by_lag = [name for name in catalog.resolve(["forgetting"]) if name not in views]
    few = {kind: DEGRADATIONS[kind] for kind in ("freeze", "retag")}
    return seen + run_battery(clips, fps=FPS, metrics=by_lag, camera=camera, degradations=few)


def test_every_declared_sign_holds_on_real_pictures(outcomes):
    wrong = [(o.metric, o.degradation, o.expected, o.changes) for o in outcomes if o.agreement < 1]
    assert not wrong


def test_every_metric_declares_something_and_only_degradations_that_exist(outcomes):
    declared = {name: catalog.card(name).signs for name in names("fpbench.metrics")}
    assert all(declared[name] for name in declared if catalog.card(name).group not in ("imported", "sets"))
    assert set().union(*declared.values()) <= set(DEGRADATIONS)
    assert {o.metric for o in outcomes if o.expected != "?"} == {o.metric for o in outcomes}


def test_signs_of_learned_metrics_hold_where_weights_come_with_the_installation():
    damage = {kind: DEGRADATIONS[kind] for kind in ("blur", "freeze")}
    learned = ["dists", "noref", "first_efficientnet", "first_xfeat"]
    found = run_battery(specimens(1), fps=FPS, metrics=learned, degradations=damage)
    assert {(o.metric, o.degradation): o.changes for o in found if o.agreement < 1} == {}
    assert {o.metric for o in found if o.expected != "?"} == set(catalog.resolve(learned)) - {
        "piqe"
    }  # declares nothing of these


def test_without_a_path_what_needs_one_is_left_out_and_with_one_it_is_not():
    clips, camera = there_and_back(specimens(1))
    wanted = {"metrics": ["luma_mean", "turn_err"], "degradations": {"freeze": DEGRADATIONS["freeze"]}}
    without = run_battery(clips, fps=FPS, **wanted)
    both = run_battery(clips, fps=FPS, camera=camera, **wanted)
    assert [[one.metric for one in found] for found in (without, both)] == [["luma_mean"], ["luma_mean", "turn_err"]]


def test_clips_on_which_a_metric_is_undefined_do_not_count():
    """A likeness over 16 s needs more than 16 s; the verdict rests on the clip that has them."""
    short = specimens(1)[0]
    wanted = {"metrics": ["likeness_16s"], "degradations": {"freeze": DEGRADATIONS["freeze"]}}
    long = np.concatenate([short] * 16)
    assert run_battery([short], fps=FPS, **wanted) == []
    (found,) = run_battery([short, long], fps=FPS, **wanted)
    assert (len(found.changes), found.agreement) == (1, 1.0)


def test_each_degradation_is_noticed_by_some_metric_that_may_be_ranked(outcomes):
    harmless = {"retag", "half_size"}  # a tag and a size are no damage
    for kind in set(DEGRADATIONS) - harmless:
        told = [
            o
            for o in outcomes
            if o.degradation == kind
            and o.share({"up": "-", "down": "+", "two-sided": "?"}[catalog.card(o.metric).direction]) == 1
        ]
        assert told, kind


@pytest.mark.parametrize("kind", DEGRADATIONS)
def test_degradations_keep_type_and_say_whether_frames_stay_aligned(kind, clip):
    degradation = DEGRADATIONS[kind]
    damaged = degradation.apply(clip, np.random.default_rng(0))
    assert damaged.dtype == np.uint8
    assert (damaged.shape == clip.shape) == degradation.aligned
    assert np.array_equal(damaged, clip) == (kind == "retag")
    assert np.array_equal(damaged, degradation.apply(clip, np.random.default_rng(0)))


def test_reencoding_leaves_odd_edges_alone(make_pan):
    odd = make_pan(3, 33, 47)
    damaged = DEGRADATIONS["reencode"].apply(odd, np.random.default_rng(0))
    assert np.array_equal(damaged[:, 32:], odd[:, 32:])
    assert 0 < np.abs(damaged[:, :32, :46].astype(int) - odd[:, :32, :46]).mean() < 20


def test_shares_and_majority_by_hand():
    outcome = Outcome("m", "blur", "+", (1.0, 2.0, -1.0, 0.0), stayed=(False, False, False, True))
    assert (outcome.share("+"), outcome.share("-"), outcome.share("0")) == (0.5, 0.25, 0.25)
    assert outcome.agreement == 0.5
    assert outcome.observed == "?"
    assert np.isnan(Outcome("m", "blur", "?", (1.0,), (False,)).agreement)


@pytest.mark.parametrize("text", ["blur", "blur ++"])
def test_malformed_signs_are_refused(text):
    with pytest.raises(ValueError, match=r"sign|shorter"):
        signs(text)
