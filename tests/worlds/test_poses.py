import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fpbench.worlds.poses import angle_units, radians, rounded, seeded, slow_noise, smoothed


def test_every_heading_survives_the_way_to_radians_and_back():
    units = np.arange(65536)
    assert np.array_equal(angle_units(radians(units)), units)


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_rounding_moves_a_pose_by_at_most_half_a_step(x, y, degrees):
    xy, units = rounded(np.array([[x, y, degrees]]))
    assert np.abs(xy[0] - (x, y)).max() <= 0.5
    turn = (units[0] * 360 / 65536 - degrees + 180) % 360 - 180
    assert abs(turn) <= 180 / 65536 + 1e-9


def test_generators_differ_by_any_name_and_repeat_for_the_same():
    first = seeded("doom", 1, "walk").random(3)
    assert np.array_equal(first, seeded("doom", 1, "walk").random(3))
    assert not np.array_equal(first, seeded("doom", 11, "walk").random(3))


def test_slow_noise_has_the_deviation_and_persistence_it_says():
    noise = slow_noise(np.random.default_rng(0), 200_000, 4.0)
    assert abs(noise.std() - 4) < 0.1
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1] - 0.93) < 0.01


def test_smoothing_keeps_a_constant_and_calms_a_jump():
    assert np.allclose(smoothed(np.full((20, 3), 7.0)), 7.0)
    jump = np.repeat([[0.0], [10.0]], 20, axis=0)
    assert np.abs(np.diff(smoothed(jump), axis=0)).max() < 2
