from dataclasses import replace

import numpy as np
import pytest

from fpbench.worlds.scenery import FOCAL, TILE, WIDTH, make_scenery, render


@pytest.fixture
def empty():
    """A landscape without pillars."""
    scenery = make_scenery(3, (0.1, 0.4))
    return replace(scenery, pillars=scenery.pillars[:0], pillar_colours=scenery.pillar_colours[:0])


def test_the_far_half_turns_but_does_not_shift(empty):
    here, there, turned = render(empty, np.array([[0, 0, 0, 0.3], [70, 20, 0, 0.3], [0, 0, 0, 0.9]])).astype(int)
    assert np.array_equal(here[:32], there[:32])
    assert np.abs(here[32:] - there[32:]).mean() > 2
    assert np.abs(here[:32] - turned[:32]).mean() > 2


def test_turning_moves_the_ridge_by_the_focal_length(empty):
    """The ridge over column c appears, after turning left by the angle between them, over column d."""
    tangent = (WIDTH / 2 - 0.5 - np.arange(WIDTH)) / FOCAL
    c, d = 40, 55
    turn = np.arctan(tangent[c]) - np.arctan(tangent[d])
    before, after = render(empty, np.array([[0, 0, 0, 1.0], [0, 0, 0, 1.0 + turn]])).astype(int)
    top = [np.abs(np.diff(frame[:32, column].sum(-1))).argmax() for frame, column in ((before, c), (after, d))]
    assert abs(top[0] - top[1]) <= 1


def test_a_pillar_dead_ahead_grows_as_one_approaches():
    scenery = make_scenery(3, (0.1, 0.4))
    red = replace(scenery, pillars=np.array([[400.0, 0, 20, 60]]), pillar_colours=np.array([[1.0, 0, 0]]))
    poses = np.array([[0.0, 0, 0, 0], [150, 0, 0, 0], [250, 0, 0, 0]])
    frames = render(red, poses).astype(int)
    pillar = (frames[..., 0] > 200) & (frames[..., 1] < 80)
    area = pillar.sum(axis=(1, 2))
    assert area[0] < area[1] < area[2]
    assert np.mean(np.nonzero(pillar[1])[1]) == pytest.approx(WIDTH / 2 - 0.5, abs=1)
    width = pillar[1].any(axis=0).sum()
    assert width == pytest.approx(2 * 20 * FOCAL / 250, rel=0.25)


def test_pillars_repeat_with_the_tile():
    scenery = replace(make_scenery(3, (0.1, 0.4)), waves=np.zeros((4, 3)))
    here, there = render(scenery, np.array([[100.0, 50, 0, 2], [100 + TILE, 50 - TILE, 0, 2]]))
    assert np.array_equal(here, there)
