import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fpbench.worlds.errors import TaskError
from fpbench.worlds.kinds import looped, retraced, varied
from fpbench.worlds.poses import radians, rounded
from fpbench.worlds.task import Task, revisits


def straight(frames, _rng=None):
    return np.column_stack([10.0 * np.arange(frames), np.zeros(frames), np.linspace(0, 40, frames)])


def task_of(path):
    xy, units = rounded(path)
    return Task("w", "train", "loop", 0, 0, "p", np.column_stack([xy, 0 * units, radians(units)]))


@given(st.integers(12, 400), st.integers(0, 2**32))
def test_a_loop_has_the_length_asked_for_turns_gently_and_comes_back(frames, seed):
    path = looped(straight(frames), np.random.default_rng(seed))
    assert path.shape == (frames, 3)
    turn = np.abs((np.diff(path[:, 2]) + 180) % 360 - 180)
    assert turn.max() <= 4 + 1e-9
    step = np.hypot(*np.diff(path[:, :2], axis=0).T)
    assert step.max() <= 10 + 1e-9
    assert len(revisits(task_of(path))) > 0


def test_a_long_loop_task_looks_far_away_and_has_several_loops():
    path = looped(straight(400), np.random.default_rng(0))
    starts = {tuple(path[a]) for a, b in revisits(task_of(path)) if b - a > 40}
    assert len(starts) >= 3
    assert np.ptp(path[:, 2]) >= 90


@given(st.integers(1, 60))
def test_a_return_mirrors_about_its_middle(frames):
    path = retraced(straight(frames // 2 + 1), frames)
    middle = frames // 2
    assert len(path) == frames
    for k in range(frames - middle):
        assert np.array_equal(path[middle - k], path[middle + k])


def test_a_loop_that_is_too_short_is_refused():
    with pytest.raises(TaskError, match="at least 12 frames, not 11"):
        varied("loop", 11, np.random.default_rng(0), straight)


def test_a_walk_is_left_as_it_is():
    assert np.array_equal(varied("walk", 30, np.random.default_rng(0), straight), straight(30))
