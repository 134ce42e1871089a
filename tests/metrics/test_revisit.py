"""Forgetting by lag: remembered, forgotten, and never seen again."""

import numpy as np
import pytest

from fpbench.metrics import measure
from fpbench.metrics.battery import run_battery
from fpbench.metrics.revisit import LAGS
from fpbench.metrics.specimens import FPS, slide, specimens

NAMES = [f"revisit_lag{lag}" for lag in LAGS]


def there_and_back(frames: int = 17) -> np.ndarray:
    """Out and back over a photograph: frame t shows what frame 2 (frames - 1) - t shows."""
    from skimage import data

    out = slide(np.asarray(data.astronaut(), np.uint8), frames=frames, step=3)
    return np.concatenate([out, out[-2::-1]])


def test_a_true_return_is_remembered_at_every_lag_it_has() -> None:
    clip = there_and_back()
    found = measure([clip], fps=FPS, metrics=NAMES, truth=clip)
    assert [len(found[name].values) for name in NAMES] == [2, 2, 1, 0, 0]
    assert all(found[name].mean < -0.2 for name in NAMES[:3])


def test_a_view_that_was_replaced_is_forgotten_from_its_lag_on() -> None:
    """The last frames, which return after the longest lags, show something else."""
    clip = there_and_back()
    forgot = clip.copy()
    forgot[25:] = specimens(2)[1][:8]
    whole, found = (measure([video], fps=FPS, metrics=NAMES, truth=clip) for video in (clip, forgot))
    assert found["revisit_lag2"].mean == pytest.approx(whole["revisit_lag2"].mean)
    assert found["revisit_lag25"].mean > whole["revisit_lag25"].mean + 0.2


def test_a_still_clip_has_nothing_to_remember() -> None:
    clip = there_and_back()
    still = np.repeat(clip[:1], len(clip), axis=0)
    found = measure([still], fps=FPS, metrics=NAMES, truth=clip)
    assert found["revisit_lag15"].mean == pytest.approx(0, abs=1e-6)


def test_a_walk_that_never_returns_has_no_value() -> None:
    clip = specimens(1)[0]
    assert len(measure([clip], fps=FPS, metrics=NAMES, truth=clip)["revisit_lag2"].values) == 0


def test_declared_signs_hold_on_clips_that_come_back() -> None:
    outcomes = run_battery([there_and_back()], fps=FPS, metrics=NAMES[:2])
    wrong = [(o.metric, o.degradation, o.changes) for o in outcomes if o.expected != "?" and o.agreement < 1]
    assert not wrong
    assert {o.degradation for o in outcomes if o.expected != "?"} == {"freeze", "retag"}
